import Diagnostics
import Figures

/// The JSON result of a diagnosis, drawn again as `plot` does.
enum ResultTarget {
  static func draw(_ path: String) {
    do {
      let plotted = try ResultReader.plot([path], settings: DrawingSettings(), arguments: [])
      let picture = try plotted.figure.render(as: .svg, width: plotted.settings.width)
      promise(!picture.isEmpty, "an empty picture")
    } catch {
      ErrorPromise.check("\(error)", names: path)
    }
  }
}
