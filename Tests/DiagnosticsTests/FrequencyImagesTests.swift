import Diagnostics
import Foundation
import Testing

@Suite("Values of each image")
struct FrequencyImagesTests {
  private let photographs = goldenFolder.appendingPathComponent("photographs")

  private func diagnosis(_ images: [String]) -> FrequencyDiagnosis {
    let golden = goldenFolder.appendingPathComponent("frequency")
    var diagnosis = FrequencyDiagnosis(
      checkpoints: [
        CheckpointRequest(path: golden.appendingPathComponent("mae-zip.pth").path, options: .init(heads: 4)),
        CheckpointRequest(path: golden.appendingPathComponent("timm-vit.safetensors").path, options: .init(heads: 3)),
      ], images: images)
    diagnosis.keepsImages = true
    return diagnosis
  }

  @Test("Means, standard errors and the difference of two checkpoints are those of the values, and images are named")
  func moments() throws {
    let result = try diagnosis([photographs.path]).run()
    let images = try FileManager.default.contentsOfDirectory(atPath: photographs.path)
    for model in result.models {
      let names = try #require(model.imageNames).map { ($0 as NSString).lastPathComponent }
      #expect(names.count == result.images?.count && Set(names).isSubset(of: images) && Set(names).count == names.count)
      for layer in model.layers {
        let rows = try #require(layer.imageLogAmplitude)
        #expect(rows.count == names.count && rows.allSatisfy { $0.count == layer.logAmplitude.count })
        for band in layer.logAmplitude.indices {
          let values = rows.map { $0[band] }, n = Double(values.count)
          let mean = values.reduce(0, +) / n
          let error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1) / n).squareRoot()
          // Six doubles around 5, added in another way.
          #expect(abs(mean - layer.logAmplitude[band]) < 1e-13 * 64)
          #expect(abs(error - (layer.standardError?[band] ?? -1)) < 1e-13 * 64)
        }
      }
    }
    #expect(result.models[0].imageNames == result.models[1].imageNames)
    let last = try result.models.map { try #require($0.layers.first { $0.layer == "1" }?.imageLogAmplitude) }
    let comparison = try #require(result.comparison)
    for band in comparison.difference.indices {
      let mean = zip(last[0], last[1]).reduce(0) { $0 + $1.1[band] - $1.0[band] } / Double(last[0].count)
      #expect(abs(mean - comparison.difference[band]) < 1e-13 * 64)
    }
  }

  @Test("Nothing is kept unless asked for, and what is kept changes no other number") func unasked() throws {
    var diagnosis = diagnosis([photographs.path])
    let kept = try diagnosis.run()
    diagnosis.keepsImages = false
    let plain = try diagnosis.run()
    #expect(plain.models.allSatisfy { $0.imageNames == nil && $0.layers.allSatisfy { $0.imageLogAmplitude == nil } })
    #expect(plain.models.map { $0.layers.map(\.logAmplitude) } == kept.models.map { $0.layers.map(\.logAmplitude) })
  }

  @Test("An image that cannot be read has neither a name nor a row") func skipped() throws {
    let folder = try TemporaryFolder()
    for name in ["grey.jpg", "small.png"] {
      try FileManager.default.copyItem(
        at: photographs.appendingPathComponent(name), to: URL(fileURLWithPath: folder.path(name)))
    }
    try Data("no image".utf8).write(to: URL(fileURLWithPath: folder.path("broken.png")))
    let result = try diagnosis([folder.path("")]).run()
    #expect(result.images?.skipped?.count == 1)
    for model in result.models {
      let names = try #require(model.imageNames)
      #expect(Set(names.map { ($0 as NSString).lastPathComponent }) == ["grey.jpg", "small.png"])
      #expect(model.layers.allSatisfy { $0.imageLogAmplitude?.count == 2 })
    }
  }

  @Test("A row of the table for each checkpoint, image, layer and band; JSON keeps every bit") func table() throws {
    let result = try diagnosis([photographs.path]).run()
    let rows = result.csv.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows[0] == ["name", "image", "layer", "band", "frequency", "logAmplitude", "relativeLogAmplitude"])
    let images = try #require(result.images).count
    #expect(rows.count == 1 + result.models.reduce(0) { $0 + $1.layers.count * $1.frequencies.count } * images)
    let model = result.models[1]
    let values = try #require(model.layers[2].imageLogAmplitude)
    let name = try #require(model.imageNames)[3]
    let row = try #require(
      rows.first { $0[0] == model.checkpoint.name && $0[1] == name && $0[2] == model.layers[2].layer && $0[3] == "5" })
    #expect(Double(row[5]) == values[3][4] && Double(row[6]) == values[3][4] - values[3][0])
    #expect(try JSONDecoder().decode(FrequencyResult.self, from: JSONEncoder().encode(result)) == result)
  }

  @Test("Features: images are named by their index in the file") func features() throws {
    var diagnosis = FeatureDiagnosis(files: [
      .init(path: goldenFolder.appendingPathComponent("features/maps.safetensors").path)
    ])
    diagnosis.keepsImages = true
    let all = try diagnosis.run().models[0]
    let count = try #require(all.count)
    #expect(all.imageNames == (0..<count).map(String.init))
    diagnosis.count = count - 1
    let some = try diagnosis.run().models[0]
    let chosen = try #require(some.imageNames).map { try #require(Int($0)) }
    #expect(chosen.count == count - 1 && Set(chosen).count == chosen.count)
    // A map's spectrum does not depend on which others are taken.
    #expect(some.layers[0].imageLogAmplitude == chosen.map { all.layers[0].imageLogAmplitude?[$0] })
  }
}

@Suite("The order of checkpoints on a command line")
struct CheckpointOrderTests {
  @Test("Three or more that differ in numbers only are taken in natural order") func natural() {
    #expect(
      CheckpointOrder.natural(["run/epoch_1.pth", "run/epoch_10.pth", "run/epoch_2.pth"])
        == ["run/epoch_1.pth", "run/epoch_2.pth", "run/epoch_10.pth"])
    #expect(
      CheckpointOrder.natural(["a/checkpoint-1000/m.bin", "a/checkpoint-50/m.bin", "a/checkpoint-500/m.bin"])
        == ["a/checkpoint-50/m.bin", "a/checkpoint-500/m.bin", "a/checkpoint-1000/m.bin"])
  }

  @Test(
    "Others stay as they are: two, those of different names, and those in the opposite order",
    arguments: [
      ["epoch_10.pth", "epoch_9.pth"], ["mff_10.pth", "mae_9.pth", "mae_8.pth"], ["e_3", "e_2", "e_1"], [], ["x"],
      ["e_1", "e_2", "last"],
    ])
  func kept(paths: [String]) {
    #expect(CheckpointOrder.natural(paths) == paths)
  }
}
