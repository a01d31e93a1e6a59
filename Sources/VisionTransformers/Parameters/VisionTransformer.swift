internal import Checkpoints
internal import Tensors

/// A Vision Transformer's encoder with its weights, ready to compute.
public final class VisionTransformer: Sendable {
  /// The network's shape.
  public let architecture: Architecture
  /// Where each parameter lies in the flat vector.
  public let layout: ParameterLayout
  private let parameters: Buffer
  /// The position embeddings that are fixed tables, where their values no longer tell since they were resized.
  let knownFixed: Set<ParameterName>?
  /// Biases that the network does not have, zeros here.
  let absent: Set<ParameterName>

  /// A model of all zeros but for what `fill` writes.
  init<Failure: Error>(
    _ architecture: Architecture, _ layout: ParameterLayout, fixed: Set<ParameterName>? = nil,
    absent: Set<ParameterName> = [], fill: (inout MutableSpan<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    self.architecture = architecture
    self.layout = layout
    knownFixed = fixed
    self.absent = absent
    var buffer = Buffer(count: layout.count)
    var span = buffer.mutableSpan
    try fill(&span)
    parameters = buffer
  }

  /// A model of values made in memory.
  ///
  /// - Parameters:
  ///   - architecture: The network.
  ///   - layout: The order of the values: of the encoder, of the whole model, or of what an objective uses.
  ///   - parameters: As many values as the layout has; they are copied.
  public convenience init(_ architecture: Architecture, _ layout: ParameterLayout, parameters: Span<Float>) {
    precondition(parameters.count == layout.count, "the layout has \(layout.count) values")
    self.init(architecture, layout) { values in
      for i in parameters.indices { values[i] = parameters[i] }
    }
  }

  /// A model of values made in memory, in the order of the θ of a `LossFunction` of this objective.
  public convenience init(_ architecture: Architecture, for objective: Objective, parameters: Span<Float>) {
    self.init(architecture, ParameterLayout(of: architecture, for: objective), parameters: parameters)
  }

  /// A parameter's values, row-major.
  public func values(of name: ParameterName) -> [Float] {
    let range = layout[name].range
    return parameters.withSpan { values in range.map { values[$0] } }
  }

  /// Calls `body` with the flat vector of all parameters, in the order of `layout`.
  public func withParameterVector<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try parameters.withSpan(body)
  }

  /// Calls `body` with all parameters.
  func withParameters<Result, Failure: Error>(
    _ body: (borrowing ParameterView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try parameters.withSpan { (values) throws(Failure) in
      try body(ParameterView(layout: layout, values: values))
    }
  }
}

/// Parameters by name, to read.
struct ParameterView: ~Copyable, ~Escapable {
  private let layout: ParameterLayout
  private let values: Span<Float>

  @_lifetime(copy values)
  init(layout: ParameterLayout, values: Span<Float>) {
    self.layout = layout
    self.values = values
  }

  /// The values of a parameter, row-major.
  subscript(_ name: ParameterName) -> Span<Float> {
    @_lifetime(copy self) get { values.extracting(layout[name].range) }
  }
}
