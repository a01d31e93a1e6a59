internal import Checkpoints

/// Tokens in front of the patches, the grid, and how positions become another size.
extension ArchitectureInference {
  /// The rows of a tensor of shape [rows, D] or [1, rows, D].
  private func rows(of parameter: ParameterName, _ shape: [Int]) throws(ModelError) -> Int {
    guard shape.count >= 2, shape.last == width, shape.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw .unusableShape(
        file: names.file, tensor: names.tensor(of: parameter) ?? parameter, shape: shape,
        reason: "the shape [1, rows, \(width)] is needed, with the width of the patch embedding")
    }
    return shape[shape.count - 2]
  }

  func prefixTokens() throws(ModelError) -> [Architecture.PrefixToken] {
    var prefix: [Architecture.PrefixToken] = []
    if names.shape(of: "class") != nil { prefix.append(.class) }
    if names.shape(of: "distillation") != nil { prefix.append(.distillation) }
    if let registers = names.shape(of: "registers") {
      prefix += Array(repeating: .register, count: try rows(of: "registers", registers))
    }
    return prefix
  }

  func prefixWords(_ prefix: [Architecture.PrefixToken]) -> String {
    let registers = prefix.count { $0 == .register }
    let words =
      prefix.filter { $0 != .register }.map(\.rawValue)
      + (registers > 0 ? ["\(registers) \(registers == 1 ? "register" : "registers")"] : [])
    return words.isEmpty ? "none" : words.joined(separator: ", ")
  }

  mutating func grid(
    prefix: [Architecture.PrefixToken], patchSize: Int
  ) throws(ModelError) -> ([Int], Architecture.PositionRows) {
    let (grid, positions, source) = try foundGrid(prefix: prefix, patchSize: patchSize)
    note("grid", "\(grid[0]) × \(grid[1])", source)
    note("imageSize", "\(grid[0] * patchSize) × \(grid[1] * patchSize)", source)
    return (grid, positions)
  }

  private func foundGrid(
    prefix: [Architecture.PrefixToken], patchSize: Int
  ) throws(ModelError) -> ([Int], Architecture.PositionRows, ValueSource) {
    guard let shape = names.shape(of: "position") else {
      if let found = try relativeGrid(prefix: prefix, patchSize: patchSize) { return found }
      throw .missingTensor(
        file: names.file, tensor: names.foreignName(of: "position"), dialect: names.dialect.title)
    }
    let rows = try rows(of: "position", shape)
    let withRows = prefix.count { $0 != .register }
    var readings = [(rows - withRows, Architecture.PositionRows.classAndPatches), (rows, .patches)]
    // timm gives registers rows of their own where it does not leave all prefix tokens without one.
    if withRows < prefix.count { readings.append((rows - prefix.count, .allTokens)) }
    for (patches, positions) in readings {
      if let (size, source) = settings.imageSize, let grid = grid(of: size, patchSize, patches: patches) {
        return (grid, positions, source)
      }
      if let side = squareRoot(patches) {
        return ([side, side], positions, .tensors("\(rows) rows of the position embedding"))
      }
      if let size = options.imageSize, let grid = grid(of: size, patchSize, patches: patches) {
        return (grid, positions, .option("--image-size or the images' own size"))
      }
    }
    throw .unknownGrid(file: names.file, tensor: names.tensor(of: "position") ?? "position", rows: rows)
  }

  /// The grid of a network that has no position embedding but a table of offsets: (2 rows − 1) (2 columns − 1) of them, and three for
  /// a class token.
  private func relativeGrid(
    prefix: [Architecture.PrefixToken], patchSize: Int
  ) throws(ModelError) -> ([Int], Architecture.PositionRows, ValueSource)? {
    let parameter = ["relative", "blocks.0.attention.relative"].first { names.shape(of: $0) != nil }
    guard let parameter, let shape = names.shape(of: parameter), shape.count == 2 else { return nil }
    let offsets = shape[0] - (prefix.isEmpty ? 0 : 3)
    let matches = { (grid: [Int]) in (2 * grid[0] - 1) * (2 * grid[1] - 1) == offsets }
    if let (size, source) = settings.imageSize, let grid = sides(of: size, patchSize), matches(grid) {
      return (grid, .absent, source)
    }
    if let side = squareRoot(offsets), !side.isMultiple(of: 2) {
      return ([(side + 1) / 2, (side + 1) / 2], .absent, .tensors("\(shape[0]) rows of relative positions"))
    }
    if let size = options.imageSize, let grid = sides(of: size, patchSize), matches(grid) {
      return (grid, .absent, .option("--image-size or the images' own size"))
    }
    throw .unknownGrid(file: names.file, tensor: names.tensor(of: parameter) ?? parameter, rows: shape[0])
  }

  /// The grid of images of that size, where it has that many patches.
  private func grid(of size: [Int], _ patchSize: Int, patches: Int) -> [Int]? {
    guard let grid = sides(of: size, patchSize) else { return nil }
    let (product, overflow) = grid[0].multipliedReportingOverflow(by: grid[1])
    return !overflow && product == patches ? grid : nil
  }

  /// Rows and columns of patches of images of that size, no more than a file can have.
  private func sides(of size: [Int], _ patchSize: Int) -> [Int]? {
    guard size.count == 2, size.allSatisfy({ $0 > 0 && $0 <= 1 << 24 && $0.isMultiple(of: patchSize) }) else {
      return nil
    }
    return size.map { $0 / patchSize }
  }

  private func squareRoot(_ n: Int) -> Int? {
    guard n > 0 else { return nil }
    let root = Int(Double(n).squareRoot().rounded())
    return root * root == n ? root : nil
  }

  /// Tensors in the original naming do not tell whose code they came from; what surrounds them does.
  mutating func positionResizing() -> Architecture.PositionResizing {
    let (method, source) = foundPositionResizing()
    guard names.shape(of: "position") != nil else { return method }
    note("positionResizing", method.rawValue, source)
    return method
  }

  private func foundPositionResizing() -> (Architecture.PositionResizing, ValueSource) {
    if let method = options.positionResizing { return (method, .option("--position-resizing")) }
    if let method = settings.metadata["position_resizing"]?.string.flatMap(Architecture.PositionResizing.init) {
      return (method, .file("metadata", key: "position_resizing"))
    }
    if settings.isTimm { return (.antialiasedBicubic, .file(settings.configName, key: "timm's")) }
    if settings.huggingFaceModel == "dinov2_with_registers" {
      return (.antialiasedBicubic, .file(settings.configName, key: "model_type"))
    }
    if names.isDINO { return (.bicubicByFactor, .usual("DINO's own code, told by student and teacher")) }
    if names.dialect.hasFlaxKernels {
      return (
        names.dialect.positionResizing, .usual("timm's way with files of Flax; Google's own code aligns the corners")
      )
    }
    guard names.dialect.anchor == Dialect.original.anchor, names.shape(of: "decoder.embed.weight") == nil else {
      return (names.dialect.positionResizing, .usual(names.dialect.title))
    }
    // Only DINOv2's own files hold its mask token; with registers its code antialiases.
    if names.isOwnDINOv2 {
      return names.shape(of: "registers") == nil
        ? (.bicubicByFactor, .tensors("mask_token beside LayerScale: DINOv2's own code"))
        : (.antialiasedBicubic, .tensors("register_tokens and mask_token: DINOv2's own code"))
    }
    if ["blocks.0.ls1.gamma", "reg_token"].contains(where: { names.uses(names.prefix + $0) }) {
      return (.antialiasedBicubic, .tensors("names of timm"))
    }
    // MAE's fixed embedding has a class row of zeros; timm's is learned. Only timm publishes this naming as safetensors.
    if names.isSafetensors, !names.classPositionIsZero(width: width) {
      return (
        .antialiasedBicubic,
        .assumed("timm's way: safetensors in its naming, position embedding learned", option: "--position-resizing")
      )
    }
    return (
      .bicubic,
      .assumed("MAE's and DeiT's way; timm's files, which antialias, look the same", option: "--position-resizing")
    )
  }
}
