public import Checkpoints

/// Features that another program computed: a tensor of shape (N, C, h, w), or (N, h, w, C), for each layer, named after it.
///
/// Any container that checkpoints come in: safetensors, a dictionary of tensors written by `torch.save`, NumPy's `.npz`. N images in the
/// same order in every layer; C, h and w may differ from layer to layer, as in hierarchical networks.
public struct FeatureFile: Sendable {
  /// One layer's features.
  public struct LayerMaps: Sendable, Hashable {
    /// The layer, which is the tensor's name.
    public let name: String
    /// C.
    public let channels: Int
    /// h and w.
    public let grid: [Int]
    /// Whether they are stored in double precision, and so read and transformed.
    let isDouble: Bool
  }

  /// The path as given.
  public let path: String
  /// What figures and tables call it.
  public let name: String
  /// N.
  public let images: Int
  /// The layers in natural order of their names, or in the order in which they were asked for.
  public let layers: [LayerMaps]
  /// Whether the tensors have shape (N, h, w, C).
  public let isChannelsLast: Bool
  /// The open file.
  public let checkpoint: Checkpoint

  /// Opens a file of features; only its header is read.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - name: What figures and tables call it; nil for the file's name.
  ///   - selection: Which tensors. Those of a list keep its order, because names may not tell it; others in the file may then be
  ///     anything.
  ///   - channelsLast: Whether the tensors have shape (N, h, w, C).
  /// - Throws: `CheckpointError` for a file that cannot be read, `FeatureFileError` that names the tensor for one that holds
  ///   something else.
  public init(_ path: String, name: String? = nil, layers selection: LayerSelection = .all, channelsLast: Bool = false)
    throws
  {
    try self.init(try Checkpoint(opening: path), name: name, layers: selection, channelsLast: channelsLast)
  }

  /// The same of a file that is open.
  init(
    _ checkpoint: Checkpoint, name: String?, layers selection: LayerSelection, channelsLast: Bool = false
  ) throws(FeatureFileError) {
    let path = checkpoint.path
    self.path = path
    self.name = name ?? path.split(separator: "/").last.map(String.init) ?? path
    self.checkpoint = checkpoint
    isChannelsLast = channelsLast
    let tensors = try Self.tensors(in: checkpoint, selection)
    var layers: [LayerMaps] = []
    for tensor in tensors {
      try Self.check(tensor, of: path)
      layers.append(
        LayerMaps(
          name: tensor.name, channels: tensor.shape[channelsLast ? 3 : 1],
          grid: Array(channelsLast ? tensor.shape[1...2] : tensor.shape[2...3]),
          isDouble: tensor.elementType == .f64))
    }
    let images = tensors[0].shape[0]
    if let odd = tensors.first(where: { $0.shape[0] != images }) {
      throw .imageCounts(file: path, tensors: [tensors[0].name, odd.name], counts: [images, odd.shape[0]])
    }
    self.images = images
    self.layers = layers
  }

  /// The selected tensors, at least one.
  private static func tensors(
    in checkpoint: Checkpoint, _ selection: LayerSelection
  ) throws(FeatureFileError) -> [TensorInfo] {
    let all = checkpoint.tensors.sorted { FeatureNames.precedes($0.name, $1.name) }
    guard let last = all.last(where: { FeatureNames.isBlock($0.name) }) ?? all.last else {
      throw .empty(file: checkpoint.path)
    }
    switch selection {
    case .all: return all
    case .last: return [last]
    case .names(let names):
      var seen: Set<String> = []
      let single = names.flatMap { checkpoint.tensor(named: $0) == nil ? LayerSelection.range($0) ?? [$0] : [$0] }
      return try single.filter { seen.insert($0).inserted }.map { (name) throws(FeatureFileError) in
        guard let tensor = checkpoint.tensor(named: name) else {
          throw .noSuchLayer(file: checkpoint.path, layer: name, available: all.map(\.name))
        }
        return tensor
      }
    }
  }

  private static func check(_ tensor: TensorInfo, of path: String) throws(FeatureFileError) {
    guard tensor.shape.count == 4, !tensor.shape.contains(0) else {
      throw .shape(file: path, tensor: tensor.name, shape: tensor.shape)
    }
    guard tensor.elementType.isFloat else {
      throw .elementType(file: path, tensor: tensor.name, elementType: tensor.elementType.rawValue)
    }
  }

