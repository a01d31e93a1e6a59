// swift-tools-version: 6.2
import PackageDescription

/// Programs that measure the libraries from inside; a package of its own, so that users of the product never build them.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "mff-inspect", path: "..")],
  targets: [
    .executableTarget(
      name: "derivatives",
      dependencies: [
        .product(name: "Tensors", package: "mff-inspect"), .product(name: "VisionTransformers", package: "mff-inspect"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
    .executableTarget(
      name: "training",
      dependencies: [
        .product(name: "Pretraining", package: "mff-inspect"), .product(name: "Tensors", package: "mff-inspect"),
        .product(name: "VisionTransformers", package: "mff-inspect"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
  ]
)
