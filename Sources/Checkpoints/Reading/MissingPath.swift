/// What may have been meant by a path at which nothing lies.
struct MissingPath {
  private let path: String

  init(_ path: String) { self.path = path }

  /// What to do: fetch the model that the words name, or another spelling.
  var advice: String {
    if path.contains("://") { return addressAdvice }
    let guess = nearest
    if let guess, guess.isClose { return "did you mean \(guess.path)?" }
    if let model { return modelAdvice(model) }
    return guess.map { "did you mean \($0.path)?" } ?? "check the path"
  }

  // MARK: Not a path

  private var addressAdvice: String {
    let withoutQuery = path.prefix { $0 != "?" && $0 != "#" }
    let name = lastComponent(of: String(withoutQuery))
    // A page about the file, as hubs show it, is not the file.
    let isHub = path.lowercased().contains("huggingface")
    let address = isHub ? path.replacing("/blob/", with: "/resolve/") : path
    return
      "an address is no path, and nothing is downloaded: fetch it (curl -L -o \(shellWord(name)) \(shellWord(address))) and give the "
      + "path \(shellWord(name))"
  }

  /// The owner and name of a model on the Hugging Face hub: `facebook/dinov2-small`, `hf_hub:timm/…`, or a name of timm.
  private var model: String? {
    var name = path[...]
    var isMarked = false
    for mark in ["hf_hub:", "hf-hub:", "hf:", "local-dir:", "timm:"] where name.hasPrefix(mark) {
      name = name.dropFirst(mark.count)
      isMarked = true
    }
    name = name.prefix { $0 != "@" }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isWord = parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || "._-".utf8.contains($0)
        } && part.first != "." && part.first != "-"
    }
    guard isWord, !Self.endings.contains(where: name.lowercased().hasSuffix) else { return nil }
    if parts.count == 2 { return isMarked || !isFolder(String(parts[0])) ? String(name) : nil }
    // timm's models, and tags of their weights, are under their own owner.
    let families = ["vit_", "deit", "beit", "eva0", "eva_", "flexivit", "naflexvit", "samvit"]
    return parts.count == 1 && (isMarked || families.contains(where: name.hasPrefix)) ? "timm/\(name)" : nil
  }

  private static let endings = [
    ".pth", ".pt", ".bin", ".ckpt", ".safetensors", ".tar", ".npz", ".json", ".csv", ".jsonl", ".pkl", ".png", ".log",
    ".zip",
  ]

  private func modelAdvice(_ model: String) -> String {
    let folder = shellWord(lastComponent(of: model))
    return
      "if the model \(model) of the Hugging Face hub is meant: nothing is downloaded; fetch it (pip install huggingface_hub; "
      + "hf download \(model) --local-dir \(folder)) and give the folder \(folder); else check the path"
  }

  // MARK: Another spelling

  /// So many names of a folder are compared, and of so many bytes.
  private static let nameLimit = 20_000
  private static let lengthLimit = 255

  /// The existing path that is most like this one, where one is like it.
  private var nearest: (path: String, isClose: Bool)? {
    // The first part that does not exist is the mistyped one.
    let parts = path.split(separator: "/").map(String.init)
    var existing = path.hasPrefix("/") ? "/" : "."
    var index = 0
    while index < parts.count - 1, isFolder(join(existing, parts[index])) {
      existing = join(existing, parts[index])
      index += 1
    }
    guard index < parts.count, parts[index].utf8.count <= Self.lengthLimit,
      let names = try? namesInFolder(existing), names.count <= Self.nameLimit
    else { return nil }
    let wanted = parts[index]
    var best: (name: String, distance: Int)?
    for name in names where !name.hasPrefix(".") {
      let distance = editDistance(wanted, name, limit: (best?.distance).map { $0 - 1 } ?? max(1, wanted.utf8.count / 3))
      if let distance { best = (name, distance) }
    }
    guard let best else { return nil }
    let rest = parts[(index + 1)...].joined(separator: "/")
    let found = join(existing, best.name)
    let whole = rest.isEmpty ? found : join(found, rest)
    return (exists(whole) ? whole : found, best.distance <= 2)
  }

  private func exists(_ path: String) -> Bool { isFolder(path) || isRegularFile(path) }

  private func join(_ folder: String, _ name: String) -> String {
    folder == "." ? (path.hasPrefix("./") ? "./\(name)" : name) : folder == "/" ? "/\(name)" : "\(folder)/\(name)"
  }
}

/// The number of insertions, deletions, replacements and swaps of neighbours between two names, without regard to case; nil above a
/// limit.
package func editDistance(_ one: String, _ other: String, limit: Int) -> Int? {
  let (a, b) = (Array(one.lowercased().utf8), Array(other.lowercased().utf8))
  guard limit >= 0, abs(a.count - b.count) <= limit else { return nil }
  var (before, last) = ([Int](), Array(0...b.count))
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, before[j - 1] + 1) }
      row.append(distance)
    }
    guard row.contains(where: { $0 <= limit }) else { return nil }
    (before, last) = (last, row)
  }
  return last[b.count] <= limit ? last[b.count] : nil
}
