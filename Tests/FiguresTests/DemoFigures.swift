import Figures
import Foundation

/// The kinds of figures the program draws, with made-up numbers of the right shape.
enum DemoFigures {
  static let all: [(name: String, figure: Figure)] = [
    ("frequency", frequency(names: ["mae_vit_base_p16_1600e"])),
    ("frequency-2", frequency(names: ["MAE", "MFF"])),
    ("frequency-4", frequency(names: ["MAE", "MFF", "EVA", "Supervised (DeiT III, 800 epochs)"])),
    ("frequency-subblocks", subblocks),
    ("last-layer", lastLayer), ("weights", weights), ("over-training", overTraining(runs: 6)),
    ("over-training-1", overTraining(runs: 1)), ("spectrum", spectrum), ("spectrum-blocks", spectrumBlocks),
    ("density-log", densityOnLogAxis), ("depth", depth),
  ]

  static let layers = ["embedding"] + (0..<12).map(String.init) + ["norm"]

  /// Relative log amplitude against frequency, a curve for each layer, a panel for each checkpoint.
  static func frequency(names: [String]) -> Figure {
    let colors = Palette.sequence(layers.count)
    let frequencies = (0..<7).map { 2 * Double($0) / 14 }
    let panels = names.enumerated().map { index, name in
      let curves = layers.indices.map { layer -> Mark in
        let depth = Double(layer) / 13
        let slope = 2.2 + (4 - Double(index)) * depth + 0.6 * sin(5 * depth)
        let values = frequencies.map { -slope * (1 - exp(-3.2 * $0)) - 0.6 * depth * $0 }
        let errors = frequencies.map { 0.12 * $0 }
        return .curve(
          Curve(x: frequencies, y: values, color: colors[layer], uncertainty: .symmetric(errors)))
      }
      return Panel(
        title: names.count > 1 ? name : nil, x: Axis("Frequency", ticks: .multiplesOfPi),
        y: Axis("Relative log amplitude"), marks: curves)
    }
    return Figure(
      title: names.count == 1 ? names[0] : nil, panels: panels, sharesX: true, sharesY: true,
      colorBar: ColorBar("Layer", labels: layers, colors: colors))
  }

  /// A row of pictures for each image, columns for each model.
  static func pictures(models: [String]) -> Figure {
    let size = 14
    func picture(_ phase: Double) -> Picture {
      let samples = (0..<size * size).flatMap { i -> [UInt8] in
        let (x, y) = (Double(i % size), Double(i / size))
        return [x + phase, y - phase, x * y / 10].map { UInt8(127 + 127 * sin($0)) }
      }
      return Picture(width: size, height: size, samples: samples)
    }
    let headings =
      ["input", "masked"] + models.flatMap { ["\($0)\nrecon\u{AD}struction", "\($0)\nrecon\u{AD}struction + visible"] }
    let panels = (0..<3).flatMap { row in
      headings.indices.map { column in
        Panel(
          title: row == 0 ? headings[column] : nil, side: column == 0 ? "leaves-00\(row).png" : nil,
          caption: column == 1 ? "mean colour 15.2 dB\npatch means 17.0 dB" : column % 2 == 0 ? "21.3 dB" : nil,
          picture: picture(Double(row) + 0.3 * Double(column)))
      }
    }
    return Figure(
      title: "Reconstructions", note: "dB: peak signal-to-noise ratio", panels: panels, columns: headings.count,
      aspect: 1)
  }

  /// Many steps of a colour bar, and two curves that stand out from them.
  static var subblocks: Figure {
    let names = ["embedding"] + (0..<12).flatMap { ["\($0).attention", "\($0).mlp"] }
    let colors = Palette.sequence(names.count)
    let frequencies = (0..<7).map { 2 * Double($0) / 14 }
    var marks = names.indices.map { layer -> Mark in
      let slope = 2 + 0.12 * Double(layer) + (layer % 2 == 0 ? 0.1 : -0.1)
      return .curve(
        Curve(x: frequencies, y: frequencies.map { -slope * (1 - exp(-3 * $0)) }, color: colors[layer], width: 0.9))
    }
    for (name, dash, slope) in [("fused", Dash.solid, 2.9), ("fused-norm", .dashed, 3.4)] {
      marks.append(
        .curve(
          Curve(
            x: frequencies, y: frequencies.map { -slope * (1 - exp(-2 * $0)) }, color: .ink, label: name, width: 1.6,
            dash: dash)))
    }
    return Figure(
      panels: [
        Panel(
          x: Axis("Frequency", ticks: .multiplesOfPi), y: Axis("Relative log amplitude"), marks: marks)
      ], colorBar: ColorBar("Layer", labels: names))
  }

