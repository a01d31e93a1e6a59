// swift-tools-version: 6.2
import PackageDescription

/// The program that throws damaged files at every reader; a package of its own, for it links only with a fuzzer's run time.
let package = Package(
  name: "fuzzing",
  dependencies: [.package(name: "mff-inspect", path: "..")],
  targets: [
    .executableTarget(
      name: "fuzz",
      dependencies: [
        .product(name: "Checkpoints", package: "mff-inspect"), .product(name: "Diagnostics", package: "mff-inspect"),
        .product(name: "Figures", package: "mff-inspect"), .product(name: "Images", package: "mff-inspect"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
