internal import Images
public import VisionTransformers

/// Something that was assumed of one of a result's checkpoints.
public struct AssumedValue: Sendable, Hashable, Codable {
  /// The checkpoint's label.
  public var model: String
  /// The value's name in words.
  public var what: String
  /// What it was taken to be.
  public var value: String
  /// Why that.
  public var why: String
  /// The option that replaces it.
  public var option: String

  /// An assumption of a checkpoint of that name.
  public init(_ assumption: Assumption, of model: String) {
    self.model = model
    (what, value, why, option) = (assumption.what, assumption.value, assumption.why, assumption.option)
  }

  /// One line for people.
  public var words: String { "assumed: \(what) \(value): \(why) (\(option))" }
}

/// What was assumed of all checkpoints of a run.
struct Assumptions {
  private(set) var values: [AssumedValue] = []

  /// What stands in a result; nil for nothing.
  var listed: [AssumedValue]? { values.isEmpty ? nil : values }

  mutating func add(_ assumptions: [Assumption], of model: String) {
    values += assumptions.map { AssumedValue($0, of: model) }
  }

  /// Refuses assumptions where the user wants none.
  func check(strict: Bool) throws(DiagnosisError) {
    guard strict, !values.isEmpty else { return }
    throw .assumed(values)
  }
}

extension OpenedModel {
  /// What was assumed of the checkpoint and of the pixels that it gets.
  ///
  /// - Parameters:
  ///   - scopes: What is computed.
  ///   - images: The images; those that come normalised are used as they are.
  ///   - normalization: What the user says of pixels; nil where the checkpoint decides.
  ///   - cropPct: What the user says of the crop; nil where the checkpoint decides.
  /// - Returns: The assumptions that change the numbers.
  func assumptions(
    _ scopes: Set<AssumptionScope>, _ images: ImageSet, normalization: Normalization?, cropPct: Double?
  ) -> [Assumption] {
    let scopes = images.isPreprocessed ? scopes : scopes.union([.pixels])
    return description.assumptions(scopes).filter { normalization == nil || $0.option != "--normalize" }
      + (images.isPreprocessed ? [] : cropAssumption(cropPct: cropPct))
  }
}
