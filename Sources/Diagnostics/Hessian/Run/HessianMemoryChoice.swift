internal import Hessian
internal import Ranks
internal import Tensors
internal import VisionTransformers

/// How loss and solver share the memory: of what fits, what is expected to take the least time.
///
/// Vectors that Lanczos keeps and primal values that products share compete for it. Against a full basis and kept values,
///
/// - parts of fewer images cost little as long as a part has some hundred tokens: a matrix product of r rows takes about 1 + 30/r times
///   as long for each of them (measured on OpenBLAS);
/// - a basis of M < max(4k, 20) vectors restarts more often. On spectra that fall as i^−0.3 … i^−2 or exponentially, and on the bundled
///   models, M = k + 2 took 1.1 to 1.6 times as many products as M = 20, k + 3 at most 1.2 times, k + 4 at most 1.12, k + 5 at most 1.05;
/// - computing primal values anew for each product costs two matrix products beside its six: 4/3, more for narrow networks.
///
/// So the order is, as a rule: smaller parts, then a smaller basis down to k + 3 vectors, then values computed anew with as full a basis
/// as fits, and at last the smallest basis, too.
struct HessianMemoryChoice {
  /// M of Lanczos; nil for power iteration.
  let basis: Int?
  /// Bytes that the loss may take.
  let limit: Int
  /// What both take.
  let memory: HessianMemory

  /// The expected time, that of a full basis, kept values and large parts being 1.
  ///
  /// - Parameters:
  ///   - basis: M; nil for power iteration.
  ///   - full: M with enough memory.
  ///   - count: k, the eigenvalues wanted.
  ///   - recomputes: Whether primal values are computed anew for each product.
  ///   - rows: Tokens of a part.
  /// - Returns: A factor, 1 or more.
  static func cost(basis: Int?, of full: Int?, values count: Int, recomputes: Bool, rows: Int) -> Double {
    var cost = (recomputes ? 4.0 / 3 : 1) * (1 + 30 / Double(max(rows, 1)))
    if let basis, let full { cost *= restarts(basis: basis, of: full, values: count) }
    return cost
  }

  /// How many times as many products a basis of M vectors takes as a full one.
  static func restarts(basis: Int, of full: Int, values count: Int) -> Double {
    guard basis < full else { return 1 }
    let room = Double(max(basis - count - 1, 1))
    return 1 + 0.55 / (room * room)
  }
}

extension HessianPass {
  /// How the first spectrum's loss and solver share the memory; the others take no more.
  ///
  /// - Throws: `LossInputError.memory` where the machine has too little, `.failed` for what the model lacks.
  func memoryChoice() throws(LossInputError) -> HessianMemoryChoice {
    let (bases, share) = (possibleBases, diagnosis.share.count)
    var least: HessianMemory?
    // What was rounded off is for a run that would not fit otherwise.
    for limit in Set([budget.planned, budget.most]).sorted() {
      var best: (cost: Double, choice: HessianMemoryChoice)?
      for basis in bases {
        let double = try doubleBytes(basis: basis)
        let others = memory(basis: basis, double: double).bytes
        do throws(LossError) {
          let footprint = try LossFunction.footprint(
            architecture, objective: loss.objective, images: share, masked: loss.masked?.removed ?? 0,
            selection: units[0], fixed: fixed.names,
            options: LossOptions(team: diagnosis.team, memoryLimit: max(0, limit - others)))
          let cost = HessianMemoryChoice.cost(
            basis: basis, of: bases[0], values: diagnosis.top, recomputes: footprint.recomputes,
            rows: max(1, share / footprint.parts) * architecture.tokens)
          if cost < best?.cost ?? .infinity {
            let memory = memory(basis: basis, footprint, double: double)
            best = (cost, HessianMemoryChoice(basis: basis, limit: limit - others, memory: memory))
          }
          // Nothing is gained by a smaller basis where the full one leaves room for all values.
          if !footprint.recomputes && basis == bases[0] { break }
        } catch {
          guard case .notEnoughMemory(let needed, _) = error else {
            throw .failed(model: opened.request.name, reason: error.description)
          }
          least = memory(basis: basis, activations: needed, double: double)
        }
      }
      if let best { return best.choice }
    }
    guard let needed = least else { preconditionFailure("each basis fits, or says what it needs") }
    throw .memory(
      model: opened.request.name, needed: needed.bytes, available: budget.most, isAsked: budget.isAsked,
      words: needed.words, advice: diagnosis.memoryAdvice(isAsked: budget.isAsked))
  }

