int png_codec_placeholder;
