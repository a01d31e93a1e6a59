/// Why ranks cannot work together.
public enum RankError: Error, Sendable, Hashable {
  case differs(subject: String, rank: Int, count: Int)
  case startedWithoutMPI(processes: Int)
  case strangers(announced: Int, joined: Int)
  case library(reason: String)
}

extension RankError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .differs(let subject, let rank, let count):
      "rank \(rank) of \(count) found other \(subject) than rank 0; "
        + "put the files where every machine reads the same, or copy them to each"
    case .startedWithoutMPI(let processes):
      "started \(processes) times by an MPI launcher, but this program was built without MPI: each would do all the work and write "
        + "the same files; build it with make mpi, or start it once"
    case .strangers(let announced, let joined):
      "the launcher started \(announced) processes, MPI sees \(joined): launcher and program belong to different MPI libraries; "
        + "use the mpirun of the MPI that make mpi built with (make mpi MPICC=...), under Slurm its plugin (srun --mpi=pmix, "
        + "for MPICH often pmi2)"
    case .library(let reason):
      "MPI could not be started: \(reason)"
    }
  }
}
