import Testing

@testable import Checkpoints

@Suite("Files written by PyTorch and safetensors")
struct ReferenceTests {
  @Test("Names, types, shapes and values are those the writing library holds", arguments: Golden.files)
  func values(file: String) throws {
    let golden = try Golden(file)
    let checkpoint = try Checkpoint(opening: Golden.path(file))
    let names = golden.tensors.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(checkpoint.tensors.map(\.name).filter { $0 != "steps" } == names)
    for name in names {
      let truth = try #require(golden.tensors[name])
      let info = try #require(checkpoint.tensor(named: name))
      #expect(info.elementType == truth.type, "\(name)")
      #expect(info.shape == truth.shape, "\(name)")
      // Bit for bit: conversion to Float is exact or rounds as the reference does.
      #expect(try checkpoint.floats(name).map(\.bitPattern) == truth.values.map(\.bitPattern), "\(name)")
    }
  }
}
