import Testing

@testable import Ranks

@Suite("Exchanges between ranks")
struct ExchangeTests {
  @Test("Records of all shares arrive on every rank in the order of their indices", arguments: [1, 2, 3, 5])
  func collect(count: Int) throws {
    // Thirds and a negative zero: every bit must arrive.
    let all = (0..<13).map { Double($0) / 3 } + [-0.0, .leastNonzeroMagnitude, 1e300]
    for result in RehearsedRanks.rehearse(count, { try $0.collect(Array(all[$0.share(of: all.indices)])) }) {
      #expect(try result.get().map(\.bitPattern) == all.map(\.bitPattern))
    }
  }

  @Test("Repeated exchanges do not mix")
  func repeated() throws {
    let sums = RehearsedRanks.rehearse(4) { ranks in
      (0..<200).map { turn in
        var values = [Double(turn), Double(ranks.rank)]
        ranks.sum(&values)
        return values
      }
    }
    for sum in sums { #expect(try sum.get() == (0..<200).map { [4 * Double($0), 6] }) }
  }

  @Test("Sums in single precision are all ranks', and the same bits on each", arguments: [1, 2, 3, 4])
  func floats(count: Int) throws {
    let sums = RehearsedRanks.rehearse(count) { ranks in
      var values = (0..<5).map { Float($0) / 3 + Float(ranks.rank) * 1e-3 }
      var span = values.mutableSpan
      ranks.sum(&span)
      return values
    }
    let first = try #require(try sums.first?.get())
    for (index, value) in first.enumerated() {
      let exact = Double(count) * Double(Float(index) / 3) + 1e-3 * Double(count * (count - 1) / 2)
      // Four roundings of sums below 6, 2⁻²⁴ of each.
      #expect(abs(Double(value) - exact) < 2e-6)
    }
    for sum in sums { #expect(try sum.get().map(\.bitPattern) == first.map(\.bitPattern)) }
  }

  @Test("Rank 0 alone receives a sum that is for it, and its values reach all")
  func onFirst() throws {
    let found = RehearsedRanks.rehearse(3) { ranks in
      var values: [Float] = [Float(ranks.rank + 1), -0.5]
      var span = values.mutableSpan
      ranks.sumOnFirst(&span)
      let summed = values
      span = values.mutableSpan
      ranks.broadcast(&span)
      return [summed, values]
    }
    #expect(try found.map { try $0.get()[0] } == [[6, -1.5], [2, -0.5], [3, -0.5]])
    for result in found { #expect(try result.get()[1] == [6, -1.5]) }
  }

  @Test("Letters arrive at the rank they are sent to, those of one sender in order, and wait there")
  func letters() throws {
    let found = RehearsedRanks.rehearse(3) { ranks -> [[UInt8]] in
      if ranks.rank > 0 {
        for turn in 0..<50 { ranks.send([UInt8(ranks.rank), UInt8(turn)], to: 0) }
        while true { if let letter = ranks.receive() { return [letter.bytes] } }
      }
      var received: [[UInt8]] = []
      while received.count < 100 {
        guard let (bytes, rank) = ranks.receive() else { continue }
        if bytes[0] == UInt8(rank) { received.append(bytes) }
      }
      for rank in 1..<3 { ranks.send([UInt8(rank) + 10], to: rank) }
      return received
    }
    let received = try #require(try found.first?.get())
    for rank in UInt8(1)...2 {
      #expect(received.filter { $0[0] == rank }.map { $0[1] } == (0..<50).map { UInt8($0) })
    }
    #expect(try found.dropFirst().map { try $0.get() } == [[[11]], [[12]]])
  }

  @Test("Rank 0 alone gathers, and gives to all")
  func gatherAndBroadcast() throws {
    let found = RehearsedRanks.rehearse(3) { ranks in
      let bytes = [UInt8](repeating: UInt8(ranks.rank), count: ranks.rank)
      return (ranks.gather(bytes), ranks.broadcast([UInt8(ranks.rank) + 7]))
    }
    #expect(try found.map { try $0.get().0 } == [[[], [1], [2, 2]], nil, nil])
    #expect(try found.map { try $0.get().1 } == [[7], [7], [7]])
  }

  @Test("A single truth, number or text of rank 0 reaches all", arguments: [1, 3])
  func single(count: Int) throws {
    let found = RehearsedRanks.rehearse(count) { ranks in
      (try ranks.broadcast(ranks.isFirst), try ranks.broadcast(ranks.rank), try ranks.broadcast("rank \(ranks.rank)"))
    }
    for result in found { #expect(try result.get() == (true, 0, "rank 0")) }
  }

  @Test("A rank that holds something else is named on all ranks")
  func disagreement() {
    let expected = RankError.differs(subject: "images", rank: 2, count: 4)
    for result in RehearsedRanks.rehearse(4, { try $0.agree(on: $0.rank == 2 ? "b" : "a", of: "images") }) {
      #expect { try result.get() } throws: { $0 as? RankError == expected }
    }
  }
}
