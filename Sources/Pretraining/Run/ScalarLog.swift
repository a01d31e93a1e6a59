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

  private let path: String
  private let descriptor: Int32
  private var end: off_t

  /// Opens the log and leaves out of it what is later than a step: a resumed run says it again.
  ///
  /// - Throws: `OutputError`.
  init(_ path: String, through step: Int?) throws(OutputError) {
    self.path = path
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    end = 0
    guard descriptor >= 0 else { throw Self.failure(path) }
    if let step { end = off_t(Self.length(of: path, through: step)) }
    guard ftruncate(descriptor, end) == 0 else { throw Self.failure(path) }
  }

  deinit { close(descriptor) }

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
    let bytes = Array((Self.line(record) + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe pwrite(
          descriptor, raw.baseAddress.map { unsafe $0 + written }, raw.count - written, end + off_t(written))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let failure = Self.failure(path)
        ftruncate(descriptor, end)
        throw failure
      }
      written += count
    }
    end += off_t(bytes.count)
  }

  /// Waits until the disk has what was appended.
  func flush() throws(OutputError) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
  }

  private static func failure(_ path: String) -> OutputError {
    .unwritable(path: path, reason: unsafe String(cString: strerror(errno)))
  }

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
