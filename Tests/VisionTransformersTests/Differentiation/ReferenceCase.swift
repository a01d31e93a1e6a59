import Checkpoints
import Foundation
import Tensors

@testable import VisionTransformers

/// A tiny model with PyTorch's double-precision loss, gradient and Hessian-vector product: written by
/// `Scripts/reference_derivatives.py`.
struct ReferenceCase {
  let name: String
  let architecture: Architecture
  let objective: Objective
  let loss: Double
  let masked: Int
  let batch: LossBatch
  let learnsPositions: Bool
  private let file: Checkpoint

  init(_ name: String) throws {
    self.name = name
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = try Checkpoint(opening: folder.path + "/Golden/derivatives/\(name).safetensors")
    self.file = file
    func text(_ key: String) -> String { file.metadata[key]?.string ?? "" }
    architecture = try JSONDecoder().decode(Architecture.self, from: Data(text("architecture").utf8))
    objective = try JSONDecoder().decode(ObjectiveDescription.self, from: Data(text("objective").utf8)).objective
    loss = Double(text("loss")) ?? .nan
    masked = objective.masks ? Int(text("masked")) ?? 0 : 0
    learnsPositions = file.tensor(named: "gradient.position") != nil
    let patches = architecture.patches
    let removed = try file.floats("masks").map { $0 == 1 }
    batch = LossBatch(
      images: try file.floats("images"),
      masks: objective.masks
        ? stride(from: 0, to: removed.count, by: patches).map { Array(removed[$0..<$0 + patches]) } : [],
      features: file.tensor(named: "features") == nil ? [] : try file.floats("features"),
      labels: file.tensor(named: "labels") == nil ? [] : try file.floats("labels").map { Int($0) })
  }

  var images: Int { batch.images.count / architecture.pixels }

  /// A loss function of the case with its batch.
  func function(_ selection: ParameterSelection = .all, options: LossOptions = LossOptions()) throws -> LossFunction {
    let function = try LossFunction(
      architecture, objective: objective, images: images, masked: masked, selection: selection,
      fixed: learnsPositions ? [] : ["position", "decoder.position"], options: options)
    try function.setBatch(batch)
    return function
  }

  /// A loss function of some of the batch's images, as their share of the whole.
  func function(images share: Range<Int>) throws -> LossFunction {
    let function = try LossFunction(
      architecture, objective: objective, images: share.count, batchImages: images, masked: masked,
      fixed: learnsPositions ? [] : ["position", "decoder.position"])
    func rows<Value>(_ values: [Value]) -> [Value] {
      let row = values.count / images
      return Array(values[share.lowerBound * row..<share.upperBound * row])
    }
    try function.setBatch(
      LossBatch(
        images: rows(batch.images), masks: rows(batch.masks), features: rows(batch.features),
        labels: rows(batch.labels)))
    return function
  }

  /// The tensors of one kind (`parameters`, `gradient`, `direction`, `product`) in the order of a layout.
  func vector(_ kind: String, _ layout: ParameterLayout) throws -> [Float] {
    try layout.parameters.flatMap { try file.floats("\(kind).\($0.name)") }
  }

  /// The reference's own values of any tensor.
  func tensor(_ name: String) throws -> [Float] { try file.floats(name) }

  /// Names of the parameters with a gradient.
  var gradientNames: Set<String> {
    Set(file.tensors.map(\.name).filter { $0.hasPrefix("gradient.") }.map { String($0.dropFirst(9)) })
  }
}

/// The objective as the reference script writes it.
private struct ObjectiveDescription: Decodable {
  let name: String
  let normalized: Bool?
  let radius: Double?
  let classes: Int?
  let smoothing: Double?
  let pooling: String?

  var objective: Objective {
    switch name {
    case "pixmim": .lowFrequencies(radius: radius ?? 0, normalized: normalized ?? true)
    case "features-masked": .maskedFeatures
    case "features-all": .allFeatures
    case "classification":
      .classification(
        classes: classes ?? 0, smoothing: smoothing ?? 0,
        pooling: pooling == "class" ? .classToken : pooling == "mean" ? .mean : .normalizedMean)
    default: .pixels(normalized: normalized ?? true)
    }
  }
}

extension LossFunction {
  func gradient(at parameters: [Float]) throws -> [Float] {
    var gradient = [Float](repeating: .nan, count: active.count)
    var span = gradient.mutableSpan
    try self.gradient(at: parameters.span, into: &span)
    return gradient
  }

  func product(_ direction: [Float], at parameters: [Float]) -> [Float] {
    var product = [Float](repeating: .nan, count: active.count)
    var span = product.mutableSpan
    self.product(direction.span, at: parameters.span, into: &span)
    return product
  }
}

func largest(_ x: some Sequence<Float>) -> Float { x.reduce(0) { max($0, $1.isNaN ? .infinity : abs($1)) } }

/// Where two vectors of one layout differ by more than `relative` of a tensor's largest entry and `floor` of the whole vector's.
func mismatches(
  _ found: [Float], _ expected: [Float], _ layout: ParameterLayout, relative: Float, floor: Float
) -> [String] {
  let whole = largest(expected)
  return layout.parameters.compactMap { parameter in
    let (a, b) = (found[parameter.range], expected[parameter.range])
    let error = largest(zip(a, b).map { $0 - $1 })
    let allowed = max(relative * largest(b), floor * whole)
    return error <= allowed ? nil : "\(parameter.name): error \(error), largest entry \(largest(b)), allowed \(allowed)"
  }
}

/// Memory that this process has in use.
func residentBytes() -> Int {
  let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
  return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
}
