import CCairo

/// Writes a drawing list as a PDF with its fonts embedded.
struct PDFRenderer {
  let drawing: DrawingList
  let metadata: [(String, String)]

  func bytes() throws(FigureError) -> [UInt8] {
    let file = ByteSink()
    // Cairo keeps only an address, and writes until the surface is finished or given up.
    defer { withExtendedLifetime(file) {} }
    let cairo = try unsafe Cairo.owning(
      cairo_pdf_surface_create_for_stream(
        { closure, data, length in
          guard let closure = unsafe closure, let data = unsafe data else { return CAIRO_STATUS_WRITE_ERROR }
          let sink = unsafe Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
          unsafe sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
          return CAIRO_STATUS_SUCCESS
        }, Unmanaged.passUnretained(file).toOpaque(), drawing.width, drawing.height),
      doing: "making a PDF")
    describe(cairo)
    let result: Result<Void, FigureError>
    do throws(FigureError) {
      try CairoRenderer(drawing: drawing).draw(on: cairo)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    // Also after a failure: the last bytes must come while the sink lives.
    unsafe cairo_surface_finish(cairo.surface)
    try result.get()
    let status = unsafe cairo_surface_status(cairo.surface)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .cairo(doing: "writing a PDF", message: Cairo.message(status))
    }
    return file.bytes
  }

  /// The document's properties.
  ///
  /// Older cairo has no free keys, so all but the title and the program go to the keywords.
  private func describe(_ cairo: borrowing Cairo) {
    func set(_ key: cairo_pdf_metadata_t, _ text: String) {
      unsafe cairo_pdf_surface_set_metadata(cairo.surface, key, text)
    }
    set(CAIRO_PDF_METADATA_TITLE, drawing.title)
    set(CAIRO_PDF_METADATA_SUBJECT, drawing.summary)
    if let software = metadata.first(where: { $0.0 == "Software" }) {
      set(CAIRO_PDF_METADATA_CREATOR, software.1)
    }
    let others = metadata.filter { $0.0 != "Software" }
    if !others.isEmpty {
      set(CAIRO_PDF_METADATA_KEYWORDS, others.map { "\($0.0): \($0.1)" }.joined(separator: "; "))
    }
    // Cairo would write the time of day, and the same figure would never give the same bytes.
    set(CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
  }
}

/// Collects what cairo writes.
private final class ByteSink {
  var bytes: [UInt8] = []
}
