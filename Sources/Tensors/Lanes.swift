/// Sixteen values at once: one AVX-512 register, two or four of narrower ones.
///
/// What is slow for Swift SIMD on a baseline x86-64 (`addingProduct`, `rounded`, `clamped`, conversions to integers) is avoided here
/// on purpose: measured, each costs ten times an addition.
typealias Lanes = SIMD16<Float>

/// Walks over `count` values in lanes: `whole` sixteen at a time, `rest` once for what is left.
@inline(__always) func walk(_ count: Int, whole: (Int) -> Void, rest: (Int, Int) -> Void) {
  var i = 0
  while i + 16 <= count {
    whole(i)
    i += 16
  }
  if i < count { rest(i, count - i) }
}

/// eˣ with a relative error below 3e-7.
///
/// For x ≤ 88; 0 below −87, where the result would be subnormal. NaN stays NaN, and so becomes ∞.
/// x = n ln 2 + r with |r| ≤ ½ ln 2; eʳ by a polynomial of degree 6, 2ⁿ by way of the exponent bits.
@inline(__always) func exponential(_ x: Lanes) -> Lanes {
  // Adding 1.5 · 2²³ leaves the nearest integer in the low bits of the sum; 127 more make it the biased exponent of 2ⁿ.
  let magic: Float = 12_582_912 + 127
  let shifted = x * 1.442_695_040_888_963 + magic
  let n = shifted - magic
  // ln 2 in two parts, the first with few bits: n · 0.693359375 is exact.
  let r = (x - n * 0.693_359_375) + n * 2.121_944_400_546_905_8e-4
  // Taylor coefficients: the remainder r⁷/7! is 1.2e-7 at |r| = ½ ln 2.
  var p = r * (1.0 / 720) + (1.0 / 120)
  p = p * r + (1.0 / 24)
  p = p * r + (1.0 / 6)
  p = p * r + 0.5
  p = p * r + 1
  p = p * r + 1
  // A product rather than a sum of exponent bits: NaN must survive, whatever its payload.
  let power = unsafe unsafeBitCast(unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23, to: Lanes.self)
  return (p * power).replacing(with: 0, where: x .< -87)
}
