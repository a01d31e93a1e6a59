internal import Foundation
internal import OutputFiles

/// `scalars.jsonl`: an object in each line, only ever appended to, never with half a line at its end.
struct ScalarLog: ~Copyable {
  /// What one line says.
  struct Record: Codable {
    var step: Int
    var epoch: Double
    var loss: Double?
    var learningRate: Double?
    var imagesPerSecond: Double?
    var gradientNorm: Double?
    var weights: [Double] = []
  }

  private var file: AppendedFile

  /// Opens the log and leaves out of it what is later than a step: a resumed run says it again.
  ///
  /// - Throws: `OutputError`.
  init(_ path: String, through step: Int?) throws(OutputError) {
    var file = try AppendedFile(path)
    try file.keep(step.map { Self.length(of: path, through: $0) } ?? 0)
    self.file = file
  }

  /// The bytes of the whole lines up to a step.
  private static func length(of path: String, through step: Int) -> Int {
    struct Line: Decodable { var step: Int }
    guard let data = FileManager.default.contents(atPath: path) else { return 0 }
    var end = 0
    for line in data.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      guard let record = try? JSONDecoder().decode(Line.self, from: line), record.step <= step else { break }
      end += line.count + 1
    }
    return end
  }

  /// Appends a line; when the disk is full none of it stays.
  mutating func append(_ record: Record) throws(OutputError) {
    try file.append(Array((Self.line(record) + "\n").utf8))
  }

  /// Waits until the disk has what was appended.
  func flush() throws(OutputError) { try file.flush() }

  /// Doubles with every digit, so that weights read back are the same.
  private static func line(_ record: Record) -> String {
    var fields = ["\"step\":\(record.step)", "\"epoch\":\(record.epoch)"]
    if let loss = record.loss { fields.append("\"loss\":\(loss)") }
    if let rate = record.learningRate { fields.append("\"lr\":\(rate)") }
    if let norm = record.gradientNorm { fields.append("\"gradient_norm\":\(norm)") }
    for (i, weight) in record.weights.enumerated() { fields.append("\"weight_\(i)\":\(weight)") }
    if let rate = record.imagesPerSecond { fields.append("\"images_per_second\":\(rate)") }
    return "{" + fields.joined(separator: ",") + "}"
  }
}
