import Glibc

/// The reader under test, chosen before the first input.
private nonisolated let target: FuzzTarget = {
  let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
  guard let name = getenv("FUZZ_TARGET").map({ String(cString: $0) }), let target = FuzzTarget(rawValue: name) else {
    fatalError("FUZZ_TARGET must name a reader: \(known)")
  }
  return target
}()

/// Called by libFuzzer before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
  _ = target
  return 0
}

/// Called by libFuzzer with each input.
///
/// A trap, a broken promise, or memory beyond the limits ends the process.
@_cdecl("LLVMFuzzerTestOneInput")
public func readOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target.read(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
