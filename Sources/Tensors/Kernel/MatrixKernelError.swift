/// Why matrices cannot be multiplied.
public enum MatrixKernelError: Error, Sendable, Hashable {
  /// OpenBLAS is not installed where libraries are looked for, or cannot be loaded.
  case notInstalled(library: String, reason: String)
  /// The library lacks a function.
  case incomplete(library: String, function: String)
  /// Every kernel that was tried computes wrongly or crashes: a sentence for each.
  case noKernel(findings: [String])
}

extension MatrixKernelError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .notInstalled(let library, let reason):
      "OpenBLAS, which multiplies matrices, cannot be loaded (\(library): \(reason)); "
        + "install it with apt-get install libopenblas0-pthread"
    case .incomplete(let library, let function):
      "\(library) holds no function \(function); install Debian's build with apt-get install libopenblas0-pthread"
    case .noKernel(let findings):
      "no kernel of the installed OpenBLAS multiplies right on this processor (\(findings.joined(separator: ", "))); "
        + "install another version of libopenblas0-pthread"
    }
  }
}
