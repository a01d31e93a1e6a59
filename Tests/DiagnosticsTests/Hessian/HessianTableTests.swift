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
    "Two checkpoints: differences with intervals; two batches do not settle which is flatter, and how many would is said"
  )
  func verdict() throws {
    let table = small.table
    // Mean |λ|: −1.5 and −2, so −1.75 ± 12.7062 · 0.25.
    #expect(table.contains("B − A, 2 batches, paired"))
    #expect(try row(table, "mean |λ|", in: 4) == ["mean |λ|", "-1.750", "[-4.927, +1.427]", "no"])
    // Deviation 0.3536 and t(2) = 4.303: 4.303 · 0.3536 / √3 = 0.88 < 1.75.
    #expect(
      table.contains(
        "Which is flatter is not settled by 2 batches: if B's mean |λ| of the top 2 is smaller by 1.750, as it seems, about 3 would do (--batches 3)"
      ))
  }

  @Test("A settled difference names the flatter checkpoint")
  func flatter() throws {
    #expect(try sample("usual").table.contains("MAE is flatter: its mean |λ| of the top "))
    #expect(try sample("usual").table.hasSuffix("and 8 batches settle that"))
  }

  @Test("Where the solvers' errors are in the way, more batches are not the advice")
  func solversInTheWay() throws {
    var result = small
    result.models[1].details.summary?.solverError = 5
    #expect(result.table.contains("the solvers' own errors, up to 5 together, are in the way"))
    #expect(!result.table.contains("would do"))
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
    #expect(result.table.hasSuffix("\nMFF is flatter in blocks 0–11"))
    #expect(result.table.contains("1728 + 960 products (solver + checks), 120.0 s"))
  }

  @Test("Blocks of two checkpoints are compared one by one")
  func blockVerdict() {
    // Mean |λ| of block 0 falls by 2 ± 1.27, of block 1 rises by 1 ± 0.01, of block 2 moves by 0 ± 12.7.
    func blocks(_ values: [[Double]]) -> [[HessianBatch]] {
      values.map { $0.enumerated().map { SampleSpectra.batch($0, [$1]) } }
    }
    let result = SampleSpectra.result([
      SampleSpectra.model("A", blocks: blocks([[5, 5], [2, 2], [3, 3]])),
      SampleSpectra.model("B", blocks: blocks([[3.1, 2.9], [3.001, 2.999], [4, 2]])),
    ])
    #expect(result.table.hasSuffix("B is flatter in block 0; A is flatter in block 1; not settled in block 2"))
  }

  @Test("The trace has its error, and names from files cannot move the cursor")
  func trace() throws {
    #expect(
      try sample("trace").table.contains(
        "MAE: trace 812.2 ± 31.5 (standard error), Hutchinson's estimate, 64 products"))
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