  /// M from the one wanted to the smallest; an explicit one is kept, and power iteration has none.
  private var possibleBases: [Int?] {
    guard diagnosis.solver == .lanczos else { return [nil] }
    let wanted = diagnosis.lanczosOptions.basisSize
    guard diagnosis.basis == nil, diagnosis.sharers.isFirst else { return [wanted] }
    return (diagnosis.top + 2...max(wanted, diagnosis.top + 2)).reversed()
  }

  /// Vectors whose products are made in double precision: ranks that assist get one after the other.
  private var confirmedAtOnce: Int { diagnosis.divides != .images || diagnosis.ranks.isFirst ? diagnosis.top : 1 }

  /// Bytes of the products in double precision, with a basis.
  private func doubleBytes(basis: Int?) throws(LossInputError) -> Int {
    do throws(LossError) {
      return try LossFunction.doubleBytes(
        architecture, objective: loss.objective, images: diagnosis.share.count, masked: loss.masked?.removed ?? 0,
        vectors: confirmedAtOnce, selection: units[0], fixed: fixed.names,
        options: lossOptions(basis: basis, limit: nil))
    } catch {
      throw .failed(model: opened.request.name, reason: error.description)
    }
  }

  /// What a spectrum takes with a basis, with activations of so many bytes.
  private func memory(basis: Int?, activations: Int = 0, double: Int) -> HessianMemory {
    let layout = ParameterLayout(of: architecture, for: loss.objective)
    let active = layout.filter { units[0].contains($0.name) && !fixed.names.contains($0.name) }.count
    return memory(basis: basis, (activations, 1, 0, false, active), double: double)
  }

  /// What a spectrum takes with a basis and a loss.
  private func memory(
    basis: Int?, _ footprint: (bytes: Int, parts: Int, images: Int, recomputes: Bool, parameters: Int), double: Int
  ) -> HessianMemory {
    var diagnosis = diagnosis
    if basis != nil { diagnosis.basis = basis }
    // A batch's images are read whole; where ranks divide it, a rank's own are copied.
    let (a, whole, own) = (architecture, diagnosis.batchSize, diagnosis.share.count)
    var (weights, inputs) = (
      ParameterLayout(of: a, for: loss.objective).count, a.pixels * (whole + (own == whole ? 0 : own))
    )
    if let teacher = teacher?.description.architecture {
      weights += ParameterLayout(of: teacher).count
      // In single and in double precision.
      inputs += 3 * own * a.patches * teacher.width + Int(FeatureTeacher.exactByteCount(teacher) / 4)
      let workspace = EncoderWorkspace.byteCount(
        for: teacher, images: min(own, FeatureTeacher.imagesAtOnce), width: diagnosis.team.width)
      inputs += Int(workspace / 4)
    }
    // A matrix to prove ranks by, and its factor, in double precision; one that is too large is refused.
    let isFormed = diagnosis.provesRanks && footprint.parameters <= RankCheckOptions.largestFormed
    let vectors = diagnosis.vectorsInMemory + (isFormed ? 4 * footprint.parameters : 0)
    return HessianMemory(
      weights: 4 * weights, inputs: 4 * inputs, activations: footprint.bytes, vectors: vectors,
      parameters: footprint.parameters,
      confirmation: max(0, double - 4 * footprint.parameters * max(0, vectors - confirmedAtOnce)),
      parts: (footprint.parts, footprint.images), recomputes: footprint.recomputes)
  }
}
