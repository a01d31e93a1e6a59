import Checkpoints
import Diagnostics
import Foundation
import Images
import VisionTransformers

/// What a report is about: checkpoints that could be opened, and command lines for them.
struct ReportInputs {
  /// A checkpoint and what it is.
  struct Item {
    let request: CheckpointRequest
    let report: ModelReport

    /// Whether the file allows a diagnosis.
    func allows(_ command: String) -> Bool { report.diagnoses.contains { $0.command == command && $0.allowed } }

    /// Whether a diagnosis of it needs an option, which describe then names.
    func needs(_ option: String, for command: String) -> Bool {
      report.diagnoses.contains { $0.command == command && $0.note?.contains(option) ?? false }
    }

    /// Why it does not, with its name.
    func reason(_ command: String) -> String? {
      report.diagnoses.first { $0.command == command && !$0.allowed }.map {
        "\(request.name): \($0.reason ?? "the file does not allow it")"
      }
    }
  }

  /// The checkpoints that could be opened.
  let items: [Item]
  /// Training runs; nil for the bundled one, empty for none.
  let runs: [String]?
  /// Files that could not be opened, with the reason.
  let gaps: [String]
  let scope: ReportScope
  private let checkpoints: CheckpointOptions
  private let images: ImageOptions
  private let general: RunOptions
  /// Whether the checkpoints are the bundled ones.
  let isBundled: Bool

  /// Opens the checkpoints of a command line; those that cannot be opened are said and left out.
  init(
    _ checkpoints: CheckpointOptions, runs: [String], _ images: ImageOptions, _ scope: ReportScope,
    _ general: RunOptions,
    _ console: Console
  ) throws {
    isBundled = checkpoints.checkpoints.isEmpty && runs.isEmpty
    let hasRunsAlone = checkpoints.checkpoints.isEmpty && !runs.isEmpty
    if hasRunsAlone { try checkpoints.checkNames(for: runs.count, "training runs") }
    let requests = hasRunsAlone ? [] : try checkpoints.requests()
    var (items, gaps): ([Item], [String]) = ([], [])
    for request in requests {
      do {
        items.append(Item(request: request, report: try ModelReport(request)))
      } catch let error as CheckpointError {
        gaps.append("\(request.name): \(error)")
        console.fail("\(error)")
      }
    }
    self.items = items
    self.gaps = gaps
    self.runs = isBundled ? nil : runs
    (self.checkpoints, self.images, self.scope, self.general) = (checkpoints, images, scope, general)
  }

  var isQuiet: Bool { general.quiet }
  var isVerbose: Bool { general.verbose }
  var models: [ModelReport] { items.map(\.report) }
  /// Whether there is nothing to show.
  var isEmpty: Bool { items.isEmpty && (runs ?? [""]).isEmpty }

  /// What the page says first.
  var words: String {
    let checkpoints = items.isEmpty ? nil : counted(items.count, "checkpoint", "checkpoints")
    let runs = counted(runs?.count ?? 1, "training run", "training runs")
    let subject = [checkpoints, self.runs?.isEmpty == true ? nil : runs].compactMap(\.self).joined(separator: " and ")
    let pictures = images.paths.isEmpty ? "the bundled images" : "images of \(images.paths.joined(separator: ", "))"
    return "What the layers of a Vision Transformer learned: \(subject)"
      + (items.isEmpty ? "." : ", on \(pictures).") + " Everything random is decided by seed \(general.seed)."
  }

  // MARK: Command lines

  /// The command line of a diagnosis on some of the checkpoints.
  func arguments(_ command: String, _ items: [Item], _ extra: [String] = []) -> [String] {
    let usesImages = command != "weights"
    return [command] + paths(command, items) + checkpoints.modelWords + (usesImages ? images.words : []) + extra
      + seedWords
  }

  /// The command line of the weights over training of some of the runs; none for the bundled one.
  func trainingArguments(_ runs: [String]) -> [String] {
    // Without checkpoints, labels are those of the runs.
    let labels = items.isEmpty && checkpoints.checkpoints.isEmpty ? checkpoints.names : []
    let names = zip(self.runs ?? [], labels).filter { runs.contains($0.0) }.flatMap { ["--name", $0.1] }
    return ["weights", "--over-training"] + runs + names + checkpoints.modelWords + seedWords
  }

  /// The seed where it is not the usual.
  private var seedWords: [String] {
    var options = RunOptions.usual
    options.seed = general.seed
    return options.words
  }

  /// What the command line of a run needs beside that of the report, and what changes no number.
  var quietly: [String] { general.wordsButSeed }

  private func paths(_ command: String, _ items: [Item]) -> [String] {
    // The commands know the bundled checkpoints by themselves.
    let isWhole = command == "weights" ? true : items.count == self.items.count
    if isBundled, isWhole, checkpoints.names.isEmpty { return [] }
    let hasOwnNames = !checkpoints.names.isEmpty || items.contains { $0.request.name != Self.fileName($0.request.path) }
    return items.map(\.request.path) + (hasOwnNames ? items.flatMap { ["--name", $0.request.name] } : [])
  }

  private static func fileName(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }
}
