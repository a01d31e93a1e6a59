/// The type of a tensor's elements as stored; all are little-endian.
public enum ElementType: String, Sendable, Hashable, Codable, CaseIterable {
  case bool, u8, i8
  case f8e4m3, f8e5m2, f8e8m0
  case i16, u16, f16, bf16
  case i32, u32, f32
  case i64, u64, f64
  case c32, c64, c128

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .bool, .u8, .i8, .f8e4m3, .f8e5m2, .f8e8m0: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32, .c32: 4
    case .i64, .u64, .f64, .c64: 8
    case .c128: 16
    }
  }

  /// Whether an element is one real number, which `Float` can stand for.
  public var isReal: Bool {
    switch self {
    case .c32, .c64, .c128: false
    default: true
    }
  }
}

// MARK: Names used by the containers

extension ElementType {
  /// The name in a safetensors header.
  init?(safetensorsName: String) {
    switch safetensorsName {
    case "BOOL": self = .bool
    case "U8": self = .u8
    case "I8": self = .i8
    case "F8_E4M3": self = .f8e4m3
    case "F8_E5M2": self = .f8e5m2
    case "F8_E8M0": self = .f8e8m0
    case "I16": self = .i16
    case "U16": self = .u16
    case "F16": self = .f16
    case "BF16": self = .bf16
    case "I32": self = .i32
    case "U32": self = .u32
    case "F32": self = .f32
    case "I64": self = .i64
    case "U64": self = .u64
    case "F64": self = .f64
    case "C64": self = .c64
    default: return nil
    }
  }

  /// The name of a `torch` storage class without its module: `FloatStorage` and its kin.
  init?(torchStorage: String) {
    switch torchStorage {
    case "BoolStorage": self = .bool
    case "ByteStorage": self = .u8
    case "CharStorage": self = .i8
    case "ShortStorage": self = .i16
    case "HalfStorage": self = .f16
    case "BFloat16Storage": self = .bf16
    case "IntStorage": self = .i32
    case "FloatStorage": self = .f32
    case "LongStorage": self = .i64
    case "DoubleStorage": self = .f64
    case "ComplexFloatStorage": self = .c64
    case "ComplexDoubleStorage": self = .c128
    // Of quantised tensors, which are refused by name; their storages must be found to get that far.
    case "QInt8Storage": self = .i8
    case "QUInt8Storage": self = .u8
    case "QInt32Storage": self = .i32
    default: return nil
    }
  }

  /// The name of a `torch.dtype` without its module: `float16` and its kin.
  init?(torchType: String) {
    switch torchType {
    case "bool": self = .bool
    case "uint8": self = .u8
    case "int8": self = .i8
    case "float8_e4m3fn": self = .f8e4m3
    case "float8_e5m2": self = .f8e5m2
    case "float8_e8m0fnu": self = .f8e8m0
    case "int16", "short": self = .i16
    case "uint16": self = .u16
    case "float16", "half": self = .f16
    case "bfloat16": self = .bf16
    case "int32", "int": self = .i32
    case "uint32": self = .u32
    case "float32", "float": self = .f32
    case "int64", "long": self = .i64
    case "uint64": self = .u64
    case "float64", "double": self = .f64
    case "complex32": self = .c32
    case "complex64": self = .c64
    case "complex128": self = .c128
    default: return nil
    }
  }

  /// The kind and size of a NumPy type without its byte order: `f4`, `i8`, `b1` and their kin.
  init?(numpyKind: String) {
    switch numpyKind {
    case "b1", "?": self = .bool
    case "u1": self = .u8
    case "i1": self = .i8
    case "i2": self = .i16
    case "u2": self = .u16
    case "f2": self = .f16
    case "i4": self = .i32
    case "u4": self = .u32
    case "f4": self = .f32
    case "i8": self = .i64
    case "u8": self = .u64
    case "f8": self = .f64
    case "c8": self = .c64
    case "c16": self = .c128
    default: return nil
    }
  }
}
