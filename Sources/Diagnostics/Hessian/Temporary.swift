public import Figures
extension HessianResult {
  public var csv: String { "" }
  public var table: String { "" }
  public func figure(_ s: DrawingSettings) -> Figure { Figure(panels: []) }
  public var metadata: [(String, String)] { [] }
}
