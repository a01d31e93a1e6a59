import Testing

@testable import Tensors

@Suite("Cores that the process may use")
struct AvailableProcessorsTests {
  @Test(
    "A status counts the bits of its mask",
    arguments: [
      ("Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n", 4), ("Cpus_allowed:\t1\n", 1),
      ("Cpus_allowed:\tffffffff,00000003\n", 34), ("Cpus_allowed:\t0\n", nil), ("Cpus_allowed:\tx\n", nil),
      ("Name:\tx\n", nil),
    ] as [(String, Int?)])
  func bound(_ status: String, _ cores: Int?) {
    #expect(AvailableProcessors.bound(inStatus: status) == cores)
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
