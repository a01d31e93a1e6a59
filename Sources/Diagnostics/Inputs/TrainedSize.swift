internal import Images
internal import VisionTransformers

extension OpenedModel {
  /// Refuses images of another size than the one that the checkpoint was trained at: a decoder knows the positions of no other grid.
  ///
  /// - Parameters:
  ///   - imageSet: The images; batches have a size of their own.
  ///   - option: The side that the user asks for.
  /// - Throws: `LossInputError.untrainedSize`; `DiagnosisError` where option and batches differ, and for image files where the
  ///   model's images are no squares.
  func checkTrainedSize(_ imageSet: ImageSet, option: Int?) throws {
    let (name, trained) = (request.name, description.architecture.imageSize)
    let given = imageSet.preprocessedSize.map { [$0.height, $0.width] }
    if let given, let option, given != [option, option] {
      throw DiagnosisError.imageSizeOption(option: option, images: given)
    }
    if let size = given ?? option.map({ [$0, $0] }), size != trained {
      throw LossInputError.untrainedSize(model: name, size: size, trained: trained)
    }
    guard given != nil || trained[0] == trained[1] else {
      throw DiagnosisError.oblongModel(model: name, size: trained)
    }
  }
}
