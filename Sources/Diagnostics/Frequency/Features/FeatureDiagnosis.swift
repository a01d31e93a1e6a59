public import Spectra
public import Tensors
internal import Checkpoints
internal import Images

/// Fourier log-amplitude of features that another program computed.
///
/// The numbers are those that `FrequencyDiagnosis` gets of a checkpoint whose features these are.
public struct FeatureDiagnosis: Sendable {
  /// A file of features and what to call it.
  public struct Request: Sendable, Hashable {
    /// The file.
    public var path: String
    /// What figures and tables call it; nil for the file's name.
    public var name: String?

    /// A file, named after itself unless told otherwise.
    public init(path: String, name: String? = nil) {
      self.path = path
      self.name = name
    }
  }

  /// The files to examine.
  public var files: [Request]
  /// At most so many images of each file; nil for all.
  public var count: Int?
  /// Which layers; those of a list are shown in its order.
  public var layers: LayerSelection = .all
  /// Whether tensors have shape (N, h, w, C).
  public var channelsLast = false
  /// Which Fourier cells make up a band.
  public var path: ProfilePath = .diagonal
  /// Whether the result holds the values of each image, too.
  public var keepsImages = false
  /// Chooses the images.
  public var seed: UInt64 = 0
  /// The cores to use.
  public var team = Team()
  /// The command line, for the result.
  public var arguments: [String] = []

  /// A diagnosis with the defaults of the command.
  public init(files: [Request]) { self.files = files }

  /// What is happening, for a progress line.
  public enum Event: Sendable {
    /// A file was opened; no features have been read.
    case opened(FeatureFile)
    /// `done` of `count` maps, one for each image and layer, are transformed.
    case maps(file: String, done: Int, count: Int)
    /// Two files cannot be compared image by image, and why.
    case notCompared(reason: String)
  }

  /// Computes the spectra.
  ///
  /// - Parameter report: Called from this thread as the work goes on.
  /// - Returns: The spectra of all files; two of them with the same number of images are compared image by image.
  /// - Throws: `FeatureFileError` naming file, tensor and index, `CheckpointError` for a file that cannot be read.
  /// - Complexity: Reads every value twice, once for the digest; memory is one image's maps of one layer for each core, twice.
  public func run(_ report: (Event) -> Void = { _ in }) throws -> FrequencyResult {
    guard !files.isEmpty else { throw FeatureFileError.noFiles }
    var passes = try files.map { request in
      let file = try FeatureFile(request.path, name: request.name, layers: layers, channelsLast: channelsLast)
      let images = chosenIndices(count: count, of: file.images, seed: seed)
      return try FeaturePass(file, images: images, path: path, keepsImages: keepsImages, team: team)
    }
    var models: [FrequencyModel] = []
    for index in passes.indices {
      let file = passes[index].file
      report(.opened(file))
      // The digest reads every value once more; it does so beside the transforms.
      let (_, digest) = try inParallel {
        let count = passes[index].images.count * file.layers.count
        try passes[index].run { report(.maps(file: file.name, done: $0, count: count)) }
      } and: {
        try file.checkpoint.digest(of: file.layers.map(\.name))
      }
      models.append(passes[index].model(digest: digest))
    }
    let comparison = FrequencyComparison(passes)
    if comparison == nil, passes.count == 2 { report(.notCompared(reason: reason(passes))) }
    return FrequencyResult(
      version: ToolVersion.current, arguments: arguments, seed: seed, images: nil,
      settings: FrequencySettings(path: path, positions: .block, threads: team.width), models: models,
      comparison: comparison)
  }

  private func reason(_ passes: [FeaturePass]) -> String {
    let (one, other) = (passes[0].file, passes[1].file)
    if one.images != other.images {
      return "\(one.name) holds \(one.images) images and \(other.name) \(other.images), so they cannot be paired"
    }
    let grids = passes.map { pass in
      pass.file.layers[pass.comparedIndex].grid.map(String.init).joined(separator: " × ")
    }
    return "the last layer of \(one.name) has a \(grids[0]) grid, that of \(other.name) \(grids[1]): their bands are "
      + "different frequencies"
  }
}

extension FrequencyComparison {
  /// The last layers of two files with the same number of images, which are taken to be the same in the same order.
  fileprivate init?(_ passes: [FeaturePass]) {
    guard passes.count == 2, passes[0].file.images == passes[1].file.images else { return nil }
    let layers = passes.map { $0.file.layers[$0.comparedIndex].name }
    self.init(
      layers: layers, geometries: passes.map { $0.geometries[$0.comparedIndex] },
      profiles: passes.map(\.comparedProfiles))
  }
}

extension FeaturePass {
  /// The result of a finished pass.
  ///
  /// Where all layers have the same grid, it stands once, as for a checkpoint; otherwise each layer has its own.
  fileprivate func model(digest: String) -> FrequencyModel {
    let isUniform = Set(geometries).count == 1
    let identity = CheckpointIdentity(
      name: file.name, path: file.path, digest: digest, container: file.checkpoint.container.rawValue)
    let layers = file.layers.indices.map { index in
      let geometry = geometries[index]
      var layer = profiles[index].layer(named: file.layers[index].name)
      layer.channels = file.layers[index].channels
      guard !isUniform else { return layer }
      layer.grid = [geometry.rows, geometry.columns]
      layer.frequencies = geometry.frequencies
      layer.cellsLeftOut = path == .radial ? geometry.cellsLeftOut : nil
      return layer
    }
    return FrequencyModel(
      checkpoint: identity, seconds: seconds, count: images.count,
      grid: [geometries[0].rows, geometries[0].columns], frequencies: geometries[0].frequencies,
      cellsLeftOut: path == .radial ? geometries[0].cellsLeftOut : nil, layers: layers,
      imageNames: keepsImages ? images.map(String.init) : nil)
  }
}
