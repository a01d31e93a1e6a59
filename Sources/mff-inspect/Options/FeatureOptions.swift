import ArgumentParser
import Diagnostics

/// What `frequency` says of features that another program computed.
struct FeatureOptions: ParsableArguments, RenamedOptions {
  static let optionNames = ["paths": "features"]

  @Option(
    name: .customLong("features"),
    help: ArgumentHelp(
      "Features of a network not known here, instead of a checkpoint: a file with a tensor (N, C, h, w) for each layer; repeatable.",
      valueName: "file"),
    completion: .file())
  var paths: [String] = []

  @Flag(help: "The tensors of --features have shape (N, h, w, C).")
  var channelsLast = false

  func validate() throws {
    if channelsLast, paths.isEmpty { throw ValidationError("--channels-last is of --features; name their files.") }
  }

  /// The files with their labels.
  func requests(names: [String]) -> [FeatureDiagnosis.Request] {
    zip(paths, PathLabels.labels(of: paths)).enumerated().map { index, item in
      FeatureDiagnosis.Request(path: item.0, name: index < names.count ? names[index] : item.1)
    }
  }
}
