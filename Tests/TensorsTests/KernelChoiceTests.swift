import Testing

@testable import Tensors

@Suite("The choice of a matrix kernel")
struct KernelChoiceTests {
  // MARK: Processors whose model number OpenBLAS does not know

  @Test(
    "An unknown model gets the best kernel of its features",
    arguments: [
      (Processor(instructions: .avx512), "SkylakeX"), (Processor(instructions: .avx512, isAMD: true), "SkylakeX"),
      (Processor(instructions: .avx2), "Haswell"), (Processor(instructions: .avx2, isAMD: true), "Zen"),
      (Processor(instructions: .avx), "Sandybridge"), (Processor(instructions: .sse42), "Nehalem"),
      (Processor(instructions: .ssse3), "Core2"),
    ])
  func unknownModel(processor: Processor, kernel: String) throws {
    let library = Library(own: "Prescott")
    let outcome = try KernelChoice(processor: processor).choose(from: library)
    #expect(outcome.kernel.name == kernel)
    #expect(outcome.findings.isEmpty)
    #expect(library.loads == [nil, kernel])
  }

  @Test("Zen 4 and 5 get the kernel with wide vectors where an older OpenBLAS would give them Zen's")
  func wideZen() throws {
    let outcome = try KernelChoice(processor: Processor(instructions: .avx512, isAMD: true))
      .choose(from: Library(own: "Zen"))
    #expect(outcome.kernel.name == "SkylakeX")
  }

  // MARK: Choices that stand

  @Test(
    "OpenBLAS' own choice stands where it uses the processor's vectors, or is of a kind not known here",
    arguments: [
      ("Cooperlake", InstructionSet.avx512), ("SapphireRapids", .avx512), ("GraniteRapids", .avx512), ("Zen", .avx2),
      ("Excavator", .avx2), ("Bulldozer", .avx), ("Barcelona", .sse42), ("Prescott", .sse3),
    ])
  func standing(name: String, instructions: InstructionSet) throws {
    let library = Library(own: name)
    let outcome = try KernelChoice(processor: Processor(instructions: instructions)).choose(from: library)
    #expect(outcome.kernel.name == name)
    #expect(library.loads == [nil])
  }

  @Test("On another architecture nothing is compared", arguments: ["NEOVERSEN1", "ARMV8"])
  func otherArchitecture(name: String) throws {
    let library = Library(own: name)
    #expect(try KernelChoice(processor: Processor()).choose(from: library).kernel.name == name)
    #expect(library.loads == [nil])
  }

  @Test("The user's own kernel wins, however slow", arguments: ["Prescott", "nehalem", "Haswell"])
  func usersChoice(wanted: String) throws {
    let library = Library(own: wanted)
    let outcome = try KernelChoice(processor: Processor(instructions: .avx512), wanted: wanted).choose(from: library)
    #expect(outcome.kernel.name == wanted)
    #expect(library.loads == [nil])
  }

  @Test("A name that is no kernel is said, and the best one taken")
  func misspelt() throws {
    // OpenBLAS passes over a name that it does not know and chooses by itself.
    let outcome = try KernelChoice(processor: Processor(instructions: .avx2), wanted: "Haswel")
      .choose(from: Library(own: "Prescott"))
    #expect(outcome.kernel.name == "Haswell")
    #expect(outcome.findings == ["OPENBLAS_CORETYPE names Haswel, which is no kernel of this OpenBLAS"])
  }

  @Test("A library that others loaded before stays as it is")
  func resident() throws {
    let library = Library(own: "Prescott", isResident: true)
    let outcome = try KernelChoice(processor: Processor(instructions: .avx2)).choose(from: library)
    #expect(outcome.kernel.name == "Prescott")
    #expect(outcome.isResident)
    #expect(library.loads.isEmpty)
  }

  // MARK: Kernels that fail

  @Test("After a kernel that computes wrongly or crashes comes the next best, and that is said")
  func nextBest() throws {
    let library = Library(own: "Prescott", failing: ["SkylakeX": .crashed(signal: 4), "Haswell": .wrong])
    let outcome = try KernelChoice(processor: Processor(instructions: .avx512)).choose(from: library)
    #expect(outcome.kernel.name == "Zen")
    #expect(outcome.findings == ["SkylakeX crashes (signal 4)", "Haswell computes wrong products"])
  }

