internal import COpenBLAS
internal import Foundation
internal import ProcessorProbe

/// The functions of OpenBLAS that are called, found in the library when it was loaded.
///
/// The library is opened by `dlopen`, not linked: see ``MatrixKernel``. Only pointers, so that threads share it without counting.
@safe struct OpenBLAS: LoadedKernel, @unchecked Sendable {
  let sgemm: openblas_sgemm
  let dgemm: openblas_dgemm
  let dsyrk: openblas_dsyrk
  let dsyevd: lapack_dsyevd
  let dstev: lapack_dstev
  private let setThreads: openblas_set_num_threads_function
  private let parallel: openblas_get_parallel_function
  private let coreName: openblas_get_corename_function
  private let config: openblas_get_config_function
  /// OpenMP's function of the same library, which counts threads for each thread apart.
  private let setOpenMPThreads: openmp_set_num_threads?
  private let handle: UnsafeMutableRawPointer

  /// Finds the functions of an opened library.
  init(_ handle: UnsafeMutableRawPointer, library: String) throws(MatrixKernelError) {
    func find(_ name: String) throws(MatrixKernelError) -> UnsafeMutableRawPointer {
      guard let found = unsafe dlsym(handle, name) else { throw .incomplete(library: library, function: name) }
      return unsafe found
    }
    unsafe self.handle = handle
    unsafe sgemm = unsafe unsafeBitCast(try find("cblas_sgemm"), to: openblas_sgemm.self)
    unsafe dgemm = unsafe unsafeBitCast(try find("cblas_dgemm"), to: openblas_dgemm.self)
    unsafe dsyrk = unsafe unsafeBitCast(try find("cblas_dsyrk"), to: openblas_dsyrk.self)
    unsafe dsyevd = unsafe unsafeBitCast(try find("dsyevd_"), to: lapack_dsyevd.self)
    unsafe dstev = unsafe unsafeBitCast(try find("dstev_"), to: lapack_dstev.self)
    setThreads = unsafe unsafeBitCast(
      try find("openblas_set_num_threads"), to: openblas_set_num_threads_function.self)
    parallel = unsafe unsafeBitCast(try find("openblas_get_parallel"), to: openblas_get_parallel_function.self)
    unsafe coreName = unsafe unsafeBitCast(try find("openblas_get_corename"), to: openblas_get_corename_function.self)
    unsafe config = unsafe unsafeBitCast(try find("openblas_get_config"), to: openblas_get_config_function.self)
    let openMP = unsafe parallel() == 2 ? dlsym(handle, "omp_set_num_threads") : nil
    setOpenMPThreads = unsafe openMP.map { unsafe unsafeBitCast($0, to: openmp_set_num_threads.self) }
  }

  /// The library's file, as the loader found it.
  var file: String { unsafe Self.file(holding: unsafeBitCast(sgemm, to: UnsafeMutableRawPointer.self)) ?? "unknown" }

  /// The library that holds an address; nil for none.
  static func file(holding address: UnsafeMutableRawPointer) -> String? {
    unsafe processor_probe_file(address).map { unsafe String(cString: $0) }
  }

  /// The kernel that multiplies.
  var name: String { unsafe coreName().map { unsafe String(cString: $0) } ?? "unknown" }

  /// Such as "OpenBLAS 0.3.21": name and version, without the options of the build.
  var version: String {
    let words = unsafe config().map { unsafe String(cString: $0) }?.split(separator: " ").prefix(2) ?? []
    return words.isEmpty ? "OpenBLAS" : words.joined(separator: " ")
  }

  /// Whether several threads may call it at once.
  var servesThreads: Bool { parallel() != 0 }

  /// Makes it work on the calling thread alone: our own teams divide the work, so it must not divide it again.
  func stayOnOneThread() { setThreads(1) }

  /// The same for a thread that calls a build on OpenMP, which would otherwise start as many more as there are cores.
  func stayOnThisThread() {
    setOpenMPThreads?(1)
  }

  func check() -> KernelCheck {
    stayOnOneThread()
    switch unsafe processor_probe_products(sgemm, dgemm, dsyrk) {
    case 0: return .right
    case let signal where signal > 0: return .crashed(signal: signal)
    default: return .wrong
    }
  }

  func close() -> Bool {
    let name = file
    unsafe dlclose(handle)
    guard let still = unsafe dlopen(name, RTLD_NOW | RTLD_NOLOAD) else { return true }
    unsafe dlclose(still)
    return false
  }
}

/// The installed OpenBLAS.
struct InstalledOpenBLAS: KernelSource {
  /// The name by which the loader looks for it: Debian's alternatives decide which build that is.
  var library = "libopenblas.so.0"
  var processor: Processor
  /// Whether the environment says what the second-level cache is.
  var declaresCache = false

  func resident() throws(MatrixKernelError) -> OpenBLAS? {
    guard let handle = unsafe dlopen(library, RTLD_NOW | RTLD_NOLOAD) else { return nil }
    return unsafe try OpenBLAS(handle, library: library)
  }

  func load(_ kernel: String?) throws(MatrixKernelError) -> OpenBLAS {
    // Without threads of its own, which would never get work, it starts sooner, too.
    var additions = ["OPENBLAS_NUM_THREADS=1"]
    if let kernel { additions.append("OPENBLAS_CORETYPE=\(kernel)") }
    if !declaresCache, let cache = processor.cacheToDeclare { additions.append("OPENBLAS_L2_SIZE=\(cache)") }
    // Its symbols stay its own: whatever BLAS another library brings keeps calling itself.
    guard let handle = unsafe open(additions, RTLD_NOW | RTLD_LOCAL) else {
      throw .notInstalled(library: library, reason: unsafe dlerror().map { unsafe String(cString: $0) } ?? "unknown")
    }
    return unsafe try OpenBLAS(handle, library: library)
  }

  private func open(_ additions: [String], _ flags: Int32) -> UnsafeMutableRawPointer? {
    let copies = unsafe additions.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    let list = unsafe copies.map { unsafe UnsafePointer<CChar>($0) } + [nil]
    return unsafe processor_probe_open(library, flags, list)
  }
}
