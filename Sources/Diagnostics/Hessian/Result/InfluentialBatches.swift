/// Batches that carry a mean by themselves: without them it would be another by more than the standard error of the others.
public struct InfluentialBatches: Sendable, Hashable, Codable {
  /// Their indices.
  public var batches: [Int]
  /// Their images, by name; absent where that is not known.
  public var images: [String]?
  /// The mean of the other batches.
  public var meanWithout: Double
  /// Its 95 % interval, by Student's t; absent where it is of one batch.
  public var intervalWithout: [Double]?

  /// Those of some batches, each with its value; nil where none carries the mean.
  ///
  /// - Parameters:
  ///   - values: The values whose mean it is.
  ///   - batches: The batch of each.
  ///   - resolution: By how much the solver may move the mean.
  init?(_ values: [Double], of batches: [HessianBatch], resolution: Double) {
    let places = MeanCarriers.places(in: values, resolution: resolution)
    guard !places.isEmpty else { return nil }
    let carrying = places.map { batches[$0] }
    self.batches = carrying.map(\.index)
    let names = carrying.compactMap(\.images)
    images = names.count == carrying.count ? Array(names.joined()) : nil
    let others = BatchMeans(values.indices.filter { !places.contains($0) }.map { values[$0] })
    meanWithout = others.mean
    intervalWithout = others.interval(around: others.mean)
  }
}
