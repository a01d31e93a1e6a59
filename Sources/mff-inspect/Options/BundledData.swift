import Fixtures

/// What commands use when no path is given.
enum BundledData {
  /// The bundled checkpoints with their labels.
  static var checkpoints: [(String, String?)] {
    get throws {
      guard let mae = Fixtures.mae, let mff = Fixtures.mff else { throw BundledDataMissing() }
      return [(mae, "MAE"), (mff, "MFF")]
    }
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
