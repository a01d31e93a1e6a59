extension Checkpoint {
  /// Makes sure that every tensor of the files lies inside them: also those of other state dictionaries and of optimisers.
  ///
  /// Opening has checked the tensors of the selected state dictionary, and of safetensors files all. Values are not read.
  ///
  /// - Throws: `CheckpointError` that names the storage.
  /// - Complexity: Decodes the pickles once more and reads one byte of each storage in an archive.
  public func checkExtents() throws(CheckpointError) {
    for source in sources {
      switch source {
      case .archive(let archive): try Contents.checkExtents(of: archive)
      case .file(let file):
        guard try FileKind(of: file) == .legacy else { continue }
        try LegacyLayout(of: file).checkExtents(path: file.path)
      }
    }
  }
}
