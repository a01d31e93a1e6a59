/// Collects the series of a log, told apart by what stands beside the names of their weights.
struct WeightLogBuilder {
  private let format: WeightLog.Format
  private var files: [String] = []
  private var series: [WeightSeries] = []
  private var places: [String: Int] = [:]
  private var remarks: [String] = []
  /// Records of series beyond the limit.
  private var surplus = 0

  /// Far more than anybody draws; their names are kept.
  static let seriesLimit = 64

  init(_ format: WeightLog.Format) { self.format = format }

  mutating func begin(_ file: String) { files.append(file) }

  mutating func remark(_ text: String) { remarks.append(text) }

  /// Takes what a record says; one without any weight is of no concern.
  mutating func add(_ record: ScalarRecord) {
    for (label, moment) in record.moments { add(moment, to: label) }
  }

  mutating func add(_ moment: WeightMoment, to label: String) {
    guard moment.weightCount > 0 else { return }
    let epoch = moment.epoch.flatMap { $0.isFinite && abs($0) < 1e12 ? $0 : nil }
    let step = moment.step.flatMap { $0.isFinite && abs($0) < 1e15 ? Int($0) : nil }
    add(epoch: epoch, step: step, weights: moment.weights, to: label)
  }

  mutating func add(epoch: Double?, step: Int?, weights: [Double], to label: String) {
    guard let place = place(of: label) else {
      leaveOut()
      return
    }
    series[place].add(epoch: epoch, step: step, weights: weights, source: files.last ?? "", origin: files.count)
  }

  /// Counts a record of one series too many.
  mutating func leaveOut() { surplus += 1 }

  mutating func remark(_ text: String, on label: String) {
    if let place = place(of: label) { series[place].remark(text) }
  }

  private mutating func place(of label: String) -> Int? {
    if let place = places[label] { return place }
    guard series.count < Self.seriesLimit else { return nil }
    places[label] = series.count
    series.append(WeightSeries(label))
    return series.count - 1
  }

  /// A log for each series, that of training first; one without records where there is none.
  consuming func logs() -> [WeightLog] {
    var remarks = remarks
    if surplus > 0 { remarks.append("\(surplus) records left out: of more than \(Self.seriesLimit) series") }
    let inner = series.map(\.innerIterations)
    for index in series.indices {
      if series[index].isValidation {
        if inner.contains(where: { $0 != nil }) { series[index].forgetSteps() }
      } else if let inner = inner[index] {
        series[index].count(inner)
      }
    }
    let order = series.indices.filter { !series[$0].isValidation } + series.indices.filter { series[$0].isValidation }
    guard !order.isEmpty else { return [WeightSeries("").log(format, files: files, remarks: remarks)] }
    return order.enumerated().map { place, index in
      series[index].log(format, files: files, remarks: place == 0 ? remarks : [])
    }
  }
}
