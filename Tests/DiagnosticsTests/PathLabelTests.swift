import Diagnostics
import Testing

@Suite("Labels of paths")
struct PathLabelTests {
  @Test("A file's name is enough where no other path ends so")
  func short() {
    #expect(PathLabels.labels(of: ["a/mae.pth", "b/mff.pth"]) == ["mae.pth", "mff.pth"])
    #expect(PathLabels.labels(of: ["mae.pth"]) == ["mae.pth"])
    #expect(PathLabels.labels(of: []) == [])
  }

  @Test("Equal names take as many folders as tell them apart")
  func folders() {
    #expect(PathLabels.labels(of: ["x/a/c.pth", "x/b/c.pth", "d.pth"]) == ["a/c.pth", "b/c.pth", "d.pth"])
    #expect(PathLabels.labels(of: ["1/a/c.pth", "2/a/c.pth"]) == ["1/a/c.pth", "2/a/c.pth"])
    #expect(PathLabels.labels(of: ["c.pth", "a/c.pth"]) == ["c.pth", "a/c.pth"])
  }

  @Test("A path given twice is numbered")
  func twice() {
    #expect(PathLabels.labels(of: ["a/c.pth", "a/c.pth"]) == ["c.pth", "c.pth (2)"])
  }
}
