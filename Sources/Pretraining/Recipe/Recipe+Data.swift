public import Images

extension Recipe {
  /// The augmentation: the recipe's, or the base method's own.
  ///
  /// MAE crops and mirrors, PixMIM and the MFF that grew on it resize simply (Liu et al. 2023); methods with a teacher and
  /// supervised training do as MAE.
  ///
  /// - Throws: `PretrainingError.unusable` for a name that no augmentation has.
  public func resolvedAugmentation() throws(PretrainingError) -> Augmentation {
    guard let name = augmentation else { return method == .pixmim ? .simpleResizedCrop : .randomResizedCrop }
    guard let augmentation = Augmentation(rawValue: name) else {
      let names = Augmentation.allCases.map(\.rawValue).joined(separator: ", ")
      throw .unusable(option: "--augmentation", value: name, reason: "there are \(names)")
    }
    return augmentation
  }

  /// The images that the recipe names.
  ///
  /// - Parameter report: Called once for each image that turns out to be unreadable, from any thread.
  /// - Returns: The images, cut and mirrored as the recipe says.
  /// - Throws: `PretrainingError.unusable` where it names none or a kind that is not known; `TrainingDataError`.
  public func makeData(report: @escaping @Sendable (ImageError) -> Void) throws -> any TrainingData {
    let augmentation = try resolvedAugmentation()
    if let kind = data.synthetic {
      guard kind == Self.deadLeaves else {
        throw PretrainingError.unusable(option: "--synthetic", value: kind, reason: "there is \(Self.deadLeaves)")
      }
      let count = data.count ?? Self.usualCount
      guard count > 0 else {
        throw PretrainingError.unusable(option: "--count", value: "\(count)", reason: "must be at least 1")
      }
      return DeadLeavesData(count: count, imageSize: network.imageSize, augmentation: augmentation, seed: seed)
    }
    guard !data.images.isEmpty else {
      throw PretrainingError.unusable(
        option: "--images", value: "none", reason: "give folders of images, or --synthetic \(Self.deadLeaves)")
    }
    return try ImageFolderData(
      paths: data.images, imageSize: network.imageSize, augmentation: augmentation, seed: seed, limit: data.count,
      report: report)
  }

  /// The one kind of generated images.
  public static let deadLeaves = "dead-leaves"
  /// Generated images of an epoch unless told otherwise.
  static let usualCount = 4096
}
