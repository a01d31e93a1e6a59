internal import CCrypto

/// A running SHA-256 digest (FIPS 180-4), fed in pieces of any size.
///
/// libcrypto does the work, with the processor's SHA instructions where it has them; memory does not grow with the input.
@safe
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// Starts the digest of an empty message.
  public init() {
    guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      // Only an exhausted heap or a broken libcrypto leads here: there is no digest to go on with.
      fatalError("libcrypto could not start a SHA-256 digest")
    }
    unsafe self.context = unsafe context
  }

  /// Appends bytes to the message.
  public mutating func update(_ bytes: RawSpan) {
    let status = unsafe bytes.withUnsafeBytes { buffer in
      unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
    }
    precondition(status == 1, "libcrypto refused bytes for a SHA-256 digest")
  }

  /// Ends the message and returns its digest.
  public consuming func finish() -> SHA256Digest {
    var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
    var span = bytes.mutableSpan
    let status = unsafe span.withUnsafeMutableBufferPointer { buffer in
      unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
    }
    precondition(status == 1, "libcrypto could not end a SHA-256 digest")
    return SHA256Digest(bytes: bytes)
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
  }
}