  @Test("The user's own kernel is not used where it computes wrongly")
  func wrongUsersChoice() throws {
    let library = Library(own: "SkylakeX", failing: ["SkylakeX": .crashed(signal: 4)])
    let outcome = try KernelChoice(processor: Processor(instructions: .avx2), wanted: "SkylakeX").choose(from: library)
    #expect(outcome.kernel.name == "Haswell")
    #expect(outcome.findings == ["SkylakeX crashes (signal 4)"])
  }

  @Test("OpenBLAS' own choice comes back where only a better kernel fails")
  func ownChoiceAgain() throws {
    let library = Library(own: "Zen", failing: ["SkylakeX": .wrong])
    let outcome = try KernelChoice(processor: Processor(instructions: .avx512, isAMD: true)).choose(from: library)
    #expect(outcome.kernel.name == "Zen")
    #expect(library.loads == [nil, "SkylakeX", nil])
  }

  @Test("A build with one slow kernel is used, and what it lacks is said")
  func singleKernel() throws {
    let library = Library(own: "Nehalem", kernels: ["nehalem"])
    let outcome = try KernelChoice(processor: Processor(instructions: .avx)).choose(from: library)
    #expect(outcome.kernel.name == "Nehalem")
    #expect(outcome.findings == ["Sandybridge is not in this build"])
  }

  @Test("Where no kernel multiplies right there is an error that names each")
  func none() {
    let library = Library(own: "Prescott", failsAlways: true)
    #expect(
      throws: MatrixKernelError.noKernel(
        findings: ["Prescott", "Sandybridge", "Nehalem", "Core2"].map { "\($0) computes wrong products" })
    ) {
      try KernelChoice(processor: Processor(instructions: .avx)).choose(from: library)
    }
  }

  @Test("A library that does not leave the process keeps its kernel, right or wrong")
  func staying() throws {
    let right = Library(own: "Prescott", stays: true)
    #expect(try KernelChoice(processor: Processor(instructions: .avx2)).choose(from: right).kernel.name == "Prescott")
    #expect(right.loads == [nil])
    #expect(throws: MatrixKernelError.self) {
      try KernelChoice(processor: Processor(instructions: .avx2))
        .choose(from: Library(own: "Prescott", failsAlways: true, stays: true))
    }
  }

  // MARK: The second-level cache

  @Test("A cache size is declared only where OpenBLAS finds none")
  func cache() {
    #expect(Processor(instructions: .avx2, foundCache: 1024, describedCache: 2048).cacheToDeclare == nil)
    #expect(Processor(instructions: .avx2, foundCache: 0, describedCache: 2048).cacheToDeclare == 2048)
    #expect(Processor(instructions: .avx2, foundCache: 0, describedCache: 0).cacheToDeclare == 512)
    #expect(Processor().cacheToDeclare == nil)
  }
}

/// A library in which every kernel is what the test says.
private final class Library: KernelSource {
  struct Kernel: LoadedKernel {
    let name: String
    let outcome: KernelCheck
    let stays: Bool
    func check() -> KernelCheck { outcome }
    func close() -> Bool { !stays }
  }

  private let own: String
  private let kernels: Set<String>?
  private let failing: [String: KernelCheck]
  private let failsAlways: Bool
  private let isResident: Bool
  private let stays: Bool
  /// The kernels named at each loading.
  private(set) var loads: [String?] = []

  init(
    own: String, kernels: Set<String>? = nil, failing: [String: KernelCheck] = [:], failsAlways: Bool = false,
    isResident: Bool = false, stays: Bool = false
  ) {
    self.own = own
    self.kernels = kernels
    self.failing = failing
    self.failsAlways = failsAlways
    self.isResident = isResident
    self.stays = stays
  }

  func resident() -> Kernel? { isResident ? kernel(own) : nil }

  func load(_ name: String?) -> Kernel {
    loads.append(name)
    guard let name, kernels?.contains(name.lowercased()) ?? true else { return kernel(own) }
    return kernel(name)
  }

  private func kernel(_ name: String) -> Kernel {
    Kernel(name: name, outcome: failsAlways ? .wrong : failing[name] ?? .right, stays: stays)
  }
}
