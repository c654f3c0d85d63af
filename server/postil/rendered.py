"""What the source of a comment has become, for all who only handle it. postil.markup makes it, and is loaded late."""

from dataclasses import dataclass
from typing import Final

RENDERER: Final = 1  # kept with each comment; a higher one means: render again from the source
MAX_SOURCE: Final = 10_000  # characters: some 1,700 words


@dataclass(frozen=True, slots=True)
class Rendered:
    """`html` is safe to show. `fallback`: it is the source as escaped text, because a layer refused it."""

    html: str
    fallback: bool
