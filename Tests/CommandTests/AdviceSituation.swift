import Foundation

/// A run that ends with a piece of advice, and the same run with the advice followed.
struct AdviceSituation: Sendable, CustomStringConvertible {
  /// What the next run must do.
  enum Outcome: Sendable {
    /// End with status 0, and not say the same again.
    case succeeds
    /// Fail at most for another reason: the words tell it.
    case failsOtherwise(String)
  }

  /// The pieces of advice that are met here: the file that words them, and the option.
  let advice: [String]
  /// The command line.
  let arguments: [String]
  /// What the message says.
  let says: String
  /// The command line that does as it is told.
  let followed: [String]
  let outcome: Outcome

  var description: String { arguments.map { ($0 as NSString).lastPathComponent }.joined(separator: " ") }

  init(
    _ advice: [String], _ arguments: [String], says: String, then followed: [String], _ outcome: Outcome = .succeeds
  ) {
    (self.advice, self.arguments, self.says, self.followed, self.outcome) = (advice, arguments, says, followed, outcome)
  }
}

extension AdviceSituation {
  private static func file(_ name: String) -> String { GoldenFiles.frequency(name) }
  private static func bundled(_ name: String) -> String { GoldenFiles.frequency("../../../../Fixtures/\(name)") }
  private static let ckpt = bundled("ckpt.bin")
  private static let supervised = bundled("supervised.safetensors")
  private static let mae = file("mae-zip.pth")
  private static let small = ["--count", "2", "--images", file("images-56x56.safetensors")]
  private static let tiny = ["--count", "2", "--images", file("images-36x36.safetensors")]
  private static let batch = ["--batches", "1", "--batch-size", "2", "--top", "1", "--max-iterations", "2"]

  static let all = networks + files + images + losses + features + figures + trainings

  // MARK: What a checkpoint does not tell

  private static let networks: [AdviceSituation] = [
    AdviceSituation(
      ["VisionTransformers/ModelError.swift --heads"], ["frequency", mae] + small, says: "give --heads",
      then: ["frequency", mae, "--heads", "4"] + small),
    AdviceSituation(
      ["VisionTransformers/Architecture/ArchitectureInference+Heads.swift --heads"],
      ["frequency", mae, "--heads", "5"] + small, says: "does not divide by it; give --heads",
      then: ["frequency", mae, "--heads", "4"] + small),
    AdviceSituation(
      ["VisionTransformers/ModelError.swift --image-size"],
      ["frequency", ckpt, "--image-size", "50", "--count", "1"], says: "give --image-size 48 or 52",
      then: ["frequency", ckpt, "--image-size", "52", "--count", "1"]),
    AdviceSituation(
      ["Diagnostics/Describe/DiagnosisFacts.swift --decoder-heads"],
      ["hessian", mae, "--heads", "4"] + small + batch, says: "give --decoder-heads",
      then: ["hessian", mae, "--heads", "4", "--decoder-heads", "4"] + small + batch),
    AdviceSituation(
      ["VisionTransformers/Differentiation/LossFunction.swift --decoder-heads"],
      ["hessian", mae, "--heads", "4", "--decoder-heads", "5"] + small + batch, says: "give --decoder-heads",
      then: ["hessian", mae, "--heads", "4", "--decoder-heads", "4"] + small + batch),
    AdviceSituation(
      ["VisionTransformers/ModelError.swift --fuse"],
      ["frequency", file("mff-bare.pth"), "--heads", "3", "--layers", "fused"] + tiny, says: "give --fuse",
      then: ["frequency", file("mff-bare.pth"), "--heads", "3", "--layers", "fused", "--fuse", "0,2"] + tiny),
    AdviceSituation(
      ["VisionTransformers/Architecture/ArchitectureInference+Fusion.swift --fuse"],
      ["frequency", file("mff-mmpretrain.pth"), "--fuse", "0,1"] + small, says: "are needed; give --fuse",
      then: ["frequency", file("mff-mmpretrain.pth"), "--fuse", "0,2,3"] + small),
    AdviceSituation(
      ["VisionTransformers/Pixels/PixelStatement.swift --normalize"], ["frequency", "no-deviation", "--count", "1"],
      says: "or give --normalize", then: ["frequency", "no-deviation", "--count", "1", "--normalize", "imagenet"]),
    AdviceSituation(
      ["VisionTransformers/Pixels/PixelStatement.swift --crop-pct"], ["frequency", "odd-filter", "--count", "1"],
      says: "give --crop-pct for the usual", then: ["frequency", "odd-filter", "--count", "1", "--crop-pct", "0.875"]),
    AdviceSituation(
      ["VisionTransformers/Configuration/ConfigurationReading.swift --config"],
      ["frequency", "unknown-family", "--count", "1"], says: "give --config with a copy",
      then: ["frequency", "unknown-family", "--count", "1", "--config", "as-vit.json"]),
    AdviceSituation(
      ["VisionTransformers/Configuration/ConfigurationReading.swift --features"],
      ["frequency", "unknown-family", "--count", "1"], says: "give them by --features",
      then: ["frequency", "--features", file("../features/maps.safetensors")]),
    AdviceSituation(
      ["VisionTransformers/Configuration/MMEngineBackbone.swift --features"],
      ["frequency", file("mmpretrain-mae.pth"), "--config", "windows.py", "--count", "1"],
      says: "give them by --features", then: ["frequency", "--features", file("../features/maps.safetensors")]),
    AdviceSituation(
      ["VisionTransformers/Configuration/MMEngineBackbone.swift --config"],
      ["frequency", file("mmpretrain-mae.pth"), "--config", "deeper.py", "--count", "1"],
      says: "or give its own by --config", then: ["frequency", file("mmpretrain-mae.pth"), "--count", "1"]),
    AdviceSituation(
      ["Diagnostics/Describe/DiagnosisFacts.swift --fuse", "Diagnostics/Describe/DiagnosisFacts.swift --layers"],
      ["describe", file("mff-bare.pth"), "--heads", "3"], says: "name the layers, such as --layers last",
      then: ["frequency", file("mff-bare.pth"), "--heads", "3", "--layers", "last"] + tiny),
  ]

