/// PNG in and out of memory, through libpng.
///
/// Why this is C: libpng reports an error by longjmp. A jump across Swift frames is undefined (it skips releases and
/// `defer`), and setjmp cannot be called from Swift at all. The functions here set the jump target, free what libpng
/// holds, and return a status and a message; no pointer of libpng leaves them. They keep no global state, so any number
/// of threads may call them at once.

#ifndef PNG_CODEC_H
#define PNG_CODEC_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of a message, its final zero included.
enum { PNG_CODEC_MESSAGE_SIZE = 200 };

/// What a function did.
typedef enum {
  PNG_CODEC_OK = 0,
  /// The file is damaged or cut off, or an argument is out of range; the message says which.
  PNG_CODEC_FAILED = 1,
  /// There was not enough memory.
  PNG_CODEC_OUT_OF_MEMORY = 2,
} png_codec_status;

// ---------------------------------------------------------------------------------------------------------------------
// Writing
// ---------------------------------------------------------------------------------------------------------------------

/// One line of text in the file. Both are UTF-8 and end with a zero.
typedef struct {
  /// What the text is, for example "Software": 1 to 79 printable ASCII characters, no blank at either end.
  const char *keyword;
  /// The text. Written as tEXt when it is ASCII, which every reader shows, and as iTXt otherwise.
  const char *text;
} png_codec_text;

/// A picture to write.
typedef struct {
  /// The first row, the top one. Samples are 8 bit, R G B or R G B A, alpha not premultiplied.
  const uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  /// Bytes from one row to the next, at least width × channels.
  size_t stride;
  /// 3 for RGB, 4 for RGBA.
  int channels;
  /// Resolution for pHYs; 0 writes none. (dots per inch / 0.0254, rounded.)
  uint32_t dots_per_metre;
  /// `text_count` entries, written before the pixels; may be null when there are none.
  const png_codec_text *texts;
  size_t text_count;
} png_codec_picture;

/// Encodes a picture.
///
/// On success `*data` holds `*size` bytes, to be released with `png_codec_free`. On failure `*data` is null and
/// `message` says why. The bytes depend on nothing but the picture: no time stamp is written.
png_codec_status png_codec_encode(const png_codec_picture *picture, uint8_t **data, size_t *size,
                                  char message[PNG_CODEC_MESSAGE_SIZE]);

/// Releases what `png_codec_encode` returned; null is allowed.
void png_codec_free(uint8_t *data);

// ---------------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------------

/// How the samples of a pixel are to be read; the values are those of the PNG specification.
typedef enum {
  PNG_CODEC_GREY = 0,
  PNG_CODEC_RGB = 2,
  PNG_CODEC_PALETTE = 3,
  PNG_CODEC_GREY_ALPHA = 4,
  PNG_CODEC_RGB_ALPHA = 6,
} png_codec_colour;

/// What the header of a file says.
typedef struct {
  uint32_t width;
  uint32_t height;
  /// Bits per sample in the file: 1, 2, 4, 8 or 16.
  int bit_depth;
  png_codec_colour colour;
  /// Samples per pixel, 1 to 4.
  int channels;
  /// Bytes of one decoded row: width × channels, twice that at 16 bit.
  size_t row_bytes;
  /// Bytes of one row as the file stores it, packed.
  size_t packed_row_bytes;
  /// Entries of the palette, R G B each; 0 when there is none.
  int palette_count;
  uint8_t palette[256 * 3];
} png_codec_header;

/// Reads everything before the pixels. Allocates nothing that depends on the size of the image.
png_codec_status png_codec_read_header(const uint8_t *data, size_t size, png_codec_header *header,
                                       char message[PNG_CODEC_MESSAGE_SIZE]);

/// Decodes the samples as they are stored: no gamma, no background, no transparency applied.
///
/// `pixels` receives header.height rows of header.row_bytes bytes each; samples below 8 bit take a byte each, unscaled
/// (0 … 2ⁿ − 1); 16-bit samples are big-endian pairs, as in the file. Interlaced images come out whole. Fails unless
/// the file is complete up to its IEND chunk. `capacity` is the size of `pixels` in bytes.
png_codec_status png_codec_decode(const uint8_t *data, size_t size, uint8_t *pixels, size_t capacity,
                                  char message[PNG_CODEC_MESSAGE_SIZE]);

#endif
