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

  @Test("One process leaves MPI alone, whoever has started it; an allocation says nothing of processes")
  func tasks() {
    let allocation = ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_NPROCS": "8", "SLURM_PROCID": "0"]
    #expect(Launch.processes(allocation) == nil && !Launch.needsMPI(allocation))
    let one = allocation.merging(["SLURM_STEP_NUM_TASKS": "1"]) { $1 }
    let served = one.merging(["PMIX_RANK": "0", "PMIX_NAMESPACE": "slurm.pmix.7.0"]) { $1 }
    #expect(!Launch.needsMPI(one) && !Launch.needsMPI(served) && !Launch.needsMPI(["PMI_SIZE": "1", "PMI_FD": "5"]))
    #expect(Launch.needsMPI(["SLURM_STEP_NUM_TASKS": "2"]) && Launch.needsMPI(["PMIX_RANK": "0"]))
  }

  @Test("What a launcher says comes before what Slurm says of the launcher")
  func launcherInStep() {
    let step = ["SLURM_STEP_NUM_TASKS": "1", "PMIX_RANK": "0", "PMIX_NAMESPACE": "slurm.pmix.7.0"]
    #expect(Launch.processes(step.merging(["OMPI_COMM_WORLD_SIZE": "4"]) { $1 }) == 4)
    let silent = step.merging(["PMIX_NAMESPACE": "prte-node1-77@1"]) { $1 }
    #expect(Launch.processes(silent) == nil && Launch.needsMPI(silent))
  }

  @Test("Tasks without a plugin are said, once, before Open MPI ends them")
  func tasksWithoutPlugin() {
    var two = ["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "0"]
    #expect(Launch.warning(two, isOpenMPI: true)?.contains("srun started 2 tasks without a plugin for MPI") == true)
    #expect(Launch.warning(two, isOpenMPI: false) == nil)
    for variable in ["PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_SIZE"] {
      #expect(Launch.warning(two.merging([variable: "0"]) { $1 }, isOpenMPI: true) == nil)
    }
    two["SLURM_PROCID"] = "1"
    #expect(Launch.warning(two, isOpenMPI: true) == nil)
    #expect(Launch.warning(["SLURM_PROCID": "0"], isOpenMPI: true) == nil)
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
