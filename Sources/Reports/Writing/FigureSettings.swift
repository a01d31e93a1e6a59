internal import Diagnostics
internal import Foundation

/// Every setting behind a figure, as its result tells them: what a later version adds to a result appears here by itself.
struct FigureSettings: Decodable {
  private var seed: JSONValue?
  private var images: [String: JSONValue]?
  private var settings: [String: JSONValue]?
  private var models: [Model]?
  private var runs: [Model]?

  /// The fields of a checkpoint or run that are no lists of results.
  private struct Model: Decodable {
    var fields: [String: JSONValue] = [:]

    private struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    /// What holds results, or is shown elsewhere on the page.
    private static let skipped: Set<String> = [
      "layers", "points", "batches", "blocks", "density", "summary", "frequencies", "architecture",
      "architectureSources",
      "positions", "remarks", "firstThird", "changes", "overRuns", "trace", "name",
    ]

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      for key in container.allKeys where !Self.skipped.contains(key.stringValue) {
        // The images of a reconstruction are its result, too; only short values are settings.
        guard key.stringValue != "images" else { continue }
        fields[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
      }
      if let name = try? container.decode(String.self, forKey: Key(stringValue: "name")) {
        fields["name"] = .string(name)
      }
    }
  }

  /// Reads them from a result's JSON.
  static func reading(_ json: [UInt8]) throws -> FigureSettings {
    try JSONDecoder().decode(FigureSettings.self, from: Data(json))
  }

  /// What holds for the whole figure: names in words and values.
  var common: [(name: String, value: String)] {
    var rows: [(String, String)] = []
    if let seed = seed?.words { rows.append(("seed", seed)) }
    for (key, value) in (images ?? [:]).sorted(by: { $0.key < $1.key }) {
      if let words = value.words { rows.append(("images: \(Self.words(key))", words)) }
    }
    for (key, value) in (settings ?? [:]).sorted(by: { $0.key < $1.key }) {
      if let words = value.words { rows.append((Self.words(key), words)) }
    }
    return rows
  }

  /// What differs between checkpoints or runs: the heads of the columns, and a row for each setting.
  var byModel: (heads: [String], rows: [(name: String, values: [String])]) {
    let models = (models ?? []) + (runs ?? [])
    let heads = models.map { $0.fields["name"]?.words ?? "" }
    let keys = Set(models.flatMap(\.fields.keys)).subtracting(["name"]).sorted()
    let rows = keys.compactMap { key -> (String, [String])? in
      let values = models.map { $0.fields[key]?.words ?? "–" }
      return values.allSatisfy { $0 == "–" } ? nil : (Self.words(key), values)
    }
    return (heads, rows)
  }

  /// `cropPct` as “crop pct”.
  private static func words(_ key: String) -> String {
    let known = ["cropPct": "crop (share kept)", "digest": "digest (SHA-256)", "grid": "grid of patches"]
    if let known = known[key] { return known }
    var words = ""
    for character in key {
      if character.isUppercase { words += " " }
      words += character.lowercased()
    }
    return words
  }
}
