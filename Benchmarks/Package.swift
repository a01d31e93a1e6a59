// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func library(_ name: String) -> Target.Dependency { .product(name: name, package: "mff-inspect") }

/// Programs that measure the libraries from inside; a package of its own, so that users of the product never build them.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "mff-inspect", path: "..")],
  targets: [
    .target(
      name: "Models", dependencies: [library("Tensors"), library("VisionTransformers")], swiftSettings: settings),
    .executableTarget(
      name: "derivatives", dependencies: ["Models", library("Tensors"), library("VisionTransformers")],
      swiftSettings: settings),
    .executableTarget(
      name: "lanczos", dependencies: ["Models", library("Hessian"), library("Tensors"), library("VisionTransformers")],
      swiftSettings: settings),
    .executableTarget(
      name: "training", dependencies: [library("Pretraining"), library("Tensors"), library("VisionTransformers")],
      swiftSettings: settings),
  ]
)