  // MARK: Files that are something else

  private static let files: [AdviceSituation] = [
    AdviceSituation(
      ["Checkpoints/Reading/FileKind.swift --images"], ["frequency", bundled("images/leaves-000.png")],
      says: "give it as --images", then: ["frequency", ckpt, "--images", bundled("images/leaves-000.png")]),
    AdviceSituation(
      ["Checkpoints/Values/CheckpointError.swift --images"], ["frequency", bundled("images")],
      says: "give a folder of images as --images",
      then: ["frequency", ckpt, "--images", bundled("images"), "--count", "1"]),
    AdviceSituation(
      [], ["frequency", bundled("run"), "--count", "1"], says: "such as \(bundled("run"))/epoch_6.safetensors",
      then: ["frequency", bundled("run/epoch_6.safetensors"), "--count", "1"]),
    AdviceSituation(
      [], ["frequency", bundled("ckpt.bn"), "--count", "1"], says: "did you mean \(ckpt)?",
      then: ["frequency", ckpt, "--count", "1"]),
    AdviceSituation(
      ["Checkpoints/Values/CheckpointError.swift --weights-from"],
      ["frequency", file("timm-deit-run.pth"), "--heads", "3", "--weights-from", "teacher"] + tiny,
      says: "choose with --weights-from NAME",
      then: ["frequency", file("timm-deit-run.pth"), "--heads", "3", "--weights-from", "ema"] + tiny),
    AdviceSituation(
      ["Checkpoints/Values/CheckpointError.swift --weights-from"],
      ["frequency", mae, "--heads", "4", "--weights-from", "ema"] + small, says: "or leave it out",
      then: ["frequency", mae, "--heads", "4"] + small),
    AdviceSituation(
      ["Diagnostics/Frequency/Features/FeatureFile.swift --features"],
      ["frequency", file("../features/maps.safetensors")], says: "give it as --features",
      then: ["frequency", "--features", file("../features/maps.safetensors")]),
    AdviceSituation(
      ["Diagnostics/Describe/DiagnosisFacts.swift --features"],
      ["describe", file("../features/maps.safetensors")], says: "give it as --features",
      then: ["frequency", "--features", file("../features/maps.safetensors")]),
  ]

