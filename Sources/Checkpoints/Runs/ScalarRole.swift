/// What a named scalar of a log is to us.
enum ScalarRole: Hashable {
  case epoch
  /// The optimiser step; of several names in one record the one of lowest rank counts.
  case step(rank: Int)
  /// The fusion weight at a position.
  case weight(Int)
  /// Words that tell one series of a log from another: `mode`, `run`, …
  case label(order: Int)

  /// More layers than any network has.
  static let positionLimit = 4096
  /// Names of steps, the best first.
  ///
  /// MMEngine's `iter` is global; its `step` is the epoch in validation records. wandb's `_step` counts calls of its log.
  private static let steps: [StaticString] = ["iter", "global_step", "iteration", "step", "Step", "_step"]
  /// Keys and columns whose words or numbers say what a record is of, whatever the case of their letters.
  private static let labels: [StaticString] = [
    "name", "run", "run_name", "run_id", "experiment", "exp_name", "group", "job_type", "trial", "fold", "seed", "rank",
    "mode", "split", "phase", "subset", "partition", "set", "tag",
  ]

  fileprivate init?(_ key: Span<UInt8>, from start: Int) {
    let length = key.count - start
    guard length >= 3 else { return nil }
    if let position = Self.position(key, from: start) {
      self = .weight(position)
    } else if Self.equals(key, from: start, "epoch") || Self.equals(key, from: start, "Epoch") {
      self = .epoch
    } else if let rank = Self.steps.firstIndex(where: { Self.equals(key, from: start, $0) }) {
      self = .step(rank: rank)
    } else if start == 0, length <= 10, let order = Self.labels.firstIndex(where: { Self.spells(key, $0) }) {
      self = .label(order: order)
    } else {
      return nil
    }
  }

  /// The j of `weight_j`.
  private static func position(_ key: Span<UInt8>, from start: Int) -> Int? {
    let digits = start + 7
    guard key.count > digits, key.count <= digits + 4, begins(key, from: start, "weight_") else { return nil }
    var value = 0
    for index in digits..<key.count {
      guard (0x30...0x39).contains(key[index]) else { return nil }
      value = value * 10 + Int(key[index] - 0x30)
    }
    // `weight_01` would share a place with `weight_1`.
    guard value < positionLimit, key.count == digits + 1 || key[digits] != 0x30 else { return nil }
    return value
  }

  private static func equals(_ key: Span<UInt8>, from start: Int, _ word: StaticString) -> Bool {
    key.count - start == word.utf8CodeUnitCount && begins(key, from: start, word)
  }

  private static func begins(_ key: Span<UInt8>, from start: Int, _ word: StaticString) -> Bool {
    guard key.count - start >= word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { letters in
      for index in 0..<letters.count {
        guard unsafe key[start + index] == letters[index] else { return false }
      }
      return true
    }
  }

  private static func spells(_ key: Span<UInt8>, _ word: StaticString) -> Bool {
    guard key.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { letters in
      for index in 0..<letters.count {
        let letter = (0x41...0x5A).contains(key[index]) ? key[index] | 0x20 : key[index]
        guard unsafe letter == letters[index] else { return false }
      }
      return true
    }
  }
}

/// A key of a log that matters: what it is, and what stands before its name.
struct ScalarKey: Hashable {
  let role: ScalarRole
  /// `train` of `train/weight_0`, `run 1` of wandb's column `run 1 - weight_0`; empty where nothing stands there.
  let prefix: String

  /// Longer ones are nobody's names, and would be kept for each series.
  static let prefixLimit = 1000

  init?(_ key: Span<UInt8>) {
    var start = key.count
    while start > 0, key[start - 1] != UInt8(ascii: "/") { start -= 1 }
    var end = max(start - 1, 0)
    var role = ScalarRole(key, from: start)
    if role == nil, start == 0, let dash = Self.dash(key) {
      (role, end) = (ScalarRole(key, from: dash + 3), dash)
    }
    guard let role, end <= Self.prefixLimit else { return nil }
    self.role = role
    prefix = end == 0 ? "" : String(decoding: (0..<end).map { key[$0] }, as: UTF8.self)
  }

  init?(_ key: String) {
    let bytes = Array(key.utf8)
    self.init(bytes.span)
  }

  /// The last ` - ` of a key.
  private static func dash(_ key: Span<UInt8>) -> Int? {
    var place = key.count - 10
    while place > 0 {
      if key[place] == 0x20, key[place + 1] == UInt8(ascii: "-"), key[place + 2] == 0x20 { return place }
      place -= 1
    }
    return nil
  }
}
