import Foundation
import Testing

@testable import Tensors

@Suite("Cores that the process may use")
struct AvailableProcessorsTests {
  @Test("A thread bound to one core counts one, whatever the machine has") func affinity() async {
    let count: Int? = await withCheckedContinuation { continuation in
      // The binding ends with its thread.
      Thread.detachNewThread {
        var first = cpu_set_t()
        sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &first)
        withUnsafeMutableBytes(of: &first) { bytes in
          guard let index = bytes.firstIndex(where: { $0 != 0 }) else { return }
          let lowest = bytes[index] & ~(bytes[index] - 1)
          for i in bytes.indices { bytes[i] = i == index ? lowest : 0 }
        }
        sched_setaffinity(0, MemoryLayout<cpu_set_t>.size, &first)
        continuation.resume(returning: AvailableProcessors.bound)
      }
    }
    #expect(count == 1)
  }

  @Test(
    "A container's quota counts in whole cores, rounded up",
    arguments: [
      ("max 100000", nil), ("200000 100000\n", 2), ("150000 100000", 2), ("50000 100000", 1), ("", nil), ("x y", nil),
      ("100000 0", nil),
    ] as [(String, Int?)])
  func quota(_ text: String, _ cores: Int?) {
    #expect(AvailableProcessors.quota(text) == cores)
  }

  @Test("A team without a number has these cores") func team() {
    #expect(Team().width == (Team.servesOneThread ? 1 : AvailableProcessors.count))
  }
}
