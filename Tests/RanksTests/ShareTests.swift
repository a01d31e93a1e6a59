import Testing

@testable import Ranks

@Suite("Shares of ranks")
struct ShareTests {
  @Test(
    "Shares cover every index once, in order, and differ by one at most", arguments: [1, 2, 3, 4, 7], [0, 1, 5, 64])
  func cover(ranks: Int, indices: Int) {
    let shares = RehearsedRanks.group(of: ranks).map { $0.share(of: 10..<10 + indices) }
    #expect(shares.flatMap(Array.init) == Array(10..<10 + indices))
    let sizes = shares.map(\.count)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
  }

  @Test("A single rank has all")
  func single() {
    #expect(SingleRank().share(of: 3..<9) == 3..<9)
  }
}

@Suite("What launchers say")
struct LaunchTests {
  @Test(
    "The number of processes is read from Open MPI, MPICH and Slurm",
    arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"])
  func processes(variable: String) {
    #expect(Launch.processes([variable: "4", "HOME": "1"]) == 4)
    #expect(Launch.processes([variable: "many"]) == nil)
  }

  @Test("Without a launcher there is one rank, which is the first")
  func alone() throws {
    #expect(Launch.processes([:]) == nil)
    #expect(!Launch.isByProcessManager(["SLURM_JOB_ID": "7"]))
    let ranks = SingleRank()
    #expect(ranks.isFirst && ranks.count == 1)
    #expect(try ranks.collect([1.5, 2.5]) == [1.5, 2.5])
  }
}
