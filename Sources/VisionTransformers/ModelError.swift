internal import Checkpoints

/// Why a checkpoint cannot be computed with.
public enum ModelError: Error, Sendable, Hashable {
  case unknownDialect(file: String, examples: [String], stated: String?)
  case unsupportedTensor(file: String, tensor: String, reason: String)
  case notDifferentiable(file: String, tensor: String, reason: String)
  case missingTensor(file: String, tensor: String, dialect: String)
  case severalTensors(file: String, parameter: String, tensors: [String])
  case shapeMismatch(file: String, tensor: String, expected: [Int], found: [Int])
  case unusableShape(file: String, tensor: String, shape: [Int], reason: String)
  case unusableSetting(file: String, setting: String, value: String, reason: String)
  case unknownHeads(file: String, width: Int)
  case unknownDecoderHeads(file: String, width: Int, heads: Int?)
  case unknownGrid(file: String, tensor: String, rows: Int)
  case imageSizeMismatch(file: String, patch: Int, height: Int, width: Int)
  case nonFiniteParameter(file: String, tensor: String)
  case nonFiniteActivation(layer: String, image: Int)
  case noSuchLayer(layer: String, available: [String], file: String)
  case unknownFusionLayers(file: String, count: Int)
}

extension ModelError: CustomStringConvertible {
  /// What is wrong, where, and what to do next.
  public var description: String { words.boundedMessage }

  private var words: String {
    switch self {
    case .unknownDialect(let file, let examples, let stated):
      "\(file): no Vision Transformer in a naming that is known here (looked for \(Dialect.anchors)); "
        + (examples.isEmpty ? "the file holds no tensor" : "the file holds \(examples.joined(separator: ", ")), …")
        + (stated.map {
          "; \($0), a network that is not supported: compute features with its own library and give them by --features"
        } ?? "")
    case .unsupportedTensor(let file, let tensor, let reason):
      "\(file): tensor \(tensor) is \(reason), which is not supported: results without it would be wrong, so nothing was computed"
    case .notDifferentiable(let file, let tensor, let reason):
      "\(file): tensor \(tensor) is \(reason); losses and their derivatives do not know it yet, only describe and frequency do"
    case .missingTensor(let file, let tensor, let dialect):
      "\(file): \(tensor) is missing (\(dialect)); the file may be cut, hold part of a model, or belong to another kind of network"
    case .severalTensors(let file, let parameter, let tensors):
      "\(file): \(tensors.joined(separator: " and ")) both claim to be \(parameter); remove one of them"
    case .shapeMismatch(let file, let tensor, let expected, let found):
      "\(file): tensor \(tensor) has shape \(found) where the other tensors need \(expected); take a checkpoint that is not mixed from two models"
    case .unusableShape(let file, let tensor, let shape, let reason):
      "\(file): tensor \(tensor) has shape \(shape): \(reason)"
    case .unusableSetting(let file, let setting, let value, let reason):
      "\(file): \(setting) is \(value): \(reason)"
    case .unknownHeads(let file, let width):
      "\(file): the number of attention heads is not in the file, and width \(width) does not tell it; give --heads"
    case .unknownDecoderHeads(let file, let width, let heads):
      "\(file): "
        + (heads.map { "\($0) attention heads do not divide the decoder's width of \(width)" }
          ?? "the number of the decoder's attention heads is not in the file (its width is \(width))")
        + "; give --decoder-heads"
    case .unknownGrid(let file, let tensor, let rows):
      "\(file): \(tensor) has \(rows) rows, which is no square grid; give --image-size, or images of the training size as .safetensors"
    case .imageSizeMismatch(let file, let patch, let height, let width):
      "\(file): images of \(height) × \(width) pixels cannot be cut into patches of \(patch) × \(patch); "
        + "give --image-size \(Self.sides(near: max(height, width), patch: patch))"
    case .nonFiniteParameter(let file, let tensor):
      "\(file): tensor \(tensor) holds NaN or infinite values; the training may have diverged: take an earlier checkpoint"
    case .nonFiniteActivation(let layer, let image):
      "layer \(layer) has NaN or infinite values for image \(image); the weights are finite, so check the image and its normalisation"
    case .noSuchLayer(let layer, let available, let file):
      "\(file): there is no layer \(layer); it has \(available.joined(separator: ", "))"
    case .unknownFusionLayers(let file, let count):
      "\(file): which \(count) layers are fused is not in the file; give --fuse, such as --fuse 0,2,4,6,8,11"
    }
  }
}

extension Dialect {
  /// The tensors that reveal a dialect.
  static var anchors: String { all.map(\.anchor).joined(separator: ", ") }
}

extension ModelError {
  /// The sides nearest to one that patches divide, such as `96 or 112`.
  private static func sides(near side: Int, patch: Int) -> String {
    let below = side / patch * patch
    let sides = below == side ? [side] : [below, below + patch].filter { $0 > 0 }
    return sides.map(String.init).joined(separator: " or ")
  }
}
