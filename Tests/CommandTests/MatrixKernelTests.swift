#if arch(x86_64)
  import Diagnostics
  import Foundation
  import Testing

  /// The program with an OpenBLAS in its way that does not know the processor, or whose kernels fail.
  ///
  /// `Scripts/kernels/unknown_model.c` passes every call on to the installed library, which it loads with the kernel that an old version would
  /// choose: what multiplies is real.
  @Suite("The matrix kernel of a run")
  struct MatrixKernelTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Compiles the library that stands in between.
    private func library() throws -> String {
      let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Scripts/kernels/unknown_model.c").path
      let place = folder.path("libraries")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let compiler = Process()
      compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      // Swift itself links with one of the two.
      compiler.arguments = [
        "bash", "-c",
        "exec \"$(command -v clang || command -v cc)\" -shared -fPIC -O1 -Wl,-soname,libopenblas.so.0 \"$0\" -o \"$1\" -ldl",
        source, place + "/libopenblas.so.0",
      ]
      try compiler.run()
      compiler.waitUntilExit()
      try #require(compiler.terminationStatus == 0)
      return place
    }

    /// A run of `frequency` on four bundled images.
    private func frequency(_ variables: [String: String] = [:], library: String? = nil) throws -> Program.Outcome {
      var words = variables.map { "export \($0.key)='\($0.value)'" }
      if let library { words.append("export LD_LIBRARY_PATH='\(library)'\"${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"") }
      return try Program.run(
        ["frequency", "--count", "4", "-v", "--json", "-", "-o", "x.png"], in: folder,
        limits: words.joined(separator: "\n") + "\n:")
    }

    private func result(_ run: Program.Outcome) throws -> FrequencyResult {
      try JSONDecoder().decode(FrequencyResult.self, from: Data(run.output.utf8))
    }

    /// The kernel's vectors as the first remark names them.
    private func vectors(_ run: Program.Outcome) throws -> String {
      String(try #require(run.errors.firstMatch(of: #/Matrix kernel: \S+ \(([^)]+)\) of OpenBLAS/#)).1)
    }

    /// The largest difference of curves.
    private func difference(_ a: FrequencyResult, _ b: FrequencyResult) -> Double {
      zip(a.models.flatMap(\.layers), b.models.flatMap(\.layers)).flatMap { a, b in
        zip(a.relativeLogAmplitude, b.relativeLogAmplitude).map { abs($0 - $1) }
      }.max() ?? .infinity
    }

    @Test("-v and the result name the kernel")
    func named() throws {
      let run = try frequency()
      let kernel = try #require(try result(run).kernel)
      #expect(run.status == 0)
      #expect(run.errors.contains("Matrix kernel: \(kernel) ("))
    }

    @Test("A processor whose model number OpenBLAS does not know gets the kernel of its features, without a word")
    func unknownModel() throws {
      let plain = try frequency()
      let run = try frequency(library: library())
      #expect(run.status == 0)
      #expect(!run.errors.contains("warning"))
      #expect(try vectors(run) == vectors(plain))
      // The same sums in another order, if the two kernels differ at all: see `GoldenComparison`.
      #expect(difference(try result(run), try result(plain)) <= 1e-5)
    }

    @Test("The user's own kernel wins, without a word", arguments: ["Prescott", "Nehalem"])
    func usersChoice(name: String) throws {
      let run = try frequency(["OPENBLAS_CORETYPE": name])
      #expect(try result(run).kernel == name)
      #expect(run.errors.contains("named by OPENBLAS_CORETYPE") && !run.errors.contains("warning"))
    }

    @Test(
      "A kernel that computes wrongly or crashes is passed over, and the run says so once",
      arguments: [("WRONG_KERNEL", "computes wrong products"), ("CRASHING_KERNEL", "crashes (signal 4)")])
    func failing(variable: String, words: String) throws {
      let library = try library()
      let plain = try frequency(library: library)
      let best = try #require(try result(plain).kernel)
      let run = try frequency([variable: best], library: library)
      let next = try #require(try result(run).kernel)
      #expect(run.status == 0 && next != best)
      let warnings = run.errorLines.filter { $0.contains("warning") }
      #expect(warnings == ["warning: \(best) \(words); the matrix kernel \(next) is used"])
      #expect(difference(try result(run), try result(plain)) <= 1e-5)
    }

    @Test("Where no kernel multiplies right the program refuses, and names each")
    func none() throws {
      let run = try frequency(["WRONG_KERNEL": "all"], library: library())
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errorLines.count == 1)
      #expect(run.errors.contains("Error: no kernel of the installed OpenBLAS multiplies right on this processor"))
      #expect(run.errors.contains("libopenblas0-pthread"))
    }

    @Test("A build with one slow kernel is used, and the run says once what that costs")
    func slow() throws {
      let run = try frequency(["SINGLE_KERNEL": "Prescott"], library: library())
      #expect(run.status == 0)
      #expect(try result(run).kernel == "Prescott")
      let words = #/warning: matrix products take up to \d+\.\d times as long as this processor needs: /#
      let warnings = run.errorLines.filter { $0.contains("warning") }
      #expect(warnings.count == 1 && warnings[0].firstMatch(of: words) != nil)
    }

    @Test("A library that cannot be loaded is an error that says what to install")
    func broken() throws {
      let place = folder.path("broken")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try Data("no library".utf8).write(to: URL(fileURLWithPath: place + "/libopenblas.so.0"))
      let run = try frequency(library: place)
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors.hasPrefix("Error: OpenBLAS, which multiplies matrices, cannot be loaded (libopenblas.so.0: "))
      #expect(run.errors.contains("apt-get install libopenblas0-pthread"))
      // What multiplies nothing does not need it.
      let described = try Program.run(
        ["weights", "--json", "-"], in: folder, limits: "export LD_LIBRARY_PATH='\(place)'")
      #expect(described.status == 0)
    }

    @Test("The program is not linked with OpenBLAS, which would choose its kernel before any line of ours")
    func notLinked() throws {
      let program = try Data(contentsOf: URL(fileURLWithPath: Program.path), options: .mappedIfSafe)
      // Names of needed libraries end with a zero; the one that is opened is a constant in the code.
      #expect(program.range(of: Data("libblas.so".utf8)) == nil)
      #expect(program.range(of: Data("liblapack".utf8)) == nil)
      let loaded = try Program.run(
        ["--version"], in: folder, limits: "export LD_DEBUG=files LD_DEBUG_OUTPUT='\(folder.path("files"))'")
      #expect(loaded.status == 0)
      let log = try folder.entries().filter { $0.hasPrefix("files.") }.map { try folder.read($0) }.joined()
      #expect(log.contains("libfftw3f") && !log.contains("openblas"))
    }
  }
#endif
