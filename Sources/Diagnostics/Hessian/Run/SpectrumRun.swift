internal import Hessian
internal import Images
internal import Ranks

/// One spectrum of a checkpoint: every batch that is not done, by whichever rank, with what is reported of it.
final class SpectrumRun {
  let cursor: BatchCursor
  private let pass: HessianPass
  private let unit: Int
  private let worker: HessianWorker
  /// On rank 0, where one is kept.
  private let journal: HessianJournal?
  private let reportsSkipped: Bool
  private let report: (HessianDiagnosis.Event) throws -> Void
  private var reportedSkips = 0
  /// Batches that an interrupted run had finished, by their index.
  private var known: [Int: HessianJournal.Entry] = [:]
  /// Batches that this run has finished and not yet reported, and how many it has of all.
  private var finished: [Int: HessianBatch] = [:]
  private var count = 0
  /// The first batch that is neither known nor reported as finished.
  private var next = 0

  private var diagnosis: HessianDiagnosis { pass.diagnosis }
  private var ranks: any RankGroup { diagnosis.ranks }

  init(
    _ pass: HessianPass, unit: Int, _ worker: HessianWorker, _ journal: HessianJournal?, reportsSkipped: Bool,
    _ report: @escaping (HessianDiagnosis.Event) throws -> Void
  ) {
    self.pass = pass
    self.unit = unit
    self.worker = worker
    self.journal = journal
    self.reportsSkipped = reportsSkipped
    self.report = report
    cursor = BatchCursor(pass.stream())
  }

  /// Computes what is missing; all ranks get the whole.
  func spectrum() throws -> HessianSpectrum {
    let kept = try ranks.broadcast(journal?.entries(model: pass.place.model, unit: unit) ?? [])
      .filter { $0.batch.index < pass.batches }
    known = Dictionary(kept.map { ($0.batch.index, $0) }) { $1 }
    count = known.count
    let open = (0..<pass.batches).filter { known[$0] == nil }
    let found = diagnosis.divides == .images ? try open.flatMap(together) : try divided(open)
    try cursor.pass(to: pass.batches)
    try examinePassed()
    let all = known.merging(found.map { ($0.batch.index, $0) }) { $1 }
    // A rank that read other images than this one has computed something else.
    let strangers = found.filter { $0.images != cursor.digests[$0.batch.index] }
    try ranks.agree(on: "\(cursor.digests) \(strangers.isEmpty)", of: "images")
    var spectrum = HessianSpectrum(selection: worker.selection, parameters: worker.order)
    for index in 0..<pass.batches { if let entry = all[index] { spectrum.append(entry) } }
    return spectrum
  }

  // MARK: Dividing

  /// Each rank takes whole batches.
  private func divided(_ open: [Int]) throws -> [HessianJournal.Entry] {
    try ranks.distribute(
      open,
      work: { [self] index, attend in try solve(index, attend) },
      arrived: { [self] in try note($0) },
      waiting: { [self] in try report(.waiting(place(min(next, pass.batches - 1)))) })
  }

  /// All ranks share a batch.
  private func together(_ index: Int) throws -> [HessianJournal.Entry] {
    guard ranks.isFirst else {
      try worker.assist(try batch(index), index: index)
      return try ranks.broadcast([])
    }
    let entry = try solve(index) {}
    try note(entry)
    return try ranks.broadcast([entry])
  }

  // MARK: Batches

  private func solve(_ index: Int, _ attend: () throws -> Void) throws -> HessianJournal.Entry {
    let batch = try batch(index)
    try report(.batch(place(index)))
    return try worker.solve(
      batch, index: index, images: cursor.digests[index], key: (pass.place.model, unit), linearized: attend
    ) { phase, progress in
      try attend()
      try report(.product(place(index), phase, progress))
    }
  }

  /// A batch's images, after those before it have been passed and compared.
  private func batch(_ index: Int) throws -> BatchStream.Batch {
    let batch = try cursor.batch(at: index)
    try examinePassed()
    return batch
  }

  /// Says which images were left out, and compares those of batches taken over with those that are there.
  private func examinePassed() throws {
    if reportsSkipped {
      for reason in cursor.skipped[reportedSkips...] { try report(.skipped(reason: reason)) }
      reportedSkips = cursor.skipped.count
    }
    for (index, digest) in cursor.digests.enumerated() {
      guard let entry = known[index], entry.images != digest else { continue }
      throw JournalError.otherImages(path: diagnosis.journal ?? "", batch: index)
    }
  }

  /// Keeps a batch, and reports all that are finished in their order.
  private func note(_ entry: HessianJournal.Entry) throws {
    try journal?.append(entry)
    finished[entry.batch.index] = entry.batch
    count += 1
    while next < pass.batches {
      if let batch = finished.removeValue(forKey: next) {
        try report(.finished(pass.place(unit: unit, batch: next, done: next), batch))
      } else if known[next] == nil {
        return
      }
      next += 1
    }
  }

  private func place(_ batch: Int) -> HessianPlace { pass.place(unit: unit, batch: batch, done: count) }
}
