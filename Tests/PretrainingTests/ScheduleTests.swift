import Foundation
import Pretraining
import Testing

@Suite("Learning rate")
struct ScheduleTests {
  let schedule = LearningRateSchedule(
    baseRate: 1.5e-4, batchSize: 512, warmupEpochs: 2, epochs: 10, stepsPerEpoch: 100)

  @Test("It starts at 0, rises linearly to baseRate · batch / 256, and falls as half a cosine to 0") func shape() {
    #expect(schedule.rate(at: 0) == 0)
    #expect(abs(schedule.peak - 3e-4) < 1e-18)
    #expect(abs(schedule.rate(at: 50) - 0.25 * schedule.peak) < 1e-15)
    #expect(schedule.rate(at: 200) == schedule.peak)
    // Halfway down: the cosine is 0.
    #expect(abs(schedule.rate(at: 600) - schedule.peak / 2) < 1e-15)
    #expect(abs(schedule.rate(at: 1000)) < 1e-15)
  }

  @Test("Its sum is that of a triangle and half a cosine") func sum() {
    // Both are sums of step functions: 200 · ½ and 800 · ½ steps at the peak, but for the ends.
    #expect(abs(schedule.sum - schedule.peak * 500) < schedule.peak)
  }

  @Test("Without warm-up the first step has the peak") func noWarmup() {
    let schedule = LearningRateSchedule(
      baseRate: 1, batchSize: 256, warmupEpochs: 0, epochs: 1, stepsPerEpoch: 10)
    #expect(schedule.rate(at: 0) == 1)
  }
}
