"""How small the models are made."""

from dataclasses import dataclass

# Rows and columns of patches.
SIDE = 4


@dataclass(frozen=True)
class Sizes:
    """Sizes of an image encoder. `width`, `patch` and `ratio` are timm's own where they are None."""

    width: int | None = None
    heads: int | None = None
    depth: int = 2
    patch: int | None = None
    ratio: float | None = None
    published: bool = False


# For the table: the width of a head is the name's, two heads; transformers' towers are 64 wide with four heads, so that
# width and heads go together otherwise than as 64 values a head.
SMALL = Sizes()
# Everything that a name implies, depth and images apart; no arguments in the folder's configuration, as published.
PUBLISHED = Sizes(published=True)
# For committed files.
TINY = Sizes(width=24, heads=2, patch=4, ratio=1.5)
# The same where heads must be guessed: 64 wide, four heads.
GUESSED = Sizes(width=64, heads=4, depth=1, patch=4, ratio=1)
