internal import Foundation
internal import Images
internal import OutputFiles
internal import Ranks
internal import Tensors
internal import VisionTransformers

/// The batches of a run that are done, a line each, on the disk before the next begins: what an interrupted run goes on from.
final class HessianJournal {
  /// What must be the same for a run to go on.
  struct Header: Codable, Equatable {
    var journal = 1
    var version: String
    /// The matrix kernel, which decides the last bits; absent in journals of earlier versions.
    var kernel: String?
    var seed: UInt64
    var checkpoints: [String]
    var images: [String]
    var losses: [String]
    /// Of each checkpoint, as options, file and defaults have it.
    var heads: [Int]
    var decoderHeads: [Int?]
    var fusedLayers: [[Int]?]
    var normalize: [String]
    var imageSize: [[Int]]
    var removedPatches: [Int?]
    /// Batches taken over write no vectors.
    var vectors: String?
    var trace: Bool
    var density: Bool
    var settings: HessianSettings
    /// Parts that a batch of each checkpoint is worked through in: they decide the last bits.
    var parts: [Int]
    /// What memory they were decided by; a run with more may go on all the same.
    var budget: MemoryBudget

    init(of diagnosis: HessianDiagnosis, _ plan: HessianPlan) throws {
      version = ToolVersion.current
      kernel = MatrixKernel.current.name
      seed = diagnosis.seed
      checkpoints = try plan.passes.map { try $0.digest }
      images = diagnosis.images
      losses = plan.passes.map { $0.loss.words.joined(separator: "; ") }
      let architectures = plan.passes.map(\.architecture)
      heads = architectures.map(\.heads)
      decoderHeads = architectures.map { $0.decoder?.heads }
      fusedLayers = architectures.map { $0.fusion?.layers }
      imageSize = architectures.map(\.imageSize)
      normalize = plan.passes.map { $0.normalization.rawValue }
      removedPatches = plan.passes.map { $0.loss.masked?.removed }
      vectors = diagnosis.vectors
      (trace, density) = (diagnosis.trace, diagnosis.density)
      settings = plan.settings
      parts = plan.passes.map(\.memory.parts.count)
      budget = plan.budget
      // Whole batches are the same whatever the number of ranks.
      if settings.divides != .images { (settings.ranks, settings.divides) = (nil, nil) }
    }

    /// Makes sure that all ranks are about to compute the same.
    ///
    /// - Throws: `RankError`.
    func agree(over ranks: any RankGroup) throws {
      var header = self
      // What each rank is by itself, and what only rank 0 looks at.
      (header.settings.threads, header.vectors, header.version, header.kernel) = (0, nil, "", nil)
      header.budget = MemoryBudget(leastOf: [])
      if ranks.count > 1, header.settings.divides == .images { header.parts = [] }
      for index in checkpoints.indices {
        try ranks.agree(on: checkpoints[index], of: "weights in checkpoint \(index + 1)")
      }
      try ranks.agree(
        on: String(decoding: try HessianJournal.encoder.encode(header), as: UTF8.self),
        of: "checkpoints, images or options")
    }
  }

  /// A finished batch.
  struct Entry: Codable, Sendable {
    /// Which checkpoint.
    var model: Int
    /// Which of its spectra.
    var unit: Int
    /// The digest of the batch's images.
    var images: String
    /// What was found.
    var batch: HessianBatch
    /// The density, where it was asked for.
    var density: HessianDensity?
  }

  /// How many batches were taken from an interrupted run.
  var kept: Int { entries.count }

  private var file: AppendedFile
  private var entries: [Key: Entry] = [:]

  private struct Key: Hashable { let model, unit, batch: Int }

  /// Opens the journal of a run.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - header: What decides this run's numbers.
  ///   - resumes: Whether batches that it holds are taken over; otherwise it begins anew.
  /// - Throws: `JournalError` for another run's journal, `OutputError`.
  init(_ path: String, header: Header, resumes: Bool) throws {
    // Held before it is read: nobody adds a line in between.
    var file = try AppendedFile(path)
    if resumes, let (length, entries) = try Self.contents(of: path, header) {
      self.entries = Dictionary(entries.map { (Key(model: $0.model, unit: $0.unit, batch: $0.batch.index), $0) }) { $1 }
      try file.keep(length)
      self.file = file
      return
    }
    try file.keep(0)
    try file.append(Array(try Self.encoder.encode(header)) + [0x0A])
    try file.flush()
    self.file = file
  }

  /// The batches of a spectrum that an interrupted run had finished, in their order.
  func entries(model: Int, unit: Int) -> [Entry] {
    entries.values.filter { $0.model == model && $0.unit == unit }.sorted { $0.batch.index < $1.batch.index }
  }

  /// Notes a finished batch.
  func append(_ entry: Entry) throws {
    try file.append(Array(try Self.encoder.encode(entry)) + [0x0A])
    try file.flush()
  }

  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  /// The batches that a journal holds, and the length of its whole lines; nil for a journal that is not there or holds no whole line.
  private static func contents(of path: String, _ header: Header) throws -> (length: Int, entries: [Entry])? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    // What follows the last line's end was cut off.
    let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
    guard let first = lines.first else { return nil }
    guard let found = try? JSONDecoder().decode(Header.self, from: first) else {
      throw JournalError.foreign(path: path)
    }
    var comparable = found
    comparable.budget = header.budget
    guard comparable == header else {
      throw JournalError.otherRun(path: path, differences: try differences(comparable, header))
    }
    var (length, entries) = (first.count + 1, [Entry]())
    for line in lines.dropFirst() {
      guard let entry = try? JSONDecoder().decode(Entry.self, from: line) else { break }
      entries.append(entry)
      length += line.count + 1
    }
    return (length, entries)
  }

  /// The memory that the run of a journal was planned with; nil where there is none of this program's.
  static func budget(of path: String) -> MemoryBudget? {
    FileManager.default.contents(atPath: path)?.split(separator: 0x0A).first
      .flatMap { try? JSONDecoder().decode(Header.self, from: $0) }?.budget
  }

  /// The settings that differ, with both values.
  private static func differences(_ found: Header, _ header: Header) throws -> [String] {
    func fields(_ header: Header) throws -> [String: String] {
      guard let object = try JSONSerialization.jsonObject(with: encoder.encode(header)) as? [String: Any] else {
        return [:]
      }
      var fields = object["settings"] as? [String: Any] ?? [:]
      fields.merge(object.filter { $0.key != "settings" }) { $1 }
      fields["protocolWords"] = nil
      return fields.mapValues { "\($0)" }
    }
    let (old, new) = (try fields(found), try fields(header))
    return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }
      .map { key in
        let (before, now) = (old[key] ?? "not given", new[key] ?? "not given")
        let advice = key == "kernel" && old[key] != nil ? " (OPENBLAS_CORETYPE=\(before) asks for the former)" : ""
        return "\(key) was \(before) and is \(now)\(advice)"
      }
  }
}

/// Why a run cannot go on from a journal.
public enum JournalError: Error, Sendable, Hashable {
  case foreign(path: String)
  case otherRun(path: String, differences: [String])
  case otherImages(path: String, batch: Int)
}

extension JournalError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .foreign(let path):
      "\(path): no journal of this program's; leave --resume out to begin anew, which replaces it"
    case .otherRun(let path, let differences):
      "\(path): the journal of a run with other settings: \(differences.joined(separator: "; ")); "
        + "give the same again, or leave --resume out to begin anew"
    case .otherImages(let path, let batch):
      "\(path): the images of batch \(batch) have changed since it was computed; leave --resume out to begin anew"
    }
  }
}
