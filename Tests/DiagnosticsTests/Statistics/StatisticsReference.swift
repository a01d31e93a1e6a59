import Foundation

/// What SciPy says; written by `Scripts/reference_statistics.py`.
struct StatisticsReference: Decodable {
  struct Case: Decodable, CustomStringConvertible {
    let differences: [Double], median: Double, tTest: Double, signTest: Double, upperTail: Double, lowerTail: Double
    var description: String { "\(differences.count) differences" }
  }
  let cases: [Case]

  static let cases: [Case] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Golden/statistics/tests.json")
    // A missing file leaves no cases, which a test notices.
    return (try? JSONDecoder().decode(StatisticsReference.self, from: Data(contentsOf: file)))?.cases ?? []
  }()
}
