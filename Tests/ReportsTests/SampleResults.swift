import Foundation

@testable import Diagnostics
@testable import Reports
@testable import Spectra

/// Small results with made-up numbers.
enum SampleResults {
  /// Weights of a checkpoint that fuses three layers.
  static func weights(_ name: String = "MFF", _ values: [Double] = [0.5, 0.3, 0.2]) -> WeightsResult {
    let points = [WeightsPoint(weights: values, source: name)]
    return WeightsResult(
      version: "1.2.3", arguments: ["weights", "\(name).bin"], seed: 7, overTraining: false,
      runs: [
        WeightsRun(
          name: name, path: "\(name).bin", source: .checkpoint, positions: Array(values.indices),
          layers: Array(values.indices), points: points, firstThird: FirstThird(points, abscissa: [nil], axis: nil),
          remarks: [])
      ])
  }

  /// Weights over a training of so many steps.
  static func training(steps: Int) -> WeightsResult {
    let points = (0..<steps).map { step in
      let share = 0.5 + 0.3 * sin(Double(step) / 10)
      return WeightsPoint(epoch: Double(step) / 10, step: step, weights: [share, 1 - share], source: "log.json")
    }
    return WeightsResult(
      version: "1.2.3", arguments: ["weights", "--over-training", "log.json"], seed: 7, overTraining: true,
      runs: [
        WeightsRun(
          name: "run", path: "log.json", source: .jsonLines, positions: [0, 1], layers: [3, 11], points: points,
          firstThird: FirstThird(points, abscissa: points.map(\.epoch), axis: .epoch), remarks: [])
      ])
  }

  /// A page with a section for each result.
  static func page(_ results: [any DrawableResult], claim: ReportClaim? = nil) -> ReportPage {
    let sections = results.enumerated().map { index, result in
      ReportSection(
        id: "part-\(index)", title: "Part \(index)", paragraphs: ["Words."], claim: claim,
        figures: [ReportFigure(result, caption: "A caption.", fileName: "numbers-\(index)")])
    }
    return ReportPage(title: "A page", sections: sections, version: "1.2.3", seed: 7, arguments: ["report", "a b.bin"])
  }

  /// A page's text.
  static func text(_ page: ReportPage) throws -> String { String(decoding: try page.html(), as: UTF8.self) }
}
