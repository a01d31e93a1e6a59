@testable import Statistics

extension Row {
  /// `hessian --trace` of one batch: Hutchinson's estimate over random signs.
  static var trace: [Row] {
    [
      probes("probes of a matrix with eigenvalues ± 1, 30 each", "no eigenvalue outweighs the others: met", usual) {
        index in
        index.isMultiple(of: 2) ? 1 : -1
      },
      probes("probes of one with an eigenvalue of 20 and 59 of ± 1", "no eigenvalue outweighs the others: not met", nil)
      { index in
        index == 0 ? 20 : index.isMultiple(of: 2) ? 1 : -1
      },
    ]
  }

  /// Whether Student's interval over 16 probes contains the trace of a symmetric matrix with these eigenvalues and random eigenvectors.
  private static func probes(
    _ distribution: String, _ assumption: String, _ promised: ClosedRange<Double>?,
    _ eigenvalue: @escaping @Sendable (Int) -> Double
  ) -> Row {
    let (order, count) = (60, 16)
    return Row(
      claim: "interval of the trace of one batch", count: count, distribution: distribution, assumption: assumption,
      measure: .contains, promised: promised
    ) { generator in
      let trace = (0..<order).reduce(0.0) { $0 + eigenvalue($1) }
      let matrix = Reflections(&generator, order: order)
      let samples = (0..<count).map { _ in
        let turned = matrix.applied(to: (0..<order).map { _ in generator.sign() })
        return turned.enumerated().reduce(0.0) { $0 + eigenvalue($1.offset) * $1.element * $1.element }
      }
      let sample = BatchMeans(samples)
      return contains(sample.interval(around: sample.mean), trace)
    }
  }
}

/// An orthogonal matrix: some reflections at random hyperplanes.
private struct Reflections {
  private let normals: [[Double]]

  init(_ generator: inout Generator, order: Int) {
    normals = (0..<6).map { _ in
      let vector = generator.normals(order)
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return vector.map { $0 / length }
    }
  }

  func applied(to vector: [Double]) -> [Double] {
    normals.reduce(vector) { vector, normal in
      let part = 2 * zip(vector, normal).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(vector, normal).map { $0 - part * $1 }
    }
  }
}
