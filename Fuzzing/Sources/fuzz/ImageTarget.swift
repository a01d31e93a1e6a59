import Images

/// Image files.
enum ImageTarget {
  static func decode(_ input: [UInt8]) {
    do {
      let image = try DecodedImage(decoding: input, name: "input")
      promise(image.width > 0 && image.height > 0, "an empty image was accepted")
      promise(image.samples.count == 3 * image.width * image.height, "another number of samples than the size says")
    } catch {
      ErrorPromise.check("\(error)", names: "input")
    }
  }
}
