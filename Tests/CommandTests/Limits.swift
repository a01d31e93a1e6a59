import Foundation

/// Shell commands that leave a run less than it would like.
enum Limits {
  /// Far more memory than small files need, far less than a careless reader would take.
  ///
  /// The sanitizers reserve terabytes of addresses for themselves; their allocators refuse any single piece of that size instead.
  static let memory =
    isSanitized
    ? """
    export ASAN_OPTIONS="$ASAN_OPTIONS:max_allocation_size_mb=1500"
    export TSAN_OPTIONS="$TSAN_OPTIONS:max_allocation_size_mb=1500"
    """
    : "ulimit -v 1500000"

  /// Writes beyond so much of a file fail as those on a full disk do.
  ///
  /// At its start the thread sanitizer would keep a file of its own in `TMPDIR`, and crash when it is cut off; without the folder it
  /// does without.
  static func fileSize(kilobytes: Int) -> String { "ulimit -f \(kilobytes)\nexport TMPDIR=/nonexistent" }

  /// Whether this test and the program were built with a sanitizer.
  static let isSanitized = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
}
