internal import Diagnostics
internal import VisionTransformers

extension ReproductionResults {
  /// Figure 2: the highest band, relative to zero frequency, in the first third of MAE's blocks less in the last third.
  var figure2: Claim? {
    guard let models = frequency["figure-2"]?.models, let first = models.first,
      let depth = first.checkpoint.architecture?.depth
    else { return nil }
    let third = max(1, depth / 3)
    func mean(_ model: FrequencyModel, _ blocks: Range<Int>) -> Double {
      let values = blocks.compactMap { block in
        model.layers.first { $0.layer == "\(block)" }?.relativeLogAmplitude.last
      }
      return values.reduce(0, +) / Double(values.count)
    }
    let band = first.frequencies.count
    return Claim(
      "Fig. 2",
      quote: "Shallow layers contain more high-frequency information (or low-level information) than deep layers",
      [
        ClaimStatistic(
          "Relative log amplitude of band \(band), the highest, in blocks 0–\(third - 1) less in blocks "
            + "\(depth - third)–\(depth - 1)",
          models.map { mean($0, 0..<third) - mean($0, depth - third..<depth) }, .positive)
      ])
  }

  /// Figure 4: MFF's last block less MAE's, in the lowest and in the highest band.
  var figure4: Claim? {
    let differences = each(frequency, "figure-4").compactMap { $0.comparison?.difference }
    guard let bands = differences.first?.count, bands > 1 else { return nil }
    func statistic(_ band: Int, _ name: String, _ sign: ClaimStatistic.Sign) -> ClaimStatistic {
      ClaimStatistic(name, differences.map { $0[band] }, sign)
    }
    let between = (1..<bands - 1).map { band in
      let middle = statistic(band, "", .positive)
      let range = middle.interval.map { " [\(ClaimStatistic.signed($0[0])), \(ClaimStatistic.signed($0[1]))]" } ?? ""
      return "band \(band + 1) \(ClaimStatistic.signed(middle.mean))\(range)"
    }
    // A stream that is longer everywhere has larger amplitudes everywhere: this is free of that.
    let contrast = ClaimStatistic(
      "Free of the overall scale, MFF − MAE in band \(bands) less that in band 1, apart from the claim",
      differences.map { $0[bands - 1] - $0[0] }, .negative)
    return Claim(
      "Fig. 4",
      quote: "Multi-level feature fusion reduces high-frequency components and enhances low-frequency components",
      [
        statistic(0, "MFF − MAE, log amplitude of the last block's output in band 1, the lowest", .positive),
        statistic(bands - 1, "The same in band \(bands), the highest", .negative),
      ],
      remarks: [
        contrast.sentence,
        "Judged at the two ends, which the paper's caption names; band 1 is zero frequency, the mean over patches. Between them: \(between.joined(separator: ", ")).",
      ])
  }

  /// Figure 5: the mean magnitude of MFF's largest eigenvalues less MAE's.
  var figure5: Claim? {
    let results = each(hessian, "figure-5")
    let comparisons = results.compactMap(\.comparison)
    guard let settings = results.first?.settings, comparisons.count == results.count else { return nil }
    let each = zip(seeds.all, comparisons).map { seed, comparison in
      let pair = comparison.magnitude
      let range = pair.interval.map { " [\(ClaimStatistic.signed($0[0])), \(ClaimStatistic.signed($0[1]))]" } ?? ""
      return "seed \(seed): \(ClaimStatistic.signed(pair.difference))\(range)"
    }
    return Claim(
      "Fig. 5",
      quote:
        "Multi-level feature fusion reduces the magnitude of Hessian max eigenvalues to flatten the loss landscape",
      [
        ClaimStatistic(
          "MFF − MAE, mean |λ| of the top \(settings.top) in magnitude of each of \(settings.batches) mini-batches",
          comparisons.map(\.magnitude.difference), .negative)
      ],
      remarks: ["Each pair of models by itself, over batches: \(each.joined(separator: "; "))."])
  }
}
