import Checkpoints
import Diagnostics
import Foundation
import Testing
import VisionTransformers

@Suite("Descriptions of networks that cannot be computed with")
struct DescribeRefusalTests {
  private func report(_ shapes: [String: [Int]], _ options: ModelOptions = ModelOptions()) throws -> ModelReport {
    let folder = try TemporaryFolder()
    try folder.writeTensors(shapes, to: "x.safetensors")
    return try ModelReport(CheckpointRequest(path: folder.path("x.safetensors"), options: options))
  }

  @Test("The whole tiny network is sound, so that what the other tests take away or add is what they find")
  func whole() throws {
    let report = try report(tinyShapes().merging(tinyDecoderShapes(outputs: 48)) { $1 }, ModelOptions(decoderHeads: 2))
    #expect(report.problem == nil && report.decoderProblem == nil)
    #expect(report.tensors.allSatisfy { $0.status == .used })
    #expect(report.diagnoses.filter(\.allowed).map(\.command) == ["frequency", "hessian", "reconstruct"])
  }

  @Test(
    "A tensor that changes the forward pass is named with its meaning",
    arguments: [
      ("blocks.1.attn.q_norm.weight", [64], "a normalisation of queries"),
      ("blocks.0.attn.kv.weight", [128, 64], "attention with queries of its own (MILAN)"),
      ("rope.freqs", [2, 16], "rotary position embeddings"),
      ("rel_pos_bias.mlp.weight", [2, 16], "a relative position bias"),
    ])
  func unsupported(_ name: String, _ shape: [Int], _ meaning: String) throws {
    let report = try report(tinyShapes().merging([name: shape]) { $1 })
    #expect(report.problem == "\(name) is \(meaning), which is not supported")
    #expect(report.architecture == nil)
    #expect(report.dialect == "MAE / timm / DeiT / DINO naming")
    let found = report.tensors.filter { $0.status == .ignored }
    #expect(found.map(\.name) == [name] && found[0].reason == "not supported: \(meaning)")
    #expect(report.values.contains { $0.name == "heads" && $0.value == "1" })
    #expect(report.diagnoses.allSatisfy { !$0.allowed && $0.reason?.isEmpty == false })
  }

  @Test("Quantised weights: each diagnosis names the tensor and what to do")
  func quantised() throws {
    let folder = try TemporaryFolder()
    let name = "blocks.0.attn.qkv.weight"
    let shapes = tinyShapes().merging(tinyDecoderShapes(outputs: 48)) { $1 }
    try folder.writeTensors(shapes, to: "x.safetensors", types: [name: "I32"])
    let options = ModelOptions(decoderHeads: 2)
    let report = try ModelReport(CheckpointRequest(path: folder.path("x.safetensors"), options: options))
    let words = "tensor \(name) holds i32 elements, which are no weights as they are: quantised; dequantise first"
    for command in ["frequency", "hessian", "reconstruct"] {
      let verdict = try #require(report.diagnoses.first { $0.command == command })
      #expect(!verdict.allowed && verdict.reason?.hasPrefix(words) == true)
    }
  }

  @Test("A gated network allows frequency, and hessian is refused by the tensor that makes it one")
  func gated() throws {
    var shapes = tinyShapes()
    for i in 0..<2 {
      for layer in ["fc1", "fc2"] {
        for kind in ["weight", "bias"] { shapes["blocks.\(i).mlp.\(layer).\(kind)"] = nil }
      }
      shapes["blocks.\(i).mlp.w12.weight"] = [512, 64]
      shapes["blocks.\(i).mlp.w12.bias"] = [512]
      shapes["blocks.\(i).mlp.w3.weight"] = [64, 256]
      shapes["blocks.\(i).mlp.w3.bias"] = [64]
    }
    let report = try report(shapes.merging(tinyDecoderShapes(outputs: 48)) { $1 }, ModelOptions(decoderHeads: 2))
    #expect(report.problem == nil)
    #expect(report.architecture?.variant.perceptron == .swiGLU && report.architecture?.hiddenWidth == 256)
    #expect(report.tensors.allSatisfy { $0.status == .used })
    #expect(report.diagnoses.filter(\.allowed).map(\.command) == ["frequency"])
    for command in ["hessian", "reconstruct"] {
      let reason = report.diagnoses.first { $0.command == command }?.reason
      #expect(reason?.contains("blocks.0.mlp.w12.weight is a part of a gated perceptron") == true)
    }
  }

  @Test("Of thousands of blocks that lack nearly all, what is missing is found in time that grows with their number")
  func manyMissing() throws {
    let blocks = 3000
    var shapes = tinyShapes(depth: 1)
    for i in 1..<blocks { shapes["blocks.\(i).norm1.weight"] = [64] }
    let report = try report(shapes)
    let missing = report.tensors.filter { $0.status == .missing }
    #expect(missing.count == 11 * (blocks - 1))
    #expect(missing.last?.name == "blocks.\(blocks - 1).mlp.fc2.bias" && missing.last?.shape == [64])
  }

