import Checkpoints
import Diagnostics
import Foundation
import Testing
import VisionTransformers

private func golden(_ path: String) -> String { goldenFolder.appendingPathComponent(path).path }

@Suite("Descriptions of checkpoints from other libraries")
struct DescribeReportTests {
  static let cases = GoldenCase.all(in: "frequency")

  @Test("Every golden case allows the frequency diagnosis, and each of its tensors is told of once", arguments: cases)
  func everyTensorOnce(_ item: GoldenCase) throws {
    let request = try item.diagnosis(in: "frequency").checkpoints[0]
    let report = try ModelReport(request)
    let checkpoint = try Checkpoint(opening: request.path, weights: request.weights)

    #expect(report.tensors.map(\.name) == checkpoint.tensors.map(\.name))
    #expect(report.tensors.allSatisfy { ($0.status == .used) == ($0.part != nil && $0.reason == nil) })
    #expect(report.tensors.allSatisfy { ($0.status == .ignored) == ($0.reason != nil) })
    let counts = report.parameters
    #expect(counts.total == checkpoint.tensors.reduce(0) { $0 + $1.count })
    #expect(counts.total == counts.encoder + counts.decoder + counts.fusion + counts.other)
    // An oblong grid is not in its tensors: only the images tell it.
    if item.name != "timm-vit-oblong" {
      #expect(report.diagnoses.first { $0.command == "frequency" }?.allowed == true)
      #expect(report.architecture != nil && report.problem == nil)
    }
  }

