/// When in a training run a checkpoint was written: what the file says itself first, then its name.
public struct TrainingPlace: Sendable, Hashable {
  /// The epoch as the file counts.
  public let epoch: Double?
  /// The optimiser step.
  public let step: Int?
  /// What the name says where the file says something else.
  public let contradiction: String?

  /// Works it out for a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: The open file.
  ///   - name: The name of the file, or of the folder that holds it (`checkpoint-500/model.safetensors`).
  ///   - isFolder: Whether `name` is a folder's: Hugging Face numbers these by steps, MAE its files by epochs.
  public init(of checkpoint: Checkpoint, name: String, isFolder: Bool = false) {
    let (meta, top) = (checkpoint.metadata["meta"], checkpoint.metadata)
    let epoch = Self.number(meta?["epoch"]) ?? Self.number(top["epoch"])
    let keys = ["iter", "iteration", "global_step", "step"]
    let steps = keys.compactMap { Self.number(meta?[$0]) } + keys.compactMap { Self.number(top[$0]) }
    let step = steps.first.flatMap { Int(exactly: $0) }
    let words = NameWords(name, isFolder: isFolder)
    let isSilent = epoch == nil && step == nil
    self.epoch = epoch ?? words.epoch ?? (isSilent ? words.looseEpoch : nil)
    self.step = step ?? words.step ?? (isSilent ? words.looseStep : nil)
    if let epoch, let named = words.epoch, named != epoch {
      contradiction = "\(name) says of itself that it is of epoch \(Self.text(epoch)); its name is not believed"
    } else if let step, let named = words.step, named != step {
      contradiction = "\(name) says of itself that it is of step \(step); its name is not believed"
    } else {
      contradiction = nil
    }
  }

  /// Works it out for the checkpoint at a path, by what is in the file and by its name, or the name of its folder where that says more.
  ///
  /// - Parameters:
  ///   - path: A file, or a folder with a model.
  ///   - weights: Which state dictionary, where that matters for opening the file.
  /// - Throws: `CheckpointError` where the file cannot be opened.
  /// - Complexity: Reads headers and pickles only.
  public init(ofCheckpointAt path: String, weights: WeightsSelection = .model) throws(CheckpointError) {
    self.init(of: try Checkpoint(opening: path, weights: weights, checksStorages: false), at: path)
  }

  /// The same for a file that is open.
  public init(of checkpoint: Checkpoint, at path: String) {
    let name = lastComponent(of: path)
    let above = lastComponent(of: folder(of: path))
    // `checkpoint-500/model.safetensors`, and neither `run2/epoch_9.pth` nor `run2/last.pth`.
    let words = NameWords(above, isFolder: true)
    let isPlaced = words.epoch != nil || words.step != nil || (words.looseStep != nil && above.hasPrefix("checkpoint"))
    let speaksAbove = isPlaced && NameWords(name).isSilent && !isFolder(path)
    self.init(of: checkpoint, name: speaksAbove ? above : name, isFolder: speaksAbove || isFolder(path))
  }

  /// `epoch 9` or `step 500`; nil where neither is known.
  public var words: String? { epoch.map { "epoch \(Self.text($0))" } ?? step.map { "step \($0)" } }

  private static func number(_ value: MetadataValue?) -> Double? {
    // The metadata of safetensors files are strings.
    guard let number = value?.double ?? value?.string.flatMap({ Double($0) }) else { return nil }
    return number.isFinite && number >= 0 && number < 1e12 ? number : nil
  }

  private static func text(_ epoch: Double) -> String { Int(exactly: epoch).map(String.init) ?? "\(epoch)" }
}

/// The numbers in a name and the words before them: `epoch_9.pth`, `iter_100.pth`, `checkpoint-20.pth`, `epoch=3-step=500.ckpt`.
struct NameWords {
  private(set) var epoch: Double?
  private(set) var step: Int?
  /// A number whose word does not say what it counts.
  private(set) var looseEpoch: Double?
  private(set) var looseStep: Int?

  /// Whether the name has no number of that kind.
  var isSilent: Bool { epoch == nil && step == nil && looseEpoch == nil && looseStep == nil }

  init(_ name: String, isFolder: Bool = false) {
    // Bytes: digits are ASCII, and what is between them only separates.
    var word = ""
    var rest = Array(name.utf8)[...]
    while let byte = rest.first {
      if (0x30...0x39).contains(byte) {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        guard digits.count <= 15, let number = Int(String(decoding: digits, as: UTF8.self)) else { continue }
        switch word.hasSuffix(" ") ? String(word.dropLast()) : word {
        case "epoch", "ep", "e": epoch = Double(number)
        case "iter", "iteration", "step", "steps", "iters": step = number
        case "pt", "pth", "h", "v", "vit", "s", "b", "l": break
        default: if isFolder { looseStep = number } else { looseEpoch = Double(number) }
        }
        word = ""
      } else {
        let isLetter = (0x61...0x7A).contains(byte | 0x20)
        rest = rest.dropFirst()
        guard isLetter else {
          // A separator after a letter keeps the word (`epoch_9`); a letter after one begins the next.
          if !word.hasSuffix(" ") { word += word.isEmpty ? "" : " " }
          continue
        }
        if word.hasSuffix(" ") { word = "" }
        word += String(decoding: [byte | 0x20], as: UTF8.self)
      }
    }
  }
}

extension String {
  /// Whether the name comes first where numbers in names count as numbers: `epoch_9` before `epoch_10`.
  public func precedesNaturally(_ other: String) -> Bool {
    var (a, b) = (Array(utf8)[...], Array(other.utf8)[...])
    func number(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      let digits = text.prefix { (0x30...0x39).contains($0) }
      text = text.dropFirst(digits.count)
      return digits.drop { $0 == 0x30 }
    }
    while let x = a.first, let y = b.first {
      if (0x30...0x39).contains(x), (0x30...0x39).contains(y) {
        let (m, n) = (number(&a), number(&b))
        if m.count != n.count { return m.count < n.count }
        if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
      } else {
        if x != y { return x < y }
        (a, b) = (a.dropFirst(), b.dropFirst())
      }
    }
    return a.isEmpty && !b.isEmpty
  }
}

extension Sequence where Element == String {
  /// The names or paths in natural order: `epoch_9` before `epoch_10`; of names that differ in leading zeros alone, by their bytes.
  public func sortedNaturally() -> [String] {
    sorted { one, other in
      one.precedesNaturally(other) || (!other.precedesNaturally(one) && one.precedesInBytes(other))
    }
  }
}
