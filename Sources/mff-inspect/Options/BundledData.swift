import Fixtures

/// What commands use when no path is given.
enum BundledData {
  /// How many checkpoints are bundled for comparison.
  static let checkpointCount = 2

  /// The bundled checkpoints with their labels.
  static var checkpoints: [(String, String)] {
    get throws {
      guard let mae = Fixtures.mae, let mff = Fixtures.mff else { throw BundledDataMissing() }
      return [(mae, "MAE"), (mff, "MFF")]
    }
  }

  /// What a command says first when it falls back on them.
  static func remark(checkpoints: Bool, images: Bool) -> String {
    let used = [
      checkpoints ? "checkpoints (an MAE and an MFF)" : nil,
      images ? "images (generated, for a demonstration, not for a result; --images names others)" : nil,
    ]
    return "Using the bundled " + used.compactMap(\.self).joined(separator: " and ")
      + (Fixtures.folder.map { " in \($0)" } ?? "") + "."
  }

  /// The bundled images.
  static var images: String {
    get throws {
      guard let images = Fixtures.images else { throw BundledDataMissing() }
      return images
    }
  }
}

/// The program was moved without its data.
struct BundledDataMissing: Error, CustomStringConvertible {
  var description: String {
    "the bundled data is not beside the program; install with make install, or name checkpoints and --images"
  }
}