  /// Tells of a tensor whose shape looks like the other order of axes, and of the option; nil where none does.
  ///
  /// Shapes alone cannot decide: a map is seldom oblong, and has more channels than rows.
  public var layoutWarning: String? {
    for layer in layers {
      let (channels, rows, columns) = (layer.channels, layer.grid[0], layer.grid[1])
      if isChannelsLast {
        guard columns == channels, rows > columns else { continue }
        return
          "tensor \(layer.name) has shape [\(images), \(rows), \(columns), \(channels)], which looks like (N, C, h, w) and is "
          + "taken for (N, h, w, C); leave --channels-last out where channels stand before rows"
      }
      guard channels == rows && columns > rows || columns >= 4 * max(channels, rows) else { continue }
      return
        "tensor \(layer.name) has shape [\(images), \(channels), \(rows), \(columns)], which looks like (N, h, w, C) and is "
        + "taken for (N, C, h, w); give --channels-last where channels stand last"
    }
    return nil
  }

  /// Whether every tensor of a checkpoint could be a layer's features, as far as shapes tell.
  ///
  /// A network's weights always hold tensors of one axis or two.
  static func seemsToBe(_ checkpoint: Checkpoint) -> Bool {
    guard let images = checkpoint.tensors.first?.shape.first else { return false }
    return checkpoint.tensors.allSatisfy {
      $0.shape.count == 4 && $0.shape[0] == images && !$0.shape.contains(0) && $0.elementType.isFloat
    }
  }
}

extension ElementType {
  /// Whether elements are floating-point numbers.
  fileprivate var isFloat: Bool {
    switch self {
    case .f8e4m3, .f8e5m2, .f16, .bf16, .f32, .f64: true
    case .bool, .u8, .i8, .f8e8m0, .i16, .u16, .i32, .u32, .i64, .u64, .c32, .c64, .c128: false
    }
  }
}

/// Why a file of features cannot be used.
public enum FeatureFileError: Error, Sendable, Hashable {
  case empty(file: String)
  case shape(file: String, tensor: String, shape: [Int])
  case elementType(file: String, tensor: String, elementType: String)
  case imageCounts(file: String, tensors: [String], counts: [Int])
  case noSuchLayer(file: String, layer: String, available: [String])
  case noSpectrum(file: String, tensor: String, reason: String)
  case notFinite(file: String, tensor: String, index: [Int])
  case overflow(file: String, tensor: String, image: Int)
  case tooMuchMemory(file: String, tensor: String, needed: Double, available: Double)
  case noFiles
  case notACheckpoint(file: String, layers: Int, images: Int)
}

extension FeatureFileError: CustomStringConvertible {
  /// What is wrong, in which file and tensor, and what to do next.
  public var description: String {
    switch self {
    case .empty(let file):
      "\(file): holds no tensor; features are a tensor of shape (N, C, h, w) for each layer"
    case .shape(let file, let tensor, let shape):
      "\(file): tensor \(tensor) has shape \(shape); features have shape (N, C, h, w): images, channels, rows, columns, none of them "
        + "zero. Drop class tokens and put the others back on their grid, or name the tensors that are features with --layers"
    case .elementType(let file, let tensor, let elementType):
      "\(file): tensor \(tensor) holds \(elementType) elements; features are floating-point numbers: save it as float32, or name the "
        + "tensors that are features with --layers"
    case .imageCounts(let file, let tensors, let counts):
      "\(file): tensor \(tensors[0]) holds \(counts[0]) images, \(tensors[1]) holds \(counts[1]); "
        + "save the same images' features of every layer"
    case .noSuchLayer(let file, let layer, let available):
      "\(file): there is no tensor \(layer); it has \(Self.list(available))"
    case .noSpectrum(let file, let tensor, let reason):
      "\(file): tensor \(tensor): \(reason), or leave it out with --layers"
    case .notFinite(let file, let tensor, let index):
      "\(file): tensor \(tensor)\(index) is NaN or infinite (indices from 0, in the order of its axes); "
        + "check how the features were computed"
    case .overflow(let file, let tensor, let image):
      "\(file): tensor \(tensor): the values of image \(image) are finite, but their Fourier sums exceed "
        + "single precision, or 1e76 in double precision; "
        + "check how the features were computed"
    case .tooMuchMemory(let file, let tensor, let needed, let available):
      "\(file): tensor \(tensor): one image's maps take \(Self.gigabytes(needed)) of memory, "
        + "\(Self.gigabytes(available)) are free here; give a smaller --threads, or smaller maps"
    case .noFiles:
      "no file of features to examine; name at least one"
    case .notACheckpoint(let file, let layers, let images):
      "\(file): holds no network, but what seem to be features of \(layers) \(layers == 1 ? "layer" : "layers") for \(images) "
        + "\(images == 1 ? "image" : "images"); give it as --features \(file)"
    }
  }

  private static func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(12).joined(separator: ", ")
    return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
  }
}
