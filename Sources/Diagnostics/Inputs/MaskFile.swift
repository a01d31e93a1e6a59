internal import Checkpoints

/// Masks that a user gives: the tensor `mask` of a `.safetensors` file, a row for each image.
///
/// 1 stands for a removed patch, 0 for a kept one; patches are in row-major order on their grid, as MAE's code has them. Row i belongs to
/// the i-th image in the order given, also where only some of the images are used.
public struct MaskFile: Sendable, Hashable {
  /// The name of the tensor.
  public static let tensor = "mask"

  /// The file.
  public let path: String
  /// Shape [N, L], true for removed.
  public let masks: [[Bool]]
  /// How many patches each row removes: at least one, and not all.
  public let removed: Int
  /// SHA-256 of the tensor: name, type, shape, bytes.
  public let digest: String

  /// L, patches of an image.
  public var patches: Int { masks[0].count }
  /// The share of patches that each row removes.
  public var ratio: Double { Double(removed) / Double(patches) }

  /// Reads and checks a file of masks.
  ///
  /// - Throws: `MaskFileError`, with the file, the tensor and the row (counted from 0).
  /// - Complexity: 5 bytes of memory for each of N · L values.
  public init(_ path: String) throws(MaskFileError) {
    let checkpoint: Checkpoint
    do { checkpoint = try Checkpoint(opening: path) } catch { throw .unreadable(file: path, reason: "\(error)") }
    guard let info = checkpoint.tensor(named: Self.tensor) else {
      throw .noTensor(file: path, found: checkpoint.tensors.map(\.name))
    }
    guard info.shape.count == 2, !info.shape.contains(0) else { throw .shape(file: path, shape: info.shape) }
    let values: [Float]
    do {
      values = try checkpoint.floats(Self.tensor)
      digest = try checkpoint.digest(of: [Self.tensor])
    } catch { throw .unreadable(file: path, reason: "\(error)") }
    let patches = info.shape[1]
    var masks: [[Bool]] = []
    for row in 0..<info.shape[0] {
      let own = values[row * patches..<(row + 1) * patches]
      if let column = own.firstIndex(where: { $0 != 0 && $0 != 1 }) {
        throw .value(file: path, row: row, column: column - own.startIndex, value: own[column])
      }
      masks.append(own.map { $0 == 1 })
    }
    self.path = path
    self.masks = masks
    removed = try Self.removed(masks, path)
  }

  /// The number of patches that every row removes.
  private static func removed(_ masks: [[Bool]], _ path: String) throws(MaskFileError) -> Int {
    let expected = masks[0].count(where: \.self)
    for (row, mask) in masks.enumerated() {
      let removed = mask.count(where: \.self)
      guard removed > 0 else { throw .removesNothing(file: path, row: row) }
      guard removed < mask.count else { throw .removesEverything(file: path, row: row) }
      guard removed == expected else { throw .unequal(file: path, row: row, removed: removed, expected: expected) }
    }
    return expected
  }

  /// The masks of some images.
  ///
  /// - Parameters:
  ///   - images: Each image's place in the order given (`ImageSet.candidateIndex(of:)`).
  ///   - grid: Rows and columns of patches of the model.
  ///   - model: The model's name, for messages.
  /// - Returns: Shape [images, L], true for removed.
  /// - Throws: `MaskFileError` for another number of patches, and for images that have no row.
  public func masks(of images: [Int], grid: [Int], model: String) throws(MaskFileError) -> [[Bool]] {
    guard patches == grid.reduce(1, *) else {
      throw .patches(file: path, found: patches, model: model, grid: grid)
    }
    if let image = images.first(where: { !masks.indices.contains($0) }) {
      throw .tooFewRows(file: path, rows: masks.count, image: image)
    }
    return images.map { masks[$0] }
  }
}

/// Why a file of masks cannot be used.
public enum MaskFileError: Error, Sendable, Hashable {
  case unreadable(file: String, reason: String)
  case noTensor(file: String, found: [String])
  case shape(file: String, shape: [Int])
  case value(file: String, row: Int, column: Int, value: Float)
  case removesNothing(file: String, row: Int)
  case removesEverything(file: String, row: Int)
  case unequal(file: String, row: Int, removed: Int, expected: Int)
  case patches(file: String, found: Int, model: String, grid: [Int])
  case tooFewRows(file: String, rows: Int, image: Int)
}

extension MaskFileError: CustomStringConvertible {
  /// What is wrong, in which file and row, and what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): not usable as a file of masks: \(reason)"
    case .noTensor(let file, let found):
      "\(file): holds no tensor named mask (found \(Self.list(found))); masks are a tensor `mask` of shape (N, L), 1 removed, 0 kept"
    case .shape(let file, let shape):
      "\(file): tensor mask has shape \(shape); masks have shape (N, L), a row for each image and a value for each patch, none of them zero"
    case .value(let file, let row, let column, let value):
      "\(file): tensor mask, row \(row): patch \(column) is \(value); 1 means removed, 0 kept, and there is nothing between"
    case .removesNothing(let file, let row):
      "\(file): tensor mask, row \(row) removes no patch, so there is nothing to reconstruct; 1 means removed, 0 kept"
    case .removesEverything(let file, let row):
      "\(file): tensor mask, row \(row) removes every patch, so the encoder sees nothing; 1 means removed, 0 kept"
    case .unequal(let file, let row, let removed, let expected):
      "\(file): tensor mask, row \(row) removes \(removed) patches, row 0 removes \(expected); all rows must remove equally many"
    case .patches(let file, let found, let model, let grid):
      "\(file): tensor mask has \(found) patches a row, \(model) has \(grid.map(String.init).joined(separator: " × ")) patches an image; "
        + "give masks of its grid, row-major"
    case .tooFewRows(let file, let rows, let image):
      "\(file): tensor mask has \(rows) rows (0 … \(rows - 1)), but image \(image) of those given is used, too; "
        + "row i belongs to the i-th image in the order given: give a row for every image, or only the images that have one"
    }
  }

  /// At most five names, and how many more there are.
  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "no tensor at all" }
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
