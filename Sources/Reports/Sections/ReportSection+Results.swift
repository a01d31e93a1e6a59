public import Diagnostics

// The parts of a page that says everything about some checkpoints. Their command lines are the results' own.
extension ReportSection {
  /// Frequency: every layer, and the last block of several checkpoints over each other.
  ///
  /// - Parameters:
  ///   - layers: Results of all layers, usually one for all checkpoints.
  ///   - last: The result of the last block's output alone (`--layers last`); nil leaves that figure out.
  ///   - gaps: What is missing and why.
  /// - Returns: The section.
  public static func frequency(
    _ layers: [FrequencyResult], last: FrequencyResult? = nil, gaps: [String] = []
  ) -> ReportSection {
    let caption =
      "Relative Fourier log-amplitude of each layer’s patch features against frequency, a line for each layer: the higher a "
      + "line ends, the more the layer keeps of fine detail (Fig. 2 of the MFF paper)."
    let compared =
      "Fourier log-amplitude of the last block’s output, band by band from low to high frequency"
      + (last?.comparison == nil ? "" : ", and the difference of the two checkpoints with its 95 % interval")
      + " (Fig. 4 of the MFF paper)."
    return ReportSection(
      id: "frequency", title: "Frequency",
      paragraphs: [
        "Whole images pass through the encoder, nothing masked. For each layer: ln(|F| + 10⁻⁶) of the two-dimensional Fourier "
          + "transform of every channel, the mean over channels and images, along the half diagonal from zero frequency on "
          + "(Park & Kim, ICLR 2022)."
      ],
      figures: figures(layers, caption, "frequency")
        + (last.map { [ReportFigure($0, caption: compared, fileName: "frequency-last")] } ?? []), gaps: gaps)
  }

  /// The largest Hessian eigenvalues of the pre-training loss.
  ///
  /// - Parameters:
  ///   - results: What `hessian` found, usually one for all checkpoints.
  ///   - gaps: What is missing and why.
  /// - Returns: The section.
  public static func hessian(_ results: [HessianResult], gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "hessian", title: "Hessian eigenvalues",
      paragraphs: [
        "The eigenvalues of largest magnitude of the loss Hessian on each mini-batch, by exact Hessian-vector products; their "
          + "distribution over batches tells how flat the loss is around the weights (Fig. 5 of the MFF paper)."
      ],
      figures: figures(results, "The nearer the eigenvalues are to 0, the flatter the loss.", "hessian"), gaps: gaps)
  }

  /// The fusion weights of checkpoints.
  ///
  /// - Parameters:
  ///   - results: What `weights` found, usually one for all checkpoints.
  ///   - gaps: What is missing and why.
  /// - Returns: The section.
  public static func weights(_ results: [WeightsResult], gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "weights", title: "Fusion weights",
      paragraphs: [
        "How much of each fused layer goes into the decoder: the softmax of the fusion logits (Fig. 6 of the MFF paper)."
      ], figures: figures(results, "The fusion weight of each layer.", "weights"), gaps: gaps)
  }

  /// The fusion weights along training runs.
  ///
  /// - Parameters:
  ///   - results: What `weights --over-training` found, usually one for all runs.
  ///   - gaps: What is missing and why.
  /// - Returns: The section.
  public static func training(_ results: [WeightsResult], gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "training", title: "Fusion weights over training",
      paragraphs: [
        "The same weights along a training run, a line for each fused layer (Fig. 1 and 8 of the MFF paper)."
      ],
      figures: figures(results, "Fusion weights against the time of training, coloured by depth.", "training"),
      gaps: gaps)
  }

  /// Images as the checkpoints reconstruct them.
  ///
  /// - Parameters:
  ///   - results: What `reconstruct` found, usually one for all checkpoints.
  ///   - gaps: What is missing and why.
  /// - Returns: The section.
  public static func reconstruction(_ results: [ReconstructionResult], gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "reconstruction", title: "Reconstruction",
      paragraphs: ["Patches are removed from each image, and encoder and decoder reconstruct them from the rest."],
      figures: figures(results, "Each image as it is, with patches removed, and reconstructed.", "reconstruction"),
      gaps: gaps)
  }

  private static func figures(_ results: [some DrawableResult], _ caption: String, _ name: String) -> [ReportFigure] {
    results.enumerated().map { index, result in
      ReportFigure(result, caption: caption, fileName: results.count > 1 ? "\(name)-\(index + 1)" : name)
    }
  }
}
