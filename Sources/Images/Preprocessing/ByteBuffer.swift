extension Array where Element == UInt8 {
  /// An array of `count` bytes, all of which `fill` writes.
  ///
  /// The bytes are not cleared first, which would cost as much as a pass over the pixels.
  init<Failure: Error>(
    count: Int, filledBy fill: (inout MutableSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var failure: Failure?
    unsafe self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
      // Any byte is a value of UInt8, so the span may cover memory that was not written yet.
      let part = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      var bytes = unsafe MutableSpan(_unsafeElements: part)
      do throws(Failure) { try fill(&bytes) } catch { failure = error }
      initialized = failure == nil ? count : 0
    }
    if let failure { throw failure }
  }
}
