import ArgumentParser
import Diagnostics
import Foundation
import Hessian
import OutputFiles
import Ranks
import Tensors

struct HessianCommand: DiagnosisCommand, DividedCommand {
  static let configuration = CommandConfiguration(
    commandName: "hessian",
    abstract: "Largest eigenvalues of the loss Hessian, batch by batch.",
    discussion: """
      For each mini-batch the foremost eigenvalues of the Hessian of the pre-training loss, by exact Hessian-vector products \
      (Pearlmutter 1994); their distribution over batches is the max-eigenvalue spectrum of Park & Kim, ICLR 2022, and of the MFF \
      paper's Fig. 5. Every value comes with the residual ‖Hv − θv‖: an eigenvalue lies within it. Ranks are checked by a search of \
      its own, which says what it excludes. With two checkpoints, the difference and its interval, paired by batch. Every finished \
      batch is kept: after an interruption --resume goes on. Without a checkpoint, a bundled MAE and MFF are compared on 8 batches, the \
      top 3 of each.

      EXAMPLES
        mff-inspect hessian --solver lanczos
        mff-inspect hessian mae.pth mff.pth --images photos/ --solver lanczos
        mff-inspect hessian ckpt.bin --parameters per-block --top 3 -o blocks.pdf
        mff-inspect hessian ckpt.bin --batches 64 --dry-run
        mff-inspect hessian deit.pth --labels folder --images val/
        mpirun -n 8 mff-inspect hessian mae.pth --images photos/ --batches 2048
      """)

  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Images") var images: ImageOptions
  @OptionGroup(title: "Loss") var loss: LossOptionGroup
  @OptionGroup(title: "Eigenvalues") var spectrum: SpectrumOptions
  @OptionGroup(title: "Figure and numbers") var figure: FigureOptions
  @OptionGroup(title: "Run") var general: RunOptions

  /// Where finished batches are noted while a run goes on.
  private func journal(of files: ResultFiles) -> String { (files.json ?? files.besideFigure("json")) + ".partial" }

  /// Whether a journal holds batches; one without is removed, if it is this run's own.
  private func keepsBatches(_ journal: String, isOwn: Bool) -> Bool {
    guard let lines = FileManager.default.contents(atPath: journal) else { return false }
    // The first line is of the run's settings.
    if lines.count(where: { $0 == UInt8(ascii: "\n") }) > 1 { return true }
    if isOwn { AppendedFile.remove(journal) }
    return false
  }

  func run() throws {
    let console = try general.console
    guard Job.ranks.isFirst else {
      // The other ranks write nothing, and their machines need not have the place.
      _ = try result(arguments: ownArguments, journal: nil, console)
      return
    }
    let files = try figure.files(default: "hessian.png")
    sayWhatIsBundled(console)
    if spectrum.dryRun {
      guard Job.ranks.count == 1 else { throw UndividedCommand(name: "--dry-run", ranks: Job.ranks.count) }
      return try forecast(diagnosis(), console)
    }
    let journal = journal(of: files)
    try AppendedFile.check(journal)
    announce(journal, console)
    let isBegun = FileManager.default.fileExists(atPath: journal)
    Signals.holdBack()
    do {
      let result = try result(arguments: ownArguments, journal: journal, console)
      try write(result, to: files, console)
      AppendedFile.remove(journal)
    } catch is Interruption {
      console.remark(
        keepsBatches(journal, isOwn: !isBegun)
          ? "Interrupted. Finished batches are kept in \(journal); the same command with --resume goes on."
          : "Interrupted before the first batch was done.")
      Signals.obey()
    } catch let error as OutputError {
      // A full disk takes nothing of what is done.
      if keepsBatches(journal, isOwn: !isBegun) {
        console.remark("Finished batches are kept in \(journal); the same command with --resume goes on.")
      }
      throw error
    } catch {
      _ = keepsBatches(journal, isOwn: !isBegun)
      throw error
    }
  }

  /// Computes the result.
  ///
  /// - Throws: `Interruption` when an interruption was held back; what `HessianDiagnosis` throws.
  func result(arguments: [String], journal: String?, _ console: Console) throws -> HessianResult {
    var diagnosis = try diagnosis()
    diagnosis.arguments = arguments
    diagnosis.journal = journal
    if let vectors = spectrum.saveVectors { try AtomicFile.check(vectors) }
    let display = display(of: diagnosis, console)
    defer { console.clearProgress() }
    var result = try diagnosis.run { event in
      display.show(event)
      if Signals.isInterrupted { throw Interruption() }
    }
    result.drawing = figure.settings
    return result
  }

