internal import Tensors

/// The memory that a run plans with.
///
/// How a batch is cut into parts depends on it, and with the cut the last bits of every number. So what happens to be free is rounded down
/// to a sixteenth of what there is: a second run plans alike although other programs now take a little more or less. What is asked for is taken as it is.
struct MemoryBudget: Sendable, Hashable {
  /// Bytes to plan with.
  let planned: Int
  /// Bytes that may be taken where a plan needs them; no fewer.
  let most: Int
  /// Whether `most` is what was asked for.
  let isAsked: Bool

  /// A budget for one of `sharers` processes on this machine that take as much each.
  ///
  /// - Parameters:
  ///   - asked: Most bytes of this process; nil for what is free.
  ///   - system: What the machine has.
  ///   - sharers: How many processes of this job share it.
  init(asked: Int?, of system: SystemMemory, sharers: Int) {
    let free = system.available / sharers
    if let asked, asked <= free {
      (planned, most, isAsked) = (asked, asked, true)
      return
    }
    let step = max(1, system.total / sharers / 16)
    (planned, most, isAsked) = (free / step * step, free, false)
  }

  /// The budget of the rank that has least, where every rank must plan alike.
  init(leastOf budgets: [MemoryBudget]) {
    planned = budgets.map(\.planned).min() ?? 0
    most = budgets.map(\.most).min() ?? 0
    isAsked = budgets.contains(where: \.isAsked)
  }
}

extension MemoryBudget: Codable {}
