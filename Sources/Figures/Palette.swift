import Glibc

/// Colours that readers with any kind of colour vision tell apart.
public enum Palette {
  /// Colours for unordered things such as checkpoints, most distinct first.
  ///
  /// - Source: Okabe & Ito, *Color Universal Design*, 2008, without its yellow, which is too faint for lines on white.
  public static let categories: [Color] = [
    Color(0x0072B2), Color(0xD55E00), Color(0x009E73), Color(0xB8629A),
    Color(0xE69F00), Color(0x56B4E9), Color(0x3D3D3D),
  ]

  /// The colour of the i-th unordered thing; after the last one the list starts over.
  public static func category(_ index: Int) -> Color {
    categories[((index % categories.count) + categories.count) % categories.count]
  }

  /// A colour for a quantity: dark violet at 0, through blue and green, to gold at 1.
  ///
  /// Lightness grows evenly, so the order survives greyscale print; it stops short of the yellow that vanishes on
  /// white paper.
  ///
  /// - Parameter position: 0 … 1; values outside are clamped.
  /// - Returns: An opaque colour.
  public static func sequential(_ position: Double) -> Color {
    let place = min(max(position, 0), 1) * Double(stops.count - 1)
    let lower = min(Int(place), stops.count - 2)
    let share = place - Double(lower)
    func lab(_ stop: Stop) -> (l: Double, a: Double, b: Double) {
      let angle = stop.hue * Double.pi / 180
      return (stop.lightness, stop.chroma * cos(angle), stop.chroma * sin(angle))
    }
    let (u, v) = (lab(stops[lower]), lab(stops[lower + 1]))
    return Color(
      lightness: u.l + (v.l - u.l) * share, a: u.a + (v.a - u.a) * share, b: u.b + (v.b - u.b) * share)
  }

  /// `count` colours for ordered things, such as the layers of a network from the first to the last.
  public static func sequence(_ count: Int) -> [Color] {
    (0..<max(count, 0)).map { sequential(count > 1 ? Double($0) / Double(count - 1) : 0) }
  }

  /// A point of the sequential map in OKLCh, hue in degrees.
  private struct Stop {
    let lightness: Double
    let chroma: Double
    let hue: Double
  }

  /// Equal steps of lightness; hues and chromas chosen by eye inside sRGB.
  private static let stops: [Stop] = [
    Stop(lightness: 0.28, chroma: 0.145, hue: 310), Stop(lightness: 0.39, chroma: 0.155, hue: 280),
    Stop(lightness: 0.50, chroma: 0.125, hue: 248), Stop(lightness: 0.61, chroma: 0.105, hue: 195),
    Stop(lightness: 0.72, chroma: 0.155, hue: 147), Stop(lightness: 0.83, chroma: 0.170, hue: 95),
  ]
}