  @Test("There are golden cases")
  func casesExist() { #expect(Self.cases.count > 30) }

  @Test("An MMPretrain MFF tells its fusion weights, layers and training")
  func fusion() throws {
    let report = try ModelReport(CheckpointRequest(path: golden("frequency/mff-mmpretrain.pth")))
    let fusion = try #require(report.fusion)
    // PyTorch's softmax of the same logits in double precision; the logits are exact, so only rounding of exp remains.
    #expect(distance(fusion.weights, [0.15107393841165298, 0.25017580896723546, 0.5987502526211115]) < 1e-14)
    #expect(fusion.layers == [0, 1, 3])
    #expect(report.digest?.count == 64)
    #expect(report.diagnoses.filter(\.allowed).map(\.command) == ["frequency", "hessian", "weights", "reconstruct"])
    #expect(report.prefix == "backbone.")
    #expect(report.training.map(\.name) == ["method", "objective", "epoch", "iteration", "maskRatio", "normPixels"])
    #expect(report.training.map(\.value) == ["MFF", "pixels", "300", "187500", "0.75", "true"])
  }

  @Test("Fused layers that the file does not tell are asked for")
  func unknownLayers() throws {
    var request = CheckpointRequest(path: golden("frequency/mff-bare.pth"), options: ModelOptions(heads: 3))
    let report = try ModelReport(request)
    #expect(report.fusion?.layers == nil)
    #expect(report.fusion?.weights.count == 2)
    #expect(report.diagnoses[0].allowed && report.diagnoses[0].note?.contains("--fuse") == true)
    request.options.fuse = [0, 2]
    #expect(try ModelReport(request).fusion?.layers == [0, 2])
  }

  @Test("An MAE with its decoder allows hessian and reconstruct once the heads are known")
  func decoder() throws {
    let path = golden("frequency/mae-zip.pth")
    func verdicts(_ options: ModelOptions) throws -> [String: DiagnosisReport] {
      let report = try ModelReport(CheckpointRequest(path: path, options: options))
      return Dictionary(uniqueKeysWithValues: report.diagnoses.map { ($0.command, $0) })
    }
    let none = try verdicts(ModelOptions())
    #expect(none["frequency"]?.reason?.contains("--heads") == true)
    let encoder = try verdicts(ModelOptions(heads: 4))
    #expect(encoder["frequency"]?.allowed == true)
    #expect(encoder["hessian"]?.reason?.contains("--decoder-heads") == true)
    let both = try verdicts(ModelOptions(heads: 4, decoderHeads: 2))
    #expect(both["hessian"]?.allowed == true && both["reconstruct"]?.allowed == true)
    #expect(both["weights"]?.reason?.contains("no fusion logits") == true)
  }

  @Test("An encoder alone says which release has the decoder; a classification head has a loss of its own")
  func encoderOnly() throws {
    let dino = try ModelReport(CheckpointRequest(path: golden("frequency/hf-dinov2")))
    let hessian = try #require(dino.diagnoses.first { $0.command == "hessian" })
    #expect(!hessian.allowed && hessian.reason?.contains("mae_visualize") == true)
    let deit = try ModelReport(
      CheckpointRequest(path: golden("frequency/timm-deit.pth"), options: ModelOptions(heads: 4)))
    let supervised = try #require(deit.diagnoses.first { $0.command == "hessian" })
    #expect(supervised.allowed && supervised.note?.contains("--labels") == true)
    #expect(deit.tensors.filter { $0.status == .ignored }.map(\.name) == ["head.bias", "head.weight"])
  }

  @Test("Values come with their sources, options first")
  func sources() throws {
    let report = try ModelReport(
      CheckpointRequest(path: golden("frequency/hf-vitmae"), options: ModelOptions(heads: 6)))
    let heads = report.values.first { $0.name == "heads" }
    #expect(heads?.value == "6" && heads?.source == "option --heads")
    let own = try ModelReport(CheckpointRequest(path: golden("frequency/hf-vitmae")))
    #expect(own.values.first { $0.name == "heads" }?.source == "config.json, num_attention_heads")
  }

  @Test("Weights that lie beside the described ones are named, and can be described instead")
  func otherWeights() throws {
    let path = golden("frequency/timm-deit-run.pth")
    let report = try ModelReport(CheckpointRequest(path: path))
    #expect(report.stateDictionary == "model" && report.otherStateDictionaries == ["model_ema"])
    #expect(report.contents.map(\.key).contains("optimizer"))
    #expect(try ModelReport(CheckpointRequest(path: path, weights: .ema)).stateDictionary == "model_ema")
  }

  @Test("A report survives its JSON")
  func json() throws {
    let report = try ModelReport(CheckpointRequest(path: golden("frequency/mff-mmpretrain.pth")))
    let result = DescribeResult(arguments: ["describe", "x"], seed: 0, models: [report])
    let bytes = try encodeResult(result)
    #expect(try JSONDecoder().decode(DescribeResult.self, from: Data(bytes)) == result)
  }
}

@Suite("Descriptions for people")
struct DescribeTextTests {
  @Test("Block patterns stand for their tensors; every tensor has its line when asked for")
  func patterns() throws {
    let report = try ModelReport(CheckpointRequest(path: golden("frequency/mff-mmpretrain.pth")))
    let short = report.text()
    #expect(short.contains("  backbone.layers.0…3.attn.qkv.weight        144×48 f16\n"))
    #expect(short.contains("  backbone.proj_layers.0,1.weight  48×48 f16\n"))
    #expect(short.contains("  block 3  0.5988\n"))
    #expect(short.contains("  total    95,067\n"))
    let long = report.text(verbose: true)
    for tensor in report.tensors { #expect(long.contains("\n  \(tensor.name) ")) }
    #expect(!short.split(separator: "\n").contains { $0.last == " " })
  }

  @Test("What a file calls its tensors cannot move a terminal's cursor")
  func controlCharacters() throws {
    let folder = try TemporaryFolder()
    try folder.writeTensors(["a\u{1B}[2Jb": [2]], to: "x.safetensors")
    let text = try ModelReport(CheckpointRequest(path: folder.path("x.safetensors"))).text()
    #expect(text.contains("a\\u{1B}[2Jb") && !text.contains("\u{1B}"))
  }
}