  // MARK: Images

  private static let images: [AdviceSituation] = [
    AdviceSituation(
      ["Images/ImageError.swift --images"], ["frequency", ckpt, "--images", "nowhere"],
      says: "check the path given with --images", then: ["frequency", ckpt] + small),
    AdviceSituation(
      ["Images/Preprocessing/Preprocessing.swift --image-size"],
      ["frequency", ckpt, "--image-size", "100000000", "--count", "1"], says: "give --image-size from 1 to",
      then: ["frequency", ckpt, "--image-size", "48", "--count", "1"]),
    AdviceSituation(
      ["Diagnostics/DiagnosisError.swift --image-size"],
      ["frequency", ckpt, "--images", file("images-36x36.safetensors")], says: "give --image-size 36",
      then: ["frequency", ckpt, "--images", file("images-36x36.safetensors"), "--image-size", "36"]),
    AdviceSituation(
      ["Diagnostics/DiagnosisError.swift --batch-size", "Diagnostics/DiagnosisError.swift --threads"],
      ["frequency", ckpt, "--image-size", "16384", "--count", "1"],
      says: "give a smaller --image-size, --batch-size or --threads",
      then: ["frequency", ckpt, "--image-size", "64", "--count", "1"]),
  ]

  // MARK: Losses

  private static let losses: [AdviceSituation] = [
    AdviceSituation(
      ["Diagnostics/Hessian/Run/ObjectiveChoice.swift --teacher"], ["hessian", bundled("eva.safetensors")] + batch,
      says: "give --teacher", then: ["hessian", bundled("eva.safetensors"), "--teacher", supervised] + batch),
    AdviceSituation(
      ["Diagnostics/Describe/DiagnosisFacts.swift --teacher"], ["describe", bundled("eva.safetensors")],
      says: "give --teacher", then: ["hessian", bundled("eva.safetensors"), "--teacher", supervised] + batch),
    AdviceSituation(
      ["Diagnostics/Hessian/Run/ObjectiveChoice.swift --labels"],
      ["hessian", supervised, "--images", "classes"] + batch, says: "give --labels folder",
      then: ["hessian", supervised, "--images", "classes", "--labels", "folder"] + batch),
    AdviceSituation(
      ["Diagnostics/Describe/DiagnosisFacts.swift --labels"],
      ["describe", file("timm-vit.safetensors"), "--heads", "3"],
      says: "--objective classification with --labels",
      then: ["hessian", supervised, "--objective", "classification", "--images", "classes", "--labels", "folder"]
        + batch),
    AdviceSituation(
      ["Diagnostics/Inputs/ImageLabelsError.swift --images"],
      ["hessian", supervised, "--labels", "folder", "--images", "classes/c0"] + batch,
      says: "give the folder above the class folders as --images",
      then: ["hessian", supervised, "--labels", "folder", "--images", "classes"] + batch),
    AdviceSituation(
      ["Diagnostics/Inputs/ImageLabelsError.swift --labels"],
      ["hessian", supervised, "--labels", "folder"] + small + batch, says: "give --labels FILE",
      then: ["hessian", supervised, "--labels", "labels.txt", "--images", "classes"] + batch),
    AdviceSituation(
      ["Diagnostics/Inputs/LossInputError.swift --mask-ratio"],
      ["reconstruct", ckpt, "--count", "1", "--mask-ratio", "0.9999"], says: "give another --mask-ratio",
      then: ["reconstruct", ckpt, "--count", "1", "--mask-ratio", "0.9"]),
    AdviceSituation(
      ["Diagnostics/Inputs/LossInputError.swift --objective"],
      ["hessian", supervised, "--labels", "folder", "--images", "classes", "--mask-ratio", "0.5"] + batch,
      says: "leave it out, or give another --objective",
      then: ["hessian", supervised, "--labels", "folder", "--images", "classes"] + batch),
    AdviceSituation(
      [
        "Diagnostics/Inputs/LossInputError.swift --batch-size", "Diagnostics/Inputs/LossInputError.swift --images",
      ],
      ["hessian", ckpt, "--batches", "1", "--batch-size", "4096", "--images", "classes"], says: "or --batch-size 20",
      then: ["hessian", ckpt, "--images", "classes", "--dry-run", "--batches", "1", "--batch-size", "20"]),
    AdviceSituation(
      ["Diagnostics/Inputs/LossInputError.swift --parameters"],
      ["hessian", ckpt, "--parameters", "block:77"] + batch, says: "give another --parameters block:I",
      then: ["hessian", ckpt, "--parameters", "block:11"] + batch),
    AdviceSituation(
      [
        "Diagnostics/Hessian/Run/HessianMemory.swift --memory", "Diagnostics/Hessian/Run/HessianMemory.swift --top",
        "Diagnostics/Hessian/Run/HessianMemory.swift --parameters",
      ],
      ["hessian", ckpt, "--memory", "1MB"] + batch, says: "give a larger --memory",
      then: ["hessian", ckpt, "--memory", "2GB"] + batch),
    AdviceSituation(
      ["Diagnostics/Hessian/Run/HessianJournal.swift --resume"],
      ["hessian", ckpt, "-o", "odd.png", "--resume"] + batch, says: "leave --resume out to begin anew",
      then: ["hessian", ckpt, "-o", "odd.png"] + batch),
    AdviceSituation(
      ["mff-inspect/Options/MaskOptions.swift --mask-ratio"],
      ["reconstruct", ckpt, "--masks", "masks.safetensors", "--mask-ratio", "0.5"],
      says: "leave out --mask-ratio", then: ["reconstruct", ckpt, "--masks", "masks.safetensors"],
      .failsOtherwise("masks.safetensors: No such file")),
    AdviceSituation(
      ["Diagnostics/Hessian/Run/HessianMemory.swift --solver", "Diagnostics/Hessian/Run/HessianMemory.swift --basis"],
      ["hessian", ckpt, "--solver", "lanczos", "--basis", "30", "--memory", "1MB"] + batch,
      says: "a smaller --basis, or --solver power",
      then: ["hessian", ckpt, "--solver", "power", "--memory", "2GB"] + batch),
    AdviceSituation(
      [], ["hessian", mae, "--heads", "4", "--decoder-heads", "4", "--strict"] + small + batch,
      says: "give --position-embedding",
      then: ["hessian", mae, "--heads", "4", "--decoder-heads", "4", "--position-embedding", "trained", "--strict"]
        + small + batch),
    AdviceSituation(
      ["Diagnostics/Inputs/LossInputError.swift --protocol"],
      ["hessian", ckpt, "--protocol", "park2022"] + small + batch, says: "or --protocol reconstruction",
      then: ["hessian", ckpt, "--protocol", "reconstruction"] + small + batch),
    AdviceSituation(
      ["VisionTransformers/Forward/FeatureTeacher.swift --objective"],
      ["hessian", ckpt, "--objective", "features-all", "--teacher", supervised] + batch,
      says: "give --objective pixels or pixmim", then: ["hessian", ckpt, "--objective", "pixels"] + batch),
    AdviceSituation(
      ["VisionTransformers/Forward/FeatureTeacher.swift --teacher"],
      ["hessian", bundled("eva.safetensors"), "--teacher", file("timm-hub")] + batch,
      says: "give the --teacher that the checkpoint was trained with",
      then: ["hessian", bundled("eva.safetensors"), "--teacher", supervised] + batch),
  ]

