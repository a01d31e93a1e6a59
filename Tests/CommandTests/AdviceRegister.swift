/// The advice that no situation follows, with the reason.
enum AdviceRegister {
  private static let ranks = "takes several processes: make check-mpi"
  private static let library = "the command refuses before; a program that imports the module meets it"
  private static let result = "a remark on a result that is there: nothing fails, and the words have tests of their own"
  private static let resources = "takes a machine with less memory than the file wants"
  private static let noAdvice = "names an option and gives no advice"

  static let elsewhere: [String: String] = [
    "Diagnostics/DiagnosisError.swift --series": "takes a log of hundreds of series, which WeightsLogTests makes",
    "Diagnostics/Frequency/Features/FeatureFile.swift --channels-last": "a remark; FeatureTests follows it",
    "Diagnostics/Frequency/Features/FeatureFile.swift --threads": resources,
    "Diagnostics/Frequency/FrequencyPass+Words.swift --batch-size": ranks,
    "Diagnostics/Hessian/Run/HessianPass+Result.swift --no-norm-pixels": result,
    "Diagnostics/Hessian/Run/HessianWorker.swift --parameters":
      "takes a network of thousands of parameters to be proved",
    "Diagnostics/Hessian/Run/HessianWorker.swift --rank-check-products":
      "takes a network of thousands of parameters to be proved",
    "Diagnostics/Hessian/Table/HessianInfluence.swift --batches": result,
    "Diagnostics/Hessian/Table/HessianInfluence.swift --count": result,
    "Diagnostics/Hessian/Table/HessianInfluence.swift --images": result,
    "Diagnostics/Hessian/Table/HessianUnsettled.swift --max-iterations": result,
    "Diagnostics/Hessian/Table/HessianVerdict.swift --tolerance": result,
    "Diagnostics/Inputs/LossInputError.swift --divide": ranks,
    "Diagnostics/Inputs/LossInputError.swift --teacher":
      "takes a decoder of unknown purpose; the same message's --objective is followed",
    "Diagnostics/Inputs/MaskedTraining.swift --no-norm-pixels":
      "an assumption's option, in a sentence whose other options are followed",
    "Diagnostics/Reconstruction/ReconstructionPass+Result.swift --no-norm-pixels": result,
    "Images/Preprocessing/Preprocessing.swift --crop-pct": library,
    "Pretraining/PretrainingError.swift --batch-size": ranks,
    "Pretraining/PretrainingError.swift --clip": "takes a training that diverges; PretrainCommandTests",
    "Pretraining/PretrainingError.swift --learning-rate": "takes a training that diverges; PretrainCommandTests",
    "VisionTransformers/Architecture/ArchitectureInference+Fusion.swift --decoder-heads": noAdvice,
    "VisionTransformers/Architecture/ArchitectureInference+Variant.swift --rotary-grid": library,
    "VisionTransformers/Differentiation/LossError.swift --objective": library,
    "VisionTransformers/Differentiation/LossFunction.swift --fuse": library,
    "VisionTransformers/Differentiation/Objectives/FeatureLoss.swift --teacher": library,
    "VisionTransformers/ModelError.swift --decoder-heads": library,
    "VisionTransformers/ModelError.swift --features": "the same words as those of a configuration, which are followed",
    "VisionTransformers/Parameters/ModelLoader.swift --image-size": resources,
    "mff-inspect/HessianCommand.swift --resume": "takes an interruption; HessianResumeTests",
    "mff-inspect/Options/BundledData.swift --images": "takes an installation without its data; BundledDataTests",
    "mff-inspect/Options/MaskOptions.swift --seed": noAdvice,
    "mff-inspect/ReproduceCommand.swift --output": "takes a reproduction of an hour",
  ]
}
