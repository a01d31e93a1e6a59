public import VisionTransformers

/// Why a training run cannot begin or go on.
public enum PretrainingError: Error, Sendable, Hashable {
  /// A value of the recipe that no run can have.
  case unusable(option: String, value: String, reason: String)
  /// The method needs a teacher.
  case missingTeacher(method: String)
  /// The teacher is not what the run began with.
  case otherTeacher(path: String, expected: String, found: String)
  /// Supervised training needs classes.
  case noClasses(data: String)
  /// The data give images of another size.
  case imageSize(data: String, found: Int, expected: Int)
  /// Some ranks would have no image of a batch.
  case tooManyRanks(ranks: Int, batchSize: Int)
  /// The folder holds a run already.
  case holdsRun(path: String)
  /// The folder holds no run.
  case holdsNoRun(path: String)
  /// The folder holds what a run would replace, and no recipe that it belongs to.
  case holdsOther(path: String, file: String)
  /// The folder holds a run of another recipe.
  case otherRecipe(path: String, differences: [String])
  /// A file of the run cannot be read.
  case unreadable(path: String)
  /// A file of the run cannot be used.
  case damaged(path: String, reason: String)
  /// The loss is no number.
  case nonFiniteLoss(step: Int, cause: LossError)
  /// The loss is a number, its gradient is not.
  case nonFiniteGradient(step: Int, parameter: String)
}

extension PretrainingError: CustomStringConvertible {
  /// What is wrong, where, and what to do next.
  public var description: String {
    switch self {
    case .unusable(let option, let value, let reason):
      "\(option) \(value): \(reason)"
    case .missingTeacher(let method):
      "\(method) learns a teacher's features; give its checkpoint with --teacher"
    case .otherTeacher(let path, let expected, let found):
      "\(path): the teacher's tensors have digest \(found.prefix(12))…, but the run began with \(expected.prefix(12))…; "
        + "put that checkpoint back, or begin a new run in another folder"
    case .noClasses(let data):
      "\(data): supervised training needs classes; put the images of each class into a sub-folder of their own"
    case .imageSize(let data, let found, let expected):
      "\(data): images of \(found) pixels, but the network takes \(expected)"
    case .tooManyRanks(let ranks, let batchSize):
      "\(ranks) ranks cannot share batches of \(batchSize) images; start fewer, or give a larger --batch-size"
    case .holdsRun(let path):
      "\(path): this folder holds a run already; continue it with --resume, or give another folder"
    case .holdsNoRun(let path):
      "\(path): this folder holds no run to continue (config.json is missing); leave --resume out to begin one"
    case .holdsOther(let path, let file):
      "\(path): this folder holds \(file), which a run would replace, but no config.json; put that back, or give another folder"
    case .otherRecipe(let path, let differences):
      "\(path): the run in this folder has another recipe (\(differences.joined(separator: "; "))); "
        + "leave these options out to continue it, or give another folder"
    case .unreadable(let path):
      "\(path): it is there and cannot be read; give yourself permission to read it, or give another folder"
    case .damaged(let path, let reason):
      "\(path): \(reason); remove the folder and begin anew"
    case .nonFiniteLoss(let step, let cause):
      "the loss of step \(step) is no finite number: \(cause); what was saved before is whole: "
        + "try a lower --learning-rate, or --clip 1"
    case .nonFiniteGradient(let step, let parameter):
      "the gradient of step \(step) holds NaN or infinite values, first in \(parameter); what was saved before is whole: "
        + "try a lower --learning-rate, or --clip 1"
    }
  }
}
