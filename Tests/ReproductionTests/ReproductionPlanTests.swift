import Testing

@testable import Reproduction

@Suite("The plan of a reproduction")
struct ReproductionPlanTests {
  @Test("Three seeds of MAE, MFF and the pilot, one of the rest; the ablation with the full scale") func trainings() {
    let quick = ReproductionPlan(.quick).trainings.map(\.name)
    #expect(quick.count == 11 && Set(quick).count == 11)
    for model in ["mae", "mff", "pilot"] { #expect(quick.count { $0.hasPrefix(model) } == 3) }
    let full = ReproductionPlan(.full).trainings.map(\.name)
    #expect(Set(full).subtracting(quick) == ["fused-2", "fused-4", "mff-detach"])
  }

  @Test("Every analysis reads what is trained, under names of their own", arguments: ReproductionScale.allCases)
  func inputs(_ scale: ReproductionScale) {
    let plan = ReproductionPlan(scale)
    let made = Set(plan.trainings.flatMap { [$0.folder, $0.checkpoint] })
    for analysis in plan.analyses { #expect(made.isSuperset(of: analysis.inputs), "\(analysis.name)") }
    #expect(Set(plan.analyses.map(\.name)).count == plan.analyses.count)
    for training in plan.trainings { #expect(Set(plan.trainings.map(\.name)).isSuperset(of: training.needs)) }
  }

  @Test("Another first seed moves all three, and decides on images and masks") func firstSeed() {
    let plan = ReproductionPlan(.full, seeds: ReproductionSeeds(from: 7))
    #expect(plan.seeds.all == [7, 8, 9])
    func seed(_ training: PlannedTraining) -> String? {
      let index = training.arguments.firstIndex(of: "--seed")
      return index.map { training.arguments[$0 + 1] }
    }
    let single = plan.trainings.filter { !$0.name.contains("-seed-") }
    #expect(single.allSatisfy { seed($0) == "7" } && single.count == 8)
    #expect(Set(plan.trainings.compactMap(seed)) == ["7", "8", "9"])
    let hessian = plan.analyses.first { $0.command == "hessian" }?.arguments ?? []
    #expect(hessian.contains("--seed") && hessian.contains("7"))
    #expect(ReproductionPlan(.full).analyses.allSatisfy { !$0.arguments.contains("--seed") })
  }

  @Test("Seeds that are compared share everything but the seed") func seeds() {
    let trainings = ReproductionPlan(.full).trainings
    func arguments(_ name: String) -> [String] {
      let all = trainings.first { $0.name == name }?.arguments ?? []
      return all.map { $0.replacing(name, with: "NAME") }
    }
    func withoutSeed(_ arguments: [String]) -> [String] {
      guard let index = arguments.firstIndex(of: "--seed") else { return arguments }
      return Array(arguments[..<index] + arguments[(index + 2)...])
    }
    for model in ["mae", "mff", "pilot"] {
      #expect(arguments(model) != arguments("\(model)-seed-1"))
      #expect(withoutSeed(arguments(model)) == withoutSeed(arguments("\(model)-seed-1")))
    }
    // MAE, MFF and the pilot differ in what is fused, and in nothing else.
    let mae = arguments("mae")
    for model in ["mff", "pilot", "fused-2", "fused-4", "mff-detach"] {
      #expect(Array(arguments(model).prefix(mae.count)) == mae)
      #expect(Set(arguments(model).dropFirst(mae.count)).isDisjoint(with: ["--learning-rate", "--epochs", "--seed"]))
    }
  }
}