  /// The last layer of two checkpoints band by band, and their difference.
  static var lastLayer: Figure {
    let bands = (1...7).map(Double.init)
    let (mae, mff) = (bands.map { 6.1 - 0.62 * $0 }, bands.map { 6.5 - 0.75 * $0 })
    let error = bands.map { 0.05 + 0.01 * $0 }
    let difference = zip(mff, mae).map(-)
    return Figure(
      panels: [
        Panel(
          x: Axis("Frequency band", ticks: .integers), y: Axis("Log amplitude"),
          marks: [
            .curve(
              Curve(
                x: bands, y: mae, color: Palette.category(0), label: "MAE", marker: .circle,
                uncertainty: .symmetric(error))),
            .curve(
              Curve(
                x: bands, y: mff, color: Palette.category(1), label: "MFF", marker: .square,
                uncertainty: .symmetric(error))),
          ], relativeHeight: 1.3),
        Panel(
          x: Axis("Frequency band", ticks: .integers), y: Axis("MFF − MAE"),
          marks: [
            .rule(Rule(.horizontal(at: 0))),
            .points(
              Points(
                zip(bands, difference).map { Points.Item($0, $1, vertical: ($1 - 0.07)...($1 + 0.07)) },
                color: .ink)),
          ]),
      ], columns: 1, sharesX: true, legend: Legend(placement: .direct))
  }

  /// The fusion weights of three checkpoints.
  static var weights: Figure {
    func softmax(_ logits: [Double]) -> [Double] {
      let sum = logits.map { exp($0) }.reduce(0, +)
      return logits.map { exp($0) / sum }
    }
    let layers = (0..<12).map(Double.init)
    let series = [
      ("MAE", layers.map { exp(-$0 / 4) * 1.5 }), ("EVA", layers.map { $0 > 10 ? 2.0 : 0.1 * $0 / 11 }),
      ("Supervised", layers.map { $0 > 9 ? 1.6 : 0.02 * $0 }),
    ].enumerated().map { index, item in
      Bars.Series(softmax(item.1), color: Palette.category(index), label: item.0)
    }
    return Figure(
      panels: [
        Panel(
          x: Axis("Fused layer", ticks: .categories((0..<12).map(String.init))), y: Axis("Fusion weight"),
          marks: [.bars(Bars(series))])
      ])
  }

  /// Fusion weights over epochs, a panel for each run.
  static func overTraining(runs: Int) -> Figure {
    let colors = Palette.sequence(12)
    let panels = (0..<runs).map { run in
      let marks = (0..<12).map { layer -> Mark in
        let points = stride(from: 0.0, through: 800, by: 8).map { epoch -> Point in
          let grown = 1 - exp(-epoch / 250)
          let target = 0.22 * exp(-Double(layer) / 2.5) + 0.02 + (layer == 11 ? 0.05 * Double(run % 3) : 0)
          return Point(epoch, 1.0 / 12 + (target - 1.0 / 12) * grown + 0.002 * sin(epoch / 9 + Double(layer)))
        }
        return .curve(Curve(points, color: colors[layer], label: "Layer \(layer)"))
      }
      return Panel(
        title: runs > 1 ? "run_\(run)_mff_vit-base-p16_8xb512-amp-coslr-800e_in1k" : nil, x: Axis("Epoch"),
        y: Axis("Fusion weight", includesZero: true), marks: marks)
    }
    return Figure(panels: panels, sharesX: true, sharesY: true)
  }

  private static func normal(_ x: Double, _ mean: Double, _ deviation: Double) -> Double {
    exp(-0.5 * pow((x - mean) / deviation, 2)) / (deviation * sqrt(2 * Double.pi))
  }

