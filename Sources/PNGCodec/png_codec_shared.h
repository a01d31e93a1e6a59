#ifndef PNG_CODEC_SHARED_H
#define PNG_CODEC_SHARED_H

#include <png.h>
#include <setjmp.h>

#include "png_codec.h"

/// Where libpng jumps to and what it leaves behind. Lives in the caller's frame, outside the function that calls
/// setjmp, so that its fields keep their values across the jump.
typedef struct {
  jmp_buf jump;
  png_codec_status status;
  char *message;
} png_codec_trap;

/// Copies a message, cut to the buffer.
void png_codec_say(char message[PNG_CODEC_MESSAGE_SIZE], const char *text);

/// libpng's error function: keeps the message and jumps. The error pointer must be a `png_codec_trap`.
_Noreturn void png_codec_raise(png_structp png, png_const_charp text);

/// libpng's warning function: a warning leaves the picture intact, and nobody is there to read it.
void png_codec_ignore(png_structp png, png_const_charp text);

#endif
