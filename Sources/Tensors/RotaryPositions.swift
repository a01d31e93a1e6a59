/// Turns queries and keys of the patch tokens by their positions: (x₂ᵢ, x₂ᵢ₊₁) ← (x₂ᵢ c₂ᵢ − x₂ᵢ₊₁ s₂ᵢ, x₂ᵢ₊₁ c₂ᵢ₊₁ + x₂ᵢ s₂ᵢ₊₁).
///
/// - Parameters:
///   - qkv: Queries, keys and values side by side, shape [images, prefix + L, 3 · D]; values and prefix tokens stay as they are.
///   - images: Number of images.
///   - prefix: Tokens in front of the patches.
///   - heads: Number of heads; divides D.
///   - cosines: c, shape [L, d] with d = D / heads even.
///   - sines: s, shape [L, d].
///   - patches: L, tokens behind the prefix.
///   - team: The cores to divide the images over.
/// - Source: Su et al. 2021, "RoFormer", eq. 34; in two dimensions as in EVA-02 (Fang et al. 2023).
public func rotate(
  _ qkv: inout MutableSpan<Float>, images: Int, prefix: Int, heads: Int, cosines: Span<Float>, sines: Span<Float>,
  patches: Int, team: Team = .single
) {
  guard images > 0, patches > 0 else { return }
  let headWidth = cosines.count / patches
  let width = heads * headWidth
  let tokens = prefix + patches
  precondition(cosines.count == patches * headWidth && sines.count == cosines.count && headWidth.isMultiple(of: 2))
  precondition(qkv.count == images * tokens * 3 * width)
  let size = tokens * 3 * width
  team.forEachPart(of: &qkv, parts: (0..<images).map { $0 * size..<($0 + 1) * size }) { (_, x) throws(Never) in
    for patch in 0..<patches {
      // Queries and keys of all heads are adjacent.
      let (row, angles) = ((prefix + patch) * 3 * width, patch * headWidth)
      for head in 0..<2 * heads {
        let start = row + head * headWidth
        for i in stride(from: 0, to: headWidth, by: 2) {
          let (a, b) = (x[start + i], x[start + i + 1])
          x[start + i] = a * cosines[angles + i] - b * sines[angles + i]
          x[start + i + 1] = b * cosines[angles + i + 1] + a * sines[angles + i + 1]
        }
      }
    }
  }
}
