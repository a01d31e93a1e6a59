#if MPI
  internal import MPIShim

  /// The ranks of an MPI job: all of `MPI_COMM_WORLD`.
  struct MPIRanks: RankGroup {
    let rank: Int
    let count: Int
    let countOnMachine: Int
    private(set) var countOnCores = 1

    /// Joins the job; once.
    init() throws(RankError) {
      var rank: Int32 = 0
      var count: Int32 = 1
      var neighbours: Int32 = 1
      var status = unsafe mpi_shim_start(&rank, &count)
      if status == 0 { status = unsafe mpi_shim_machine(&neighbours) }
      guard status == 0 else { throw .library(reason: Self.words(status)) }
      (self.rank, self.count, countOnMachine) = (Int(rank), Int(count), Int(neighbours))
      let own = "\(Machine.name) \(Machine.allowedCores)"
      do {
        // Machines may bear the same name.
        countOnCores = min(try collect([own]).count { $0 == own }, countOnMachine)
      } catch {
        throw .library(reason: "the ranks do not understand each other (\(error))")
      }
    }

    func sum(_ values: inout [Double]) {
      let length = values.count
      check(unsafe values.withUnsafeMutableBufferPointer { unsafe mpi_shim_sum_doubles($0.baseAddress, length) })
    }

    func sum(_ values: inout MutableSpan<Float>) {
      let length = values.count
      check(unsafe values.withUnsafeMutableBufferPointer { unsafe mpi_shim_sum_floats($0.baseAddress, length) })
    }

    func sumOnFirst(_ values: inout MutableSpan<Float>) {
      let length = values.count
      check(unsafe values.withUnsafeMutableBufferPointer { unsafe mpi_shim_gather_sum($0.baseAddress, length) })
    }

    func broadcast(_ values: inout MutableSpan<Float>) {
      check(unsafe values.withUnsafeMutableBytes { unsafe mpi_shim_broadcast($0.baseAddress, $0.count) })
    }

    func broadcast(_ bytes: [UInt8]) -> [UInt8] {
      var length = UInt64(bytes.count)
      check(unsafe withUnsafeMutableBytes(of: &length) { unsafe mpi_shim_broadcast($0.baseAddress, $0.count) })
      var result = isFirst ? bytes : [UInt8](repeating: 0, count: Int(length))
      check(unsafe result.withUnsafeMutableBytes { unsafe mpi_shim_broadcast($0.baseAddress, $0.count) })
      return result
    }

    func gather(_ bytes: [UInt8]) -> [[UInt8]]? {
      guard isFirst else {
        check(mpi_shim_gather_counts(bytes.count, nil))
        check(unsafe bytes.withUnsafeBytes { unsafe mpi_shim_gather($0.baseAddress, $0.count, nil, nil) })
        return nil
      }
      var lengths = [Int](repeating: 0, count: count)
      check(
        unsafe lengths.withUnsafeMutableBufferPointer { unsafe mpi_shim_gather_counts(bytes.count, $0.baseAddress) })
      var all = [UInt8](repeating: 0, count: lengths.reduce(0, +))
      let status = unsafe all.withUnsafeMutableBytes { all in
        unsafe bytes.withUnsafeBytes { own in
          unsafe lengths.withUnsafeBufferPointer { lengths in
            unsafe mpi_shim_gather(own.baseAddress, own.count, lengths.baseAddress, all.baseAddress)
          }
        }
      }
      check(status)
      var next = 0
      return lengths.map { length in
        defer { next += length }
        return Array(all[next..<next + length])
      }
    }

    func send(_ bytes: [UInt8], to rank: Int) {
      check(unsafe bytes.withUnsafeBytes { unsafe mpi_shim_send($0.baseAddress, $0.count, Int32(rank)) })
    }

    func receive() -> (bytes: [UInt8], rank: Int)? {
      var sender: Int32 = -1
      var length = 0
      check(unsafe mpi_shim_letter(&sender, &length))
      guard sender >= 0 else { return nil }
      var bytes = [UInt8](repeating: 0, count: length)
      check(unsafe bytes.withUnsafeMutableBytes { unsafe mpi_shim_receive($0.baseAddress, $0.count, sender) })
      return (bytes, Int(sender))
    }

    func barrier() { check(mpi_shim_barrier()) }

    func abort(status: Int32) -> Never { mpi_shim_abort(status) }

    func leave() { check(mpi_shim_finish()) }

    /// A rank that cannot speak to the others cannot go on.
    private func check(_ status: Int32) {
      guard status != 0 else { return }
      fail("the ranks cannot exchange their results any more: \(Self.words(status))")
    }

    private static func words(_ status: Int32) -> String {
      var message = [CChar](repeating: 0, count: Int(MPI_SHIM_MESSAGE_SIZE))
      unsafe message.withUnsafeMutableBufferPointer { unsafe mpi_shim_words(status, $0.baseAddress) }
      return String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
#endif