  // MARK: Figures and results

  private static let features: [AdviceSituation] = [
    AdviceSituation(
      ["Diagnostics/Frequency/Features/FeatureFile.swift --layers"], ["frequency", "--features", "odd.safetensors"],
      says: "name the tensors that are features with --layers",
      then: ["frequency", "--features", "odd.safetensors", "--layers", "0"]),
    AdviceSituation(
      ["Diagnostics/DiagnosisError.swift --by", "Diagnostics/Plot/PlotError.swift --by"],
      ["weights", "--over-training", "steps.jsonl", "--by", "epoch"], says: "give --by step, or none",
      then: ["weights", "--over-training", "steps.jsonl", "--by", "step"]),
  ]

  private static let figures: [AdviceSituation] = [
    AdviceSituation(
      ["mff-inspect/FrequencyCommand.swift --layers"],
      ["frequency", ckpt, "--against", "depth", "--layers", "last", "--count", "1"], says: "try --layers all",
      then: ["frequency", ckpt, "--against", "depth", "--layers", "all", "--count", "1"]),
    AdviceSituation(
      ["Diagnostics/Plot/PlotError.swift --layers", "Diagnostics/Plot/PlotError.swift --positions"],
      ["plot", "last.json", "--against", "depth"], says: "compute it with --layers all (and --positions subblock",
      then: ["frequency", ckpt, "--layers", "all", "--positions", "subblock", "--against", "depth", "--count", "1"]),
    AdviceSituation(
      ["mff-inspect/WeightsCommand.swift --json"], ["weights", "--over-training", "run", "--follow", "--json", "-"],
      says: "give --json a file", then: ["weights", "--over-training", "run", "--json", "w.json"]),
    AdviceSituation(
      ["mff-inspect/Options/RunOptions.swift --device"], ["frequency", ckpt, "--count", "1", "--device", "cuda"],
      says: "give --device cpu", then: ["frequency", ckpt, "--count", "1", "--device", "cpu"]),
  ]