  /// Distributions of largest eigenvalues, with every value and the mean in lanes below.
  static var spectrum: Figure {
    let means = [34.0, 21.0]
    let marks = means.enumerated().flatMap { index, mean -> [Mark] in
      let xs = stride(from: -20.0, through: 70, by: 0.5)
      let line = xs.map { Point($0, 0.8 * normal($0, mean, 8) + 0.2 * normal($0, mean / 3, 4)) }
      let values = (0..<40).map { mean + 16 * sin(Double($0) * 12.9898 + mean) }
      let color = Palette.category(index)
      return [
        .area(Area(line, color: color, label: ["MAE", "MFF (MAE with multi-level feature fusion)"][index])),
        .rug(Rug(values, color: color, lane: index)),
        .interval(LaneInterval(mean, interval: (mean - 3)...(mean + 3), color: color, lane: index)),
      ]
    }
    return Figure(
      note: "Gaussian kernel, bandwidth 2.1. Strokes: single eigenvalues; diamonds: means with 95 % intervals.",
      panels: [
        Panel(x: Axis("Hessian max eigenvalue"), y: Axis("Density"), marks: marks)
      ])
  }

  /// A strip of eigenvalues for each block.
  static var spectrumBlocks: Figure {
    let names = ["patch embedding"] + (0..<12).map(String.init) + ["final norm"]
    let marks = names.indices.flatMap { row in
      (0..<2).map { model -> Mark in
        let mean = 30 * exp(-Double(row) / 5) * (model == 0 ? 1 : 0.7) + 2
        let values = (0..<20).map { (index: Int) -> Double in
          let scatter: Double = sin(Double(index * 7 + row) * 12.9898)
          return mean * (1 + 0.4 * scatter)
        }
        return .strip(
          Strip(
            values, row: Double(row) + (model == 0 ? -0.2 : 0.2), height: 0.34, color: Palette.category(model),
            label: ["MAE", "MFF"][model], mean: mean, interval: (mean * 0.85)...(mean * 1.15)))
      }
    }
    return Figure(panels: [
      Panel(
        x: Axis("Hessian max eigenvalue"), y: Axis("Block", ticks: .categories(names), isReversed: true),
        marks: marks)
    ])
  }

  /// A spectral density on a logarithmic axis.
  static var densityOnLogAxis: Figure {
    let marks = (0..<2).map { model -> Mark in
      let line = stride(from: -40.0, through: 60, by: 0.25).map { x in
        Point(x, normal(x, 0, 2 + Double(model)) + 1e-3 * normal(x, 35 - 10 * Double(model), 8) + 1e-7)
      }
      return .curve(
        Curve(
          line, color: Palette.category(model), label: ["MAE", "MFF"][model], dash: model == 0 ? .solid : .dashed))
    }
    return Figure(
      panels: [Panel(x: Axis("Eigenvalue"), y: Axis("Spectral density", scale: .logarithmic), marks: marks)],
      legend: Legend(placement: .top))
  }

  /// The highest band at every sub-block.
  static var depth: Figure {
    let positions = (0...24).map { Double($0) / 24 }
    func stretches(_ start: Int) -> [ClosedRange<Double>] {
      stride(from: start, to: 24, by: 2).map { (Double($0) / 24)...(Double($0 + 1) / 24) }
    }
    let marks = ["MAE", "MFF"].enumerated().map { index, name -> Mark in
      let values = positions.enumerated().map { step, x in
        -2.4 - 3.2 * x + (step % 2 == 0 ? 0.25 : -0.25) + Double(index) * 0.7 * x * x
      }
      return .curve(
        Curve(
          x: positions, y: values, color: Palette.category(index), label: name, marker: .category(index)))
    }
    return Figure(
      title: "High-frequency content through the network",
      subtitle: "Log amplitude at 0.857π after each attention and each MLP",
      panels: [
        Panel(
          x: Axis("Normalised depth", range: 0...1), y: Axis("Relative log amplitude"),
          marks: [
            .shading(Shading(stretches(0), color: Color(0xE8EFF7), label: "Attention")),
            .shading(Shading(stretches(1), color: Color(0xF8EFE3), label: "MLP")),
          ] + marks)
      ])
  }
}
