#include <stdlib.h>
#include <string.h>

#include "png_codec_shared.h"

/// The file in memory and how far it has been read.
typedef struct {
  const uint8_t *bytes;
  size_t size;
  size_t position;
} byte_source;

/// libpng's read function.
static void read_bytes(png_structp png, png_bytep bytes, size_t count) {
  byte_source *source = png_get_io_ptr(png);
  if (count > source->size - source->position) png_error(png, "the file is cut off");
  memcpy(bytes, source->bytes + source->position, count);
  source->position += count;
}

/// What both functions need; see `with_reader`.
typedef struct {
  byte_source source;
  png_codec_header *header;
  uint8_t *pixels;
  size_t capacity;
} request;

static void begin(png_structp png, png_infop info, request *request) {
  png_set_read_fn(png, &request->source, read_bytes);
  // The caller limits the number of pixels; libpng's own limit of a million per side would refuse long strips.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
#ifdef PNG_SET_UNKNOWN_CHUNKS_SUPPORTED
  // Profiles, texts and times say nothing about the samples: skipped unread, so a broken one does no harm.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
#endif
  png_read_info(png, info);
}

static void read_header(png_structp png, png_infop info, request *request) {
  begin(png, info, request);
  png_codec_header *header = request->header;
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->bit_depth = png_get_bit_depth(png, info);
  header->colour = (png_codec_colour)png_get_color_type(png, info);
  header->channels = png_get_channels(png, info);
  header->packed_row_bytes = png_get_rowbytes(png, info);
  header->row_bytes = (size_t)header->width * (size_t)header->channels * (header->bit_depth == 16 ? 2 : 1);
  png_colorp palette = NULL;
  int count = 0;
  if (header->colour == PNG_CODEC_PALETTE && png_get_PLTE(png, info, &palette, &count) != 0) {
    header->palette_count = count < 256 ? count : 256;
    memcpy(header->palette, palette, (size_t)header->palette_count * 3);
  }
}

static void read_pixels(png_structp png, png_infop info, request *request) {
  begin(png, info, request);
  png_set_packing(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t row_bytes = png_get_rowbytes(png, info);
  size_t height = png_get_image_height(png, info);
  if (row_bytes == 0 || height > request->capacity / row_bytes) png_error(png, "the pixel buffer is too small");
  for (int pass = 0; pass < passes; pass++) {
    for (size_t y = 0; y < height; y++) png_read_row(png, request->pixels + y * row_bytes, NULL);
  }
  png_read_end(png, NULL);
}

typedef void (*reading)(png_structp png, png_infop info, request *request);

/// Everything that can jump. `png` and `info` are set before and not changed here.
static void trapped(png_codec_trap *trap, png_structp png, png_infop info, reading read, request *request) {
  if (setjmp(trap->jump)) return;
  read(png, info, request);
  trap->status = PNG_CODEC_OK;
}

static png_codec_status with_reader(reading read, request *request, char message[PNG_CODEC_MESSAGE_SIZE]) {
  png_codec_trap trap = {.status = PNG_CODEC_OUT_OF_MEMORY, .message = message};
  png_codec_say(message, "not enough memory for libpng");
  // Creating the structures reports failure by a null pointer; a jump can only come later.
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &trap, png_codec_raise, png_codec_ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (info) trapped(&trap, png, info, read, request);
  png_destroy_read_struct(&png, &info, NULL);
  if (trap.status == PNG_CODEC_OK) message[0] = 0;
  return trap.status;
}

png_codec_status png_codec_read_header(const uint8_t *data, size_t size, png_codec_header *header,
                                       char message[PNG_CODEC_MESSAGE_SIZE]) {
  memset(header, 0, sizeof *header);
  request request = {.source = {.bytes = data, .size = size}, .header = header};
  return with_reader(read_header, &request, message);
}

png_codec_status png_codec_decode(const uint8_t *data, size_t size, uint8_t *pixels, size_t capacity,
                                  char message[PNG_CODEC_MESSAGE_SIZE]) {
  request request = {.source = {.bytes = data, .size = size}, .pixels = pixels, .capacity = capacity};
  return with_reader(read_pixels, &request, message);
}
