import Glibc

/// An sRGB colour; every component lies in 0 … 1.
public struct Color: Sendable, Hashable {
  /// The red component, gamma-encoded.
  public var red: Double
  /// The green component, gamma-encoded.
  public var green: Double
  /// The blue component, gamma-encoded.
  public var blue: Double
  /// 0 is invisible, 1 covers what lies below.
  public var opacity: Double

  /// A colour from its components; values outside 0 … 1 are clamped.
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    func clamp(_ value: Double) -> Double { min(max(value, 0), 1) }
    (self.red, self.green, self.blue, self.opacity) = (clamp(red), clamp(green), clamp(blue), clamp(opacity))
  }

  /// A colour as written in style sheets: `Color(0x0072B2)`.
  public init(_ hex: UInt32, opacity: Double = 1) {
    self.init(
      red: Double((hex >> 16) & 0xFF) / 255, green: Double((hex >> 8) & 0xFF) / 255,
      blue: Double(hex & 0xFF) / 255, opacity: opacity)
  }

  /// A colour of OKLab, in which equal steps look equal; what sRGB cannot show is clamped.
  ///
  /// - Parameters:
  ///   - lightness: 0 black … 1 white.
  ///   - a: Green to red, about −0.4 … 0.4.
  ///   - b: Blue to yellow, about −0.4 … 0.4.
  /// - Source: B. Ottosson, *A perceptual color space for image processing*, 2020.
  public init(lightness: Double, a: Double, b: Double) {
    func cubed(_ value: Double) -> Double { value * value * value }
    let l = cubed(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let m = cubed(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let s = cubed(lightness - 0.0894841775 * a - 1.2914855480 * b)
    func encoded(_ linear: Double) -> Double {
      linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
    }
    self.init(
      red: encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
      green: encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
      blue: encoded(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s))
  }

  /// The same colour with another opacity.
  public func opacity(_ opacity: Double) -> Color {
    Color(red: red, green: green, blue: blue, opacity: opacity)
  }

  /// The opaque colour `share` of the way from this one to `other`.
  public func mixed(with other: Color, share: Double) -> Color {
    func mix(_ u: Double, _ v: Double) -> Double { u + (v - u) * share }
    return Color(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  /// White.
  public static let white = Color(0xFFFFFF)
  /// The near-black of titles and labels.
  public static let ink = Color(0x1F1F1F)
  /// The dark grey of axes and tick labels.
  public static let axis = Color(0x4A4A4A)
  /// The grey of notes and reference lines.
  public static let muted = Color(0x7A7A7A)
  /// The light grey of grid lines.
  public static let grid = Color(0xE7E7E7)
}
