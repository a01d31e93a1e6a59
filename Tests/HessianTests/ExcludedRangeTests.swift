import Foundation
import Testing

@testable import Hessian

/// What is promised of a random start before a search.
@Suite("Excluded range")
struct ExcludedRangeTests {
  @Test("A component of a random unit vector is rarely small: closed forms for two and three dimensions")
  func smallComponents() {
    for failure in [0.01, 0.005, 1e-4] {
      // On the circle P(|c| ≤ δ) = 2/π arcsin δ, on the sphere δ (Archimedes): never more than is said, nor less by a third.
      let circle = 2 / Double.pi * asin(smallestComponent(order: 2, failure: failure))
      let sphere = smallestComponent(order: 3, failure: failure)
      for probability in [circle, sphere] { #expect(probability <= failure && probability > 0.67 * failure) }
    }
    #expect(smallestComponent(order: 1, failure: 0.01) == 1)
    // In many dimensions a component is normal with deviation 1/√n: P(|c| ≤ δ) → √(2n/π) δ.
    let n = 1_000_000
    let probability = (2 * Double(n) / Double.pi).squareRoot() * smallestComponent(order: n, failure: 0.01)
    #expect(abs(probability / 0.01 - 1) < 1e-5)
  }

  @Test("The share is never more than Kuczyński and Woźniakowski's, and no product less excludes as much")
  func published() {
    for order in [3, 10, 1000, 1_000_000, 100_000_000] {
      for failure in [0.01, 0.005, 1e-3] {
        for k in [1, 2, 5, 12, 40, 200] {
          let share = ExcludedRange.share(products: k, order: order, failure: failure)
          // 1.648 √n e^(−√ε (2k − 1)) = failure.
          let root = log(1.648 * Double(order).squareRoot() / failure) / Double(2 * k - 1)
          #expect(share <= root * root && share > 0 && share < 1)
          if share < 0.99 {
            #expect(ExcludedRange.products(share: share * (1 + 1e-9), order: order, failure: failure) == k)
          }
          if k > 1 { #expect(share < ExcludedRange.share(products: k - 1, order: order, failure: failure)) }
        }
      }
    }
    // What the documentation says.
    #expect(ExcludedRange.products(share: 0.005, order: 1_000_000, failure: 0.0025 * 7 / 8) == 96)
    #expect(abs(ExcludedRange.share(products: 12, order: 1_000_000, failure: 0.0025 * 7 / 8) - 0.28) < 0.005)
  }
}
