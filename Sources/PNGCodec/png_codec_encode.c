#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "png_codec_shared.h"

/// A byte buffer that doubles.
typedef struct {
  uint8_t *bytes;
  size_t size;
  size_t capacity;
} growing_buffer;

static bool append(growing_buffer *buffer, const uint8_t *bytes, size_t count) {
  if (count > SIZE_MAX / 2 - buffer->size) return false;
  if (buffer->size + count > buffer->capacity) {
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : 1 << 16;
    while (capacity < buffer->size + count) capacity *= 2;
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (!grown) return false;
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->size, bytes, count);
  buffer->size += count;
  return true;
}

/// libpng's write function.
static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  if (!append(png_get_io_ptr(png), bytes, count)) png_error(png, "not enough memory for the encoded picture");
}

static void flush_nothing(png_structp png) { (void)png; }

static bool is_ascii(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text >= 0x80) return false;
  }
  return true;
}

/// Keywords are limited by the PNG specification, section 11.3.4.2; libpng would quietly repair or drop others.
static bool is_keyword(const char *keyword) {
  size_t length = strlen(keyword);
  if (length < 1 || length > 79 || keyword[0] == ' ' || keyword[length - 1] == ' ') return false;
  for (size_t i = 0; i < length; i++) {
    if (keyword[i] < 0x20 || keyword[i] > 0x7e) return false;
    if (keyword[i] == ' ' && keyword[i + 1] == ' ') return false;
  }
  return true;
}

/// What is wrong with the picture, or null.
static const char *fault(const png_codec_picture *picture) {
  if (picture->channels != 3 && picture->channels != 4) return "a picture has 3 or 4 channels";
  if (picture->width == 0 || picture->height == 0) return "the picture has no pixels";
  if (picture->width > PNG_UINT_31_MAX || picture->height > PNG_UINT_31_MAX) return "the picture is too large for PNG";
  if (picture->stride / (size_t)picture->channels < picture->width) return "the rows overlap: the stride is too small";
  for (size_t i = 0; i < picture->text_count; i++) {
    if (!is_keyword(picture->texts[i].keyword)) return "a text's keyword is not 1 to 79 printable ASCII characters";
  }
  return NULL;
}

static void write_text(png_structp png, png_infop info, const png_codec_text *entry) {
  // libpng copies both strings and changes neither; its structure is shared with the reading side, hence not const.
  png_text text = {
      .compression = is_ascii(entry->text) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE,
      .key = (png_charp)entry->keyword,
      .text = (png_charp)entry->text,
  };
  png_set_text(png, info, &text, 1);
}

/// Everything that can jump. `png` and `info` are set before and not changed here.
static void write_picture(png_codec_trap *trap, png_structp png, png_infop info, growing_buffer *buffer,
                          const png_codec_picture *picture) {
  if (setjmp(trap->jump)) return;
  png_set_write_fn(png, buffer, write_bytes, flush_nothing);
  // Width and height were checked; the limits of libpng guard readers.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, info, picture->width, picture->height, 8,
               picture->channels == 4 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (picture->dots_per_metre > 0) {
    png_set_pHYs(png, info, picture->dots_per_metre, picture->dots_per_metre, PNG_RESOLUTION_METER);
  }
  for (size_t i = 0; i < picture->text_count; i++) write_text(png, info, &picture->texts[i]);
  png_write_info(png, info);
  for (size_t y = 0; y < picture->height; y++) png_write_row(png, picture->pixels + y * picture->stride);
  png_write_end(png, NULL);
  trap->status = PNG_CODEC_OK;
}

png_codec_status png_codec_encode(const png_codec_picture *picture, uint8_t **data, size_t *size,
                                  char message[PNG_CODEC_MESSAGE_SIZE]) {
  *data = NULL;
  *size = 0;
  message[0] = 0;
  const char *reason = fault(picture);
  if (reason) {
    png_codec_say(message, reason);
    return PNG_CODEC_FAILED;
  }

  png_codec_trap trap = {.status = PNG_CODEC_OUT_OF_MEMORY, .message = message};
  growing_buffer buffer = {0};
  png_codec_say(message, "not enough memory for libpng");
  // Creating the structures reports failure by a null pointer; a jump can only come later.
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &trap, png_codec_raise, png_codec_ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (info) write_picture(&trap, png, info, &buffer, picture);
  png_destroy_write_struct(&png, &info);

  if (trap.status != PNG_CODEC_OK) {
    free(buffer.bytes);
    return trap.status;
  }
  message[0] = 0;
  *data = buffer.bytes;
  *size = buffer.size;
  return PNG_CODEC_OK;
}

void png_codec_free(uint8_t *data) { free(data); }
