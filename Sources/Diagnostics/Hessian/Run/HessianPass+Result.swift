internal import Checkpoints
internal import Foundation
internal import Images
internal import VisionTransformers

extension HessianPass {
  /// SHA-256 over the tensors that the loss uses.
  var digest: String {
    get throws {
      let description = opened.description
      let rest = loss.objective.usesDecoder ? description.decoderTensors : description.headTensors
      return try opened.checkpoint.digest(of: description.encoderTensors + rest)
    }
  }

  /// The result of this checkpoint.
  func model(_ spectra: [HessianSpectrum]) throws -> HessianModel {
    let description = opened.description
    let identity = CheckpointIdentity(
      name: opened.request.name, path: opened.request.path, digest: try digest,
      container: opened.checkpoint.container.rawValue, dialect: description.dialect,
      architecture: description.architecture, architectureSources: description.sources.mapValues(\.description))
    let masked = loss.masked
    let whole = diagnosis.parameters == .perBlock ? nil : spectra[0]
    return HessianModel(
      checkpoint: identity,
      details: HessianModel.Details(
        parameters: spectra.reduce(0) { $0 + $1.parameters }, objective: loss.objective.name,
        objectiveSource: loss.source, normPixels: loss.predictsPixels ? masked?.normPixels.value : nil,
        normPixelsSource: loss.predictsPixels ? masked?.normPixels.source : nil, lowPassRadius: loss.lowPassRadius,
        maskRatio: masked?.ratio.value, maskRatioSource: masked?.ratio.source, removedPatches: masked?.removed ?? 0,
        imageSize: architecture.imageSize, grid: architecture.grid, normalize: normalization.rawValue,
        bytes: memory.bytes, parts: memory.parts.count, recomputes: memory.recomputes, batches: whole?.batches,
        rankChecked: whole?.isRankChecked, summary: whole?.summary, density: whole?.density, trace: whole?.trace,
        blocks: diagnosis.parameters == .perBlock ? spectra.map(block) : nil))
  }

  private func block(_ spectrum: HessianSpectrum) -> HessianBlock {
    guard case .block(let index) = spectrum.selection else { preconditionFailure("a spectrum that is no block's") }
    return HessianBlock(
      block: index, parameters: spectrum.parameters, batches: spectrum.batches,
      rankChecked: spectrum.isRankChecked, summary: spectrum.summary, density: spectrum.density, trace: spectrum.trace)
  }

  /// Images, masks, loss, parameters and memory: each with who says so.
  var words: [String] {
    let a = architecture
    let size = a.imageSize.map(String.init).joined(separator: " × ")
    let source =
      diagnosis.normalization == nil
      ? opened.description.pixelNormalization.source.description : "option --normalize"
    let made =
      imageSet.isPreprocessed
      ? "images of \(size) pixels, used as they are, taken as normalised by \(normalization.rawValue) (\(source))"
      : diagnosis.protocol == .park2022
        ? "images augmented to \(size) pixels, normalised by \(normalization.rawValue) (\(source))"
        : "images "
          + opened.words(of: preprocessing, cropPct: diagnosis.cropPct, normalization: diagnosis.normalization)
    var words = [made]
    if let masked = loss.masked { words.append(masked.words(of: a.patches)) }
    words += loss.words
    if let positions = fixed.positions {
      words.append("position embeddings are \(positions.value.rawValue) (\(positions.source))")
    }
    if architecture.fusion?.detach == true {
      words.append("fused layers are detached, as in its training: in products what comes through them is constant")
    }
    let spectra = units.count > 1 ? "\(units.count) spectra, each over " : ""
    words.append("\(spectra)\(memory.parameters) parameters; memory \(ByteCount.words(memory.bytes)): \(memory.words)")
    words += memoryRemarks
    return words
  }

  /// What is assumed of the checkpoint for its loss.
  var assumptions: [Assumption] {
    var scopes: Set<AssumptionScope> = [.encoder]
    if loss.masked != nil { scopes.formUnion([.decoder, .fusion]) } else { scopes.insert(.head) }
    var assumptions = opened.assumptions(
      scopes, imageSet, normalization: diagnosis.normalization, cropPct: diagnosis.cropPct)
    if let positions = fixed.positions {
      assumptions += [
        Assumption("position embedding", value: positions.value.rawValue, source: positions.source)
      ].compactMap(\.self)
    }
    // What is predicted of features has no patches to normalise.
    return assumptions + (loss.masked?.assumptions ?? []).filter { loss.predictsPixels || $0.what == "mask ratio" }
  }

  /// What a want of memory changes; empty where there is enough.
  var memoryRemarks: [String] {
    var remarks = [memory.remark].compactMap(\.self)
    if let basis, let basisWanted {
      remarks.append(
        "for want of memory Lanczos keeps \(basis) vectors instead of \(basisWanted) before it restarts: "
          + "the same eigenvalues, with a few more products")
    }
    return remarks
  }

  /// What a reader may take wrongly.
  var warnings: [String] {
    var warnings = opened.description.warnings.map { "\(opened.request.name): \($0)" }
    let name = opened.request.name
    if loss.predictsPixels, let masked = loss.masked, masked.normPixels.source.hasPrefix("usual") {
      warnings.append(
        "\(name) does not say whether its targets are normalised patches, which is assumed; "
          + "if they are pixels as they are, give --no-norm-pixels: eigenvalues depend on it")
    }
    return warnings
  }
}
