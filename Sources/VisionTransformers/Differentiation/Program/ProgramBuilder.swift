internal import Tensors

/// Collects the layers of a network for a fixed number of images, and gives every value its places.
struct ProgramBuilder {
  /// Number of images.
  let images: Int
  /// Patches of an image that the encoder sees.
  let visible: Int
  let architecture: Architecture
  /// The members of the team that a kernel may be divided over.
  let teamWidth: Int
  private let layout: ParameterLayout
  private let active: ParameterLayout
  private let keepsAdjoints: Bool
  private var layers: [any DifferentiableLayer] = []
  private var values: [Plan] = []
  private var sizes: [Store: Int] = [:]
  private var shared: [Int: Place] = [:]
  private var used: Set<ParameterName> = []

  /// What is known of a value before places are given out.
  private struct Plan {
    var value: Value
    var place: Place
    var producer: Int
    var lastUse: Int
  }

  /// A builder of a network that has no layers yet.
  ///
  /// `layout` tells where each parameter lies in θ, `active` where each active one lies in v
  /// and in results. With `keepsAdjoints`, for products, adjoints stay; otherwise they share memory.
  init(
    _ architecture: Architecture, images: Int, visible: Int, layout: ParameterLayout, active: ParameterLayout,
    keepsAdjoints: Bool, teamWidth: Int
  ) {
    self.architecture = architecture
    self.images = images
    self.visible = visible
    self.layout = layout
    self.active = active
    self.keepsAdjoints = keepsAdjoints
    self.teamWidth = teamWidth
  }

  /// Encoder tokens of an image.
  var encoderTokens: Int { architecture.prefix.count + visible }

  /// The parameter of that name.
  mutating func parameter(_ name: ParameterName) -> Parameter {
    used.insert(name)
    func place(_ store: Store, _ entry: ParameterRange) -> Place {
      let rows = entry.shape.count > 1 ? entry.shape[0] : 1
      return Place(store, at: entry.range.lowerBound, rows: rows, columns: entry.range.count / rows)
    }
    let entry = active.contains(name) ? active[name] : nil
    return Parameter(
      value: place(.parameters, layout[name]), direction: entry.map { place(.direction, $0) },
      result: entry.map { place(.result, $0) })
  }

  /// Whether the model has a parameter of that name.
  func holds(_ name: ParameterName) -> Bool { layout.contains(name) }

  /// A value that the next layer writes, computed from these inputs with these parameters.
  mutating func value(rows: Int, columns: Int, from inputs: [Value], _ parameters: [Parameter] = []) -> Value {
    let active = inputs.contains(where: \.active) || parameters.contains(where: \.active)
    let value = Value(id: values.count, rows: rows, columns: columns, active: active)
    let place = reserve(.primal, rows: rows, columns: columns)
    values.append(Plan(value: value, place: place, producer: layers.count, lastUse: layers.count))
    return value
  }

  /// Room of a layer's own that stays with a batch (`primal`), with a product (`tangent`), or that the batch fills (`constants`).
  mutating func reserve(_ store: Store, rows: Int = 1, columns: Int) -> Place {
    let offset = sizes[store, default: 0]
    // 16: every place starts with a cache line.
    sizes[store] = offset + (rows * columns + 15) / 16 * 16
    return Place(store, at: offset, rows: rows, columns: columns)
  }

  /// Scratch that a kernel uses and leaves: layers that need as much share it.
  mutating func scratch(rows: Int, columns: Int) -> Place {
    if let place = shared[rows * columns] { return place }
    let place = reserve(.tangent, rows: rows, columns: columns)
    shared[rows * columns] = place
    return place
  }

  /// Appends a layer, and returns what it writes.
  mutating func append(_ layer: some DifferentiableLayer) -> Value {
    for input in layer.inputs where input.active { values[input.id].lastUse = layers.count }
    layers.append(layer)
    return layer.output
  }

  /// The program that ends with this loss.
  consuming func finish(_ loss: any LossLayer) -> Program {
    values[loss.input.id].lastUse = layers.count
    var places = Values.Places(
      primal: values.map(\.place), adjoint: Array(repeating: nil, count: values.count),
      tangent: Array(repeating: nil, count: values.count), adjointTangent: Array(repeating: nil, count: values.count))
    for plan in values where plan.value.active {
      let (rows, columns) = (plan.value.rows, plan.value.columns)
      places.tangent[plan.value.id] = reserve(.tangent, rows: rows, columns: columns)
      if keepsAdjoints { places.adjoint[plan.value.id] = reserve(.primal, rows: rows, columns: columns) }
    }
    placeTransient(.tangent, into: &places.adjointTangent)
    if !keepsAdjoints { placeTransient(.primal, into: &places.adjoint) }
    return Program(layers: layers, loss: loss, places: places, sizes: sizes, parameters: used)
  }

  /// Gives places to values that live only from the backward pass of their last consumer to that of their producer: first fit.
  private mutating func placeTransient(_ store: Store, into places: inout [Place?]) {
    let start = sizes[store, default: 0]
    var (live, end): ([(range: Range<Int>, producer: Int)], Int) = ([], start)
    for plan in values.filter(\.value.active).sorted(by: { ($0.lastUse, $0.value.id) > ($1.lastUse, $1.value.id) }) {
      live.removeAll { $0.producer > plan.lastUse }
      let count = (plan.value.rows * plan.value.columns + 15) / 16 * 16
      var offset = start
      for other in live.map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
        if offset + count <= other.lowerBound { break }
        offset = max(offset, other.upperBound)
      }
      live.append((offset..<offset + count, plan.producer))
      end = max(end, offset + count)
      places[plan.value.id] = Place(store, at: offset, rows: plan.value.rows, columns: plan.value.columns)
    }
    sizes[store] = end
  }
}
