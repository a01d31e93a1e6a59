/// A checkpoint opened for reading: its tensors by name, and what else the file says.
///
/// Opening reads headers only. Tensors are read one by one when asked for, from any thread; no file is loaded or
/// mapped as a whole, and nothing in a file is ever run. Knows no model: names and shapes are as stored.
public struct Checkpoint: Sendable {
  /// The path that was given.
  public let path: String
  /// How the file is laid out.
  public let container: Container
  /// The files behind it: the file itself, or the index and its shards.
  public let files: [String]
  /// The tensors of the selected state dictionary, sorted by name in the order of UTF-8 bytes.
  public let tensors: [TensorInfo]
  /// Where the selected state dictionary was found: `model`, `state_dict`, …, or empty for the object itself.
  public let stateDictionary: String
  /// What else could have been selected.
  public let otherStateDictionaries: [String]
  /// The word that was asked for, when no state dictionary answers it: an encoder inside this one bears that name.
  ///
  /// At least one tensor's name has the word, or for a role one of `WeightsSelection.prefixes`, as a prefix: at its beginning or
  /// after a dot. Whoever knows the model looks for the encoder there.
  public let requestedPrefix: String?
  /// Everything in the file that is no tensor of the selected state dictionary.
  public let metadata: MetadataValue
  /// The configuration that the user named, else `config.json` beside the file, when it describes a model.
  public let config: MetadataValue?
  /// The file that `config` is from; nil without one.
  public let configPath: String?
  /// Whether the user named it.
  public let configIsGiven: Bool
  /// `preprocessor_config.json` beside the file, when it tells how pixels are normalised.
  public let preprocessing: MetadataValue?
  /// The name of the file that `preprocessing` is from; nil without one.
  public let preprocessingName: String?
  /// `open_clip_config.json` beside the file.
  public let openCLIPConfig: MetadataValue?

  private let places: [TensorPlace]
  let sources: [TensorSource]

  /// Opens a file, the index of a sharded checkpoint, or a Hugging Face model folder, told apart by content.
  ///
  /// - Parameters:
  ///   - path: The file or folder.
  ///   - weights: Which state dictionary to take from a file that holds several. What none of them is called must be the prefix
  ///     of some tensors in the one that holds the model, and stands in `requestedPrefix`. Files of MMEngine's averaging hook
  ///     keep the average under `state_dict` and what was trained under `ema_state_dict`; `.model` and `.ema` mean
  ///     what they say there too.
  ///   - configuration: A file that describes the model, in place of a `config.json` beside it: JSON of Hugging Face, timm or OpenCLIP, or
  ///     MMEngine's Python source, which is then `config` as a text.
  ///   - checksStorages: Whether to look at the last byte of every tensor in a zip archive, so that one which lies outside the
  ///     file is found now and not when it is read. For a caller who wants a single tensor of many files it is half the time.
  /// - Throws: `CheckpointError`, which names the file and what to do.
  /// - Complexity: Reads headers and pickles only, some milliseconds for a few hundred tensors.
  public init(
    opening path: String, weights: WeightsSelection = .model, configuration: String? = nil, checksStorages: Bool = true
  ) throws(CheckpointError) {
    let file = isFolder(path) ? try ModelFolder.weights(in: path) : path
    let contents = try Contents(opening: file, weights: weights, checksStorages: checksStorages)
    try contents.checkPrefix(of: weights, path: path)
    try Quantisation.check(contents.entries.lazy.map(\.info), path: path)
    try PartitionedWeights.check(contents.entries.lazy.map(\.info), path: path)
    self.path = path
    container = contents.container
    files = contents.files
    tensors = contents.entries.map(\.info)
    places = contents.entries.map(\.place)
    sources = contents.sources
    stateDictionary = contents.stateDictionary
    otherStateDictionaries = contents.otherStateDictionaries
    requestedPrefix = contents.requestedPrefix
    metadata = contents.metadata
    if let configuration {
      config = try ModelFolder.configuration(at: configuration)
    } else {
      config = try ModelFolder.configuration(beside: file)
    }
    configIsGiven = configuration != nil
    configPath = config == nil ? nil : configuration ?? "config.json"
    (preprocessing, preprocessingName) = try ModelFolder.preprocessing(beside: file)
    openCLIPConfig = try ModelFolder.openCLIPConfiguration(beside: file)
  }

  /// The description of a tensor, nil when there is none of that name.
  public func tensor(named name: String) -> TensorInfo? {
    position(of: name).map { tensors[$0] }
  }

  /// The tensors between which a name stands or would stand: two at most, that of the name itself among them.
  public func neighbours(of name: String) -> ArraySlice<TensorInfo> {
    let place = Checkpoints.place(of: name, in: tensors.indices) { tensors[$0].name }
    return tensors[max(0, place - 1)..<min(place + 1, tensors.count)]
  }

  private func position(of name: String) -> Int? {
    Checkpoints.position(of: name, in: tensors.indices) { tensors[$0].name }
  }

  /// The description, place and file of a tensor.
  func located(_ name: String) throws(CheckpointError) -> (info: TensorInfo, place: TensorPlace, source: TensorSource) {
    guard let index = position(of: name) else { throw .noSuchTensor(path: path, tensor: name) }
    let place = places[index]
    return (tensors[index], place, sources[place.source])
  }
}
