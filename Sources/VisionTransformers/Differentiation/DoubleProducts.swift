internal import Tensors

/// Products with H in double precision: the same steps in the other element type, a part of the batch after the other.
///
/// Values that products share are computed once for a group of vectors and forgotten. They tell how far products in single precision
/// are off, so they are made a few times for a batch, and need not be as fast.
struct DoubleProducts: Sendable {
  /// How a batch is divided, and how many vectors are worked on at once.
  struct Division: Sendable {
    /// Images of each part, in order.
    let parts: [Range<Int>]
    /// How many parts are worked on at the same time.
    let members: Int
    /// Vectors that share the values of a part.
    let group: Int

    /// Most values of all vectors of a group, results of each member counted: 64 MB.
    private static let mostValues = 8 << 20

    /// Small models give each core its own images, large ones divide each kernel.
    ///
    /// A part holds a sixteenth of the images, or one, so that it takes about an eighth of what the whole batch takes in single precision.
    init(images: Int, active: Int, options: LossOptions) {
      let (width, spares) = (options.team.width, options.sparesDouble)
      members = !spares && active * (width + 1) <= Self.mostValues ? min(width, images) : 1
      let size = spares ? 1 : max(1, images / 16)
      let count = (images + size - 1) / size
      parts = (0..<count).map { images * $0 / count..<images * ($0 + 1) / count }
      group = spares ? 1 : max(1, Self.mostValues / max(1, active * (members + 1)))
    }
  }

  let division: Division
  private let blueprint: Blueprint
  private let team: Team
  private let parameters: Memory<Double>
  private let programs: [Int: (program: Program, patches: Place)]

  init(_ blueprint: Blueprint, _ division: Division, at parameters: Span<Float>, team: Team) {
    self.blueprint = blueprint
    self.division = division
    self.team = team
    self.parameters = Memory(widening: parameters)
    var programs: [Int: (program: Program, patches: Place)] = [:]
    for part in division.parts where programs[part.count] == nil {
      programs[part.count] = blueprint.program(part.count, width: division.members == 1 ? team.width : 1)
    }
    self.programs = programs
  }

  /// Bytes of a run with `vectors` vectors, θ among them.
  static func bytes(_ blueprint: Blueprint, _ division: Division, vectors: Int) -> Int {
    let size = division.parts.map(\.count).max() ?? 1
    let footprint = blueprint.program(size, width: 1).program.footprint
    let active = blueprint.active.count
    // Footprints are those of single precision.
    let activations = 2 * division.members * (footprint.constants + footprint.primal + footprint.tangent)
    return activations + 8 * (blueprint.layout.count + min(vectors, division.group) * active * (division.members + 1))
  }

  /// Calls `body` with the products of a group of vectors.
  func run(
    _ vectors: borrowing VectorStack, _ rows: Range<Int>, _ batch: LossBatch, visible: [[Int]],
    of function: LossFunction, _ body: (Int, inout MutableSpan<Double>) throws -> Void
  ) throws {
    var directions: [Memory<Double>] = []
    for row in rows { directions.append(Memory(widening: vectors.vector(row))) }
    let parts = division.parts.map { BatchPart(batch, $0, function, visible: visible) }
    let members = (0..<division.members).map { _ in member(directions.count) }
    let (kernels, directed) = (division.members == 1 ? team : .single, directions)
    team.forEach(members.count) { m in
      for j in stride(from: m, to: parts.count, by: members.count) {
        work(parts[j], members[m], directed, team: kernels, isFirst: j == m)
      }
    }
    for (index, row) in rows.enumerated() {
      let sums = members[0].results[index]
      for other in members.dropFirst() { sums.add(other.results[index], team: team) }
      try sums.withMutableSpan(0..<sums.count) { try body(row, &$0) }
    }
  }

  /// What one core, or all together, use for one part after the other.
  private struct Member: Sendable {
    let job: TapeJob<Double>
    let tape: TapeMember<Double>
    let results: [Memory<Double>]
  }

  private func member(_ vectors: Int) -> Member {
    let largest = { (store: Store) in programs.values.map { $0.program.sizes[store, default: 0] }.max() ?? 0 }
    return Member(
      job: TapeJob(constants: Memory(count: largest(.constants)), primal: Memory(count: largest(.primal))),
      tape: TapeMember(tangent: Memory(count: largest(.tangent))),
      results: (0..<vectors).map { _ in Memory(count: blueprint.active.count) })
  }

  /// Adds a part's share of every product.
  private func work(
    _ part: BatchPart, _ member: Member, _ directions: [Memory<Double>], team: Team, isFirst: Bool
  ) {
    guard let (program, patches) = programs[part.images.count], let constants = member.job.constants else {
      preconditionFailure("every part has a program and its memory")
    }
    part.write(into: constants, program, patches: patches)
    var nothing: [Double] = []
    var none = nothing.mutableSpan
    parameters.withSpan(0..<parameters.count) { parameters in
      _ = Tape.run(
        parameters: parameters, direction: [Double]().span, result: &none, jobs: [member.job],
        members: [member.tape], team: team
      ) { _, tape in
        program.differentiate(part.routing, tape, sumsGradients: false, preparesProducts: true)
      }
      for (direction, result) in zip(directions, member.results) {
        direction.withSpan(0..<direction.count) { direction in
          result.withMutableSpan(0..<result.count) { result in
            _ = Tape.run(
              parameters: parameters, direction: direction, result: &result, jobs: [member.job],
              members: [member.tape], team: team, addsToResult: !isFirst
            ) { _, tape in
              program.product(part.routing, tape)
              return 0
            }
          }
        }
      }
    }
  }
}
