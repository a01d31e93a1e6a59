import Fixtures
import Foundation
import Testing

/// Whoever does as a message says gets further.
@Suite("Advice in messages")
struct AdviceTests {
  let folder: TemporaryFolder

  /// A folder with what the situations name: images of ten classes, a run, a result of one layer, a journal that is none, and
  /// checkpoints whose configuration is in the way.
  init() throws {
    folder = try TemporaryFolder()
    let images = try #require(Fixtures.images)
    var labels: [String] = []
    for (index, name) in try FileManager.default.contentsOfDirectory(atPath: images).sorted().prefix(20).enumerated() {
      let place = "classes/c\(index % 10)"
      try make(place)
      try copy("\(images)/\(name)", to: "\(place)/\(name)")
      labels.append("c\(index % 10)/\(name) \(index % 10)")
    }
    try folder.write(labels.joined(separator: "\n") + "\n", to: "labels.txt")
    try copy(GoldenFiles.frequency("../../../../Fixtures/run"), to: "run")
    try folder.write(
      """
      {"step": 1, "weight_0": 0.4, "weight_1": 0.6}
      {"step": 2, "weight_0": 0.5, "weight_1": 0.5}

      """, to: "steps.jsonl")
    try folder.write(safetensors(["0": [2, 4, 8, 8], "odd": [2, 17, 8]]), to: "odd.safetensors")
    try folder.write("no journal\n", to: "odd.json.partial")
    try configure()
  }

  private func make(_ place: String) throws {
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent(place), withIntermediateDirectories: true)
  }

  private func copy(_ path: String, to place: String) throws {
    try FileManager.default.copyItem(atPath: path, toPath: folder.path(place))
  }

  /// A file of zeros.
  private func safetensors(_ tensors: KeyValuePairs<String, [Int]>) -> [UInt8] {
    var end = 0
    let entries = tensors.map { name, shape in
      let start = end
      end += 4 * shape.reduce(1, *)
      return #""\#(name)": {"dtype": "F32", "shape": \#(shape), "data_offsets": [\#(start), \#(end)]}"#
    }
    let header = Array("{\(entries.joined(separator: ", "))}".utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
      + [UInt8](repeating: 0, count: end)
  }

  private func configure() throws {
    let processors = [
      "no-deviation": #""image_mean": [0.5, 0.5, 0.5], "image_std": [0, 0, 0]"#,
      "odd-filter": #""image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 9"#,
    ]
    for (name, values) in processors {
      try copy(GoldenFiles.frequency("hf-vit"), to: name)
      try folder.write(
        #"{"image_processor_type": "ViTImageProcessor", \#(values)}"#, to: "\(name)/preprocessor_config.json")
    }
    try copy(GoldenFiles.frequency("hf-vit"), to: "unknown-family")
    let config = try folder.read("unknown-family/config.json")
    try folder.write(config, to: "as-vit.json")
    try folder.write(
      config.replacing(#/"model_type": *"[a-z_-]+"/#, with: #""model_type": "newfangled""#),
      to: "unknown-family/config.json")
    try folder.write("model = dict(backbone=dict(type='SwinTransformer', embed_dims=48))\n", to: "windows.py")
    try folder.write(
      "model = dict(backbone=dict(type='VisionTransformer', arch=dict(embed_dims=48, num_layers=12, num_heads=4, "
        + "feedforward_channels=192)))\n", to: "deeper.py")
  }

  @Test("Followed, it leads further", arguments: AdviceSituation.all)
  func followed(_ situation: AdviceSituation) throws {
    if situation.arguments.contains("last.json") {
      let one = [
        "frequency", GoldenFiles.frequency("../../../../Fixtures/ckpt.bin"), "--layers", "last", "--count", "1",
      ]
      #expect(try Program.run(one + ["-o", "last.png"], in: folder).status == 0)
    }
    let first = try Program.run(situation.arguments, in: folder)
    let words = first.errors + first.output
    #expect(words.contains(situation.says), "\(words)")
    let next = try Program.run(situation.followed, in: folder)
    #expect(!next.errors.contains(situation.says), "\(next.errors)")
    switch situation.outcome {
    case .succeeds: #expect(next.status == 0, "\(next.errors)")
    case .failsOtherwise(let reason): #expect(reason.isEmpty || next.errors.contains(reason), "\(next.errors)")
    }
  }

  // MARK: Nothing is left out

  @Test("Every piece of advice in the sources is followed here, or the register says why not")
  func register() throws {
    let found = AdviceInSources.all
    #expect(found.count > 80)
    let followed = Set(AdviceSituation.all.flatMap(\.advice))
    let elsewhere = AdviceRegister.elsewhere
    for piece in found.subtracting(followed).subtracting(elsewhere.keys).sorted() {
      Issue.record("\(piece): follow it in a situation of AdviceSituation")
    }
    for piece in followed.union(elsewhere.keys).subtracting(found).sorted() {
      Issue.record("\(piece): the sources give this advice no more")
    }
    for piece in followed.intersection(elsewhere.keys).sorted() { Issue.record("\(piece): stands in both lists") }
  }
}
