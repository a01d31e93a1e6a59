/// What a checkpoint says of one tensor, without its values.
public struct TensorInfo: Sendable, Hashable {
  /// The name exactly as stored.
  public let name: String
  /// The type of the stored elements.
  public let elementType: ElementType
  /// The extents, outermost first; empty for a scalar.
  public let shape: [Int]

  /// Describes a tensor; the product of `shape` must be representable.
  public init(name: String, elementType: ElementType, shape: [Int]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }

  /// Elements in the tensor: the product of the extents, 1 for a scalar.
  public var count: Int { shape.reduce(1, *) }

  /// Bytes the elements take in their stored type.
  public var byteCount: Int { count * elementType.byteCount }
}

/// How a checkpoint is laid out on disk.
public enum Container: String, Sendable, Hashable, Codable, CaseIterable {
  /// One safetensors file.
  case safetensors
  /// Several safetensors files with an index.
  case shardedSafetensors
  /// A zip archive as `torch.save` has written since PyTorch 1.6.
  case pytorchZip
  /// Five pickles and raw storages, as `torch.save` wrote before, and does on request.
  case pytorchLegacy
  /// Several PyTorch files with an index.
  case shardedPyTorch
  /// A zip archive of arrays, as `numpy.savez` writes it: checkpoints of Flax.
  case npz
}

// MARK: Products of numbers from a file

/// The product of extents that come from a file; nil when one is negative or the product exceeds `Int`.
func checkedProduct(_ extents: [Int]) -> Int? {
  // A zero makes the tensor empty whatever the rest says, but the rest must still be sane.
  var product = 1
  var isEmpty = false
  for extent in extents {
    guard extent >= 0 else { return nil }
    if extent == 0 {
      isEmpty = true
      continue
    }
    let (next, overflow) = product.multipliedReportingOverflow(by: extent)
    guard !overflow else { return nil }
    product = next
  }
  return isEmpty ? 0 : product
}

extension Int {
  /// The sum, nil on overflow.
  func checkedAdding(_ other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  /// The product, nil on overflow.
  func checkedMultiplying(by other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}

extension String {
  /// Whether the name comes before another in the order of their UTF-8 bytes.
  ///
  /// `<` on strings compares canonical forms, so that two names that differ in bytes may be equal.
  func precedesInBytes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}
