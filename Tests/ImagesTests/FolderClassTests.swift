import Images
import Testing

@Suite("Classes by folder")
struct FolderClassTests {
  @Test("The first folder below the given one is the class, numbered in byte order")
  func order() {
    let found = FolderClasses(names: ["x/é/1.png", "x/b/deep/2.png", "x/B/3.png", "x/b/4.png"], roots: ["x"])
    #expect(found.classes == ["B", "b", "é"])
    #expect(found.labels == [2, 1, 0, 1] && found.imageWithoutClass == nil)
  }

  @Test("Roots may end with a slash, overlap, and share classes; a file that is named itself has none")
  func roots() {
    let found = FolderClasses(names: ["x/b/1.png", "y/a/2.png", "y/b/3.png"], roots: ["x/", "y"])
    #expect(found.classes == ["a", "b"])
    #expect(found.labels == [1, 0, 1])
    let file = FolderClasses(names: ["x/b/1.png", "y/a/2.png"], roots: ["x", "y/a/2.png"])
    #expect(file.classes == nil && file.imageWithoutClass == "y/a/2.png")
  }

  @Test("What lies below a path is told by whole names of folders")
  func relative() {
    #expect(FolderClasses.relativePath(of: "x/b/1.png", roots: ["x"]) == "b/1.png")
    #expect(FolderClasses.relativePath(of: "x/b/1.png", roots: ["y", "x/b/"]) == "1.png")
    #expect(FolderClasses.relativePath(of: "xy/1.png", roots: ["x"]) == nil)
    #expect(FolderClasses.relativePath(of: "x/1.png", roots: ["x/1.png"]) == nil)
  }
}
