import Tensors
import Testing

@testable import VisionTransformers

@Suite("What cannot be computed is refused with a reason")
struct LossErrorTests {
  private let reference: ReferenceCase

  init() throws { reference = try ReferenceCase("mff-linear") }

  private func refusal(_ change: (inout LossBatch) -> Void) throws -> LossError? {
    let function = try reference.function()
    var batch = reference.batch
    change(&batch)
    do throws(LossError) {
      try function.setBatch(batch)
      return nil
    } catch { return error }
  }

  @Test("Masks that remove everything, nothing, or unequally many patches, and shapes that do not fit")
  func batches() throws {
    let patches = reference.architecture.patches
    #expect(try refusal { $0.masks[1] = Array(repeating: true, count: patches) } == .maskRemovesEverything(image: 1))
    #expect(try refusal { $0.masks[0] = Array(repeating: false, count: patches) } == .maskRemovesNothing(image: 0))
    let one = (0..<patches).map { $0 == 0 }
    #expect(try refusal { $0.masks[2] = one } == .unequalMasks(image: 2, removed: 1, expected: reference.masked))
    #expect(
      try refusal { $0.masks[0].removeLast() } == .wrongCount(what: "a mask", expected: patches, found: patches - 1))
    let pixels = reference.images * reference.architecture.pixels
    #expect(
      try refusal { $0.images.removeLast() } == .wrongCount(what: "the images", expected: pixels, found: pixels - 1))
    #expect(try refusal { $0.images[reference.architecture.pixels] = .nan } == .nonFiniteInput(image: 1))
  }

  @Test("NaN in a weight is named; an overflow names the first layer where it appears")
  func values() throws {
    let function = try reference.function()
    let parameters = try reference.vector("parameters", function.layout)
    func refusal(_ name: String, _ value: Float) -> LossError? {
      var changed = parameters
      changed[function.layout[name].range.lowerBound] = value
      do throws(LossError) {
        _ = try function.linearize(at: changed.span)
        return nil
      } catch { return error }
    }
    #expect(refusal("blocks.1.mlp.fc1.bias", .nan) == .nonFiniteParameter("blocks.1.mlp.fc1.bias"))
    // 3e38 times a normalised value above 1.13, of which twelve channels by seven tokens by three images have many.
    #expect(refusal("blocks.1.norm2.weight", 3e38) == .nonFiniteActivation(layer: "blocks.1.norm2"))
  }

  @Test("A decoder of the wrong width, a missing decoder, too little memory, no such block")
  func models() throws {
    let classifier = try ReferenceCase("classification-class").architecture
    let masked = reference.masked
    func refusal(_ body: () throws(LossError) -> LossFunction) -> LossError? {
      do throws(LossError) {
        _ = try body()
        return nil
      } catch { return error }
    }
    let pixels = Objective.pixels(normalized: true)
    let without = refusal { () throws(LossError) in
      try LossFunction(classifier, objective: pixels, images: 1, masked: masked)
    }
    #expect(without?.description.contains("needs a decoder") == true)
    let narrow = refusal { () throws(LossError) in
      try LossFunction(
        reference.architecture, objective: pixels, images: 1, masked: masked, options: LossOptions(memoryLimit: 1000))
    }
    guard case .notEnoughMemory(let needed, limit: 1000)? = narrow else {
      Issue.record("found \(String(describing: narrow))")
      return
    }
    #expect(needed > 1000)
    let block = refusal { () throws(LossError) in
      try LossFunction(reference.architecture, objective: pixels, images: 1, masked: masked, selection: .block(3))
    }
    #expect(block == .noParameters("block:3"))
    let features = try LossFunction(
      reference.architecture, objective: .allFeatures, images: reference.images, masked: masked)
    #expect(
      throws: LossError.missing(what: "features of a teacher; give one with --teacher", objective: "features-all")
    ) {
      try features.setBatch(reference.batch)
    }
  }
}