  // MARK: Training

  private static let training = [
    "--synthetic", "dead-leaves", "--count", "4", "--epochs", "1", "--batch-size", "2", "--arch", "micro", "--depth",
    "1",
    "--decoder-depth", "1",
  ]

  private static let trainings: [AdviceSituation] = [
    AdviceSituation(
      ["Pretraining/Recipe/Recipe+Data.swift --synthetic"], ["pretrain", "-o", "a"],
      says: "give folders of images, or --synthetic dead-leaves", then: ["pretrain", "-o", "a"] + training),
    AdviceSituation(
      ["Pretraining/PretrainingError.swift --resume"], ["pretrain", "-o", "b", "--resume"] + training,
      says: "leave --resume out to begin one", then: ["pretrain", "-o", "b"] + training),
    AdviceSituation(
      ["Pretraining/PretrainingError.swift --teacher"], ["pretrain", "-o", "c", "--method", "eva"] + training,
      says: "give its checkpoint with --teacher",
      then: ["pretrain", "-o", "c", "--method", "eva", "--teacher", supervised] + training),
    AdviceSituation(
      ["Pretraining/Data/TrainingDataError.swift --batch-size"],
      ["pretrain", "-o", "d", "--images", "classes", "--batch-size", "64", "--arch", "micro", "--epochs", "1"],
      says: "give more images or a smaller --batch-size",
      then: ["pretrain", "-o", "d", "--images", "classes", "--batch-size", "20", "--arch", "micro", "--epochs", "1"]),
    AdviceSituation(
      ["Pretraining/Data/TrainingDataError.swift --image-size"],
      [
        "pretrain", "-o", "e", "--images", file("images-36x36.safetensors"), "--batch-size", "2", "--epochs", "1",
        "--augmentation", "none",
      ],
      says: "give --image-size",
      then: [
        "pretrain", "-o", "e", "--images", file("images-36x36.safetensors"), "--batch-size", "2", "--epochs", "1",
        "--augmentation", "none",
        "--image-size", "36", "--arch", "micro", "--depth", "1",
      ]),
    AdviceSituation(
      ["mff-inspect/PretrainCommand.swift --learning-rate", "mff-inspect/PretrainCommand.swift --epochs"],
      ["pretrain", "-o", "f", "--fuse", "all"] + training, says: "give a higher --learning-rate or more --epochs",
      then: ["pretrain", "-o", "g", "--fuse", "all", "--learning-rate", "2000", "--clip", "1", "--warmup", "0"]
        + training),
  ]
}
