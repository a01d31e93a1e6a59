import Testing

@testable import VisionTransformers

@Suite("Python configurations")
struct PythonConfigTests {
  /// As MMEngine writes it, by way of yapf.
  let text = """
    custom_hooks = [
        dict(backbone='num_heads=3 ])', type='EMAHook'),
    ]
    data_preprocessor = dict(
        mean=[
            123.675,
            116.28,
            103.53,
        ], type='SelfSupDataPreprocessor')
    load_from = None
    model = dict(
        backbone=dict(
            arch='b',
            mask_ratio=0.75,
            norm_cfg=dict(eps=1e-06, type='LN'),
            out_indices=(
                0,
                2,
                4,
                6,
                8,
                -1,
            ),
            patch_size=16,
            type='MFFViT'),
        head=dict(
            loss=dict(type='PixelReconstructionLoss'),
            norm_pix=True,
            type='MAEPretrainHead'),
        neck=dict(
            decoder_depth=8,
            decoder_num_heads=16,
            norm_cfg=dict(eps=1e-05, type='LN'),
            type='MAEPretrainDecoder'),
        type='MFF')
    optim_wrapper = dict(
        paramwise_cfg=dict(
            custom_keys=dict(
                ln=dict(decay_mult=0.0), pos_embed=dict(decay_mult=0.0))))
    resume = False
    work_dir = "./work_dirs/it's (new) [run"

    """

  @Test("Values of MMEngine's own text are found in their sections")
  func mmengine() throws {
    let config = PythonConfig(text)
    let backbone = try #require(config.section("backbone"))
    #expect(backbone.string("arch") == "b")
    #expect(backbone.number("mask_ratio") == 0.75)
    #expect(backbone.integers("out_indices") == [0, 2, 4, 6, 8, -1])
    #expect(backbone.integer("patch_size") == 16)
    #expect(backbone.section("norm_cfg")?.number("eps") == 1e-6)
    #expect(config.section("neck")?.integer("decoder_num_heads") == 16)
    #expect(config.section("neck")?.section("norm_cfg")?.number("eps") == 1e-5)
    #expect(config.section("head")?.bool("norm_pix") == true)
    #expect(config.section("pos_embed")?.number("decay_mult") == 0)
    #expect(config.bool("resume") == false)
    #expect(config.string("work_dir") == "./work_dirs/it's (new) [run")
  }

  @Test("What is absent, inside a string, or of another section is not found")
  func absent() {
    let config = PythonConfig(text)
    #expect(config.section("backbone")?.integer("num_heads") == nil)
    #expect(config.section("backbone")?.integer("decoder_num_heads") == nil)
    #expect(config.section("backbone")?.number("eps") == nil)
    #expect(config.section("teacher") == nil)
    #expect(config.integer("patch_size") == nil)
    #expect(config.integer("load_from") == nil && config.string("load_from") == nil)
    #expect(config.section("head")?.integers("norm_pix") == nil)
  }

  @Test("The outermost section of a name is meant, and a nested value does not stand for an outer one")
  func nesting() {
    let config = PythonConfig(
      "hooks=[dict(backbone=dict(num_heads=3))]\nbackbone=dict(layer_cfgs=dict(num_heads=5), num_heads=7)")
    #expect(config.section("backbone")?.integer("num_heads") == 7)
    #expect(config.section("layer_cfgs")?.integer("num_heads") == 5)
    #expect(config.section("hooks") == nil)
  }

  @Test(
    "Ways to write a dictionary",
    arguments: [
      "backbone=dict(a=1, b='x')", "backbone = dict( a = 1 ,\n b = \"x\" , )", "backbone={'a': 1, \"b\": 'x'}",
      "model = {'backbone': {'a': 1, 'b': r'x'}}", "backbone=dict(  # the (encoder\n  a=1,  # num = 2)\n  b='x')",
      "backbone=dict(c='it\\'s )', a=1, b='x')", "backbone=dict(c='''two\n')lines''', a=1, b='x')",
      "backbone=dict(a=1, b='' 'x')", "backbone=dict(aa=3, ba=4, a=1, b='x')", "backbone = dict(a=1, \\\n b='x')",
      "x = ')]}'\r\nbackbone=dict(a=1,\r\n b='x')\r\n",
    ])
  func spellings(text: String) {
    let backbone = PythonConfig(text).section("backbone")
    #expect(backbone?.integer("a") == 1)
    #expect(backbone?.string("b") == "x")
  }

  @Test("Ways to write integers")
  func integers() {
    func read(_ value: String) -> [Int]? { PythonConfig("x=\(value)\ny=5").integers("x") }
    #expect(read("[0, 2]") == [0, 2] && read("(0, 2,)") == [0, 2] && read("[\n -1,\n]") == [-1])
    #expect(read("11") == [11] && read("-1") == [-1] && read("[]") == [] && read("(3)") == [3])
    #expect(read("[0, 'a']") == nil && read("[0, 1.5]") == nil && read("range(3)") == nil && read("[[0], 1]") == nil)
    #expect(read("[0] + [1]") == nil && read("[99999999999999999999]") == nil && read("None") == nil)
  }

  @Test(
    "Broken text yields nothing and does not trap",
    arguments: [
      "", ")", "]]]backbone=dict(", "backbone=dict(a='", "backbone=", "=", "a==", "'", "\\", "backbone=dict(a=1",
    ])
  func broken(text: String) {
    let config = PythonConfig(text)
    #expect(config.section("backbone")?.string("a") == nil)
    #expect(config.integers("a") == nil)
  }

  @Test("Deep nesting ends the search instead of slowing it")
  func deep() {
    let text = String(repeating: "dict(a=", count: 50_000) + "backbone=dict(a=1)"
    #expect(PythonConfig(text).section("backbone") == nil)
  }
}
