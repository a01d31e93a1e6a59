import Testing

@Suite("Help and usage")
struct HelpTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("The program alone and --help print the same overview") func overview() throws {
    let alone = try Program.run([], in: folder)
    let help = try Program.run(["--help"], in: folder)
    #expect(alone.status == 0 && help.status == 0)
    #expect(alone.output == help.output)
    #expect(alone.errors.isEmpty && help.errors.isEmpty)
    for word in ["frequency", "--version", "EXAMPLES", "runs no code"] {
      #expect(help.output.contains(word), "\(word)")
    }
  }

  @Test("The help of frequency lists every option with its default") func frequency() throws {
    let help = try Program.run(["frequency", "--help"], in: folder)
    #expect(help.status == 0)
    let options = [
      "--images", "--count", "--image-size", "--crop-pct", "--normalize", "--batch-size", "--heads", "--decoder-heads",
      "--fuse", "--weights-from", "--name", "--seed", "-o, --output", "--dpi", "--width", "--title", "--json", "--csv",
      "--height", "--no-caption", "--device", "--threads", "-q, --quiet", "-v, --verbose", "--version", "--layers",
      "--positions", "--path",
    ]
    for option in options { #expect(help.output.contains("  \(option) "), "\(option)") }
    let defaults = [
      "default: 64", "default: 8)", "else 0.875", "default: 150", "default: 0)", "default: all", "default: block",
    ]
    for value in defaults { #expect(words(help.output).contains(value), "\(value)") }
    for value in ["imagenet, inception, clip, none", "model, ema,", "diagonal, radial", "block, subblock"] {
      #expect(words(help.output).contains(value), "\(value)")
    }
  }

  @Test(
    "No line of help is wider than a terminal, and no example is broken in two",
    arguments: [["--help"], ["frequency", "--help"], ["hessian", "--help"], ["reconstruct", "--help"]])
  func width(arguments: [String]) throws {
    let lines = try Program.run(arguments, in: folder).output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 })
    let start = try #require(lines.firstIndex(of: "EXAMPLES"))
    let end = try #require(lines.firstIndex { $0.hasPrefix("USAGE") })
    #expect(lines[(start + 1)..<end].allSatisfy { $0.starts(with: #/  (mpirun -n \d )?mff-inspect /#) })
  }

  @Test("--version prints the version alone") func version() throws {
    let outcome = try Program.run(["--version"], in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test(
    "Wrong usage is status 64 with the reason and the usage, before anything is read or written",
    arguments: [
      (["--frob"], "--frob"), (["--count", "0"], "--count must be"), (["--count", "x"], "--count"),
      (["--batch-size", "0"], "--batch-size must be"), (["--dpi", "1"], "--dpi must lie"), (["--dpi", "nan"], "--dpi"),
      (["--width", "0"], "--width must lie"), (["--layers", ""], "--layers"), (["--layers", "foo"], "embedding,0,11"),
      (["--layers", "0,"], "--layers"), (["--crop-pct", "0"], "--crop-pct"), (["--crop-pct", "nan"], "--crop-pct"),
      (["--threads", "0"], "--threads"), (["--seed", "-1"], "--seed"), (["--heads", "0"], "--heads"),
      (["--fuse", "0,x"], "--fuse"), (["--weights-from", ""], "--weights-from"),
      (["--normalize", "x"], "--normalize"),
      (["--positions", "x"], "--positions"), (["--path", "x"], "--path"), (["--image-size", "0"], "--image-size"),
      (["-o", "figure.gif"], ".png, .pdf or .svg"), (["-o", "a.png", "--json", "a.png"], "same file"),
      (["-q", "-v"], "--quiet"),
      (["--name", "a", "--name", "b", "--name", "c"], "--name is given 3 times"), (["--json"], "--json"),
    ] as [([String], String)])
  func wrongUsage(arguments: [String], reason: String) throws {
    // The checkpoint does not exist: usage comes first.
    let outcome = try Program.run(["frequency", "missing.pth"] + arguments, in: folder)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(outcome.errorLines.first?.hasPrefix("Error: ") == true)
    #expect(!outcome.errors.contains("Error: Error"))
    #expect(outcome.errors.contains("Usage: mff-inspect frequency"))
    #expect(try folder.entries().isEmpty)
  }

  @Test("An unknown command is wrong usage") func unknownCommand() throws {
    let outcome = try Program.run(["frob"], in: folder)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("frob"))
  }

  @Test(
    "What is mistyped is asked for, and what is asked for exists",
    arguments: [
      (["frequancy"], "frequency"), (["hesian"], "hessian"), (["Weights"], "weights"),
      (["frequency", "--imgaes", "x"], "--images"), (["hessian", "--tops", "3"], "--top"),
    ])
  func mistyped(arguments: [String], meant: String) throws {
    let outcome = try Program.run(arguments, in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains("Did you mean '\(meant)'?"), "\(outcome.errors)")
    let command = arguments.count == 1 ? meant : arguments[0]
    let help = try Program.run([command, "--help"], in: folder)
    #expect(help.status == 0 && help.output.contains(meant))
  }

  @Test("A file where a command belongs is told what to do with it") func fileAsCommand() throws {
    let file = GoldenFiles.frequency("timm-vit.safetensors")
    let outcome = try Program.run([file], in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains("mff-inspect describe \(file)"), "\(outcome.errors)")
    #expect(try Program.run(["describe", file], in: folder).status == 0)
  }

  @Test(
    "--device cpu is accepted by every command that computes, and no other",
    arguments: [
      "frequency", "hessian", "weights", "reconstruct", "report", "reproduce", "pretrain", "selftest", "describe",
    ])
  func device(command: String) throws {
    let more = command == "pretrain" ? ["-o", "run"] : []
    let refused = try Program.run([command, "--device", "cuda"] + more, in: folder)
    #expect(refused.status == 64 && refused.errors.contains("computed on the processor"), "\(refused.errors)")
    // Help is printed once all options are understood.
    let accepted = try Program.run([command, "--device", "cpu"] + more + ["--help"], in: folder)
    #expect(accepted.status == 0 && accepted.output.contains("--device"))
  }

  @Test("Help offers no activation that is refused, and every one that it offers is accepted") func activations() throws
  {
    let help = words(try Program.run(["frequency", "--help"], in: folder).output)
    #expect(!help.contains("swiglu"))
    let offered = ["gelu", "quick-gelu", "gelu-tanh"]
    #expect(help.contains("values: \(offered.joined(separator: ", "))"), "\(help)")
    for activation in offered + ["swiglu"] {
      let outcome = try Program.run(["frequency", "missing.pth", "--activation", activation], in: folder)
      #expect(outcome.status == (activation == "swiglu" ? 64 : 1), "\(outcome.errors)")
    }
  }

  /// Lines joined, since help wraps.
  private func words(_ text: String) -> String { text.split { $0.isWhitespace }.joined(separator: " ") }
}
