import Foundation
import VisionTransformers

@testable import Diagnostics
@testable import Hessian

/// Results with made-up numbers of the right shape.
enum SampleSpectra {
  /// Eigenvalues of some batches: `tops` scattered by a few per cent, the same at every call.
  static func batches(_ count: Int, _ tops: [Double], scatter: Double = 0.08, phase: Double = 0) -> [HessianBatch] {
    (0..<count).map { index in
      let common = sin(12.9898 * Double(index * index + index + 1) + phase)
      let values = tops.enumerated().map { rank, top in
        top * (1 + scatter * (0.8 * common + 0.6 * sin(78.233 * Double(index + 1) * Double(rank + 1) + phase)))
      }
      return batch(index, values)
    }
  }

  /// A batch with these eigenvalues, all of them settled.
  static func batch(_ index: Int, _ values: [Double], residual: Double = 4e-4) -> HessianBatch {
    HessianBatch(
      index: index, loss: 0.5 + 0.01 * Double(index), products: 36, checkProducts: 20, primalSeconds: 0.25,
      seconds: 1.5,
      checkSeconds: 0.75, productError: 1e-6,
      eigenvalues: values.map {
        Eigenvalue(
          value: $0, residual: residual * abs($0), bound: 1.25 * residual * abs($0), iterations: 7,
          converged: residual <= 1e-3)
      }, rankChecked: true, rankMargin: 0.01)
  }

  /// What a rank check of this margin excludes.
  static func excluded(_ distance: Double, width: Double) -> ExcludedRange {
    ExcludedRange(distance: distance, width: width)
  }

  static func identity(_ name: String) -> CheckpointIdentity {
    CheckpointIdentity(
      name: name, path: name, digest: "d-\(name)", container: "safetensors", dialect: "MAE",
      architecture: Architecture(imageSize: 32, patchSize: 4, width: 48, depth: 12, heads: 3), architectureSources: [:])
  }

  static func model(_ name: String, _ batches: [HessianBatch], parameters: Int = 1_234_567) -> HessianModel {
    var details = empty(parameters)
    details.batches = batches
    details.summary = HessianSummary(batches)
    return HessianModel(checkpoint: identity(name), details: details)
  }

  static func model(_ name: String, blocks: [[HessianBatch]]) -> HessianModel {
    var details = empty(28_000 * blocks.count)
    details.blocks = blocks.enumerated().map {
      HessianBlock(
        block: $0, parameters: 28_000, batches: $1, rankChecked: $1.allSatisfy(\.rankChecked),
        summary: HessianSummary($1))
    }
    return HessianModel(checkpoint: identity(name), details: details)
  }

  private static func empty(_ parameters: Int) -> HessianModel.Details {
    HessianModel.Details(
      parameters: parameters, objective: "pixels", objectiveSource: "default", normPixels: true,
      normPixelsSource: "default", maskRatio: 0.75, maskRatioSource: "default", removedPatches: 48,
      imageSize: [32, 32],
      grid: [8, 8], normalize: "imagenet", bytes: 1 << 28)
  }

  /// A density as quadrature gives it: most of the weight near 0, some nodes far out with weights of single eigenvalues.
  static func density(_ tops: [Double], parameters: Int = 1_234_567, probes: Int = 4) -> HessianDensity {
    var nodes: [(Double, Double)] = []
    for probe in 0..<probes {
      let shift = 0.02 * Double(probe)
      nodes += tops.map { ($0 * (1 + shift / 10), 1 / Double(parameters)) }
      for step in 1...20 {
        let x = Double(step) / 20 * (tops.max() ?? 1) * 0.8
        nodes.append((x + shift, 2e-3 * exp(-0.9 * Double(step))))
        nodes.append((-x / 6 - shift, 1e-3 * exp(-0.9 * Double(step))))
      }
      nodes.append((shift / 100, 0.99))
    }
    let total = nodes.reduce(0) { $0 + $1.1 }
    nodes.sort { $0.0 < $1.0 }
    return HessianDensity(
      eigenvalues: nodes.map(\.0), weights: nodes.map { $0.1 / total }, probes: probes, products: 40 * probes)
  }

  static func result(_ models: [HessianModel]) -> HessianResult {
    let isByBlock = models.contains { $0.details.blocks != nil }
    let batches = models[0].details.batches ?? models[0].details.blocks?[0].batches ?? []
    var result = HessianResult(
      version: "1", arguments: ["hessian"], seed: 0,
      images: ImagesUsed(count: 16 * batches.count, digest: "images", skipped: nil),
      settings: HessianSettings(
        protocol: .reconstruction, protocolWords: ["The loss alone."], which: .magnitude,
        top: batches.first?.eigenvalues.count ?? 1, solver: .power, tolerance: 1e-3, maximumIterations: 100,
        batches: batches.count, batchSize: 16, parameters: isByBlock ? "per-block" : "all", weightDecay: 0,
        checksRanks: true, warmStart: false, cropPct: 0.875, threads: 4),
      models: models)
    result.comparison = HessianComparison(models)
    result.blockComparisons = HessianComparison.blocks(of: models)
    return result
  }