  @Test("Thousands of blocks whose keys have no bias are sound")
  func manyKeysWithoutBias() throws {
    let blocks = 1500
    // Of width 4, for the file is written.
    var shapes = tinyShapes(depth: blocks).mapValues { $0.map { $0.isMultiple(of: 64) ? $0 / 16 : $0 } }
    for i in 0..<blocks {
      shapes["blocks.\(i).attn.qkv.bias"] = nil
      for part in ["q", "v"] { shapes["blocks.\(i).attn.\(part)_bias"] = [4] }
    }
    let report = try report(shapes, ModelOptions(heads: 1))
    #expect(report.problem == nil && report.architecture?.depth == blocks)
  }

  @Test("A missing tensor is named with the shape it needs")
  func missing() throws {
    var shapes = tinyShapes()
    shapes["blocks.1.attn.proj.weight"] = nil
    let report = try report(shapes)
    let missing = report.tensors.filter { $0.status == .missing }
    #expect(missing.map(\.name) == ["blocks.1.attn.proj.weight"])
    #expect(missing[0].shape == [64, 64] && missing[0].part == .encoder)
    #expect(report.tensors.count == tinyShapes().count)
    #expect(report.problem?.contains("blocks.1.attn.proj.weight is missing") == true)
  }

  @Test("A damaged decoder leaves the frequency diagnosis alone")
  func brokenDecoder() throws {
    let decoder = tinyDecoderShapes(outputs: 48)
    for (change, words) in [
      (["decoder_blocks.0.norm2.weight": [Int]?.none], "decoder_blocks.0.norm2.weight is missing"),
      (["decoder_pos_embed": [1, 10, 32]], "decoder_pos_embed has shape [1, 10, 32]"),
      (["decoder_blocks.0.attn.kv.weight": [64, 32]], "attention with queries of its own (MILAN)"),
    ] {
      var shapes = tinyShapes().merging(decoder) { $1 }
      for (name, shape) in change { shapes[name] = shape }
      let report = try report(shapes, ModelOptions(decoderHeads: 2))
      #expect(report.diagnoses.filter(\.allowed).map(\.command) == ["frequency"])
      #expect(report.decoderProblem?.contains(words) == true)
      #expect(report.diagnoses.first { $0.command == "hessian" }?.reason?.contains(words) == true)
    }
  }

  @Test("A decoder that predicts features needs a teacher and reconstructs nothing")
  func features() throws {
    let report = try report(
      tinyShapes().merging(tinyDecoderShapes(outputs: 40)) { $1 }, ModelOptions(decoderHeads: 2))
    let hessian = report.diagnoses.first { $0.command == "hessian" }
    #expect(hessian?.allowed == true && hessian?.note?.contains("--teacher") == true)
    #expect(report.diagnoses.first { $0.command == "reconstruct" }?.allowed == false)
  }

  @Test("Fusion weights are told though the encoder cannot be computed with")
  func weightsAlone() throws {
    var shapes = tinyShapes().merging(["proj_weights": [2, 1, 1, 1]]) { $1 }
    shapes["blocks.0.attn.q_norm.weight"] = [64]
    let report = try report(shapes)
    // Logits of zero weigh alike.
    #expect(report.fusion?.weights == [0.5, 0.5])
    #expect(report.diagnoses.filter(\.allowed).map(\.command) == ["weights"])
  }

  @Test("A file without a Vision Transformer is listed, and allows nothing")
  func nothingKnown() throws {
    let report = try report(["conv1.weight": [8, 3, 3, 3], "fc.bias": [10]])
    #expect(report.dialect == nil && report.architecture == nil)
    #expect(report.tensors.map(\.name) == ["conv1.weight", "fc.bias"])
    #expect(report.parameters.other == 226 && report.parameters.total == 226)
    #expect(report.diagnoses.allSatisfy { !$0.allowed })
  }
}

@Suite("Damaged files are refused by describe")
struct DescribeDamageTests {
  @Test(
    "A file cut off anywhere is refused",
    arguments: ["mae-zip.pth", "mae-legacy.pth", "mae-bf16.safetensors", "mff-mmpretrain.pth"])
  func cut(_ name: String) throws {
    let whole = try Data(contentsOf: goldenFolder.appendingPathComponent("frequency/\(name)"))
    let folder = try TemporaryFolder()
    // Every structure at the beginning, every byte at the end, and places all over the middle.
    let lengths =
      Array(0..<64) + Array(stride(from: 64, to: whole.count, by: max(1, whole.count / 97)))
      + Array((whole.count - 40)..<whole.count)
    for length in lengths {
      let path = folder.path("\(length)-\(name)")
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      #expect(throws: CheckpointError.self, "cut to \(length) of \(whole.count) bytes") {
        try ModelReport(CheckpointRequest(path: path))
      }
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("A tensor that ends behind the file is refused")
  func outside() throws {
    let folder = try TemporaryFolder()
    try folder.writeTensors(tinyShapes(), to: "x.safetensors", missingBytes: 1)
    #expect(throws: CheckpointError.self) { try ModelReport(CheckpointRequest(path: folder.path("x.safetensors"))) }
  }

  @Test("A storage that is missing from the optimiser's state is found, though the model is whole")
  func optimizer() throws {
    let path = goldenFolder.appendingPathComponent("describe/optimizer-member-missing.pth").path
    let checkpoint = try Checkpoint(opening: path)
    #expect(checkpoint.tensors.map(\.name) == ["head.weight"])
    #expect(throws: CheckpointError.self) { try checkpoint.checkExtents() }
    #expect(throws: CheckpointError.self) { try ModelReport(CheckpointRequest(path: path)) }
  }
}
