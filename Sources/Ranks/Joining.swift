internal import Foundation

#if MPI
  internal import MPIShim
#endif

/// Joins the processes that were started together with this one; this process alone where it was started by itself.
///
/// Call once, before anything is exchanged.
///
/// - Throws: `RankError` where several processes were started, but cannot see each other.
public func joinRanks() throws(RankError) -> any RankGroup {
  let environment = ProcessInfo.processInfo.environment
  let announced = Launch.processes(environment)
  #if MPI
    // Without a launcher MPI is left alone: its start takes long, and fails on machines where no job may run.
    guard Launch.needsMPI(environment) else { return SingleRank() }
    if let warning = Launch.warning(environment, isOpenMPI: mpi_shim_is_open_mpi() != 0) {
      try? FileHandle.standardError.write(contentsOf: Data("warning: \(warning)\n".utf8))
    }
    let ranks = try MPIRanks()
    if let announced, announced > ranks.count { throw .strangers(announced: announced, joined: ranks.count) }
    return ranks
  #else
    if let announced, announced > 1 { throw .startedWithoutMPI(processes: announced) }
    return SingleRank()
  #endif
}

/// What launchers tell the processes they start.
enum Launch {
  /// How many processes were started; nil where no launcher says so.
  ///
  /// Open MPI's mpirun, MPICH's and Intel's, then Slurm's srun, which sets these whatever the library. A launcher that was itself
  /// started by srun and says nothing is none of these: its processes inherit what Slurm said of it.
  static func processes(_ environment: [String: String]) -> Int? {
    for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] + (isBetween(environment) ? [] : ["SLURM_STEP_NUM_TASKS"]) {
      if let value = environment[name].flatMap({ Int($0) }) { return value }
    }
    return nil
  }

  /// Whether PMIx serves this process, but not Slurm's.
  private static func isBetween(_ environment: [String: String]) -> Bool {
    environment["PMIX_NAMESPACE"].map { !$0.hasPrefix("slurm.") } ?? false
  }

  /// Whether this process has to ask MPI for the others.
  ///
  /// One that was started alone has not, and better does not: in a shell that srun has started MPI starts once at most, and without a
  /// plugin of Slurm's for MPI never. A second start ends the shell with it.
  static func needsMPI(_ environment: [String: String]) -> Bool {
    processes(environment).map { $0 > 1 } ?? isByProcessManager(environment)
  }

  /// What is to be said before Open MPI starts, because it would end the program without saying what helps.
  ///
  /// No refusal: an Open MPI that was built with Slurm's oldest interface finds the other tasks without a plugin.
  ///
  /// - Parameters:
  ///   - environment: What the launcher has set.
  ///   - isOpenMPI: Whether the program was built with Open MPI; processes of other libraries start as if each were alone.
  /// - Returns: The words, on one of the tasks.
  static func warning(_ environment: [String: String], isOpenMPI: Bool) -> String? {
    guard isOpenMPI, let tasks = environment["SLURM_STEP_NUM_TASKS"], environment["OMPI_COMM_WORLD_SIZE"] == nil,
      !isByProcessManager(environment), environment["SLURM_PROCID"] == "0"
    else { return nil }
    return "srun started \(tasks) tasks without a plugin for MPI; where MPI cannot be started now, use srun --mpi=pmix "
      + "(srun --mpi=list names the plugins), or mpirun in the same allocation"
  }

  /// Whether a launcher that does not say how many waits for the process to ask.
  static func isByProcessManager(_ environment: [String: String]) -> Bool {
    ["PMIX_RANK", "PMI_RANK", "PMI_FD", "PALS_RANKID"].contains { environment[$0] != nil }
  }
}
