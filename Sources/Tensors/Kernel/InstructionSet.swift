internal import ProcessorProbe

/// Vector instructions that matrix kernels are written for; each set holds those before it.
public enum InstructionSet: Int, Sendable, Hashable, Comparable, CaseIterable {
  /// What every x86-64 processor has.
  case sse2 = 1
  case sse3
  case ssse3
  case sse42
  case avx
  /// With FMA.
  case avx2
  /// The subsets F, CD, BW, DQ and VL.
  case avx512

  /// Whether the second holds all of the first and more.
  public static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.rawValue < b.rawValue }

  /// The maker's name of it.
  public var name: String {
    switch self {
    case .sse2: "SSE2"
    case .sse3: "SSE3"
    case .ssse3: "SSSE3"
    case .sse42: "SSE4.2"
    case .avx: "AVX"
    case .avx2: "AVX2"
    case .avx512: "AVX-512"
    }
  }

  /// The set that an OpenBLAS kernel is written for; nil for a name that is not known, such as one of another architecture.
  init?(kernel: String) {
    switch kernel.lowercased() {
    case "skylakex", "cooperlake", "sapphirerapids": self = .avx512
    case "haswell", "zen", "excavator": self = .avx2
    case "sandybridge", "bulldozer", "piledriver", "steamroller": self = .avx
    case "nehalem", "barcelona": self = .sse42
    case "core2", "penryn", "dunnington", "atom", "nano", "bobcat": self = .ssse3
    case "prescott", "opteron_sse3", "banias": self = .sse3
    case "northwood", "opteron", "katmai", "coppermine", "athlon", "generic": self = .sse2
    default: return nil
    }
  }
}

/// What the processor can do, from its features and not from its model number.
struct Processor: Sendable, Hashable {
  /// The widest vectors that processor and operating system offer; nil on other architectures than x86-64.
  var instructions: InstructionSet?
  /// Whether AMD (or Hygon) made it.
  var isAMD = false
  /// Kilobytes of second-level cache that OpenBLAS will find by itself; 0 for none, as under some hypervisors.
  var foundCache = 0
  /// Kilobytes of second-level cache by the other way of asking; 0 for none.
  var describedCache = 0

  /// This one.
  static var current: Processor {
    let found = processor_probe_features()
    return Processor(
      instructions: InstructionSet(rawValue: Int(found.instructions.rawValue)),
      isAMD: found.vendor == PROCESSOR_VENDOR_AMD, foundCache: Int(found.l2_kilobytes),
      describedCache: Int(found.l2_kilobytes_described))
  }

  /// Kernels of OpenBLAS to try, the best first.
  ///
  /// They exist in every build of Debian 11 to 13.
  /// An AMD processor with AVX-512 gets Skylake-X's kernel, as OpenBLAS itself decides since 0.3.21: Zen 4 works through a wide vector in
  /// two halves and loses nothing by it, Zen 5 gains.
  var candidates: [String] {
    guard let instructions else { return [] }
    let avx2 = isAMD ? ["Zen", "Haswell"] : ["Haswell", "Zen"]
    let all: [(InstructionSet, [String])] = [
      (.avx512, ["SkylakeX"]), (.avx2, avx2), (.avx, ["Sandybridge"]), (.sse42, ["Nehalem"]), (.ssse3, ["Core2"]),
      (.sse3, ["Prescott"]),
    ]
    return all.filter { $0.0 <= instructions }.flatMap(\.1)
  }

  /// `OPENBLAS_L2_SIZE` in kilobytes, where OpenBLAS would find no second-level cache and block for 256; nil where it finds one.
  ///
  /// 512 where nothing at all is known: no x86-64 processor with vectors of 256 bits has less than 256, and most have more.
  var cacheToDeclare: Int? {
    guard instructions != nil, foundCache == 0 else { return nil }
    return describedCache > 0 ? describedCache : 512
  }
}
