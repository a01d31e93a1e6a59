import Foundation
import Testing

@testable import Diagnostics

/// Runs with too little memory for what they would take otherwise.
@Suite("A Hessian with little memory", .serialized)
struct HessianMemoryTests {
  private func diagnosis(memory: Int? = nil) -> HessianDiagnosis {
    var diagnosis = HessianDiagnosis(
      checkpoints: [CheckpointRequest(path: TrueEigenvalues.fixtures + "/ckpt.bin")], images: [TrueEigenvalues.images])
    diagnosis.masks = TrueEigenvalues.masks
    (diagnosis.batchSize, diagnosis.batches, diagnosis.solver, diagnosis.top) = (8, 1, .lanczos, 2)
    (diagnosis.checksRanks, diagnosis.memory) = (false, memory)
    return diagnosis
  }

  /// What the run takes where it is not bounded.
  private func whole() throws -> Int {
    let model = try #require(try diagnosis().forecast().models.first)
    try #require(!model.recomputes && model.remarks.isEmpty, "these tests need 300 MB")
    return model.bytes
  }

  private func values(_ result: HessianResult) throws -> [HessianBatch] {
    try #require(result.models.first?.details.batches)
  }

  /// That the first eigenvalues of both are the same, as far as each says how exact it is.
  private func expectAgreement(_ a: HessianResult, _ b: HessianResult) throws {
    for (x, y) in zip(try values(a)[0].eigenvalues, try values(b)[0].eigenvalues) {
      #expect(x.converged && y.converged && abs(x.value - y.value) <= x.bound + y.bound)
    }
  }

  @Test("More than smaller parts save is missing: the basis is smaller, and dry run, words and result say so")
  func smallerBasis() throws {
    // Parts of one image save about 20 MB.
    let limit = try whole() - 40_000_000
    let forecast = try diagnosis(memory: limit).forecast()
    let model = try #require(forecast.models.first)
    let basis = try #require(forecast.settings.basis)
    #expect(!model.recomputes && model.bytes <= limit && (5..<20).contains(basis))
    let words = "Lanczos keeps \(basis) vectors instead of 20"
    #expect(forecast.text.contains(words))
    var said: [String] = []
    let result = try diagnosis(memory: limit).run { event in
      if case .prepared(_, let lines, _) = event { said = lines }
    }
    #expect(said.contains { $0.contains(words) })
    #expect(result.settings.basis == basis && result.settings.basisWanted == 20)
    try expectAgreement(result, diagnosis().run())
  }

  @Test("Less than the batch's values take: they are computed anew, and give equal bits each time")
  func recomputation() throws {
    let limit = try whole() - 120_000_000
    let forecast = try diagnosis(memory: limit).forecast()
    let model = try #require(forecast.models.first)
    #expect(model.recomputes && model.parts > 1 && model.bytes <= limit)
    #expect(forecast.text.contains("parts of at most"))
    let result = try diagnosis(memory: limit).run()
    let details = try #require(result.models.first?.details)
    #expect(details.recomputes == true && details.parts == model.parts)
    let again = try diagnosis(memory: limit).run()
    #expect(try values(result)[0].eigenvalues == values(again)[0].eigenvalues)
    try expectAgreement(result, diagnosis().run())
  }

  @Test("A basis that was asked for is kept or refused") func explicitBasis() throws {
    var asked = diagnosis(memory: 80_000_000)
    asked.basis = 20
    #expect { try asked.run() } throws: {
      "\($0)".contains("--memory allows 80 MB; give a larger --memory, a smaller --basis")
    }
    asked.memory = nil
    #expect(try asked.forecast().settings.basis == 20)
  }

  @Test("What is chosen costs the least of what fits") func order() {
    func cost(_ basis: Int, recomputes: Bool) -> Double {
      HessianMemoryChoice.cost(basis: basis, of: 20, values: 5, recomputes: recomputes, rows: 800)
    }
    // A smaller basis first; but the smallest costs more than computing values anew.
    #expect(cost(19, recomputes: false) < cost(8, recomputes: false))
    #expect(cost(8, recomputes: false) < cost(20, recomputes: true))
    #expect(cost(20, recomputes: true) < cost(7, recomputes: false))
  }

  @Test("A run goes on as it was planned, whatever is free by then") func resumed() throws {
    let folder = try TemporaryFolder()
    var first = diagnosis(memory: try whole() - 120_000_000)
    first.batches = 2
    first.journal = folder.path("journal")
    let all = try first.run()
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try first.run { event in if case .finished = event { throw Stop() } }
    }
    var second = first
    (second.memory, second.resumes) = (nil, true)
    let result = try second.run()
    #expect(result.models[0].details.parts == all.models[0].details.parts)
    #expect(try values(result).map(\.eigenvalues) == values(all).map(\.eigenvalues))
  }
}
