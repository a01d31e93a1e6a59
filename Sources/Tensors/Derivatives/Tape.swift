/// One walk over a part of a batch: the six stores, and the team that each kernel divides its work over.
///
/// Kernels are methods; they take places, check that those lie within their stores, and never see each other's pointers.
@safe
public struct Tape<Element: TapeElement>: ~Copyable {
  /// Cores for each kernel.
  public let team: Team
  /// Whether the result store holds sums of earlier parts, onto which this one's are added; otherwise they are overwritten.
  public let accumulates: Bool
  private let bases: [UnsafeMutablePointer<Element>?]
  private let counts: [Int]

  init(team: Team, accumulates: Bool, bases: [UnsafeMutablePointer<Element>?], counts: [Int]) {
    self.team = team
    self.accumulates = accumulates
    unsafe self.bases = unsafe bases
    self.counts = counts
  }

  /// 1 where sums go onto those of earlier parts, 0 where they are the first.
  public var resultBeta: Float { accumulates ? 1 : 0 }

  /// The values at a place, to read.
  @_lifetime(borrow self)
  public borrowing func span(_ place: Place) -> Span<Element> {
    let span = unsafe Span(
      _unsafeElements: UnsafeBufferPointer(start: UnsafePointer(pointer(place)), count: place.count))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Calls `body` with the values at a place, to write; `body` must not read the same place through `span`.
  public borrowing func write<Result>(_ place: Place, _ body: (inout MutableSpan<Element>) -> Result) -> Result {
    var span = unsafe MutableSpan(
      _unsafeElements: UnsafeMutableBufferPointer(start: writable(place), count: place.count))
    return body(&span)
  }

  @unsafe func source(_ place: Place) -> ReadPointer<Element> {
    unsafe ReadPointer(
      Span(_unsafeElements: UnsafeBufferPointer(start: UnsafePointer(pointer(place)), count: place.count)))
  }

  @unsafe func target(_ place: Place) -> WritePointer<Element> {
    var span = unsafe MutableSpan(
      _unsafeElements: UnsafeMutableBufferPointer(start: writable(place), count: place.count))
    return unsafe WritePointer(&span)
  }

  private func pointer(_ place: Place) -> UnsafeMutablePointer<Element>? {
    precondition(place.end <= counts[place.store.rawValue], "a place reaches beyond its store: \(place)")
    return unsafe bases[place.store.rawValue].map { unsafe $0 + place.offset }
  }

  private func writable(_ place: Place) -> UnsafeMutablePointer<Element>? {
    precondition(
      place.store == .result || place.store == .primal || place.store == .tangent, "\(place.store) is only read")
    return unsafe pointer(place)
  }
}
