internal import Figures

/// The colours and shapes of a figure's checkpoints: by their order in it, or by that among all whose figures stand together, so
/// that a checkpoint looks alike in each.
struct CheckpointColors {
  private let places: [Int]
  private let count: Int

  /// Colours for checkpoints of these names.
  ///
  /// - Parameters:
  ///   - names: Those in the figure.
  ///   - company: All whose figures stand together; nil, or without one of the names, for these alone.
  init(_ names: [String], company: [String]?) {
    let known = company.map { company in names.compactMap { company.firstIndex(of: $0) } } ?? []
    // Names that repeat would share a colour.
    let isUsable = known.count == names.count && Set(known).count == names.count
    places = isUsable ? known : Array(names.indices)
    count = isUsable ? company?.count ?? names.count : names.count
  }

  /// The colour of the checkpoint at a place in the figure: one of the sequence where there are more than clear colours.
  subscript(index: Int) -> Color {
    let place = places[index]
    return count > Palette.categories.count ? Palette.sequence(count)[place] : Palette.category(place)
  }

  /// Its shape.
  func marker(_ index: Int) -> Marker { .category(places[index]) }
}
