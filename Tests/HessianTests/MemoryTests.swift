import Hessian
import Testing

@testable import Tensors

/// What options promise as `vectorsInMemory` is counted while solvers, searches and completion run.
@Suite("Memory")
struct MemoryTests {
  /// Two copies that Lanczos overlooks and completion adds, among enough others that nothing is small.
  static let spectrum = [10, 10, 10, 5, 4, 3] + HardSpectrum.tail(200)

  @Test("Power iteration, its search and completion hold 2k + 4 vectors", arguments: [1, 2, 5, 9], [100, 12])
  func power(count: Int, cap: Int) throws {
    for keepsMemory in [false, true] { try power(count: count, cap: cap, keepsMemory: keepsMemory) }
  }

  private func power(count: Int, cap: Int, keepsMemory: Bool) throws {
    var options = PowerIterationOptions()
    (options.count, options.maximumProducts) = (count, cap)
    #expect(options.vectorsInMemory == 2 * count + 4)
    let (most, after, _) = try vectors { a in
      try completedEigenvalues(
        of: &a, pairs: largestEigenvalues(of: &a, byPowerIteration: options, keepsMemory: keepsMemory))
    }
    #expect(most == options.vectorsInMemory)
    #expect(after == count)
  }

  @Test(
    "Lanczos, its search and completion hold the basis and one vector more", arguments: [1, 4, 5, 9], [nil, 40, 1])
  func lanczos(count: Int, basis: Int?) throws {
    for keepsMemory in [false, true] { try lanczos(count: count, basis: basis, keepsMemory: keepsMemory) }
  }

  private func lanczos(count: Int, basis: Int?, keepsMemory: Bool) throws {
    var options = LanczosOptions()
    (options.count, options.basis) = (count, basis)
    #expect(options.vectorsInMemory <= options.basisSize + 4)
    let (most, after, rounds) = try vectors { a in
      try completedEigenvalues(of: &a, pairs: largestEigenvalues(of: &a, byLanczos: options, keepsMemory: keepsMemory))
    }
    #expect(most == options.vectorsInMemory)
    #expect(after == count)
    // Completion did take place where copies are asked for, so that its memory was counted.
    if count == 4 && basis == nil { #expect(rounds > count) }
  }

  @Test("Without a search a solver gives its memory back, unless it is to keep it")
  func kept() throws {
    let options = LanczosOptions()
    for keepsMemory in [false, true] {
      let (most, after, _) = try vectors { a in
        try largestEigenvalues(of: &a, byLanczos: options, keepsMemory: keepsMemory)
      }
      #expect(most == options.vectorsInMemory)
      #expect(after == (keepsMemory ? options.vectorsInMemory : options.count))
    }
  }

  @Test("A search in the solver's memory finds the same, bit for bit")
  func sameBits() throws {
    var options = LanczosOptions()
    options.count = 4
    var found: [[Eigenvalue]] = []
    for keepsMemory in [false, true] {
      var a = ReflectedDiagonal(eigenvalues: MemoryTests.spectrum)
      let pairs = try completedEigenvalues(
        of: &a, pairs: largestEigenvalues(of: &a, byLanczos: options, keepsMemory: keepsMemory))
      found.append(pairs.eigenvalues)
    }
    #expect(found[0] == found[1])
  }

  @Test("Density, trace and check hold what they say")
  func others() throws {
    let options = QuadratureOptions()
    let density = try counted { a in _ = try lanczosQuadrature(of: &a, options: options) }
    #expect(density == options.vectorsInMemory)
    #expect(try counted { a in _ = try estimateTrace(of: &a) } == 2)
    #expect(try counted { a in _ = try checkOperator(&a) } == 4)
  }

  /// The most vectors held during `body`.
  private func counted(_ body: (inout ReflectedDiagonal) throws -> Void) throws -> Int {
    let ledger = MemoryLedger()
    var a = ReflectedDiagonal(eigenvalues: MemoryTests.spectrum)
    try MemoryLedger.$current.withValue(ledger) { try body(&a) }
    #expect(ledger.now == 0)
    return ledger.most / a.order
  }

  /// The most vectors held during `solve`, those held by its result, and its products for residuals.
  private func vectors(
    _ solve: (inout ReflectedDiagonal) throws -> Eigenpairs
  ) throws -> (most: Int, after: Int, checkProducts: Int) {
    var (after, checkProducts) = (0, 0)
    let ledger = MemoryLedger()
    var a = ReflectedDiagonal(eigenvalues: MemoryTests.spectrum)
    try MemoryLedger.$current.withValue(ledger) {
      let pairs = try solve(&a)
      (after, checkProducts) = (ledger.now / a.order, pairs.checkProducts)
    }
    return (ledger.most / a.order, after, checkProducts)
  }
}
