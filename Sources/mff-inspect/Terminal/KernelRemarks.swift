import Foundation
import Tensors

extension MatrixKernel {
  /// What multiplies, in one line.
  var words: String {
    let vectors = instructions.map { " (\($0.name))" } ?? ""
    return "Matrix kernel: \(name)\(vectors) of \(library)" + (isUsersChoice ? ", named by OPENBLAS_CORETYPE" : "")
  }

  /// What slows a run down, or was found wrong with a kernel: a line each, mostly none.
  var warnings: [String] {
    var lines: [String] = []
    if isSlow {
      lines.append(slowness)
    } else if !findings.isEmpty {
      lines.append("\(findings.joined(separator: "; ")); the matrix kernel \(name) is used")
    }
    if Team.servesOneThread {
      lines.append("this OpenBLAS was built without threads, so one core is used; install libopenblas0-pthread")
    }
    return lines
  }

  /// By how much, measured now: milliseconds, and only where there is something to say.
  private var slowness: String {
    let speed = measureSpeed(against: available)
    let factor = String(format: "%.1f", speed.registers / speed.product)
    let cause =
      isResident
      ? "which another part of this program had loaded before" : "and this OpenBLAS has no better one that works"
    let passedOver = findings.isEmpty ? "" : " (\(findings.joined(separator: "; ")))"
    return "matrix products take up to \(factor) times as long as this processor needs: the kernel \(name) uses "
      + "\(instructions?.name ?? "few") of its \(available?.name ?? "vectors"), \(cause)\(passedOver); "
      + "another version of libopenblas0-pthread may have one"
  }
}
