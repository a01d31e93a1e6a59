/// The files of the folder `Page`, which the compiler puts into the program, so that it needs none beside it.
enum PageResources {
  /// The style sheet.
  static var style: String { String(decoding: PackageResources.style_css, as: UTF8.self) }
  /// The script.
  static var script: String { String(decoding: PackageResources.page_js, as: UTF8.self) }
}
