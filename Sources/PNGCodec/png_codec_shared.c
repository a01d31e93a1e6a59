#include "png_codec_shared.h"

#include <stdio.h>

void png_codec_say(char message[PNG_CODEC_MESSAGE_SIZE], const char *text) {
  snprintf(message, PNG_CODEC_MESSAGE_SIZE, "%s", text);
}

_Noreturn void png_codec_raise(png_structp png, png_const_charp text) {
  png_codec_trap *trap = png_get_error_ptr(png);
  trap->status = PNG_CODEC_FAILED;
  png_codec_say(trap->message, text);
  longjmp(trap->jump, 1);
}

void png_codec_ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}
