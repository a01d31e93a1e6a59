import Foundation
import Testing

@testable import Tensors

@Suite("The exponential of the kernels")
struct ExponentialTests {
  @Test("Its relative error is below 3e-7 from −87 to 88")
  func accuracy() {
    var largest = (error: 0.0, x: Float(0))
    // 1/512 is no divisor of ln 2, so the arguments fall everywhere in the reduced interval.
    for i in -87 * 512...88 * 512 {
      let x = Float(i) / 512
      let truth = exp(Double(x))
      let error = abs(Double(exponential(x)) - truth) / truth
      if error > largest.error { largest = (error, x) }
    }
    // The polynomial's remainder, 1.2e-7, and the rounding of its last sum and of the reduced argument, ε/2 each.
    #expect(largest.error < 3e-7, "\(largest)")
  }

  @Test(
    "It is 1 at 0, exactly 0 below −87, and never subnormal",
    arguments: [-87.0625, -88, -104, -1e4, -3e38, -Float.infinity])
  func underflow(x: Float) {
    #expect(exponential(x) == 0)
    #expect(exponential(0) == 1)
    #expect(exponential(-87).isNormal)
  }

  @Test(
    "NaN stays NaN, whatever its payload", arguments: [0x7FC0_0000, 0xFFC0_0000, 0x7FC0_0001, 0x7FFF_FFFF, 0xFFC0_00FF])
  func nan(bits: UInt32) {
    #expect(exponential(Float(bitPattern: bits)).isNaN)
  }

  @Test("Lanes do not mix")
  func lanes() {
    var x = Lanes(repeating: 0)
    for lane in 0..<16 { x[lane] = Float(lane) - 8 }
    x[3] = .nan
    x[5] = -.infinity
    let y = exponential(x)
    for lane in 0..<16 where lane != 3 { #expect(y[lane] == exponential(x[lane])) }
    #expect(y[3].isNaN && y[5] == 0)
  }
}
