internal import Foundation

/// Joins the processes that were started together with this one; this process alone where it was started by itself.
///
/// Call once, from the thread that will exchange with other ranks.
///
/// - Throws: `RankError` where several processes were started, but cannot see each other.
public func joinRanks() throws(RankError) -> any RankGroup {
  let environment = ProcessInfo.processInfo.environment
  let announced = Launch.processes(environment)
  #if MPI
    // Without a launcher MPI is left alone: its start takes long, and fails on machines where no job may run.
    guard announced != nil || Launch.isByProcessManager(environment) else { return SingleRank() }
    let ranks = try MPIRanks()
    if let announced, announced != ranks.count { throw .strangers(announced: announced, joined: ranks.count) }
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
  /// Open MPI's mpirun, MPICH's and Intel's, then Slurm's srun, which sets these whatever the library.
  static func processes(_ environment: [String: String]) -> Int? {
    for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"] {
      if let value = environment[name].flatMap({ Int($0) }) { return value }
    }
    return nil
  }

  /// Whether a launcher that does not say how many waits for the process to ask.
  static func isByProcessManager(_ environment: [String: String]) -> Bool {
    ["PMIX_RANK", "PMI_RANK", "PMI_FD", "PALS_RANKID"].contains { environment[$0] != nil }
  }
}
