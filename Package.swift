// swift-tools-version: 6.2
import PackageDescription

/// One standard for every Swift target: Swift 6 language mode, no warning left standing, every unsafe use marked.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// Tests go without strict memory safety: the expansion of `#expect(throws:)` does not pass it in Swift 6.3.
let testSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

/// Tests that compute little themselves are not optimised: they compile in a third of the time, which is longer than they run.
let quickTestSettings: [SwiftSetting] = testSettings + [.unsafeFlags(["-Onone"])]

let package = Package(
  name: "mff-inspect",
  products: [
    .executable(name: "mff-inspect", targets: ["mff-inspect"]),
    .library(name: "Diagnostics", targets: ["Diagnostics"]),
    .library(name: "Checkpoints", targets: ["Checkpoints"]),
    .library(name: "Figures", targets: ["Figures"]),
    .library(name: "Hessian", targets: ["Hessian"]),
    .library(name: "Images", targets: ["Images"]),
    .library(name: "VisionTransformers", targets: ["VisionTransformers"]),
    .library(name: "Pretraining", targets: ["Pretraining"]),
    .library(name: "Reports", targets: ["Reports"]),
    .library(name: "Tensors", targets: ["Tensors"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Commands that divide their work over the ranks of an MPI job; see `make mpi`.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // MARK: The command
    .executableTarget(
      name: "mff-inspect",
      dependencies: [
        "Checkpoints", "Diagnostics", "Digests", "Fixtures", "Hessian", "Images", "OutputFiles", "Pretraining",
        "Ranks", "Reports", "Reproduction", "Spectra", "Tensors", "VisionTransformers",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // MARK: Modules, in the order in which data flows
    .target(name: "Digests", dependencies: ["CCrypto"], swiftSettings: settings),
    .target(name: "OutputFiles", swiftSettings: settings),
    .target(
      name: "Ranks", dependencies: [.target(name: "MPIShim", condition: .when(traits: ["MPI"]))],
      swiftSettings: settings),
    .target(name: "Checkpoints", dependencies: ["Digests", "OutputFiles", "CZip"], swiftSettings: settings),
    .target(
      name: "Images", dependencies: ["Checkpoints", "Digests", "PNGCodec", "CTurboJPEG", "CWebP"],
      swiftSettings: settings),
    // `Lifetimes`: the one module that returns spans of its own storage.
    .target(
      name: "Tensors", dependencies: ["COpenBLAS", "ProcessorProbe"],
      swiftSettings: settings + [.enableExperimentalFeature("Lifetimes")]),
    .target(
      name: "VisionTransformers", dependencies: ["Tensors", "Checkpoints"],
      swiftSettings: settings + [.enableExperimentalFeature("Lifetimes")]),
    .target(name: "Hessian", dependencies: ["Tensors"], swiftSettings: settings),
    .target(name: "Spectra", dependencies: ["CFFTW"], swiftSettings: settings),
    .target(name: "Figures", dependencies: ["CCairo", "PNGCodec"], swiftSettings: settings),
    .target(
      name: "Pretraining",
      dependencies: ["Checkpoints", "Digests", "Images", "OutputFiles", "Ranks", "Tensors", "VisionTransformers"],
      swiftSettings: settings),
    .target(
      name: "Diagnostics",
      dependencies: [
        "Checkpoints", "Digests", "Images", "OutputFiles", "Ranks", "Tensors", "VisionTransformers", "Spectra",
        "Hessian", "Figures",
      ],
      resources: [.embedInCode("SelfTest/golden.json")],
      swiftSettings: settings),
    .target(
      name: "Reproduction", dependencies: ["Diagnostics", "Reports", "VisionTransformers"], swiftSettings: settings),
    .target(
      name: "Reports",
      dependencies: ["Diagnostics", "Figures", "Hessian", "Spectra", "VisionTransformers"],
      resources: [.embedInCode("Page/style.css"), .embedInCode("Page/page.js")],
      swiftSettings: settings),
    .target(
      name: "Fixtures", path: "Fixtures",
      exclude: ["README.md"],
      resources: [
        .copy("ckpt.bin"), .copy("mff.bin"), .copy("eva.safetensors"), .copy("supervised.safetensors"), .copy("run"),
        .copy("images"),
      ],
      swiftSettings: settings),

    // MARK: C, where Swift cannot do it
    // libpng reports errors by longjmp, which must not cross Swift frames: two functions in C catch it.
    .target(name: "PNGCodec", dependencies: ["CPNG"]),
    // cpuid, signals caught on the way out of a kernel, loops for one instruction set; calls OpenBLAS by pointers that Tensors gives it.
    .target(name: "ProcessorProbe", dependencies: ["COpenBLAS"]),
    // MPI's handles are macros over types that each library chooses. Without the trait this target is empty; `make mpi` says where
    // the headers and the library are.
    .target(name: "MPIShim", cSettings: [.define("WITH_MPI", .when(traits: ["MPI"]))]),

    // MARK: System libraries, found by pkg-config
    .systemLibrary(
      name: "CFFTW", path: "Sources/System/CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"])]),
    // Only its header: Tensors loads the library itself, when it knows with which kernel. pkg-config would have it linked.
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/System/COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CPNG", path: "Sources/System/CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CCairo", path: "Sources/System/CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", path: "Sources/System/CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(
      name: "CWebP", path: "Sources/System/CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(
      name: "CZip", path: "Sources/System/CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(
      name: "CCrypto", path: "Sources/System/CCrypto", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]),

    // MARK: Tests, a folder for each module
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "OutputFiles"], exclude: ["Golden"],
      swiftSettings: testSettings),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Checkpoints", "Digests", "PNGCodec"], exclude: ["Golden"],
      swiftSettings: quickTestSettings),
    .testTarget(name: "OutputFilesTests", dependencies: ["OutputFiles"], swiftSettings: quickTestSettings),
    .testTarget(name: "RanksTests", dependencies: ["Ranks"], swiftSettings: quickTestSettings),
    .testTarget(
      name: "TensorsTests", dependencies: ["COpenBLAS", "ProcessorProbe", "Tensors"], exclude: ["Golden"],
      swiftSettings: testSettings),
    .testTarget(
      name: "VisionTransformersTests", dependencies: ["VisionTransformers", "Checkpoints", "Tensors"],
      exclude: ["Golden"],
      swiftSettings: testSettings),
    .testTarget(name: "SpectraTests", dependencies: ["Spectra"], exclude: ["Golden"], swiftSettings: testSettings),
    .testTarget(
      name: "HessianTests", dependencies: ["Hessian", "Tensors"], exclude: ["Golden"], swiftSettings: testSettings),
    .testTarget(
      name: "PretrainingTests",
      dependencies: [
        "Checkpoints", "Images", "OutputFiles", "PNGCodec", "Pretraining", "Ranks", "Tensors", "VisionTransformers",
      ],
      exclude: ["Golden"], swiftSettings: quickTestSettings),
    .testTarget(name: "FiguresTests", dependencies: ["Figures"], swiftSettings: quickTestSettings),
    .testTarget(
      name: "DiagnosticsTests",
      dependencies: [
        "Checkpoints", "Diagnostics", "Figures", "Hessian", "Images", "OutputFiles", "Ranks", "Spectra",
        "Tensors", "VisionTransformers",
      ],
      exclude: ["Golden"], swiftSettings: quickTestSettings),
    .testTarget(
      name: "ReproductionTests", dependencies: ["Diagnostics", "Reports", "Reproduction"],
      swiftSettings: quickTestSettings),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Diagnostics", "Figures", "Fixtures", "Hessian", "Reports", "Spectra", "VisionTransformers",
      ],
      swiftSettings: quickTestSettings),
    .testTarget(name: "CommandTests", dependencies: ["Fixtures", "mff-inspect"], swiftSettings: quickTestSettings),
  ]
)
