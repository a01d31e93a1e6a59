/// What scripts rely on in the JSON of `hessian`: a field that is missing or of another type fails to decode.
struct HessianOutput: Decodable {
  struct Images: Decodable { let count: Int, digest: String }
  struct Settings: Decodable {
    let protocolWords: [String], solver: String, teacher: String?, teacherDigest: String?
  }
  struct Eigenvalue: Decodable {
    let value: Double, residual: Double, bound: Double, iterations: Int, converged: Bool
  }
  struct Excluded: Decodable { let share: Double, probability: Double }
  struct Batch: Decodable {
    let index: Int, loss: Double, products: Int, checkProducts: Int, primalSeconds: Double, seconds: Double
    let eigenvalues: [Eigenvalue], rankChecked: Bool, rankMargin: Double?, excluded: Excluded?, images: [String]
  }
  struct Summary: Decodable {
    let mean: Double, median: Double, standardError: Double?, meanLargest: Double, interval: [Double]?
    let quantiles: [String: Double], negativeShare: Double, meanPositive: Double?
  }
  struct Density: Decodable { let eigenvalues: [Double], weights: [Double] }
  struct Trace: Decodable { let value: Double, standardError: Double?, interval: [Double]? }
  struct Block: Decodable { let block: Int, parameters: Int, batches: [Batch], summary: Summary }
  struct Architecture: Decodable { let depth: Int, width: Int }
  struct Model: Decodable {
    let name: String, path: String, digest: String, architecture: Architecture, parameters: Int, objective: String
    let normPixels: Bool?, maskRatio: Double?
    let batches: [Batch]?, summary: Summary?, density: Density?, trace: Trace?, blocks: [Block]?
  }
  struct Comparison: Decodable {
    let difference: Double, interval: [Double]?, medianDifference: Double, signTest: Double, signedRank: Double
    let settled: Bool
  }

  let command: String, version: String, arguments: [String], seed: Int
  let images: Images, settings: Settings, models: [Model], comparison: Comparison?
}
