internal import Tensors

/// The restart: Ritz vectors take the basis' place.
extension LanczosProcess {
  /// Keeps only the foremost `count` Ritz vectors and the next direction.
  ///
  /// The vectors are walked over once to combine them, and once before where their products have to be measured.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - which: Which are the foremost.
  ///   - others: The vectors U.
  ///   - doubled: Whether the vectors kept are twice as long as they should be, for `certify`.
  /// - Throws: `EigenproblemError`.
  mutating func restart(
    keeping count: Int, _ which: SpectrumEnd, beside others: borrowing VectorStack, doubled: Bool = false
  ) throws {
    let hasNext = !isComplete(beside: others)
    let (u, m) = (others.count, size)
    let basis = hasNext ? m + 1 : m
    let isOrthonormal = estimate.isOrthonormal(among: u + basis, others: u)
    let restart: LanczosMatrix.Restart
    if isOrthonormal {
      restart = try matrix.restart(keeping: count, which)
      combineBasis(restart, doubled: doubled)
    } else {
      measure(estimate.vectorsToMeasure(among: u + basis, others: u).map { $0 - u }, basis: basis, beside: others)
      let parts = (0..<u).map { k in (0..<basis).map { estimate.product(k, u + $0) } }
      // Products of what V has outside of U.
      let gram = (0..<basis).map { i in
        (0..<basis).map { j in
          parts.reduce(i == j ? 1 : estimate.product(u + i, u + j)) { $0 - $1[i] * $1[j] }
        }
      }
      restart = try matrix.restart(keeping: count, gram: gram, which)
      combineBasis(restart, parts: parts, beside: others, doubled: doubled)
    }
    estimate.restart(
      first: u, size: hasNext ? m : m - 1, combinations: restart.vectors, orthonormal: !isOrthonormal)
    noteBasis(next: restart.next)
    matrix.keep(restart)
    if hasNext { stack.swapAt(m, count) }
    asked = Selection()
  }

  /// Measures the products of some vectors with all of the basis and of U; of more than three, all at once, which takes less.
  private mutating func measure(_ chosen: [Int], basis: Int, beside others: borrowing VectorStack) {
    let u = others.count
    let (all, allOthers) = (Array(0..<basis), Array(0..<u))
    let numbers = all.map { u + $0 } + allOthers
    if (1...3).contains(chosen.count) {
      let products = stack.products(of: all, and: allOthers, in: others, with: chosen, team: team).rows
      for (place, j) in chosen.enumerated() {
        estimate.take(zip(numbers, products).map { ($0, $1[place]) }, of: u + j)
      }
    } else if !chosen.isEmpty {
      let gram = stack.gram(of: all, and: allOthers, in: others, team: team)
      for j in all { estimate.take(Array(zip(numbers, gram[j])), of: u + j) }
    }
  }

  private mutating func combineBasis(_ restart: LanczosMatrix.Restart, doubled: Bool) {
    let combinations = restart.vectors.map { $0.map { doubled ? 2 * $0 : $0 } }
    stack.combineVectors(Array(0..<size), by: combinations, to: Array(combinations.indices), team: team)
  }

  /// The same of vectors that are not orthonormal; `parts` are what they hold of each of the others.
  private mutating func combineBasis(
    _ restart: LanczosMatrix.Restart, parts: [[Double]], beside others: borrowing VectorStack, doubled: Bool
  ) {
    let hasNext = restart.next != nil
    var combinations = restart.vectors.map { vector in
      vector.map { doubled ? 2 * $0 : $0 } + (hasNext ? [0] : [])
    }
    if let next = restart.next { combinations.append(next) }
    combinations = combinations.map { combination in
      combination + parts.map { part in -zip(combination, part).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let targets = Array(restart.vectors.indices) + (hasNext ? [size] : [])
    stack.combineVectors(
      Array(0..<(hasNext ? size + 1 : size)), and: Array(0..<others.count), in: others, by: combinations, to: targets,
      team: team)
  }
}