  private func sayWhatIsBundled(_ console: Console) {
    if checkpoints.checkpoints.isEmpty || images.paths.isEmpty {
      console.remark(BundledData.remark(checkpoints: checkpoints.checkpoints.isEmpty, images: images.paths.isEmpty))
    }
    if checkpoints.checkpoints.isEmpty, spectrum.top == nil {
      console.remark("Without a checkpoint: the top \(top) of each batch.")
    }
  }

  /// Says what becomes of an earlier run's journal.
  private func announce(_ journal: String, _ console: Console) {
    switch (spectrum.resume, FileManager.default.fileExists(atPath: journal)) {
    case (false, true):
      console.warn("\(journal) is of a run that was interrupted and begins anew; --resume would have gone on from it")
    case (true, false): console.remark("There is no \(journal) to go on from: the run begins anew.")
    default: break
    }
  }

  private func display(of diagnosis: HessianDiagnosis, _ console: Console) -> HessianDisplay {
    HessianDisplay(
      console, verbose: general.verbose, usualProducts: diagnosis.productsOfABatch.usual,
      atOnce: diagnosis.divides == .batches ? diagnosis.ranks.count : 1)
  }

  private var top: Int { spectrum.top ?? (checkpoints.checkpoints.isEmpty ? 3 : 5) }

  private func diagnosis() throws -> HessianDiagnosis {
    var diagnosis = HessianDiagnosis(checkpoints: try checkpoints.requests(), images: try images.sources())
    diagnosis.count = spectrum.count
    diagnosis.imageSize = images.imageSize
    diagnosis.cropPct = images.cropPct
    diagnosis.normalization = images.normalize
    diagnosis.batchSize = spectrum.batchSize
    diagnosis.batches = spectrum.batches
    diagnosis.objective = loss.objective
    diagnosis.teacher = loss.teacher.map { CheckpointRequest(path: $0) }
    diagnosis.labels = loss.labels.map { ImageLabels.Source(option: $0) }
    diagnosis.maskRatio = loss.masking.maskRatio
    diagnosis.masks = loss.masking.masks
    diagnosis.normPixels = loss.masking.normPixels
    diagnosis.parameters = loss.parameters
    diagnosis.weightDecay = loss.weightDecay
    diagnosis.protocol = loss.protocolName
    diagnosis.top = top
    diagnosis.which = spectrum.which
    diagnosis.solver = spectrum.solver
    diagnosis.tolerance = spectrum.tolerance
    diagnosis.maximumIterations = spectrum.maxIterations
    diagnosis.basis = spectrum.basis
    diagnosis.memory = spectrum.memory?.bytes
    diagnosis.checksRanks = spectrum.rankCheck
    diagnosis.rankCheckProducts = spectrum.rankCheckProducts
    diagnosis.provesRanks = spectrum.proveRanks
    diagnosis.warmStart = spectrum.warmStart
    diagnosis.density = spectrum.density
    diagnosis.trace = spectrum.trace
    diagnosis.vectors = spectrum.saveVectors
    diagnosis.resumes = spectrum.resume
    diagnosis.isStrict = general.strict
    diagnosis.seed = general.seed
    diagnosis.team = general.team
    diagnosis.ranks = Job.ranks
    diagnosis.divides = spectrum.divide
    return diagnosis
  }

  private func write(_ result: HessianResult, to files: ResultFiles, _ console: Console) throws {
    let written = try files.deliver(result)
    // Where a table is printed it says so.
    if files.json == nil {
      for line in result.influenceLines + result.unsettledLines { console.warn(line) }
    }
    if let skipped = result.images.skipped { console.warn("\(counted(skipped.count, "image", "images")) skipped") }
    if let copies = result.images.copyWarning { console.warn(copies) }
    if let sharing = result.sharingLine { console.warn(sharing) }
    if general.verbose { for line in result.settings.protocolWords { console.remark("- \(line)") } }
    console.remark(
      "\(counted(result.settings.batches, "batch", "batches")) of "
        + "\(counted(result.settings.batchSize, "image", "images")), seed \(result.seed); "
        + "wrote \((written + [vectors(of: result)].compactMap(\.self)).joined(separator: ", "))")
  }

  /// What the files of eigenvectors are called.
  private func vectors(of result: HessianResult) -> String? {
    guard let path = spectrum.saveVectors else { return nil }
    let isByBlock = loss.parameters == .perBlock
    guard isByBlock || result.settings.batches * result.models.count > 1 else { return path }
    return path.dropLast(".safetensors".count) + (isByBlock ? "-MODEL-BLOCK" : "-MODEL") + "-BATCH.safetensors"
  }

  private func forecast(_ diagnosis: HessianDiagnosis, _ console: Console) throws {
    let display = display(of: diagnosis, console)
    let forecast = try diagnosis.forecast(display.show)
    if figure.json == "-" {
      try printResult(try encodeResult(forecast))
    } else {
      try printResult(Array((forecast.text + "\n").utf8))
    }
  }
}
