"""A face drawn from a name alone, the same that the widget draws (client_widget/src/postil.js). Pure."""

from typing import NamedTuple

_BITS = 0xFFFF_FFFF


class Face(NamedTuple):
    """The path of its squares in a box of 8 by 8, and its hue."""

    squares: str
    hue: int


def face(name: str) -> Face:
    hash = 2166136261
    for letter in name:
        hash = (hash ^ ord(letter)) * 16777619 & _BITS
    hash = (hash ^ hash >> 15) * 739982445 & _BITS
    hash ^= hash >> 12
    spots = [(at // 5, at % 5) for at in range(15) if hash >> at & 1]
    squares = "".join(f"M{x + 1.5} {y + 1.5}h1v1h-1zM{5.5 - x} {y + 1.5}h1v1h-1z" for x, y in spots)
    return Face(squares, (hash >> 5) % 360)
