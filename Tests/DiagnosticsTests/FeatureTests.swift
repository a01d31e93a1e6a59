import Checkpoints
import Diagnostics
import Foundation
import OutputFiles
import Spectra
import Synchronization
import Tensors
import Testing
import VisionTransformers

@Suite("Features that another program computed")
struct FeatureTests {
  private let folder = goldenFolder.appendingPathComponent("features")

  // MARK: Against NumPy

  private struct Reference: Decodable {
    struct Curve: Decodable {
      let layer: String
      let channels: Int
      let grid: [Int]
      let frequencies: [BandFrequency]
      let cellsLeftOut: Int?
      let logAmplitude: [Double]
      let relativeLogAmplitude: [Double]
      let standardError: [Double]
      let relativeStandardError: [Double]
    }
    let images: Int
    let diagonal: [Curve]
    let radial: [Curve]
  }

  private func reference() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
  }

  private func model(_ file: String, _ change: (inout FeatureDiagnosis) -> Void = { _ in }) throws -> FrequencyModel {
    var diagnosis = FeatureDiagnosis(files: [.init(path: file)])
    change(&diagnosis)
    let result = try diagnosis.run()
    #expect(result.models.count == 1 && result.images == nil && result.comparison == nil)
    return result.models[0]
  }

  @Test(
    "Stages with grids of their own, in every floating-point type, have the curves that NumPy gets in double precision",
    arguments: ProfilePath.allCases)
  func numpy(path: ProfilePath) throws {
    let reference = try reference()
    let model = try model(folder.appendingPathComponent("maps.safetensors").path) { $0.path = path }
    let curves = path == .diagonal ? reference.diagonal : reference.radial
    #expect(model.count == reference.images)
    #expect(model.checkpoint.architecture == nil && model.checkpoint.dialect == nil && model.imageSize == nil)
    // layer.2 before layer.10, the norm last.
    try #require(model.layers.map(\.layer) == curves.map(\.layer))
    for (ours, theirs) in zip(model.layers, curves) {
      #expect(ours.channels == theirs.channels && ours.grid == theirs.grid && ours.cellsLeftOut == theirs.cellsLeftOut)
      #expect(ours.frequencies == theirs.frequencies)
      // Transforms in single precision of at most 144 values: 2e-7 measured. In double precision: sums of 25 values of up to 10 and
      // their rounding, 25 · 10 · 1e-16, beside an amplitude of at least ε = 1e-6, and the mean over channels.
      let tolerance = ours.layer == "stage.10" ? 1e-9 : 2e-6
      #expect(distance(ours.logAmplitude, theirs.logAmplitude) < tolerance, "\(ours.layer)")
      #expect(distance(ours.relativeLogAmplitude, theirs.relativeLogAmplitude) < tolerance, "\(ours.layer)")
      #expect(distance(try #require(ours.standardError), theirs.standardError) < tolerance, "\(ours.layer)")
      #expect(distance(try #require(ours.relativeStandardError), theirs.relativeStandardError) < tolerance)
    }
  }

  @Test(
    "From a deflated .npz, image by image, the curves are those of the same values as safetensors", arguments: [1, 3])
  func npz(threads: Int) throws {
    let expected = try model(folder.appendingPathComponent("maps.safetensors").path)
    let model = try model(folder.appendingPathComponent("maps.npz").path) { $0.team = Team(threads: threads) }
    #expect(model.checkpoint.container == "npz" && model.layers.map(\.layer) == expected.layers.map(\.layer))
    for (ours, theirs) in zip(model.layers, expected.layers) {
      // What is double precision there was rounded to single by another program here: 6e-8 of each value, as in the transform.
      let tolerance = ours.layer == "stage.10" ? 2e-6 : 0
      #expect(distance(ours.logAmplitude, theirs.logAmplitude) <= tolerance, "\(ours.layer)")
      #expect(distance(try #require(ours.standardError), try #require(theirs.standardError)) <= tolerance)
    }
  }

  // MARK: Double precision

  /// A file of one tensor of doubles, as the format's description has it.
  private func write(_ values: [Double], _ shape: [Int], to path: String) throws {
    let header = #"{"deep":{"dtype":"F64","shape":\#(shape),"data_offsets":[0,\#(8 * values.count)]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    for value in values { bytes += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test(
    "Doubles keep what single precision cannot hold: small noise on a large mean, and beside a large wave",
    arguments: [0.0, 1e4])
  func doubles(wave: Double) throws {
    let folder = try TemporaryFolder()
    let (images, channels, side) = (2, 3, 4)
    let noise = random([images, channels, side, side], seed: 8).map { 1e-6 * Double($0) }
    // A wave at band 1 alone: cos(π (row + column) / 2) is 1, 0, −1 or 0. What is stored is what the definition is applied to.
    let values = noise.enumerated().map { place, x in
      let (row, column) = (place / side % side, place % side)
      return 1e4 + wave * [1, 0, -1, 0][(row + column) % 4] + x
    }
    try write(values, [images, channels, side, side], to: folder.path("maps"))
    let layer = try model(folder.path("maps")).layers[0]
    // Large mean and wave off again, exactly: both are whole numbers, and the doubles near 1e4 are multiples of 2e-12.
    let kept = values.enumerated().map { place, x in
      let (row, column) = (place / side % side, place % side)
      return x - 1e4 - wave * [1, 0, -1, 0][(row + column) % 4]
    }
    for band in 0..<2 where band == 0 || wave == 0 {
      let expected = logAmplitude(of: kept, offset: band == 0 ? 16e4 : 0, band: band, images * channels, side)
      // Rounding of sums of 16 values of 1e4, 16 · 1e4 · 1e-16 = 2e-11, beside sums of 1.6e5; without the mean 16 · 1e-6 · 1e-16,
      // beside ε = 1e-6.
      #expect(abs(layer.logAmplitude[band] - expected) < 1e-12 * 16, "\(layer.logAmplitude[band]) \(expected)")
    }
    // Every band of the rings has noise alone, except that of the wave, (1, 1).
    let radial = try model(folder.path("maps")) { $0.path = .radial }.layers[0].logAmplitude
    let rings = radialAmplitudes(of: kept, images * channels, side)
    // With the wave, 16 differences near 1e4 are rounded by 9e-13 each, and a transform of amplitude 8e4 by some 4 · 1e-16 of that:
    // 5e-11 beside ε + |F| of at least 1e-6.
    #expect(abs(radial[2] - rings[2]) < (wave == 0 ? 1e-9 : 5e-5), "\(radial) \(rings)")
    // In single precision noise of 1e-6 on 1e4 is none, and leaves ln ε.
    if wave == 0 { #expect(layer.logAmplitude[1] > log(1e-6) + 0.2) }
  }

  /// Mean over maps of ln(|F(k, k)| + ε), with `offset` added to F at zero frequency.
  private func logAmplitude(of values: [Double], offset: Double, band k: Int, _ maps: Int, _ side: Int) -> Double {
    (0..<maps).reduce(0) { sum, map in
      sum + log(amplitude(of: values, map, k, k, side, offset: offset) + 1e-6) / Double(maps)
    }
  }

  /// The same over rings of a 4 × 4 spectrum: cells whose radius rounds to 0, 1, 2.
  private func radialAmplitudes(of values: [Double], _ maps: Int, _ side: Int) -> [Double] {
    (0...2).map { ring in
      let cells = (0..<side * side).filter { cell in
        let (y, x) = (min(cell / side, side - cell / side), min(cell % side, side - cell % side))
        return Int(Double(y * y + x * x).squareRoot().rounded()) == ring
      }
      let logs = cells.flatMap { cell in
        (0..<maps).map { log(amplitude(of: values, $0, cell / side, cell % side, side, offset: 0) + 1e-6) }
      }
      return logs.reduce(0, +) / Double(logs.count)
    }
  }

  /// |F(u, v)| of one map by the definition.
  private func amplitude(of values: [Double], _ map: Int, _ u: Int, _ v: Int, _ side: Int, offset: Double) -> Double {
    var (re, im) = (offset, 0.0)
    for place in 0..<side * side {
      let angle = -2 * Double.pi * Double(u * (place / side) + v * (place % side)) / Double(side)
      re += values[map * side * side + place] * cos(angle)
      im += values[map * side * side + place] * sin(angle)
    }
    return (re * re + im * im).squareRoot()
  }

  // MARK: Against the checkpoint's own path

  @Test("A checkpoint's own features have the curves of the checkpoint, bit for bit") func checkpoint() throws {
    let golden = try #require(GoldenCase.all(in: "frequency").first { $0.name == "mae-zip" })
    var diagnosis = try golden.diagnosis(in: "frequency")
    // One core takes images one by one in both, so that matrix products sum in the same order.
    diagnosis.team = .single
    diagnosis.batchSize = 1
    let expected = try diagnosis.run().models[0]
    let folder = try TemporaryFolder()
    try write(features(of: golden), to: folder.path("maps.safetensors"))
    let model = try model(folder.path("maps.safetensors"))
    #expect(model.layers.map(\.layer) == ["embedding", "0", "1", "norm"])
    #expect(model.grid == expected.grid && model.frequencies == expected.frequencies)
    for (ours, theirs) in zip(model.layers, expected.layers) {
      #expect(ours.grid == nil && ours.frequencies == nil, "one grid stands once")
      #expect(ours.logAmplitude == theirs.logAmplitude && ours.relativeLogAmplitude == theirs.relativeLogAmplitude)
      #expect(ours.standardError == theirs.standardError)
      #expect(ours.relativeStandardError == theirs.relativeStandardError)
    }
    // Fig. 4 of two files is that of two checkpoints.
    var both = FeatureDiagnosis(files: [
      .init(path: folder.path("maps.safetensors")), .init(path: folder.path("maps.safetensors"), name: "again"),
    ])
    both.layers = .last
    let result = try both.run()
    #expect(result.models.map { $0.layers.map(\.layer) } == [["1"], ["1"]])
    #expect(result.comparison?.layers == ["1", "1"] && result.comparison?.difference.allSatisfy { $0 == 0 } == true)
  }

  /// A file's tensors by name: shape and values.
  private typealias Maps = [(name: String, shape: [Int], values: [Float])]

  private func write(_ maps: Maps, to path: String) throws {
    let writer = SafetensorsWriter(
      tensors: maps.map { SafetensorsWriter.Tensor(name: $0.name, shape: $0.shape) }, metadata: [:])
    try writer.write(to: path) { (index, append) throws(OutputError) in
      let values = maps[index].values
      try append(values.span)
    }
  }

  /// The features that the model itself computes, as a user would save them: channels before rows and columns.
  private func features(of golden: GoldenCase) throws -> Maps {
    let base = goldenFolder.appendingPathComponent("frequency")
    let checkpoint = try Checkpoint(opening: base.appendingPathComponent(golden.checkpoint).path)
    let model = try ModelDescription(checkpoint, options: ModelOptions(heads: 4)).load(team: .single)
    let images = try Checkpoint(opening: base.appendingPathComponent(golden.images).path)
    let pixels = try images.floats("images")
    let (a, size) = (model.architecture, model.architecture.pixels)
    let count = pixels.count / size
    let shape = [count, a.width] + a.grid
    var maps = a.layers.map {
      (name: $0.description, shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    var workspace = EncoderWorkspace(for: a, images: 1, width: 1)
    for image in 0..<count {
      let input = Array(pixels[image * size..<(image + 1) * size])
      model.encode(input.span, workspace: &workspace, layers: Set(a.layers), team: .single) { layer, _, tokens in
        guard let index = a.layers.firstIndex(of: layer) else { return }
        for token in 0..<a.patches {
          for channel in 0..<a.width {
            maps[index].values[(image * a.width + channel) * a.patches + token] = tokens[token * a.width + channel]
          }
        }
      }
    }
    return maps
  }

  // MARK: What is chosen, and what is refused

  private func random(_ shape: [Int], seed: UInt64) -> [Float] {
    var state = seed
    return (0..<shape.reduce(1, *)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 24) - 0.5
    }
  }

  @Test("Layers stand in natural order, or in that of the list; --layers last is the last that is no norm")
  func order() throws {
    let folder = try TemporaryFolder()
    let names = ["fused", "10", "norm", "9", "embedding", "0"]
    try write(names.map { ($0, [2, 3, 4, 4], random([2, 3, 4, 4], seed: 1)) }, to: folder.path("maps"))
    func layers(_ selection: LayerSelection) throws -> [String] {
      try model(folder.path("maps")) { $0.layers = selection }.layers.map(\.layer)
    }
    #expect(try layers(.all) == ["embedding", "0", "9", "10", "norm", "fused"])
    #expect(try layers(.last) == ["10"])
    #expect(try layers(LayerSelection(anyNames: "norm, 0,10,0")) == ["norm", "0", "10"])
    let figure = try FeatureDiagnosis(files: [.init(path: folder.path("maps"))]).run().depthFigure()
    guard case .curve(let curve) = figure.panels[0].marks[0] else { throw CocoaError(.featureUnsupported) }
    // Blocks 0, 9 and 10 of 11.
    let depths: [Double] = [0, 1.0 / 11, 10.0 / 11, 1]
    #expect(curve.points.map(\.x) == depths)
  }

  @Test("Channels that stand last give the same numbers to the last bit, and a shape that looks like that is said")
  func channelsLast() throws {
    let folder = try TemporaryFolder()
    let (images, channels, rows, columns) = (3, 24, 5, 5)
    let first = random([images, channels, rows, columns], seed: 4)
    var last = first
    for image in 0..<images {
      for channel in 0..<channels {
        for place in 0..<rows * columns {
          last[(image * rows * columns + place) * channels + channel] =
            first[(image * channels + channel) * rows * columns + place]
        }
      }
    }
    try write([("a", [images, channels, rows, columns], first)], to: folder.path("first"))
    try write([("a", [images, rows, columns, channels], last)], to: folder.path("last"))
    let (one, other) = (
      try model(folder.path("first")) { _ in }, try model(folder.path("last")) { $0.channelsLast = true }
    )
    #expect(one.layers == other.layers && one.grid == other.grid && other.grid == [rows, columns])
    #expect(try FeatureFile(folder.path("first")).layoutWarning == nil)
    #expect(try FeatureFile(folder.path("last"), channelsLast: true).layoutWarning == nil)
    let missing = try #require(try FeatureFile(folder.path("last")).layoutWarning)
    #expect(missing.contains("tensor a has shape [3, 5, 5, 24]") && missing.contains("give --channels-last"))
    let needless = try #require(try FeatureFile(folder.path("first"), channelsLast: true).layoutWarning)
    #expect(needless.contains("leave --channels-last out"))
    last[30] = .nan
    try write([("a", [images, rows, columns, channels], last)], to: folder.path("nan"))
    let error = #expect(throws: FeatureFileError.self) {
      try model(folder.path("nan")) { $0.channelsLast = true }
    }
    #expect(error == .notFinite(file: folder.path("nan"), tensor: "a", index: [0, 0, 1, 6]))
  }

  @Test("A range of --layers stands for tensors of those names, and a tensor of that very name for itself")
  func ranges() throws {
    let folder = try TemporaryFolder()
    try write(
      ["0", "1", "2", "1-2"].map { ($0, [2, 3, 4, 4], random([2, 3, 4, 4], seed: 1)) }, to: folder.path("maps"))
    func layers(_ text: String) throws -> [String] {
      try model(folder.path("maps")) { $0.layers = LayerSelection(anyNames: text) }.layers.map(\.layer)
    }
    #expect(try layers("0-2") == ["0", "1", "2"])
    #expect(try layers("1-2") == ["1-2"])
    #expect(
      throws: FeatureFileError.noSuchLayer(
        file: folder.path("maps"), layer: "3", available: ["0", "1", "1-2", "2"])
    ) { try layers("2-3") }
  }

  @Test("A single image has no standard error; a count takes the same images of every file") func counts() throws {
    let folder = try TemporaryFolder()
    let shape = [6, 3, 5, 4]
    try write([("a", shape, random(shape, seed: 2))], to: folder.path("one"))
    try write([("b", shape, random(shape, seed: 2))], to: folder.path("other"))
    let one = try model(folder.path("one")) { $0.count = 1 }
    #expect(one.count == 1 && one.layers[0].standardError == nil && one.layers[0].relativeStandardError == nil)
    var diagnosis = FeatureDiagnosis(files: [.init(path: folder.path("one")), .init(path: folder.path("other"))])
    diagnosis.count = 4
    diagnosis.seed = 5
    let comparison = try #require(try diagnosis.run().comparison)
    #expect(comparison.difference.allSatisfy { $0 == 0 } && comparison.layers == ["a", "b"])
  }

  @Test("Files of different numbers of images, or with different grids, are shown and not compared; the reason is said")
  func notCompared() throws {
    let folder = try TemporaryFolder()
    for (name, shape) in [("a", [3, 2, 4, 4]), ("b", [2, 2, 4, 4]), ("c", [3, 2, 6, 6])] {
      try write([("x", shape, random(shape, seed: 3))], to: folder.path(name))
    }
    for (other, words) in [("b", "3 images"), ("c", "4 × 4")] {
      var reasons: [String] = []
      let diagnosis = FeatureDiagnosis(files: [.init(path: folder.path("a")), .init(path: folder.path(other))])
      let result = try diagnosis.run { if case .notCompared(let reason) = $0 { reasons.append(reason) } }
      #expect(result.comparison == nil && result.models.count == 2)
      #expect(reasons.count == 1 && reasons[0].contains(words), "\(reasons)")
    }
  }

  @Test("A value that is not finite is refused with tensor and index") func notFinite() throws {
    let folder = try TemporaryFolder()
    var values = random([3, 4, 5, 6], seed: 4)
    values[((2 * 4 + 1) * 5 + 3) * 6 + 4] = .nan
    values[((2 * 4 + 3) * 5 + 0) * 6 + 0] = .infinity
    try write([("deep", [3, 4, 5, 6], values)], to: folder.path("maps"))
    let error = #expect(throws: FeatureFileError.self) { try model(folder.path("maps")) }
    #expect(error == .notFinite(file: folder.path("maps"), tensor: "deep", index: [2, 1, 3, 4]))
  }

  @Test("What is no features is refused with the tensor's name") func refusals() throws {
    let folder = try TemporaryFolder()
    let good = (name: "good", shape: [2, 3, 4, 4], values: random([2, 3, 4, 4], seed: 6))
    for (name, shape) in [
      ("flat", [2, 3, 16]), ("none", [2, 0, 4, 4]), ("pooled", [2, 3, 1, 1]), ("more", [3, 3, 4, 4]),
    ] {
      try write([good, (name, shape, random(shape, seed: 5))], to: folder.path(name))
      let error = #expect(throws: FeatureFileError.self) { try model(folder.path(name)) }
      let words = try #require(error).description
      let mentions = ["tensor \(name) ", "tensor \(name):", ", \(name) holds"]
      #expect(mentions.contains { words.contains($0) }, "\(words)")
      // The others can still be had.
      let layers = try model(folder.path(name)) { $0.layers = .names(["good"]) }.layers
      #expect(layers.map(\.layer) == ["good"])
    }
    #expect(throws: FeatureFileError.self) { try model(folder.path("flat")) { $0.layers = .names(["absent"]) } }
    #expect(throws: FeatureFileError.noFiles) { try FeatureDiagnosis(files: []).run() }
  }

  @Test("Given as a checkpoint, features are told for what they are; describe says so, too") func asCheckpoint() throws
  {
    let path = folder.appendingPathComponent("maps.safetensors").path
    let error = #expect(throws: FeatureFileError.self) { try OpenedModel(CheckpointRequest(path: path)) }
    #expect(error == .notACheckpoint(file: path, layers: 6, images: 5))
    let report = try ModelReport(CheckpointRequest(path: path))
    #expect(report.features?.images == 5)
    #expect(report.features?.layers.map(\.layer) == ["embedding", "stage.0", "stage.1", "stage.2", "stage.10", "norm"])
    #expect(report.diagnoses.filter(\.allowed).map(\.command) == ["frequency"])
    #expect(report.diagnoses[0].note?.contains("--features") == true)
  }
}
