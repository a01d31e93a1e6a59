import Hessian
import Testing

@testable import Diagnostics

@Suite("Hessian spectra as tables")
struct HessianTableTests {
  private func sample(_ name: String) throws -> HessianResult {
    try #require(SampleSpectra.all.first { $0.name == name }?.result)
  }

  /// The words of the first line that begins so.
  private func row(_ table: String, _ beginning: String, in part: Int = 0) throws -> [String] {
    let blocks = table.split(separator: "\n\n", omittingEmptySubsequences: true)
    let lines = try #require(blocks.indices.contains(part) ? blocks[part] : nil).split(separator: "\n")
    return try #require(lines.first { $0.hasPrefix(beginning) }).split(separator: "  ").map {
      $0.trimmingPrefix(while: \.isWhitespace).description
    }
  }

  /// Two batches of two values: everything can be worked out by hand.
  private var small: HessianResult {
    SampleSpectra.result([
      SampleSpectra.model("A", [SampleSpectra.batch(0, [4, -2]), SampleSpectra.batch(1, [6, 2])]),
      SampleSpectra.model("B", [SampleSpectra.batch(0, [2, -1]), SampleSpectra.batch(1, [3.5, 0.5])]),
    ])
  }

  @Test("What rank checks exclude is said: the widest of a checkpoint's batches that were checked")
  func ranks() {
    var batches = (0..<3).map { SampleSpectra.batch($0, [4, -2]) }
    for (index, distance) in [0.03, 0.06, 0.6].enumerated() {
      (batches[index].rankMargin, batches[index].excluded) = (distance, SampleSpectra.excluded(distance, width: 6))
    }
    (batches[2].rankChecked, batches[2].rankMargin, batches[2].excluded) = (false, nil, nil)
    #expect(
      SampleSpectra.result([SampleSpectra.model("A", batches)]).table.contains(
        "A: where ranks are checked, each value is within 1 % of the spectrum's width (0.06 at most) of the eigenvalue of its rank, "
          + "with a probability of 99 % a batch"))
    #expect(!small.table.contains("where ranks are checked"))
  }

  @Test("A row has mean, interval, median, largest with its interval, and the share of negative values")
  func values() throws {
    // Batch means 1 and 4: 2.5 ± t · 1.5 with t = 12.7062; largest 4 and 6: 5 ± t · 1.
    #expect(
      try row(small.table, "A", in: 1) == [
        "A", "2.500", "[-16.56, 21.56]", "3.000", "5.000", "[-7.706, 17.71]", "25 %",
      ])
  }

  @Test(
    "Products are shown in all and for a batch, the solver's apart from those of checks; seconds are of all three parts"
  )
  func cost() throws {
    // 36 + 20 products and 0.25 + 1.5 + 0.75 s for each batch.
    #expect(try row(small.table, "A", in: 2) == ["A", "4 of 4", "2 of 2", "72 + 40", "36.0 + 20.0", "5.0"])
  }

  @Test("Spectra of different losses are shown, not compared, and the reason is said")
  func losses() throws {
    var models = small.models
    models[1].details.objective = "features-masked"
    models[1].details.normPixels = nil
    let result = SampleSpectra.result(models)
    #expect(result.comparison == nil)
    #expect(result.table.contains("Which is flatter cannot be said: their losses differ"))
    #expect(!result.table.contains("is flatter:") && small.comparison != nil)
  }

  @Test("What is computed stands above the numbers")
  func subject() {
    let line = small.table.prefix { $0 != "\n" }
    #expect(
      line
        == "The 2 eigenvalues of largest magnitude for each of 2 batches of 16 images. Loss: pixels (normalised patches), "
        + "75 % of patches removed. Over all parameters (1.23M). Solver: power iteration, tolerance 0.001.")
  }

  @Test("Weight decay, one block and the protocol are named")
  func settings() {
    var result = small
    result.settings.weightDecay = 0.05
    result.settings.protocol = .park2022
    result.settings.parameters = "block:3"
    result.settings.which = .largest
    #expect(result.table.contains("of largest value"))
    #expect(
      result.table.contains("Over the parameters of block 3 (1.23M). Contains ½·0.05·‖w‖². Protocol of Park and Kim"))
  }

  @Test("Batch-to-batch spread and the solver's error are told apart")
  func errors() {
    // Means 1 and 4: deviation 2.121; bounds are 5e-4 |λ|, mean |λ| 3.5.
    #expect(
      small.table.contains(
        "A: from batch to batch the mean varies by 2.121 (standard deviation); the solver's own error moves it by 0.00175 at most"
      ))
  }

  @Test(
    "Two checkpoints: differences with intervals and both tests; two batches do not settle which is flatter, and what would is said"
  )
  func verdict() throws {
    let table = small.table
    // Mean |λ|: −1.5 and −2, so −1.75 ± 12.7062 · 0.25; two of one sign have 2 / 2² by both tests.
    #expect(table.contains("B − A, 2 batches, paired"))
    #expect(
      try row(table, "mean |λ|", in: 4) == ["mean |λ|", "-1.750", "[-4.927, +1.427]", "-1.750", "0.5", "0.5", "no"])
    // Deviation 0.3536, a fifth of the difference: the least number does.
    #expect(
      table.contains(
        "Which is flatter is not settled by 2 batches: it takes 6 at least, 4 more; if B's mean |λ| of the top 2 is smaller by 1.750, "
          + "as it seems, about 6 fresh batches would do in 80 % of cases (--batches 6, other images)."))
    #expect(table.hasSuffix("decide on a number, and look once"))
  }

  @Test("A settled difference names the flatter checkpoint and both tests")
  func flatter() throws {
    let table = try sample("usual").table
    #expect(table.contains("MAE is flatter: its mean |λ| of the top 5 is smaller by "))
    #expect(
      table.contains("and 8 batches settle that (Student's t p = ") && table.hasSuffix(", signed rank p = 0.0078)"))
  }

  @Test("Two equal checkpoints are called equal; nothing would make their difference smaller")
  func equal() throws {
    let batches = SampleSpectra.batches(8, SampleSpectra.maeTops)
    let result = SampleSpectra.result([SampleSpectra.model("A", batches), SampleSpectra.model("B", batches)])
    #expect(result.table.hasSuffix("A and B have the same eigenvalues on every batch: neither is flatter"))
  }

  @Test("Batches that share images settle nothing, in table and sentence")
  func sharing() throws {
    var result = try sample("usual")
    for model in 0..<2 { result.models[model].details.batches?[7].sharesImages = true }
    result.settings.batchesSharingImages = 1
    result.comparison = HessianComparison(result.models)
    #expect(
      result.table.hasSuffix(
        "Which is flatter is not settled by 8 batches: some of them share images, so that they are not independent"))
    #expect(result.table.contains("1 of 8 batches share images with others"))
    #expect(!result.table.contains("  yes"))
  }

  @Test("A batch that carries the mean is named with its images, also where it carries the difference")
  func influence() throws {
    #expect(try sample("usual").influenceLines.isEmpty)
    var second = SampleSpectra.batches(12, [10, 9], phase: 1)
    second[3] = SampleSpectra.batch(3, [2308, 9])
    second[3].images = (0..<6).map { "\($0).png" }
    let first = SampleSpectra.batches(12, [10, 9]).map { batch in
      var batch = batch
      batch.images = (0..<6).map { "\($0)\(batch.index).png" }
      return batch
    }
    let result = SampleSpectra.result([SampleSpectra.model("MAE", first), SampleSpectra.model("MFF", second)])
    let lines = result.influenceLines
    #expect(lines.count == 2 && lines.allSatisfy { result.table.contains($0) })
    #expect(lines[0].hasPrefix("MFF: batch 3 (0.png, 1.png, 2.png, 3.png and 2 more) carries the mean λ, "))
    #expect(lines[0].contains("holds in far fewer than 95 % of cases; the median is "))
    #expect(
      lines[1].hasPrefix(
        "MFF − MAE, mean |λ|: batch 3 (03.png, 13.png, 23.png, 33.png and 2 more) carries the difference, +"))
  }

  @Test("A share of patches that is not the ratio asked for is the one that is told")
  func maskedShare() {
    var models = small.models
    for index in models.indices {
      (models[index].details.maskRatio, models[index].details.removedPatches) = (0.01, 1)
      models[index].details.grid = [4, 4]
    }
    #expect(SampleSpectra.result(models).table.contains(", 6.25 % of patches removed."))
  }

  @Test("Where the solvers' errors are in the way, more batches are not the advice")
  func solversInTheWay() throws {
    var result = small
    result.models[1].details.summary?.solverError = 5
    #expect(result.table.contains("the solvers' own errors, up to 5 together, are in the way"))
    #expect(result.table.contains("a smaller --tolerance makes them smaller"))
    #expect(!result.table.contains("would do"))
  }

  @Test("Where rounding hides the difference a smaller tolerance is not the advice")
  func roundingInTheWay() throws {
    let models = ["A", "B"].enumerated().map { index, name in
      SampleSpectra.model(
        name,
        (0..<8).map { batch in
          var batch = SampleSpectra.batch(batch, [10 + 1e-3 * Double(index) + 0.1 * Double(batch)])
          (batch.eigenvalues[0].residual, batch.eigenvalues[0].bound) = (0.01, 0.02)
          return batch
        })
    }
    let table = SampleSpectra.result(models).table
    #expect(
      table.hasSuffix(
        "errors, up to 0.04 together, are in the way; 0.02 of it is rounding, which no --tolerance makes smaller"))
  }

  @Test("A single batch has dashes for intervals, and the table says why")
  func single() throws {
    let table = try sample("single-batch").table
    #expect(try row(table, "MAE", in: 1)[2] == "–")
    #expect(table.contains("A single batch shows no spread between batches"))
    #expect(table.contains("Which is flatter is not settled by a single batch"))
  }

  @Test("Values that have not settled are named with batch, rank, residual and limit, and with what would settle them")
  func unsettled() throws {
    let result = try sample("unsettled")
    let table = result.table
    let value = HessianResult.digits(try #require(result.models[1].details.batches?[1].eigenvalues[2].value))
    #expect(table.contains("3 values have not settled (ranks count from 1):"))
    #expect(table.contains("  MFF, batch 1, rank 3: \(value), residual 4.5, limit 0.01"))
    // 1.5 s for 36 products, 35 for each of 16 batches: 23.3 s, rounded up.
    #expect(
      table.contains(
        "--solver lanczos would settle them, with about 35 products for each batch: about 24 s in all at this run's pace"
      ))
    #expect(try row(table, "MFF", in: 2).prefix(3) == ["MFF", "37 of 40", "7 of 8"])
  }

  @Test("A residual within the limit after an unsettled value is explained; Lanczos is told to go on")
  func unsettledAfter() throws {
    var result = small
    result.settings.solver = .lanczos
    result.models[0].details.batches?[1].eigenvalues[1].converged = false
    let table = result.table
    #expect(table.contains("1 value has not settled:"))
    #expect(table.contains("residual 0.0008 within 0.002, but an earlier value is not settled"))
    #expect(table.contains("--max-iterations (it was 100)"))
  }

  @Test("A long list of unsettled values is cut, and says by how many")
  func manyUnsettled() throws {
    var result = try sample("many")
    for batch in 0..<64 { result.models[0].details.batches?[batch].eigenvalues[4].converged = false }
    #expect(result.table.contains("64 values have not settled"))
    #expect(result.table.contains("… and 54 more; the JSON has all"))
  }

  @Test("Blocks have a row each")
  func blocks() throws {
    let result = try sample("blocks")
    let rows = result.table.split(separator: "\n").map { $0.split(separator: " ") }
    // Of each checkpoint, and of the comparison.
    for block in 0..<12 { #expect(rows.count { $0.first == "\(block)" } == 3) }
    // 4 batches of 12 blocks with 36 + 20 products and 2.5 s each.
    #expect(
      result.table.hasSuffix(
        "\nnot settled in blocks 0–11 (Student's t and signed rank at 5 % for 12 blocks together, by Holm's correction); "
          + "that takes at least 9 batches (--batches 9)"))
    #expect(result.table.contains("1728 + 960 products (solver + checks), 120.0 s"))
  }

  /// Two checkpoints with a value for each block and batch: 5, and 5 + step · sign, the further the later the batch.
  private func blocks(_ steps: [Double], _ signs: [Double]) -> HessianResult {
    func model(_ name: String, _ steps: [Double]) -> HessianModel {
      SampleSpectra.model(
        name,
        blocks: steps.map { step in
          signs.enumerated().map { SampleSpectra.batch($0, [5 + step * $1 * (1 + 0.01 * Double($0))]) }
        })
    }
    return SampleSpectra.result([model("A", steps.map { _ in 0 }), model("B", steps)])
  }

  @Test("Of several blocks those are settled that Holm's correction leaves; single comparisons stay as they are")
  func blockVerdict() throws {
    // All of ten differences have one sign, 2 / 2¹⁰ by ranks: less than a third of 5 %.
    let ten = blocks([-2, 1, 0], Array(repeating: 1, count: 10))
    #expect(
      ten.table.hasSuffix(
        "B is flatter in block 0; A is flatter in block 1; not settled in block 2 (Student's t and signed rank at 5 % for 3 blocks "
          + "together, by Holm's correction)"))
    #expect(try #require(ten.blockComparisons).map(\.settled) == [true, true, false])
    // Seven settle each of four blocks by itself, with 2 / 2⁷, but none of four together.
    let seven = blocks([-2, 1, 0.5, 0.2], Array(repeating: 1, count: 7))
    let comparisons = try #require(seven.blockComparisons)
    #expect(comparisons.allSatisfy { $0.comparison.magnitude.settled && $0.settled == false })
    #expect(seven.table.contains("not settled in blocks 0–3 (Student's t and signed rank at 5 % for 4 blocks together"))
    #expect(seven.table.hasSuffix("that takes at least 8 batches (--batches 8)"))
  }

  @Test("The trace has its error, and names from files cannot move the cursor")
  func trace() throws {
    #expect(
      try sample("trace").table.contains(
        "MAE: trace 812.2, 95 % interval [737.8, 886.8], Hutchinson's estimate, 64 products"))
    let result = SampleSpectra.result([SampleSpectra.model("a\u{1B}[2J", SampleSpectra.batches(2, [1]))])
    #expect(!result.table.contains("\u{1B}") && result.table.contains("a\\u{1B}[2J"))
  }

  @Test("Comma-separated values have a row for each eigenvalue, with every digit")
  func csv() throws {
    var result = small
    result.models[0].checkpoint.name = "A, \"x\""
    let lines = result.csv.split(separator: "\n")
    #expect(lines.count == 1 + 8)
    #expect(lines[0] == "model,block,batch,rank,value,residual,bound,iterations,converged,rankChecked,loss,products")
    #expect(lines[2].hasPrefix("\"A, \"\"x\"\"\",,0,2,-2.0,0.0008,0.001,7,true,true,0.5,36"))
    let blocks = try sample("blocks").csv.split(separator: "\n")
    #expect(blocks.count == 1 + 2 * 12 * 4 * 5)
    #expect(blocks[21].hasPrefix("MAE,1,0,1,"))
  }
}
