internal import Foundation
internal import ProcessorProbe
internal import Synchronization

/// The code that multiplies matrices in this process: a kernel of OpenBLAS, written for a processor.
///
/// OpenBLAS holds a kernel for each kind of processor and chooses when it is loaded, by the processor's model number. A number that it
/// does not know gets a kernel of the year 2004. So it is not linked, but loaded at the first use, checked, and loaded anew where its
/// choice is poor: by what the processor can do, which it says itself. The user's own `OPENBLAS_CORETYPE` wins. What another library
/// loaded before stays as it is. Loading and checking take about 10 ms of processor time, twice that where the first choice was poor; nothing is inherited by children.
public struct MatrixKernel: Sendable, Hashable {
  /// OpenBLAS' name of it, such as `Haswell`, `Zen` or `SkylakeX`.
  public let name: String
  /// OpenBLAS and its version.
  public let library: String
  /// The library's file.
  public let file: String
  /// The vectors that the kernel works with; nil where its name is not known.
  public let instructions: InstructionSet?
  /// The widest vectors that processor and system offer; nil on other architectures than x86-64.
  public let available: InstructionSet?
  /// What was passed over, and why, a part of a sentence each: a kernel that computes wrongly, crashes, or is missing.
  public let findings: [String]
  /// Whether the environment named the kernel.
  public let isUsersChoice: Bool
  /// Whether the library was in the process before, loaded by another part of the program, so that there was nothing to choose.
  public let isResident: Bool

  /// Whether it leaves vectors of the processor unused that another kernel would use, without the user having asked for that.
  public var isSlow: Bool {
    guard let instructions, let available, !isUsersChoice else { return false }
    return instructions < available
  }

  /// The kernel, loaded at the first call.
  ///
  /// - Throws: Why there is none; the same at every call.
  public static func load() throws(MatrixKernelError) -> MatrixKernel { try LoadedOpenBLAS.shared.get().kernel }

  /// The kernel, loaded at the first use; ends the process where there is none.
  ///
  /// A program that can say so calls ``load()`` first.
  public static var current: MatrixKernel { LoadedOpenBLAS.require.kernel }

  /// Its speed on one core and the most that this core can do, measured now in 2 × `milliseconds`.
  ///
  /// - Parameters:
  ///   - instructions: The vectors of the comparison; default: those that the kernel uses.
  ///   - milliseconds: How long to measure each.
  /// - Returns: Floating-point operations a second, a multiplication and an addition being two: of square products of order 256 in single
  ///   precision, and of a loop that multiplies and adds within registers. The best of several runs each.
  public func measureSpeed(
    against instructions: InstructionSet? = nil, milliseconds: Double = 10
  ) -> (product: Double, registers: Double) {
    let blas = LoadedOpenBLAS.require.functions
    blas.stayOnThisThread()
    let set = instructions ?? self.instructions ?? available
    let width = processor_instructions(UInt32(set?.rawValue ?? 0))
    // Turns, as a core's clock changes within milliseconds.
    var best = (product: 0.0, registers: 0.0)
    for _ in 0..<2 {
      best.product = max(best.product, unsafe processor_probe_product_rate(blas.sgemm, 256, milliseconds / 2))
      best.registers = max(best.registers, processor_probe_register_rate(width, milliseconds / 2))
    }
    return best
  }
}

/// OpenBLAS with the chosen kernel, once for the process.
struct LoadedOpenBLAS: Sendable {
  let functions: OpenBLAS
  let kernel: MatrixKernel

  static let shared: Result<LoadedOpenBLAS, MatrixKernelError> = Result { () throws(MatrixKernelError) in
    try LoadedOpenBLAS(environment: ProcessInfo.processInfo.environment, processor: .current)
  }

  /// The library for code that cannot go on without.
  static var require: LoadedOpenBLAS {
    switch shared {
    case .success(let loaded): return loaded
    case .failure(let error): fatalError("\(error)")
    }
  }

  private init(environment: [String: String], processor: Processor) throws(MatrixKernelError) {
    let named = environment["OPENBLAS_CORETYPE"].flatMap { $0.isEmpty ? nil : $0 }
    let source = InstalledOpenBLAS(
      processor: processor, declaresCache: environment["OPENBLAS_L2_SIZE"] != nil)
    let outcome = try KernelChoice(processor: processor, wanted: named).choose(from: source)
    functions = outcome.kernel
    functions.stayOnOneThread()
    let name = functions.name
    kernel = MatrixKernel(
      name: name, library: functions.version, file: functions.file, instructions: InstructionSet(kernel: name),
      available: processor.instructions, findings: outcome.findings,
      isUsersChoice: named.map { InstructionSet(kernel: $0) != nil } ?? false && outcome.findings.isEmpty,
      isResident: outcome.isResident)
  }
}

/// OpenBLAS for a call from this thread.
var blas: OpenBLAS {
  loadedFunctions.stayOnThisThread()
  return loadedFunctions
}

private let loadedFunctions = LoadedOpenBLAS.require.functions
