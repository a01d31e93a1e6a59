/// A build of OpenBLAS that is loaded with one of its kernels.
protocol LoadedKernel {
  /// OpenBLAS' name of the kernel.
  var name: String { get }
  /// Multiplies small known matrices: whether and how that failed.
  func check() -> KernelCheck
  /// Takes the library out of the process; false where it stays, because others use it, too.
  func close() -> Bool
}

/// What came of multiplying small known matrices.
enum KernelCheck: Sendable, Hashable {
  case right
  case wrong
  /// A signal ended the product: its number.
  case crashed(signal: Int32)

  /// A part of a sentence; nil when all is right.
  var complaint: String? {
    switch self {
    case .right: nil
    case .wrong: "computes wrong products"
    case .crashed(let signal): "crashes (signal \(signal))"
    }
  }
}

/// Where kernels come from: an installed library, or what a test puts in its place.
protocol KernelSource {
  associatedtype Kernel: LoadedKernel
  /// The library as others loaded it into this process before; nil where nobody did.
  func resident() throws(MatrixKernelError) -> Kernel?
  /// Loads the library: with this kernel, or with the one that it chooses itself.
  func load(_ kernel: String?) throws(MatrixKernelError) -> Kernel
}

/// Decides which kernel multiplies: the best that the processor's features allow, whatever its model number.
///
/// OpenBLAS chooses by model number when it is loaded, and takes a slow kernel for a number that it does not know: 0.3.21 takes Prescott's
/// for Intel's Emerald Rapids (model 207), at a quarter of the speed. Its choice stands when the kernel has the vectors that the processor
/// has, and multiplies right. Otherwise the library is loaded anew, with the best kernel named in `OPENBLAS_CORETYPE`.
struct KernelChoice {
  var processor: Processor
  /// The user's own `OPENBLAS_CORETYPE`, which wins whenever its kernel multiplies right.
  var wanted: String?

  /// What was chosen.
  struct Outcome<Kernel: LoadedKernel> {
    var kernel: Kernel
    /// What was passed over, and why: a sentence each.
    var findings: [String] = []
    /// Whether the library was in the process before, with the kernel that it then chose.
    var isResident = false
  }

  /// Loads the best kernel.
  ///
  /// - Throws: What loading throws; `noKernel` where none multiplies right.
  func choose<Source: KernelSource>(from source: Source) throws(MatrixKernelError) -> Outcome<Source.Kernel> {
    if let resident = try source.resident() {
      if let complaint = resident.check().complaint { throw .noKernel(findings: ["\(resident.name) \(complaint)"]) }
      return Outcome(kernel: resident, isResident: true)
    }
    let first = try source.load(nil)
    let firstName = first.name
    var findings: [String] = []
    if let wanted, InstructionSet(kernel: wanted) == nil, !same(wanted, firstName) {
      findings.append("OPENBLAS_CORETYPE names \(wanted), which is no kernel of this OpenBLAS")
    }
    let complaint = first.check().complaint
    if let complaint {
      findings.append("\(firstName) \(complaint)")
    } else if isGoodEnough(firstName) || wanted.map({ InstructionSet(kernel: $0) != nil }) ?? false {
      return Outcome(kernel: first, findings: findings)
    }
    // One that stays in the process cannot be exchanged.
    guard first.close() else { return try outcome(first, complaint, findings) }
    for name in processor.candidates where !same(name, firstName) {
      if complaint == nil, !isBetter(name, than: firstName) { break }
      let kernel = try source.load(name)
      // Not every build has every kernel, and some have but one.
      let complaint = same(kernel.name, name) ? kernel.check().complaint : "is not in this build"
      guard let complaint else { return Outcome(kernel: kernel, findings: findings) }
      findings.append("\(name) \(complaint)")
      guard kernel.close() else { throw .noKernel(findings: findings) }
    }
    guard complaint == nil else { throw .noKernel(findings: findings) }
    return Outcome(kernel: try source.load(nil), findings: findings)
  }

  private func outcome<Kernel: LoadedKernel>(
    _ kernel: Kernel, _ complaint: String?, _ findings: [String]
  ) throws(MatrixKernelError) -> Outcome<Kernel> {
    guard complaint == nil else { throw .noKernel(findings: findings) }
    return Outcome(kernel: kernel, findings: findings)
  }

  private func isBetter(_ kernel: String, than other: String) -> Bool {
    guard let one = InstructionSet(kernel: kernel), let other = InstructionSet(kernel: other) else { return false }
    return one > other
  }

  /// Whether a kernel uses vectors as wide as the processor has them; so does one whose name is not known here.
  private func isGoodEnough(_ kernel: String) -> Bool {
    guard let needed = processor.instructions, let has = InstructionSet(kernel: kernel) else { return true }
    return has >= needed
  }

  private func same(_ a: String, _ b: String) -> Bool { a.lowercased() == b.lowercased() }
}
