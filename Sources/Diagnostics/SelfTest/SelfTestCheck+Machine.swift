internal import Figures
internal import Foundation
internal import OutputFiles
internal import Ranks
internal import Tensors

extension KernelSpeed {
  /// Measures the kernel for a tenth of a second.
  init(of kernel: MatrixKernel, loading: Double) {
    let speed = kernel.measureSpeed(milliseconds: 50)
    self.init(
      product: speed.product / 1e9, registers: speed.registers / 1e9, instructions: kernel.instructions?.name,
      share: speed.product / speed.registers, loading: loading)
  }
}

extension SelfTestCheck {
  /// Whether the kernel uses the processor's vectors.
  ///
  /// That it multiplies right was checked when it was loaded.
  static func kernel(_ kernel: MatrixKernel, _ speed: KernelSpeed) -> SelfTestCheck {
    let vectors = kernel.instructions.map { " (\($0.name))" } ?? ""
    var found =
      "\(kernel.name)\(vectors) of \(kernel.library): \(Int(speed.product.rounded())) of \(Int(speed.registers.rounded())) GFLOP/s "
      + "on one core (\(Int((100 * speed.share).rounded())) %)"
    if !kernel.findings.isEmpty { found += "; \(kernel.findings.joined(separator: "; "))" }
    if kernel.isUsersChoice { found += "; named by OPENBLAS_CORETYPE" }
    if Team.servesOneThread { found += "; built without threads, so one core is used" }
    guard kernel.isSlow, let available = kernel.available else {
      return SelfTestCheck(name: "kernel", passed: true, found: found)
    }
    return SelfTestCheck(
      name: "kernel", passed: false, found: "\(found); the processor has \(available.name)",
      advice: "another version of libopenblas0-pthread may have a better kernel for this processor")
  }

  /// Whether figures can be lettered.
  static func font() -> SelfTestCheck {
    attempt("font") {
      let font = try FontSurvey()
      let advice = "apt-get install fonts-dejavu-core fontconfig"
      if font.hasOnlyStrokes {
        return SelfTestCheck(
          name: "font", passed: false, found: "there is no font: letters are strokes, and π is spelled", advice: advice)
      }
      guard font.missing.isEmpty else {
        return SelfTestCheck(
          name: "font", passed: false,
          found: "\(font.family) is missing, and the font in its place lacks \(font.missing.joined(separator: " "))",
          advice: advice)
      }
      return SelfTestCheck(
        name: "font", passed: true,
        found: font.isTheRightOne
          ? "\(font.family), with every character of figures"
          : "another font in place of \(font.family), with every character of figures")
    }
  }

  /// Whether a file can be written into the folder, comes back as it was, and goes away again.
  static func files(in folder: String) -> SelfTestCheck {
    let path = folder + "/.mff-inspect-selftest-\(ProcessInfo.processInfo.processIdentifier)"
    let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    do {
      try AtomicFile.write(bytes, to: path)
      let read = FileManager.default.contents(atPath: path).map { [UInt8]($0) }
      try FileManager.default.removeItem(atPath: path)
      guard read == bytes else {
        return SelfTestCheck(
          name: "files", passed: false, found: "\(folder): what was written does not come back",
          advice: "use another disk")
      }
      return SelfTestCheck(name: "files", passed: true, found: "\(folder) can be written")
    } catch {
      return SelfTestCheck(
        name: "files", passed: false, found: "\(error)",
        advice: "work in a folder that you may write to, or give results a place there with -o")
    }
  }

  /// Whether ranks exchange what they should; called by all of them.
  static func ranks(_ ranks: any RankGroup, kernel: String) throws -> SelfTestCheck {
    // Whole numbers, so that every order of the additions gives the same.
    var sums = (0..<1000).map { Double(($0 + 1) * (ranks.rank + 1)) }
    ranks.sum(&sums)
    let whole = Double(ranks.count * (ranks.count + 1) / 2)
    let isRight = sums.enumerated().allSatisfy { $1 == Double($0 + 1) * whole }
    let all = try ranks.collect([SelfTestCheck(name: "ranks", passed: isRight, found: kernel)])
    guard all.count == ranks.count, all.allSatisfy(\.passed) else {
      return SelfTestCheck(
        name: "ranks", passed: false, found: "sums over \(ranks.count) ranks are wrong",
        advice: "start the program with the mpirun of the MPI that it was built with")
    }
    let kernels = Set(all.map(\.found)).sorted()
    let remark = kernels.count > 1 ? "; their matrix kernels differ (\(kernels.formatted())), so last digits may" : ""
    return SelfTestCheck(name: "ranks", passed: true, found: "\(ranks.count) ranks exchange sums\(remark)")
  }
}
