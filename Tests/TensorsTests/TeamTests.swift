import Foundation
import Synchronization
import Testing

@testable import Tensors

@Suite("Teams")
struct TeamTests {
  @Test("Runs cover everything once, in order, in nearly equal lengths", arguments: 1...7, [1, 4, 16])
  func runs(width: Int, grain: Int) {
    let team = Team(threads: width)
    for count in [0, 1, 2, 3, 15, 16, 17, 64, 100, 197, 768, 1000] {
      let runs = team.runs(of: count, grain: grain)
      #expect(runs.count <= width)
      #expect(runs.flatMap(Array.init) == Array(0..<count))
      #expect(runs.allSatisfy { !$0.isEmpty })
      #expect(runs.dropLast().allSatisfy { $0.count.isMultiple(of: grain) })
      let lengths = runs.map { ($0.count + grain - 1) / grain }
      #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
    }
  }

  @Test(
    "Every index is called once, also by more members than cores", arguments: [1, 2, 3, 4, 64, 1_000_000_000, Int.max])
  func forEach(threads: Int) {
    let team = Team(threads: threads)
    for count in [0, 1, 7, 1000] {
      let calls = Mutex([Int](repeating: 0, count: count))
      team.forEach(count) { i in calls.withLock { $0[i] += 1 } }
      #expect(calls.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test("No number of threads makes a team so wide that dividing takes long")
  func widest() {
    #expect(Team(threads: .max).width <= Team.widest)
  }

  @Test("A team has at least the calling thread", arguments: [0, -3, Int.min])
  func atLeastOne(threads: Int) {
    #expect(Team(threads: threads).width == 1)
    #expect(Team.single.width == 1)
    #expect(Team().width >= 1)
  }

  @Test("More members than cores compute the same", arguments: [5, 16, 61, 200])
  func oversubscribed(threads: Int) {
    // Debian's serial OpenBLAS must not be called from two threads: there every team has one member.
    #expect(Team(threads: threads).width == (Team.servesOneThread ? 1 : threads))
    let (a, b) = (values(150 * 70, seed: 1), values(70 * 90, seed: 2))
    func product(_ team: Team) -> [Float] {
      var c = [Float](repeating: 0, count: 150 * 90)
      var span = c.mutableSpan
      multiply(
        a.span, MatrixLayout(150, 70), .plain, b.span, MatrixLayout(70, 90), .plain, into: &span, MatrixLayout(150, 90),
        team: team)
      return c
    }
    // Two orders of summing 70 products of values below 1: 70 ε at most each.
    #expect(worst(product(Team(threads: threads)), product(.single).map { Double($0) }, absolute: 140 * ulp) <= 1)
    #expect(product(Team(threads: threads)) == product(Team(threads: threads)))
  }

  // MARK: Parts

  struct Failure: Error, Equatable { var part: Int }

  @Test("Parts are filled each by its own member, and gaps stay", arguments: 1...5)
  func parts(threads: Int) {
    var buffer = [Float](repeating: -1, count: 100)
    let parts = [3..<10, 10..<10, 10..<40, 50..<99]
    var span = buffer.mutableSpan
    Team(threads: threads).forEachPart(of: &span, parts: parts) { index, part in
      for i in part.indices { part[i] = Float(index) }
    }
    for i in 0..<100 {
      let owner = parts.firstIndex { $0.contains(i) }
      #expect(buffer[i] == owner.map(Float.init) ?? -1)
    }
  }

  @Test("The first part's error is thrown, and the other parts are finished", arguments: 1...5)
  func errors(threads: Int) {
    var buffer = [Float](repeating: 0, count: 20)
    let parts = (0..<10).map { $0 * 2..<$0 * 2 + 2 }
    #expect(throws: Failure(part: 3)) {
      var span = buffer.mutableSpan
      try Team(threads: threads).forEachPart(of: &span, parts: parts) { (index, part) throws(Failure) in
        part[0] = 1
        if [3, 4, 8].contains(index) { throw Failure(part: index) }
        part[1] = 1
      }
    }
    #expect(buffer == (0..<20).map { $0.isMultiple(of: 2) || ![3, 4, 8].contains($0 / 2) ? 1 : 0 })
  }
}
