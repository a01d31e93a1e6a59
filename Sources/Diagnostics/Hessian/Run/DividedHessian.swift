internal import Ranks
internal import Tensors
internal import VisionTransformers

/// The Hessian of a batch whose images are divided over ranks: the sum of what their images contribute.
///
/// Rank 0 alone runs the solver; the others do nothing but products. Nothing that a solver decides, when to stop above all, is
/// computed twice, so that machines of different kinds cannot come to different decisions and wait for each other for ever.
///
/// A product sends 4n bytes of v to every rank, and as many of H·v back.
struct DividedHessian {
  /// This rank's images.
  let own: LossHessian
  /// L of the whole batch.
  let loss: Double
  /// Those who share the batch; a rank by itself where it has a batch for itself.
  private let ranks: any RankGroup

  /// All ranks make it at the same time.
  init(_ own: LossHessian, over ranks: any RankGroup) {
    self.own = own
    self.ranks = ranks
    var sum = [own.loss]
    ranks.sum(&sum)
    loss = sum[0]
  }

  /// H·v into `product`, on rank 0; the others are in `assist`.
  func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) {
    guard ranks.count > 1 else { return own.apply(to: v, into: &product) }
    _ = ranks.broadcast([Call.product.rawValue])
    // The product's place serves to send v, before the product is there.
    for i in v.indices { product[i] = v[i] }
    ranks.broadcast(&product)
    own.apply(to: v, into: &product)
    ranks.sumOnFirst(&product)
  }

  /// H·vᵢ in double precision, on rank 0; the others are in `assist`.
  func doubleProducts(
    of vectors: borrowing VectorStack, _ rows: Range<Int>, _ body: (Int, inout MutableSpan<Double>) throws -> Void
  ) throws {
    guard ranks.count > 1 else { return try own.doubleProducts(of: vectors, rows, body) }
    var sent = VectorStack(count: 1, length: vectors.length)
    for row in rows {
      _ = ranks.broadcast([Call.doubleProduct.rawValue])
      sent.setVector(0, to: vectors.vector(row))
      try exchangeDoubleProduct(of: &sent) { try body(row, &$0) }
    }
  }

  /// Sends rank 0's vector to all, and sums their products in double precision.
  private func exchangeDoubleProduct(
    of vector: inout VectorStack, _ body: (inout MutableSpan<Double>) throws -> Void
  ) throws {
    var span = vector.mutableVector(0)
    ranks.broadcast(&span)
    try own.doubleProducts(of: vector, 0..<1) { _, product in
      var sum = product.indices.map { product[$0] }
      ranks.sum(&sum)
      for i in product.indices { product[i] = sum[i] }
      try body(&product)
    }
  }

  /// Lets the other ranks go, when rank 0 needs no more products of this batch.
  func release() {
    if ranks.count > 1 { _ = ranks.broadcast([Call.release.rawValue]) }
  }

  /// Makes this rank's part of every product, until rank 0 needs no more.
  ///
  /// - Complexity: Memory for two vectors of n values.
  func assist() throws {
    var v = Buffer(count: own.order)
    var product = Buffer(count: own.order)
    while let call = ranks.broadcast([]).first.flatMap(Call.init(rawValue:)), call != .release {
      if call == .doubleProduct {
        var received = VectorStack(count: 1, length: own.order)
        try exchangeDoubleProduct(of: &received) { _ in }
        continue
      }
      receive(&v)
      var result = product.mutableSpan
      own.apply(to: v.span, into: &result)
      ranks.sumOnFirst(&result)
    }
  }

  private func receive(_ v: inout Buffer) {
    var span = v.mutableSpan
    ranks.broadcast(&span)
  }

  /// What rank 0 asks of the others.
  private enum Call: UInt8 {
    case release, product, doubleProduct
  }
}
