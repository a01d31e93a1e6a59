internal import Foundation

/// Memory that is zero at first, from the system or, where it is short, from the C library.
///
/// Fresh pages of the system are zero already; nothing clears them a second time.
@unsafe enum Allocation {
  /// From `calloc`.
  case library(UnsafeMutableRawPointer)
  /// Pages of its own.
  case pages(UnsafeMutableRawPointer, bytes: Int)

  /// Zeros, and where they begin: at a large page where there are many, so that no page of theirs need be a small one.
  ///
  /// A walk over twenty long vectors at a time would wait for addresses of small pages as long as for values. Where the system
  /// grants none, nothing else changes.
  static func zeros(bytes: Int) -> (Allocation, start: UnsafeMutableRawPointer)? {
    guard bytes >= ownPages else {
      guard let raw = unsafe calloc(1, bytes + alignment) else { return nil }
      let start = unsafe raw.alignedUp(toMultipleOf: alignment)
      unsafe advise(start, bytes)
      return unsafe (.library(raw), start)
    }
    let whole = (bytes + page - 1) / page * page
    guard
      let raw = unsafe mmap(nil, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      unsafe raw != MAP_FAILED
    else { return nil }
    let start = unsafe raw.alignedUp(toMultipleOf: page)
    let before = unsafe start - raw
    if before > 0 { _ = unsafe munmap(raw, before) }
    if before < page { _ = unsafe munmap(start + whole, page - before) }
    unsafe advise(start, whole)
    return unsafe (.pages(start, bytes: whole), start)
  }

  /// Gives the memory back.
  func free() {
    switch unsafe self {
    case .library(let raw): unsafe Foundation.free(raw)
    case .pages(let start, let bytes): _ = unsafe munmap(start, bytes)
    }
  }

  /// Asks for large pages where there is room for several; advice that is not taken changes nothing.
  private static func advise(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
    let first = unsafe start.alignedUp(toMultipleOf: page)
    let pages = unsafe (start + bytes - first) / page
    if pages >= 4 { _ = unsafe madvise(first, pages * page, MADV_HUGEPAGE) }
  }
}

/// A cache line, which also is one AVX-512 register.
private let alignment = 64
/// A large page.
private let page = 2 << 20
/// From here on the C library would ask the system for pages of this block alone, and give them back with it.
private let ownPages = 32 << 20
