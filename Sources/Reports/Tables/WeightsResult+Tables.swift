internal import Diagnostics

extension WeightsResult: TabulatedResult {
  var conclusions: [String] {
    sentences.map { $0 + "." } + runs.flatMap { run in run.remarks.map { "\(run.name): \($0)" } }
  }

  var numberTables: [ReportTable] { overTraining ? runs.indices.map(courseTable) : [endTable] }

  /// A row for each layer or position, a column for each checkpoint.
  private var endTable: ReportTable {
    let knowsLayers = runs.allSatisfy { $0.layers != nil }
    func names(_ run: WeightsRun) -> [Int] { knowsLayers ? run.layers ?? [] : run.positions }
    let all = Set(runs.flatMap(names)).sorted()
    let rows = all.map { name in
      [ReportCell.text("\(name)")]
        + runs.enumerated().map { index, run in
          let place = names(run).firstIndex(of: name)
          let last = run.points.count - 1
          return place.map {
            .number(run.points[last].weights[$0], .decimals(4), source: "/runs/\(index)/points/\(last)/weights/\($0)")
          } ?? .none
        }
    }
    return ReportTable(
      caption: "Fusion weights", columns: [knowsLayers ? "layer" : "position"] + runs.map(\.name), rows: rows)
  }

  /// A row for each moment, a column for each layer.
  private func courseTable(_ index: Int) -> ReportTable {
    let run = runs[index]
    let shown = ReportTable.shown(run.points.count, spread: true, most: 40)
    let hasSteps = run.points.contains { $0.step != nil }
    let hasEpochs = run.points.contains { $0.epoch != nil }
    let moments = (hasEpochs ? ["epoch"] : []) + (hasSteps ? ["step"] : [])
    let names = (run.layers ?? run.positions).map { "\(run.layers == nil ? "position" : "layer") \($0)" }
    let rows = shown.indices.map { place in
      let (point, path) = (run.points[place], "/runs/\(index)/points/\(place)")
      var row: [ReportCell] = []
      if moments.isEmpty { row.append(.count(place + 1)) }
      if hasEpochs { row.append(.number(point.epoch, .decimals(3), source: "\(path)/epoch")) }
      if hasSteps { row.append(point.step.map { .count($0, source: "\(path)/step") } ?? .none) }
      for (layer, weight) in point.weights.enumerated() {
        row.append(.number(weight, .decimals(4), source: "\(path)/weights/\(layer)"))
      }
      return row
    }
    return ReportTable(
      caption: "\(run.name): fusion weights over training", columns: (moments.isEmpty ? ["point"] : moments) + names,
      rows: rows, note: shown.note)
  }
}
