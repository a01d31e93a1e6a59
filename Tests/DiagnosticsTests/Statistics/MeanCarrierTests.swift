import Foundation
import Testing

@testable import Diagnostics

@Suite("Values that carry a mean")
struct MeanCarrierTests {
  @Test("One batch of 80 that is a hundred times the others carries their mean, wherever it stands")
  func heavy() {
    var numbers = SeededNumbers(seed: 1)
    var values = (0..<80).map { _ in 10 + numbers.normal() }
    #expect(MeanCarriers.places(in: values).isEmpty)
    values[53] = 2308
    #expect(MeanCarriers.places(in: values) == [53])
    // Two of a kind hide behind each other's spread, one on each side, too.
    values[7] = 2100
    #expect(MeanCarriers.places(in: values) == [7, 53])
    values[7] = -2100
    #expect(MeanCarriers.places(in: values) == [7, 53])
  }

  /// Twenty values around 0 whose deviation is 1: one more at d moves the mean to d / 21; their interval is ± t(19) / √20.
  @Test("The limit is the 95 % interval of the others")
  func limit() {
    let others = (0..<20).map { Double($0 % 2 == 0 ? 1 : -1) * (19.0 / 20).squareRoot() }
    // scipy.stats.t.ppf(0.975, 19)
    let step = 2.093024054408263 * 21 / 20.0.squareRoot()
    #expect(MeanCarriers.places(in: others + [1.001 * step]) == [20])
    #expect(MeanCarriers.places(in: others + [0.999 * step]).isEmpty)
    // Where means are known to 1 only, a move by 0.47 is no news.
    #expect(MeanCarriers.places(in: others + [1.001 * step], resolution: 1).isEmpty)
  }

  @Test("Two values cannot carry each other, equal ones nothing; shift and scale change nothing")
  func few() {
    #expect(MeanCarriers.places(in: [1, 1000]).isEmpty && MeanCarriers.places(in: [4, 4, 4, 4]).isEmpty)
    #expect(MeanCarriers.places(in: [4, 4, 4, 9]) == [3])
    var numbers = SeededNumbers(seed: 9)
    let values = (0..<12).map { _ in numbers.normal() } + [14]
    #expect(MeanCarriers.places(in: values) == [12])
    #expect(MeanCarriers.places(in: values.map { -3 * $0 + 100 }) == [12])
  }

  /// Grubbs' limit is passed by 1 % of normal samples: of 1,000 by less than 20, three deviations.
  ///
  /// From eight values on the interval is wider than that limit, and skewed data, too, are ordinary.
  @Test("It is silent on ordinary data", arguments: [4, 6, 8, 16, 32, 80])
  func ordinary(count: Int) {
    var numbers = SeededNumbers(seed: UInt64(count))
    let alarms = (0..<1000).count { _ in !MeanCarriers.places(in: (0..<count).map { _ in numbers.normal() }).isEmpty }
    #expect(alarms <= (count < 12 ? 20 : 2), "\(alarms)")
    let skewed = (0..<1000).count { _ in
      !MeanCarriers.places(in: (0..<count).map { _ in exp(0.5 * numbers.normal()) }).isEmpty
    }
    #expect(skewed < 60, "\(skewed)")
  }
}
