public import Diagnostics

// The parts of a page that says everything about some checkpoints. Their command lines are the results' own.
extension ReportSection {
  /// Frequency: every layer, and the last block of several checkpoints over each other.
  ///
  /// - Parameters:
  ///   - layers: The result of all layers.
  ///   - last: The result of the last block's output alone (`--layers last`); nil leaves that figure out.
  ///   - gaps: What is missing and why.
  public static func frequency(_ layers: FrequencyResult, last: FrequencyResult? = nil, gaps: [String] = []) -> ReportSection {
    var figures = [
      ReportFigure(
        layers,
        caption: "Relative Fourier log-amplitude of each layer’s patch features against frequency, a line for each layer: the "
          + "higher a line ends, the more the layer keeps of fine detail (Fig. 2 of the MFF paper).",
        fileName: "frequency")
    ]
    if let last {
      figures.append(
        ReportFigure(
          last,
          caption: "Fourier log-amplitude of the last block’s output, band by band from low to high frequency"
            + (last.comparison == nil ? "" : ", and the difference of the two checkpoints with its 95 % interval")
            + " (Fig. 4 of the MFF paper).",
          fileName: "frequency-last"))
    }
    return ReportSection(
      id: "frequency", title: "Frequency",
      paragraphs: [
        "Whole images pass through the encoder, nothing masked. For each layer: ln(|F| + 10⁻⁶) of the two-dimensional Fourier "
          + "transform of every channel, the mean over channels and images, along the half diagonal from zero frequency on "
          + "(Park & Kim, ICLR 2022)."
      ], figures: figures, gaps: gaps)
  }

  /// The largest Hessian eigenvalues of the pre-training loss.
  ///
  /// - Parameters:
  ///   - result: What `hessian` found.
  ///   - gaps: What is missing and why.
  public static func hessian(_ result: HessianResult, gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "hessian", title: "Hessian eigenvalues",
      paragraphs: [
        "The eigenvalues of largest magnitude of the loss Hessian on each mini-batch, by exact Hessian-vector products; their "
          + "distribution over batches tells how flat the loss is around the weights (Fig. 5 of the MFF paper)."
      ],
      figures: [
        ReportFigure(
          result,
          caption: result.models.count > 1
            ? "The spectra over each other: the nearer to 0, the flatter the loss." : "The spectrum: the nearer to 0, the flatter the loss.",
          fileName: "hessian")
      ], gaps: gaps)
  }

  /// The fusion weights of checkpoints.
  ///
  /// - Parameters:
  ///   - result: What `weights` found.
  ///   - gaps: What is missing and why.
  public static func weights(_ result: WeightsResult, gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "weights", title: "Fusion weights",
      paragraphs: ["How much of each fused layer goes into the decoder: the softmax of the fusion logits (Fig. 6 of the MFF paper)."],
      figures: [ReportFigure(result, caption: "The fusion weight of each layer.", fileName: "weights")], gaps: gaps)
  }

  /// The fusion weights along training runs.
  ///
  /// - Parameters:
  ///   - result: What `weights --over-training` found.
  ///   - gaps: What is missing and why.
  public static func training(_ result: WeightsResult, gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "training", title: "Fusion weights over training",
      paragraphs: ["The same weights along a training run, a line for each fused layer (Fig. 1 and 8 of the MFF paper)."],
      figures: [
        ReportFigure(result, caption: "Fusion weights against the time of training, coloured by depth.", fileName: "training")
      ], gaps: gaps)
  }

  /// Images as the checkpoints reconstruct them.
  ///
  /// - Parameters:
  ///   - result: What `reconstruct` found.
  ///   - gaps: What is missing and why.
  public static func reconstruction(_ result: ReconstructionResult, gaps: [String] = []) -> ReportSection {
    ReportSection(
      id: "reconstruction", title: "Reconstruction",
      paragraphs: ["Patches are removed from each image, and encoder and decoder reconstruct them from the rest."],
      figures: [
        ReportFigure(
          result, caption: "Each image as it is, with patches removed, and reconstructed.", fileName: "reconstruction")
      ], gaps: gaps)
  }
}
