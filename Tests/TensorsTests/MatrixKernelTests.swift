import COpenBLAS
import Foundation
import ProcessorProbe
import Synchronization
import Testing

@testable import Tensors

@Suite("The matrix kernel of this process")
struct MatrixKernelTests {
  @Test("It uses the processor's vectors unless the environment names another, and multiplies right")
  func best() throws {
    let kernel = try MatrixKernel.load()
    #expect(!kernel.isSlow)
    #expect(kernel.findings.isEmpty)
    let named = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"]
    if let named { #expect(kernel.name.lowercased() == named.lowercased()) }
    #expect(kernel.isUsersChoice == (named != nil))
    #expect(LoadedOpenBLAS.require.functions.check() == .right)
    #expect(kernel.library.hasPrefix("OpenBLAS "))
  }

  @Test("LAPACK's routines are those of the same library, and call its own products")
  func lapack() {
    let functions = LoadedOpenBLAS.require.functions
    let dsyevd = unsafeBitCast(functions.dsyevd, to: UnsafeMutableRawPointer.self)
    let dstev = unsafeBitCast(functions.dstev, to: UnsafeMutableRawPointer.self)
    #expect(OpenBLAS.file(holding: dsyevd) == functions.file)
    #expect(OpenBLAS.file(holding: dstev) == functions.file)
    // Its calls of dgemm_ bind to the first that the process has for all, then to its own. There is none for all.
    #expect(dlsym(nil, "dgemm_") == nil)
  }

  @Test("Loading leaves nothing in the environment that programs started from here would inherit")
  func environment() throws {
    _ = MatrixKernel.current
    // What this process was started with: the system's own copy, which no change within the process reaches.
    let started = try String(decoding: Data(contentsOf: URL(filePath: "/proc/self/environ")), as: UTF8.self)
      .split(separator: "\0")
    for name in ["OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"] {
      let expected = started.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
      #expect(valueBetweenLoads(of: name, expected: expected) == expected)
    }
  }

  /// The variable's value once it is the expected one, or what it is after 10 s: tests beside this one load libraries, and while one
  /// does, the variable has that library's value.
  private func valueBetweenLoads(of name: String, expected: String?) -> String? {
    let start = ContinuousClock.now
    var value = getenv(name).map { String(cString: $0) }
    while value != expected, ContinuousClock.now - start < .seconds(10) {
      usleep(1000)
      value = getenv(name).map { String(cString: $0) }
    }
    return value
  }

  @Test("A library is loaded under other values of variables, which are the old ones afterwards")
  func additions() {
    setenv("KERNEL_TEST_KEPT", "old", 1)
    let words: [String] = ["KERNEL_TEST_KEPT=new", "KERNEL_TEST_ADDED=new"]
    let additions = words.map { strdup($0) }
    defer { additions.forEach { free($0) } }
    let handle = processor_probe_open(
      "libm.so.6", RTLD_NOW, additions.map { $0.map { UnsafePointer($0) } } + [nil])
    #expect(handle != nil)
    #expect(getenv("KERNEL_TEST_KEPT").map { String(cString: $0) } == "old")
    #expect(getenv("KERNEL_TEST_ADDED") == nil)
    unsetenv("KERNEL_TEST_KEPT")
    if let handle { dlclose(handle) }
  }

  @Test("A missing library, and one that is no OpenBLAS, are errors that say what to install")
  func missing() {
    var source = InstalledOpenBLAS(processor: .current)
    source.library = "libopenblas-of-no-system.so.0"
    let choice = KernelChoice(processor: .current)
    #expect {
      try choice.choose(from: source)
    } throws: { error in
      "\(error)".contains("apt-get install libopenblas0-pthread") && "\(error)".contains("libopenblas-of-no-system")
    }
    source.library = "libm.so.6"
    #expect(throws: MatrixKernelError.incomplete(library: "libm.so.6", function: "cblas_sgemm")) {
      try choice.choose(from: source)
    }
  }
}

@Suite("The check of a kernel")
struct KernelProbeTests {
  /// The real products, for the half of a pair that is not on trial.
  private var real: OpenBLAS { LoadedOpenBLAS.require.functions }

  @Test("A product that leaves C as it was is wrong")
  func idle() {
    #expect(processor_probe_products({ _, _, _, _, _, _, _, _, _, _, _, _, _, _ in }, real.dgemm, real.dsyrk) == -1)
    #expect(processor_probe_products(real.sgemm, { _, _, _, _, _, _, _, _, _, _, _, _, _, _ in }, real.dsyrk) == -1)
    #expect(processor_probe_products(real.sgemm, real.dgemm, { _, _, _, _, _, _, _, _, _, _, _ in }) == -1)
  }

  @Test("One wrong entry is seen")
  func oneEntry() {
    // As a kernel would that forgets the last row's last entry.
    let spoilt: openblas_sgemm = { order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc in
      LoadedOpenBLAS.require.functions.sgemm(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
      c?[Int((m - 1) * ldc + n - 1)] += 1
    }
    #expect(processor_probe_products(spoilt, real.dgemm, real.dsyrk) == -1)
  }

  @Test("A crash is caught, whichever product crashes, and the handlers of before are back")
  func crash() {
    let before = handlerBetweenProbes()
    // A call of address 16: no Swift frame lies between the signal and the jump out of it.
    #expect(processor_probe_products(unsafeBitCast(16, to: openblas_sgemm.self), real.dgemm, real.dsyrk) == SIGSEGV)
    #expect(processor_probe_products(real.sgemm, unsafeBitCast(16, to: openblas_dgemm.self), real.dsyrk) == SIGSEGV)
    #expect(processor_probe_products(real.sgemm, real.dgemm, unsafeBitCast(16, to: openblas_dsyrk.self)) == SIGSEGV)
    #expect(before == handlerBetweenProbes())
    #expect(processor_probe_products(real.sgemm, real.dgemm, real.dsyrk) == 0)
  }

  /// Address of the handler of SIGSEGV while no probe runs, or that of the probes if it stays for 10 s.
  ///
  /// Tests beside this one probe, too.
  private func handlerBetweenProbes() -> Int {
    let looks: openblas_sgemm = { _, _, _, _, _, _, _, _, _, _, _, _, _, _ in
      SegmentationHandler.seen.withLock { $0 = .now }
    }
    #expect(processor_probe_products(looks, real.dgemm, real.dsyrk) == -1)
    let ofProbes = SegmentationHandler.seen.withLock { $0 }
    #expect(ofProbes.address != 0)
    let start = ContinuousClock.now
    var handler = SegmentationHandler.now
    while handler == ofProbes, ContinuousClock.now - start < .seconds(10) {
      usleep(1000)
      handler = .now
    }
    return handler.address
  }

  @Test("The loop within registers runs with every vector width that the processor has")
  func registers() {
    for set in InstructionSet.allCases where set <= Processor.current.instructions ?? .sse2 {
      #expect(processor_probe_register_rate(processor_instructions(UInt32(set.rawValue)), 0.1) > 0)
    }
    #expect(processor_probe_product_rate(real.sgemm, 64, 0.1) > 0)
  }
}

/// Where SIGSEGV goes.
private struct SegmentationHandler: Equatable {
  var address: Int

  static var now: Self {
    var action = sigaction()
    sigaction(SIGSEGV, nil, &action)
    return Self(address: unsafeBitCast(action.__sigaction_handler.sa_sigaction, to: Int.self))
  }

  /// As a product saw it that a probe called: such a function has no other place to leave it.
  static let seen = Mutex(Self(address: 0))
}
