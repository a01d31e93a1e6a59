// swift-tools-version: 6.2
import PackageDescription

/// The program that measures how often intervals hold.
///
/// A package of its own, which compiles the product's statistics and nothing else of it, within seconds. `Sources/Statistics` is a link to `Sources/Diagnostics/Statistics` of the product.
let package = Package(
  name: "coverage",
  targets: [
    // What `Diagnostics` keeps to itself is measured, too.
    .target(
      name: "Statistics",
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .unsafeFlags(["-enable-testing"])]),
    .executableTarget(
      name: "coverage", dependencies: ["Statistics"],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
  ]
)
