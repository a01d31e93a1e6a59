import Foundation
import Images
import Tensors
import VisionTransformers

@testable import Diagnostics
@testable import Spectra

/// How far rounding in single precision may move a checkpoint's curves, whatever the order in which a BLAS kernel sums.
///
/// A product sums K terms of either sign. Partial sums grow as the root of their length, and each is rounded by up to u = 2⁻²⁴ of
/// itself: the sum is off by u √(K/6) of its size, standard deviation. Errors of products that follow each other are independent, so
/// their squares add: η = u √(ΣK/6). A coefficient F of a layer's L tokens then is off by √L η s, s the root mean square of the
/// layer's values, and ln |F| by that over |F|. A channel whose coefficient happens to be near zero moves the mean of its band most.
struct Rounding {
  /// For each layer a bound for each band's mean, and for its standard error: five deviations, all coefficients off the same way.
  let bounds: [[Double]]

  /// The bounds of one of the diagnosis' checkpoints on its images, all of which must be usable.
  init(of diagnosis: FrequencyDiagnosis, checkpoint: Int = 0) throws {
    let images = try ImageSet(paths: diagnosis.images, count: diagnosis.count, seed: diagnosis.seed)
    let size = images.preprocessedSize.map { [$0.height, $0.width] } ?? diagnosis.imageSize.map { [$0, $0] }
    let opened = try OpenedModel(diagnosis.checkpoints[checkpoint], imageSize: size)
    let pass = try FrequencyPass(diagnosis, opened, images)
    let model = try opened.description.load(imageSize: pass.imageSize)
    let a = model.architecture
    var workspace = EncoderWorkspace(for: a, images: 1, width: 1)
    var layers = [Layer: Conditioning](
      uniqueKeysWithValues: pass.layers.map { ($0, Conditioning(pass.geometry, channels: a.width)) })
    for image in 0..<images.count {
      var pixels = [Float](repeating: 0, count: a.pixels)
      var span = pixels.mutableSpan
      _ = try images.load(image, preprocessing: pass.preprocessing, into: &span)
      model.encode(pixels.span, workspace: &workspace, layers: Set(pass.layers)) { layer, _, tokens in
        layers[layer]?.add(tokens)
      }
    }
    let noise = 5 * Self.noise(a)
    bounds = pass.layers.map { layer in layers[layer]?.sensitivity.map { noise * $0 } ?? [] }
  }

  /// η of the last layer.
  private static func noise(_ a: Architecture) -> Double {
    // Queries, keys and values; scores; their sums; output; the perceptron's two layers.
    let block = a.width + a.width / a.heads + a.tokens + a.width + a.width + a.hiddenWidth
    let fusion = a.fusion == nil ? 0 : 2 * a.width + block
    let terms = a.pixels / a.patches + a.depth * block + fusion
    return 0x1p-24 * (Double(terms) / 6).squareRoot()
  }
}

/// What noise in a layer's tokens does to ln |F|.
private struct Conditioning {
  let geometry: ProfileGeometry
  let channels: Int
  private var squares = 0.0
  private var inverses: [Double]
  private var images = 0

  init(_ geometry: ProfileGeometry, channels: Int) {
    (self.geometry, self.channels) = (geometry, channels)
    inverses = [Double](repeating: 0, count: geometry.bandCount)
  }

  private var tokens: Int { geometry.rows * geometry.columns }

  /// √L s · mean of 1 / |F| for each band.
  var sensitivity: [Double] {
    let size = (squares / Double(images * channels)).squareRoot()
    return inverses.map { size * $0 / Double(images) }
  }

  /// Takes an image's tokens, shape [L, D].
  mutating func add(_ values: Span<Float>) {
    images += 1
    for i in values.indices { squares += Double(values[i]) * Double(values[i]) }
    for row in 0..<geometry.rows {
      for column in 0..<geometry.columns {
        guard let band = band(row, column) else { continue }
        let share = 1 / Double(channels * geometry.cellCounts[band])
        for amplitude in amplitudes(values, row, column) {
          inverses[band] += share / (amplitude + LogAmplitudeAnalyzer.epsilon)
        }
      }
    }
  }

  private func band(_ row: Int, _ column: Int) -> Int? {
    let band: Int
    switch geometry.path {
    case .diagonal:
      guard row == column else { return nil }
      band = row
    case .radial: band = ProfileGeometry.ring(row, column, geometry.rows, geometry.columns)
    }
    return band < geometry.bandCount ? band : nil
  }

  /// |F| of every channel at one cell, by its definition in double precision.
  private func amplitudes(_ values: Span<Float>, _ row: Int, _ column: Int) -> [Double] {
    var real = [Double](repeating: 0, count: channels)
    var imaginary = real
    for y in 0..<geometry.rows {
      for x in 0..<geometry.columns {
        let turns = Double(row * y) / Double(geometry.rows) + Double(column * x) / Double(geometry.columns)
        let (cosine, sine) = (cos(2 * Double.pi * turns), sin(2 * Double.pi * turns))
        let start = (y * geometry.columns + x) * channels
        for channel in 0..<channels {
          let value = Double(values[start + channel])
          real[channel] += value * cosine
          imaginary[channel] += value * sine
        }
      }
    }
    return zip(real, imaginary).map { ($0 * $0 + $1 * $1).squareRoot() }
  }
}
