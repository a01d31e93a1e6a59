/// What a named scalar of a log is to us.
enum ScalarRole: Hashable {
  case epoch
  /// The optimiser step; of several names in one record the one of lowest rank counts.
  case step(rank: Int)
  /// The fusion weight at a position.
  case weight(Int)

  /// More layers than any network has.
  static let positionLimit = 4096
  /// MMEngine's `iter` is global; its `step` is the epoch in validation records.
  private static let steps: [StaticString] = ["iter", "global_step", "iteration", "step", "Step"]

  /// The role of a key; groups before a slash do not count (`train/weight_0`).
  init?(_ key: Span<UInt8>) {
    var start = key.count
    while start > 0, key[start - 1] != UInt8(ascii: "/") { start -= 1 }
    let length = key.count - start
    guard length >= 4 else { return nil }
    if let position = Self.position(key, from: start) {
      self = .weight(position)
    } else if Self.equals(key, from: start, "epoch") || Self.equals(key, from: start, "Epoch") {
      self = .epoch
    } else if let rank = Self.steps.firstIndex(where: { Self.equals(key, from: start, $0) }) {
      self = .step(rank: rank)
    } else {
      return nil
    }
  }

  init?(_ key: String) {
    let bytes = Array(key.utf8)
    self.init(bytes.span)
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
}

/// The scalars of one record that matter.
struct ScalarRecord {
  private(set) var epoch: Double?
  private(set) var step: Double?
  private var stepRank = Int.max
  /// As they came: a record of one weight at a far position takes no room for those before it.
  private var entries: [(position: Int, value: Double)] = []

  /// How many positions there are, up to the last that was set.
  var weightCount: Int { entries.reduce(0) { max($0, $1.position + 1) } }

  /// By position; NaN where the record has none.
  var weights: [Double] {
    var weights = [Double](repeating: .nan, count: weightCount)
    for entry in entries { weights[entry.position] = entry.value }
    return weights
  }

  mutating func set(_ role: ScalarRole, _ value: Double) {
    switch role {
    case .epoch: epoch = value
    case .step(let rank):
      guard rank <= stepRank else { return }
      (step, stepRank) = (value, rank)
    case .weight(let position): entries.append((position, value))
    }
  }
}