  // MARK: Results to look at

  static let maeTops = [20.0, 17, 7, 6.7, 5.7]
  static let mffTops = [37.0, 31, 15, 13, 11]

  /// Every kind of figure.
  static let all: [(name: String, result: HessianResult)] = [
    (
      "few",
      result([
        model("MAE", batches(4, Array(maeTops.prefix(3)))),
        model("MFF", batches(4, Array(mffTops.prefix(3)), phase: 1)),
      ])
    ),
    ("usual", result([model("MAE", batches(8, maeTops)), model("MFF", batches(8, mffTops, phase: 1))])),
    ("many", result([model("MAE", batches(64, maeTops)), model("MFF", batches(64, mffTops, phase: 1))])),
    ("both-signs", bothSigns), ("one", result([model("mae_vit_base_p16_1600e.pth", batches(8, maeTops))])),
    ("blocks", blocks(density: false)), ("blocks-one", one(blocks(density: false))),
    ("blocks-density", blocks(density: true)), ("density", withDensity), ("long-names", longNames),
    ("single-value", result([model("MAE", [batch(0, [20])])])),
    ("single-batch", result([model("MAE", batches(1, maeTops)), model("MFF", batches(1, mffTops))])),
    ("equal", result([model("MAE", (0..<4).map { batch($0, [7, 7, 7, 7, 7]) })])),
    ("unsettled", unsettled(8)), ("unsettled-few", unsettled(2)), ("trace", trace),
    ("nine", nine), ("blocks-wide", blocks(density: false, decay: 2)),
  ]

  static var nine: HessianResult {
    result(
      (0..<9).map { index in
        model("checkpoint-\(100 * index)", batches(8, maeTops.map { $0 * (1 + 0.2 * Double(index)) }))
      })
  }

  static var bothSigns: HessianResult {
    result([
      model("MAE", batches(8, [45, 33, -31.4, 31.3, -28.9], scatter: 0.04)),
      model("MFF", batches(8, [37, 31, 15, -13, 11], scatter: 0.04, phase: 2)),
    ])
  }

  static func blocks(density: Bool, decay: Double = 5) -> HessianResult {
    let models = [("MAE", 1.0), ("MFF", 0.6)].map { name, factor in
      var model = model(
        name,
        blocks: (0..<12).map { block in
          batches(
            4, [18, 9, -4, 3, 2].map { $0 * factor * exp(-Double(block) / decay) }, scatter: 0.2, phase: Double(block))
        })
      guard density, let blocks = model.details.blocks else { return model }
      model.details.blocks = blocks.map { block in
        var block = block
        block.density = Self.density(
          [18, 9, -4].map { $0 * factor * exp(-Double(block.block) / decay) }, parameters: block.parameters)
        return block
      }
      return model
    }
    return result(models)
  }

  static func one(_ result: HessianResult) -> HessianResult {
    var result = result
    result.models.removeLast()
    result.comparison = nil
    return result
  }

  static var withDensity: HessianResult {
    var result = result([model("MAE", batches(8, maeTops)), model("MFF", batches(8, mffTops, phase: 1))])
    result.models[0].details.density = density(maeTops)
    result.models[1].details.density = density(mffTops)
    return result
  }

  static var longNames: HessianResult {
    let names = [
      "mae_vit-base-p16_8xb512-amp-coslr-1600e_in1k.pth", "mff_vit-base-p16_8xb512-amp-coslr-300e_in1k.pth",
      "pixmim_mff_vit-base-p16_8xb512-amp-coslr-800e_in1k.pth",
    ]
    return result(
      names.enumerated().map { index, name in
        model(name, batches(8, maeTops.map { $0 * (1 + 0.4 * Double(index)) }, phase: Double(index)))
      })
  }

  static func unsettled(_ count: Int) -> HessianResult {
    var second = batches(count, mffTops, phase: 1)
    for rank in 2..<5 {
      second[1].eigenvalues[rank].residual = 2.5 + Double(rank)
      second[1].eigenvalues[rank].bound = 2.6 + Double(rank)
      second[1].eigenvalues[rank].converged = false
    }
    second[1].rankChecked = false
    return result([model("MAE", batches(count, maeTops)), model("MFF", second)])
  }

  static var trace: HessianResult {
    var result = result([model("MAE", batches(8, maeTops))])
    result.models[0].details.trace = HessianTrace(
      value: 812.25, standardError: 31.5, interval: [737.75, 886.75], products: 64)
    return result
  }
}
