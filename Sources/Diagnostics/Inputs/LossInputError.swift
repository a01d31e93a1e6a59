/// Why a checkpoint's loss cannot be had with these inputs.
public enum LossInputError: Error, Sendable, Hashable {
  case refused(command: String, file: String, reason: String, allowed: [String])
  case untrainedSize(model: String, size: [Int], trained: [Int])
  case maskRatio(model: String, ratio: Double, source: String, removed: Int, patches: Int)
  case failed(model: String, reason: String)
  case unknownObjective(model: String, outputs: Int?)
  case missingInput(model: String, objective: String, source: String, missing: String)
  case unusedInput(model: String, objective: String, source: String, unused: String)
  case fewImages(usable: Int, batchSize: Int, skipped: [String])
  case preprocessed(file: String)
  case warmStartDivided(ranks: Int)
  case tooManyRanks(ranks: Int, batchSize: Int)
  case noBlock(model: String, block: Int, depth: Int)
  case memory(model: String, needed: Int, available: Int, isAsked: Bool, words: String, advice: String)
}

extension LossInputError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .refused(let command, let file, let reason, let allowed):
      "\(file): cannot \(command): \(reason)"
        + (allowed.isEmpty
          ? "" : "; this file allows " + allowed.map { "`mff-inspect \($0)`" }.joined(separator: " and "))
    case .untrainedSize(let model, let size, let trained):
      "\(model) was trained at \(trained[0]) × \(trained[1]) pixels, and its loss is had at that size only; "
        + "give images of that size, not of \(size[0]) × \(size[1])"
    case .maskRatio(let model, let ratio, let source, let removed, let patches):
      "\(model): a mask ratio of \(ratio) (\(source)) removes \(removed) of \(patches) patches; "
        + "some must be removed and some stay: give another --mask-ratio"
    case .failed(let model, let reason):
      "\(model): \(reason)"
    case .unknownObjective(let model, let outputs):
      "\(model): nothing in the file tells what it was trained for"
        + (outputs.map { ", and its decoder predicts \($0) values of a patch, which are no pixels" } ?? "")
        + "; give --objective pixels, pixmim, features-masked or features-all (the last two with --teacher), or classification"
    case .missingInput(let model, let objective, let source, let missing):
      "\(model): the objective \(objective) (\(source)) needs \(missing)"
    case .unusedInput(let model, let objective, let source, let unused):
      "\(model): the objective \(objective) (\(source)) has no use for \(unused); leave it out, or give another --objective"
    case .fewImages(let usable, let batchSize, let skipped):
      "a batch needs \(batchSize) images, but only \(usable) can be used; give more --images, or --batch-size \(max(usable, 1))"
        + (skipped.isEmpty ? "" : " (skipped: " + skipped.prefix(3).joined(separator: "; ") + ")")
    case .preprocessed(let file):
      "\(file): its images are used as they are, but the protocol park2022 augments images; "
        + "give image files, or --protocol reconstruction"
    case .warmStartDivided(let ranks):
      "--warm-start hands vectors from batch to batch, but \(ranks) ranks take batches as they come, and numbers would depend on "
        + "chance; leave it out, or give --divide images"
    case .tooManyRanks(let ranks, let batchSize):
      "a batch of \(batchSize) images cannot be divided over \(ranks) ranks; start \(batchSize) at most, or give a larger "
        + "--batch-size, or --divide batches"
    case .noBlock(let model, let block, let depth):
      "\(model) has no block \(block), its blocks are 0 … \(depth - 1); give another --parameters block:I"
    case .memory(let model, let needed, let available, let isAsked, let words, let advice):
      "\(model): needs \(ByteCount.words(needed)) of memory (\(words)), "
        + (isAsked
          ? "--memory allows \(ByteCount.words(available))" : "this machine has \(ByteCount.words(available)) free")
        + "; \(advice)"
    }
  }
}
