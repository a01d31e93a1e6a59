/// A part of a batch: what it keeps from one walk to the next.
public struct TapeJob<Element: TapeElement>: Sendable {
  /// Its images and targets; nil where they are written anew for each walk, into the member's memory.
  public var constants: Memory<Element>?
  /// Its activations and adjoints; nil where they are computed anew for each walk, in the member's memory.
  public var primal: Memory<Element>?

  /// A part with its memories.
  public init(constants: Memory<Element>?, primal: Memory<Element>?) {
    self.constants = constants
    self.primal = primal
  }
}

/// One of those that work at the same time: what it uses for one job after the other.
public struct TapeMember<Element: TapeElement>: Sendable {
  /// Tangents and scratch.
  public var tangent: Memory<Element>
  /// Images and targets of jobs that keep none.
  public var constants: Memory<Element>?
  /// Activations and adjoints of jobs that keep none.
  public var primal: Memory<Element>?
  /// Where it sums its results; nil for the member that sums into the caller's vector.
  public var result: Memory<Element>?

  /// A member with its memories.
  public init(
    tangent: Memory<Element>, constants: Memory<Element>? = nil, primal: Memory<Element>? = nil,
    result: Memory<Element>? = nil
  ) {
    self.tangent = tangent
    self.constants = constants
    self.primal = primal
    self.result = result
  }
}

extension Tape {
  /// Walks over every job and sums the results.
  ///
  /// One member takes the jobs in order, and each kernel is divided over the team. Several members work at the same time, each on one
  /// core, member m on the jobs m, m + M, …; their results are summed in the order of the members.
  ///
  /// - Parameters:
  ///   - parameters: θ.
  ///   - direction: v; empty where none is needed.
  ///   - result: Receives the sum over all jobs; empty where none is needed.
  ///   - jobs: The parts of the batch.
  ///   - members: The first sums into `result` itself; no more than there are jobs.
  ///   - team: Divides kernels, or members.
  ///   - addsToResult: Whether sums go onto what `result` holds, instead of replacing it.
  ///   - prepare: Writes the constants of a job that keeps none, before each walk over it; gets the job's index and the member's memory.
  ///   - body: Gets the job's index and its tape, and returns the job's share of the loss.
  /// - Returns: What `body` returned, by job.
  public static func run(
    parameters: Span<Element>, direction: Span<Element>, result: inout MutableSpan<Element>,
    jobs: [TapeJob<Element>], members: [TapeMember<Element>], team: Team, addsToResult: Bool = false,
    prepare: @Sendable (Int, Memory<Element>) -> Void = { _, _ in },
    _ body: @Sendable (Int, borrowing Tape) -> Double
  ) -> [Double] {
    precondition(!members.isEmpty && members.count <= max(jobs.count, 1) && members[0].result == nil)
    let (direct, partial) = (members.count == 1, result.count)
    let shared = unsafe Pointers(
      parameters: parameters.withUnsafeBufferPointer { unsafe UnsafeMutableBufferPointer(mutating: $0) },
      direction: direction.withUnsafeBufferPointer { unsafe UnsafeMutableBufferPointer(mutating: $0) },
      result: result.withUnsafeMutableBufferPointer { unsafe $0 })
    var losses = [Double](repeating: 0, count: jobs.count)
    unsafe losses.withUnsafeMutableBufferPointer { losses in
      // Members write the losses of different jobs.
      nonisolated(unsafe) let losses = unsafe losses
      team.forEach(members.count) { m in
        for j in stride(from: m, to: jobs.count, by: members.count) {
          if jobs[j].constants == nil, let constants = members[m].constants { prepare(j, constants) }
          let tape = unsafe shared.tape(
            jobs[j], members[m], team: direct ? team : .single,
            accumulates: j >= members.count || (addsToResult && m == 0), resultCount: partial)
          unsafe losses[j] = body(j, tape)
        }
      }
    }
    if partial > 0 { add(members.dropFirst().compactMap(\.result), to: &result, team: team) }
    return losses
  }

  /// result ← result + Σ parts.
  private static func add(_ parts: [Memory<Element>], to result: inout MutableSpan<Element>, team: Team) {
    for part in parts { part.withSpan(0..<result.count) { addValues($0, to: &result, team: team) } }
  }
}

/// The caller's vectors while a run lasts.
///
/// `@unchecked`: Valid within `run`; only the first member writes `result`.
@unsafe private struct Pointers<Element: TapeElement>: @unchecked Sendable {
  let parameters: UnsafeMutableBufferPointer<Element>
  let direction: UnsafeMutableBufferPointer<Element>
  let result: UnsafeMutableBufferPointer<Element>

  func tape(_ job: TapeJob<Element>, _ member: TapeMember<Element>, team: Team, accumulates: Bool, resultCount: Int)
    -> Tape<Element>
  {
    guard let constants = job.constants ?? member.constants, let primal = job.primal ?? member.primal else {
      preconditionFailure("a job needs a place for its images and its activations")
    }
    let sums = unsafe member.result.map { unsafe $0.base } ?? result.baseAddress
    return unsafe Tape(
      team: team, accumulates: accumulates,
      bases: [
        parameters.baseAddress, direction.baseAddress, sums, constants.base, primal.base, member.tangent.base,
      ],
      counts: [
        parameters.count, direction.count, resultCount, constants.count, primal.count, member.tangent.count,
      ])
  }
}
