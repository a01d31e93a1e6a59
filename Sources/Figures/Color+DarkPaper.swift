import Glibc

extension Color {
  /// The colour that does on dark paper what this one does on white.
  ///
  /// Greys change places with their opposites, so that white becomes the paper and ink nearly white. Other colours keep their hue and
  /// their order of lightness, and all are light enough to be told from the paper.
  public var onDarkPaper: Color {
    let lab = oklab
    let chroma = (lab.a * lab.a + lab.b * lab.b).squareRoot()
    if chroma < 0.02 {
      // Eyes tell steps of dark greys less well: the power widens them.
      return Color(lightness: 0.205 + 0.95 * pow(1 - min(lab.lightness, 1), 0.85), a: 0, b: -0.004).opacity(opacity)
    }
    // Half of the range of lightness remains; strong chroma of dark colours would leave sRGB there.
    let scale = min(1, 0.155 / chroma)
    return Color(lightness: 0.46 + 0.46 * lab.lightness, a: lab.a * scale, b: lab.b * scale).opacity(opacity)
  }

  /// Lightness 0 … 1 and the two axes of OKLab, without opacity.
  ///
  /// - Source: B. Ottosson, *A perceptual color space for image processing*, 2020.
  var oklab: (lightness: Double, a: Double, b: Double) {
    func linear(_ encoded: Double) -> Double {
      encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4)
    }
    let (r, g, b) = (linear(red), linear(green), linear(blue))
    let l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    let m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    let s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
      0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s
    )
  }
}
