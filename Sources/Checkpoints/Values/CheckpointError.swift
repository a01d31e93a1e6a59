/// Why a checkpoint cannot be used, in which file, and what to do next.
public enum CheckpointError: Error, Sendable, Hashable {
  /// The system refused to open or read.
  case unreadable(path: String, reason: String)
  /// No file or folder lies at the path.
  case missing(path: String, advice: String)
  /// A file of zero bytes.
  case empty(path: String)
  /// A folder in which no checkpoint was recognised.
  case noCheckpointInFolder(path: String, found: [String])
  /// The content is something else.
  case notACheckpoint(path: String, content: String, advice: String)
  /// A checkpoint of a kind that is not read.
  case unsupported(path: String, what: String, advice: String)
  /// The file ends before something it announces.
  case truncated(path: String, what: String)
  /// The file contradicts itself or its format.
  case malformed(path: String, what: String)
  /// More than a stated limit.
  case tooLarge(path: String, what: String)
  /// A pickle that cannot be decoded.
  case pickle(path: String, offset: Int, what: String)
  /// Nothing in the file maps names to tensors.
  case noStateDictionary(path: String, found: String)
  /// The requested weights are not in the file.
  case weightsMissing(path: String, requested: WeightsSelection, available: [String])
  /// Several state dictionaries answer a request, or none is the model by itself.
  case severalStateDictionaries(path: String, requested: WeightsSelection, available: [String])
  /// No tensor of that name.
  case noSuchTensor(path: String, tensor: String)
  /// The caller's buffer does not fit the tensor.
  case wrongCount(path: String, tensor: String, expected: Int, found: Int)
  /// A weight stored in integers, or in small floats beside a scale.
  case quantised(path: String, tensor: String, elementType: ElementType, companion: String?)
  /// A tensor whose elements `Float` cannot stand for.
  case notReal(path: String, tensor: String, elementType: ElementType)
}

extension CheckpointError: CustomStringConvertible {
  /// One sentence on what is wrong, and one on what to do.
  public var description: String { words.boundedMessage }

  private var words: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): \(reason); check the path and its permissions"
    case .missing(let path, let advice):
      "\(path): No such file or directory; \(advice)"
    case .empty(let path):
      "\(path): the file is empty; download or copy it again"
    case .noCheckpointInFolder(let path, let found):
      "\(path): no checkpoint in this folder (\(Self.listing(found))); "
        + Self.advice(in: path, found)
    case .notACheckpoint(let path, let content, let advice):
      "\(path): this is \(content), not a checkpoint; \(advice)"
    case .unsupported(let path, let what, let advice):
      "\(path): \(what) cannot be read; \(advice)"
    case .truncated(let path, let what):
      "\(path): the file is cut off: \(what); download or copy it again"
    case .malformed(let path, let what):
      "\(path): the file is damaged: \(what); download or copy it again"
    case .tooLarge(let path, let what):
      "\(path): \(what); such a file is refused, save it again with only the weights"
    case .pickle(let path, let offset, let what):
      "\(path): the pickle cannot be decoded: \(what) at its byte \(offset); nothing in it was run, "
        + "save the file again with torch.save or as safetensors"
    case .noStateDictionary(let path, let found):
      "\(path): no state dictionary in this file: \(found); nothing in it was run, "
        + "save model.state_dict() and try again"
    case .weightsMissing(let path, let requested, let available):
      "\(path): no \(requested.rawValue) weights in this file; it holds "
        + "\(available.isEmpty ? "one state dictionary only" : Self.bounded(available)); "
        + (available.isEmpty ? "leave --weights-from out" : "choose with --weights-from NAME, or leave it out")
    case .severalStateDictionaries(let path, let requested, let available):
      "\(path): several state dictionaries in this file\(requested == .model ? "" : " may be the \(requested.rawValue)"), "
        + "and none is taken unasked: \(Self.bounded(available)); choose with --weights-from NAME"
    case .noSuchTensor(let path, let tensor):
      "\(path): no tensor is named \(tensor); `mff-inspect describe` lists those there are"
    case .wrongCount(let path, let tensor, let expected, let found):
      "\(path): tensor \(tensor) has \(expected) elements, the buffer for it \(found); use its own count"
    case .quantised(let path, let tensor, let elementType, let companion):
      "\(path): tensor \(tensor.prefix(200)) holds \(elementType.rawValue) elements"
        + (companion.map { " with \($0.prefix(200)) beside them" } ?? "") + ", which are no weights as they are: "
        + (elementType == .bool ? "a mask, or quantised" : "quantised")
        + "; dequantise first: save the model in float32 or float16 with the library that wrote it"
    case .notReal(let path, let tensor, let elementType):
      "\(path): tensor \(tensor) holds \(elementType.rawValue) elements, which are no real numbers; "
        + "save it as float32 first"
    }
  }

  /// Names that a file gave, of bounded length.
  private static func bounded(_ names: [String]) -> String {
    let shown = names.prefix(8).map { $0.count > 80 ? "\($0.prefix(80))…" : $0 }.joined(separator: ", ")
    return names.count > 8 ? "\(shown), and \(names.count - 8) more" : shown
  }

  /// What to do with a folder that is no model: its newest checkpoint as their numbers tell, or where images belong.
  private static func advice(in folder: String, _ names: [String]) -> String {
    func with(_ endings: [String]) -> [String] { names.filter { name in endings.contains { name.hasSuffix($0) } } }
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    if let last = with([".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".tar", ".npz"]).sortedNaturally().last {
      return "give a file of it, such as \(base)/\(last), or several"
    }
    if !with([".png", ".jpg", ".jpeg", ".webp", ".PNG", ".JPG", ".JPEG"]).isEmpty {
      return "give a folder of images as --images \(folder), beside a checkpoint"
    }
    return "give a file, or a folder with model.safetensors or pytorch_model.bin"
  }

  private static func listing(_ names: [String]) -> String {
    if names.isEmpty { return "it is empty" }
    let shown = names.prefix(6).joined(separator: ", ")
    return names.count > 6 ? "it holds \(shown), and \(names.count - 6) more" : "it holds \(shown)"
  }
}
