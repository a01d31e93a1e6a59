/// Multi-head self-attention between tokens, softmax(Q Kᵀ / √d) V for every image and head.
///
/// - Parameters:
///   - qkv: Queries, keys and values side by side, shape [images, tokens, 3 · D]; a head's d = D / heads columns are adjacent.
///   - images: Number of images.
///   - tokens: Tokens of an image.
///   - heads: Number of heads; divides D.
///   - scores: Scratch of tokens² values for each member of the team that gets work: min(`team.width`, images · heads).
///   - bias: Added to Q Kᵀ / √d before the softmax, the same for every image, shape [heads, tokens, tokens]; empty for none.
///   - output: Receives the heads side by side, shape [images, tokens, D].
///   - team: The cores to divide images and heads over.
/// - Source: Vaswani et al. 2017, eq. 1.
public func attention(
  _ qkv: Span<Float>, images: Int, tokens: Int, heads: Int, scores: inout MutableSpan<Float>,
  bias: Span<Float> = Span(), into output: inout MutableSpan<Float>, team: Team = .single
) {
  guard images > 0, tokens > 0 else {
    precondition(qkv.isEmpty && output.isEmpty)
    return
  }
  let width = qkv.count / (3 * images * tokens)
  let headWidth = width / heads
  precondition(qkv.count == images * tokens * 3 * width && output.count == images * tokens * width)
  let members = team.runs(of: images * heads)
  precondition(headWidth * heads == width && scores.count >= members.count * tokens * tokens)
  let isBiased = !bias.isEmpty
  precondition(!isBiased || bias.count == heads * tokens * tokens)
  let scale = 1 / Float(headWidth).squareRoot()
  let (qkv, bias, output, scores) = unsafe (Source(qkv), Source(bias), Target(&output), Target(&scores))
  team.forEach(members.count) { member in
    let weights = unsafe scores.from(member * tokens * tokens)
    let square = MatrixLayout(tokens, tokens)
    for pair in members[member] {
      let (image, head) = (pair / heads, pair % heads)
      let part = { (index: Int) in
        MatrixLayout(
          tokens, headWidth, stride: 3 * width, offset: (image * tokens * 3 + index) * width + head * headWidth)
      }
      if isBiased { unsafe copy(bias.from(head * tokens * tokens), tokens * tokens, to: weights) }
      // A bias is not scaled: then the product is, and added to it.
      unsafe multiplyHere(
        qkv, part(0), .plain, qkv, part(1), .transposed, into: weights, square, alpha: isBiased ? scale : 1,
        beta: isBiased ? 1 : 0)
      for row in 0..<tokens {
        unsafe softmaxRow(weights.from(row * tokens), tokens, isBiased ? 1 : scale)
      }
      unsafe multiplyHere(
        weights.source, square, .plain, qkv, part(2), .plain, into: output,
        MatrixLayout(tokens, headWidth, stride: width, offset: image * tokens * width + head * headWidth))
    }
  }
}

@unsafe private func copy(_ x: Source, _ count: Int, to y: Target) {
  walk(count) { i in
    unsafe y.store(x.lanes(at: i), at: i)
  } rest: { i, n in
    unsafe y.store(x.lanes(at: i, count: n), at: i, count: n)
  }
}
