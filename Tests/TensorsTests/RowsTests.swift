import Testing

@testable import Tensors

@Suite("Buffers and row operations")
struct RowsTests {
  @Test("A buffer is zero at first and begins at a multiple of 64 bytes", arguments: [0, 1, 15, 1000])
  func buffer(count: Int) {
    var buffer = Buffer(count: count)
    #expect(buffer.count == count && buffer.span.count == count)
    #expect(buffer.withSpan { values in values.indices.allSatisfy { values[$0] == 0 } })
    let address = buffer.span.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    #expect(address.isMultiple(of: 64))
    var span = buffer.mutableSpan
    for i in span.indices { span[i] = Float(i) }
    var part = span.part(count / 2..<count)
    for i in part.indices { part[i] = -1 }
    #expect(buffer.withSpan { values in values.indices.allSatisfy { values[$0] == ($0 < count / 2 ? Float($0) : -1) } })
  }

  @Test("A bias is added to every row, for every division", arguments: [1, 7, 16, 50], 1...4)
  func bias(width: Int, threads: Int) {
    let (x, b) = (values(400 * width, seed: 1), values(width, seed: 2))
    var y = x
    var span = y.mutableSpan
    addBias(b.span, to: &span, team: Team(threads: threads))
    #expect(y == x.indices.map { x[$0] + b[$0 % width] })
  }

  @Test("A scaled branch is added to every row, for every division", arguments: [1, 7, 16, 50], 1...4)
  func scaled(width: Int, threads: Int) {
    let (x, y, s) = (values(400 * width, seed: 1), values(400 * width, seed: 2), values(width, seed: 3))
    var sum = x
    var span = sum.mutableSpan
    addScaled(s.span, y.span, to: &span, team: Team(threads: threads))
    // A product of two values below 1 and a sum below 2 round by ε/4 and ε/2 at most.
    #expect(worst(sum, x.indices.map { Double(x[$0]) + Double(s[$0 % width]) * Double(y[$0]) }, absolute: ulp) <= 1)
  }

  @Test("A weighted vector is added", arguments: [0, 1, 16, 37])
  func product(count: Int) {
    let (x, y) = (values(count, seed: 1), values(count, seed: 2))
    var sum = y
    var span = sum.mutableSpan
    addProduct(of: 0.3, and: x.span, to: &span)
    #expect(worst(sum, x.indices.map { Double(y[$0]) + Double(Float(0.3)) * Double(x[$0]) }, absolute: ulp) <= 1)
  }

  @Test("One NaN or infinity anywhere is found", arguments: [1, 15, 16, 17, 40])
  func finite(count: Int) {
    var x = values(count, seed: 7, scale: Float.greatestFiniteMagnitude)
    #expect(allFinite(x))
    for i in 0..<count {
      for bad in [Float.nan, .infinity, -.infinity] {
        let good = x[i]
        x[i] = bad
        #expect(!allFinite(x))
        x[i] = good
      }
    }
    #expect(allFinite([]))
  }

  // `#expect` takes no span.
  private func allFinite(_ x: [Float]) -> Bool { isFinite(x.span) }
}
