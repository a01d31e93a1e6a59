import CCairo

/// Draws a drawing list on a cairo surface of any kind, in points.
struct CairoRenderer {
  let drawing: DrawingList

  func draw(on cairo: borrowing Cairo) throws(FigureError) {
    unsafe try draw(drawing.operations, cairo.context, cairo)
    try cairo.check("drawing the figure")
  }

  private func draw(
    _ operations: [DrawingOperation], _ context: OpaquePointer, _ cairo: borrowing Cairo
  ) throws(FigureError) {
    for operation in operations {
      switch operation {
      case .polyline(let points, let stroke):
        unsafe trace(points, context)
        unsafe apply(stroke, context)
      case .polygon(let points, let color):
        unsafe trace(points, context)
        unsafe cairo_close_path(context)
        unsafe fill(color, context)
      case .rectangle(let box, let color):
        unsafe cairo_rectangle(context, box.x, box.y, box.width, box.height)
        unsafe fill(color, context)
      case .circle(let center, let radius, let color, let outline):
        unsafe cairo_new_sub_path(context)
        unsafe cairo_arc(context, center.x, center.y, radius, 0, 2 * Double.pi)
        unsafe cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
        unsafe cairo_fill_preserve(context)
        if let outline { unsafe apply(outline, context) }
        unsafe cairo_new_path(context)
      case .text(let run):
        unsafe draw(run, context, cairo)
      case .picture(let picture, let box):
        unsafe try CairoPicture(picture).draw(in: box, context)
      case .clipped(let box, let inner):
        unsafe cairo_save(context)
        unsafe cairo_rectangle(context, box.x, box.y, box.width, box.height)
        unsafe cairo_clip(context)
        unsafe try draw(inner, context, cairo)
        unsafe cairo_restore(context)
      case .tagged(_, let inner):
        unsafe try draw(inner, context, cairo)
      }
    }
  }

  private func trace(_ points: [Point], _ context: OpaquePointer) {
    unsafe cairo_new_path(context)
    for point in points { unsafe cairo_line_to(context, point.x, point.y) }
  }

  private func fill(_ color: Color, _ context: OpaquePointer) {
    unsafe cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
    unsafe cairo_fill(context)
  }

  private func apply(_ stroke: Stroke, _ context: OpaquePointer) {
    let color = stroke.color
    unsafe cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
    unsafe cairo_set_line_width(context, stroke.width)
    unsafe cairo_set_dash(context, stroke.dashes, Int32(stroke.dashes.count), 0)
    let isRound = stroke.isRound && stroke.dashes.isEmpty
    unsafe cairo_set_line_cap(context, isRound ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    unsafe cairo_set_line_join(context, isRound ? CAIRO_LINE_JOIN_ROUND : CAIRO_LINE_JOIN_MITER)
    unsafe cairo_stroke(context)
  }

  private func draw(_ run: TextRun, _ context: OpaquePointer, _ cairo: borrowing Cairo) {
    unsafe cairo_save(context)
    unsafe cairo_translate(context, run.origin.x, run.origin.y)
    if run.isVertical { unsafe cairo_rotate(context, -Double.pi / 2) }
    cairo.selectFont(size: run.size, isBold: run.isBold)
    let length = run.isVertical ? run.box.height : run.box.width
    let start =
      switch run.anchor {
      case .start: 0.0
      case .middle: -length / 2
      case .end: -length
      }
    unsafe cairo_set_source_rgba(context, run.color.red, run.color.green, run.color.blue, run.color.opacity)
    unsafe cairo_move_to(context, start, 0)
    unsafe cairo_show_text(context, run.text)
    unsafe cairo_restore(context)
  }
}
