import Foundation
import Testing

import Spectra

@Suite("Use of analyzers: reuse, threads, refusals")
struct AnalyzerUseTests {
  @Test("A used analyzer gives the same bits as a fresh one", arguments: ProfilePath.allCases)
  func reuse(path: ProfilePath) throws {
    let geometry = try ProfileGeometry(rows: 14, columns: 14, path: path)
    let images = (1...4).map { makeTokens(rows: 14, columns: 14, channels: 50, seed: UInt32($0)) }
    var analyzer = try LogAmplitudeAnalyzer(geometry: geometry, channels: 50)
    for tokens in images + images {
      var values = Array(repeating: Double.nan, count: geometry.bandCount)
      var span = values.mutableSpan
      try analyzer.profile(of: tokens.span, into: &span)
      #expect(try values == profile(of: tokens, rows: 14, columns: 14, channels: 50, path: path))
    }
  }

  @Test("Analyzers made and used on many threads at once give the bits of one thread")
  func threads() async throws {
    let sizes: [(rows: Int, columns: Int, path: ProfilePath)] = (0..<48).map { i in
      let (rows, columns) = (2 + (i % 7) * 3, 2 + (i % 5) * 4)
      return (rows, columns, i % 2 == 0 ? .diagonal : .radial)
    }
    func run(_ i: Int) throws -> [Double] {
      let (rows, columns, path) = sizes[i]
      let tokens = makeTokens(rows: rows, columns: columns, channels: 70, seed: UInt32(i))
      return try profile(of: tokens, rows: rows, columns: columns, channels: 70, path: path)
    }
    let serial = try sizes.indices.map(run)
    let parallel = try await withThrowingTaskGroup(of: (Int, [Double]).self) { group in
      for round in 0..<4 {
        for i in sizes.indices { group.addTask { (round * sizes.count + i, try run(i)) } }
      }
      return try await group.reduce(into: [Int: [Double]]()) { $0[$1.0] = $1.1 }
    }
    #expect(parallel.count == 4 * sizes.count)
    for (i, values) in parallel {
      let expected = serial[i % sizes.count]
      let size = sizes[i % sizes.count]
      #expect(values == expected, "\(size.rows)×\(size.columns)")
    }
  }

  @Test("NaN and infinity are refused with their place", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) throws {
    for path in ProfilePath.allCases {
      for place in [0, 40 * 100 + 37, 40 * 196 - 1] {
        var tokens = makeTokens(rows: 14, columns: 14, channels: 40, seed: 1)
        tokens[place] = value
        let error = SpectrumError.notFinite(token: place / 40, channel: place % 40)
        #expect(throws: error) { try profile(of: tokens, rows: 14, columns: 14, channels: 40, path: path) }
      }
    }
  }

  @Test("Features too large for single precision are refused as such; large ones are not")
  func overflow() throws {
    let huge = makeTokens(rows: 4, columns: 4, channels: 5) { row, column in (row + column) % 4 < 2 ? 3e38 : -3e38 }
    #expect(throws: SpectrumError.overflow) { try profile(of: huge, rows: 4, columns: 4, channels: 5) }
    let large = makeTokens(rows: 4, columns: 4, channels: 5) { _, _ in 1e37 }
    // 1e37 rounded to Float, 6e-8.
    #expect(abs(try profile(of: large, rows: 4, columns: 4, channels: 5)[0] - log(16e37)) < 1e-6)
  }

  @Test("Wrong sizes are refused with both numbers")
  func sizes() throws {
    let geometry = try ProfileGeometry(rows: 3, columns: 4, path: .diagonal)
    #expect(throws: SpectrumError.noChannels(0)) { _ = try LogAmplitudeAnalyzer(geometry: geometry, channels: 0) }
    #expect(throws: SpectrumError.tokenCount(expected: 60, found: 65, rows: 3, columns: 4, channels: 5)) {
      try profile(of: Array(repeating: 0, count: 65), rows: 3, columns: 4, channels: 5)
    }
    #expect(throws: SpectrumError.profileLength(expected: 2, found: 3)) {
      var analyzer = try LogAmplitudeAnalyzer(geometry: geometry, channels: 1)
      var values = [0.0, 0, 0]
      var span = values.mutableSpan
      let tokens = Array(repeating: Float(0), count: 12)
      try analyzer.profile(of: tokens.span, into: &span)
    }
  }

  @Test("Messages name what was found and what to do")
  func messages() {
    #expect(
      SpectrumError.gridTooSmall(rows: 1, columns: 14).description
        == "a 1×14 grid of tokens has no frequency but zero along a side; use images of at least 2×2 patches")
    #expect(SpectrumError.notFinite(token: 3, channel: 7).description.contains("patch token 3, channel 7"))
    #expect(SpectrumError.overflow.description.contains("exceed single precision"))
  }
}
