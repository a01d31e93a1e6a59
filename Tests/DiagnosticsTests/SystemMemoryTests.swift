import Foundation
import Tensors
import Testing

@testable import Diagnostics

@Suite("What a machine can give")
struct SystemMemoryTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try write("MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:   12000000 kB\n", to: "proc/meminfo")
    try write("Name:\tx\nVmSize:\t  500000 kB\n", to: "proc/self/status")
  }

  private func write(_ text: String, to path: String) throws {
    let file = folder.url.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: false, encoding: .utf8)
  }

  private var memory: SystemMemory { SystemMemory(below: folder.url.path) }

  @Test("Without limits it is what the kernel calls available") func machine() throws {
    try write("0::/\n", to: "proc/self/cgroup")
    try write("max\n", to: "sys/fs/cgroup/memory.max")
    try write("Max address space         unlimited            unlimited            bytes\n", to: "proc/self/limits")
    #expect(memory.total == 16_384_000_000 && memory.available == 12_288_000_000)
  }

  @Test("A control group's limit counts, and that of every group above it; cached files give way") func second() throws
  {
    try write("0::/slice/job/step\n", to: "proc/self/cgroup")
    let group = "sys/fs/cgroup/slice"
    try write("4000000000\n", to: "\(group)/memory.max")
    try write("1500000000\n", to: "\(group)/memory.current")
    try write("anon 1\ninactive_file 500000000\n", to: "\(group)/memory.stat")
    try write("max\n", to: "\(group)/job/step/memory.max")
    try write("1000\n", to: "\(group)/job/step/memory.current")
    #expect(memory.total == 4_000_000_000 && memory.available == 3_000_000_000)
  }

  @Test("So does one of version 1, also where a container hides the path") func first() throws {
    try write("5:cpu,memory:/docker/0123\n4:pids:/\n", to: "proc/self/cgroup")
    let group = "sys/fs/cgroup/memory"
    try write("2000000000\n", to: "\(group)/memory.limit_in_bytes")
    try write("300000000\n", to: "\(group)/memory.usage_in_bytes")
    try write("inactive_file 7\ntotal_inactive_file 100000000\n", to: "\(group)/memory.stat")
    #expect(memory.total == 2_000_000_000 && memory.available == 1_800_000_000)
  }

  @Test("So does an address space bounded by ulimit -v, less what threads reserve") func addressSpace() throws {
    try write("Max address space         3000000000           unlimited            bytes\n", to: "proc/self/limits")
    #expect(memory.total == 3_000_000_000 && memory.available == 3_000_000_000 - 512_000_000 - 256 << 20)
  }

  @Test("What is free is rounded down, so that a second run plans alike; what is asked for is not") func budget() {
    func budget(_ asked: Int?, available: Int, sharers: Int = 1) throws -> MemoryBudget {
      try write("MemTotal: 16000 kB\nMemAvailable: \(available / 1024) kB\n", to: "proc/meminfo")
      return MemoryBudget(asked: asked, of: memory, sharers: sharers)
    }
    #expect(throws: Never.self) {
      // Sixteenths of 16000 kB.
      for free in [12_000, 12_500, 12_999] {
        let budget = try budget(nil, available: free * 1024)
        #expect(budget.planned == 12_000 * 1024 && budget.most == free * 1024 && !budget.isAsked)
      }
      #expect(try budget(5_000_001, available: 12_000 * 1024).planned == 5_000_001)
      // More than is free cannot be had.
      #expect(try budget(.max, available: 12_500 * 1024).planned == 12_000 * 1024)
      let shared = try budget(nil, available: 12_500 * 1024, sharers: 4)
      #expect(shared.planned == 3_000 * 1024 && shared.most == 3_125 * 1024)
      #expect(MemoryBudget(leastOf: [shared, try budget(7_000, available: 12_000 * 1024)]).planned == 7_000)
    }
  }

  @Test(
    "Amounts of memory in words",
    arguments: [
      ("1073741824", 1_073_741_824), ("1.5G", 1_500_000_000), ("800MB", 800_000_000), ("2GiB", 2 << 30),
      ("16k", 16_000), ("1Ti", 1 << 40), ("", nil), ("G", nil), ("1X", nil), ("1iB", nil), ("-1G", nil),
      ("1.2.3G", nil), ("nan", nil), ("1e3", nil),
    ] as [(String, Int?)])
  func words(words: String, bytes: Int?) { #expect(ByteCount.parse(words) == bytes) }
}
