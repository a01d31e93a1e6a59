/// Why a result could not be written.
public enum OutputError: Error, Sendable, Hashable {
  /// The folder of the file is not there.
  case missingFolder(path: String)
  /// The system refused, or the path names something that no file can replace.
  case unwritable(path: String, reason: String)
  /// No figure format has this ending.
  case unknownFormat(path: String)
  /// Another process works in this folder.
  case inUse(path: String)
  /// Another process writes this file.
  case beingWritten(path: String)
}

extension OutputError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .missingFolder(let path):
      "\(path): its folder does not exist; make it, or give another path"
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); what was there is unchanged, give another path or make room"
    case .unknownFormat(let path):
      "\(path): the ending tells no figure format; use .png, .pdf or .svg"
    case .inUse(let path):
      "\(path): another process works in this folder; wait for its end, or give another folder"
    case .beingWritten(let path):
      "\(path): another process writes it; wait for its end, or give another path"
    }
  }
}
