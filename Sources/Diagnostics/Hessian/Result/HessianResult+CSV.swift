internal import Foundation
internal import Hessian

extension HessianResult {
  /// The numbers as comma-separated values, a row for each eigenvalue; rank 1 is the foremost of its batch.
  public var csv: String {
    var lines = ["model,block,batch,rank,value,residual,bound,iterations,converged,rankChecked,loss,products"]
    for model in models {
      let name = quoted(model.checkpoint.name)
      for batch in model.details.batches ?? [] { lines += rows(batch, name, block: "") }
      for block in model.details.blocks ?? [] {
        for batch in block.batches { lines += rows(batch, name, block: "\(block.block)") }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func rows(_ batch: HessianBatch, _ name: String, block: String) -> [String] {
    batch.eigenvalues.enumerated().map { index, eigenvalue in
      [
        name, block, "\(batch.index)", "\(index + 1)", "\(eigenvalue.value)", "\(eigenvalue.residual)",
        "\(eigenvalue.bound)", "\(eigenvalue.iterations)", "\(eigenvalue.converged)", "\(batch.rankChecked)",
        "\(batch.loss)", "\(batch.products)",
      ].joined(separator: ",")
    }
  }

  private func quoted(_ text: String) -> String {
    text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
      ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
  }
}
