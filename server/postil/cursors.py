"""The two kinds of cursor, as text and back. Pure. Both come from strangers, so nothing in them is trusted."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from postil.errors import Invalid
from postil.ids import looks_like_id

# Beyond this a fresh window is cheaper than the changes; it also bounds what one question can cost.
MOST_BEHIND = 500

_SINCE = re.compile(r"([0-9a-f]{8})\.(0|[1-9][0-9]{0,14})", re.ASCII)
_ROOTS = re.compile(r"(oldest|newest|supported)\.([0-9]{1,15})\.(-?[0-9]{1,9})\.([-0-9A-Z_a-z]{11})", re.ASCII)


class Sort(StrEnum):
    """Orders the roots; replies are always oldest first, as a conversation is read."""

    OLDEST = "oldest"
    NEWEST = "newest"
    SUPPORTED = "supported"


class Since(NamedTuple):
    """Up to which change of a page somebody has seen: `epoch.revision`."""

    epoch: str
    revision: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.revision}"


def parse_since(value: str) -> Since:
    """Raise Invalid unless `value` has the form of a cursor; whether it is still good is reading's to say."""
    match = _SINCE.fullmatch(value)
    if not match:
        raise Invalid("since", "A cursor looks like “epoch.revision”. Leave it out to begin afresh.")
    return Since(match[1], int(match[2]))


@dataclass(frozen=True, slots=True)
class AfterRoot:
    """Where a list of threads goes on: the last root's sort keys, frozen at a public revision."""

    sort: Sort
    revision: int
    support: int
    root: str

    def __str__(self) -> str:
        return f"{self.sort}.{self.revision}.{self.support}.{self.root}"


@dataclass(frozen=True, slots=True)
class AfterReply:
    """Where a thread goes on: after the comment `last` (the root itself, to begin with)."""

    root: str
    last: str

    def __str__(self) -> str:
        return f"replies.{self.root}.{self.last}"


def parse_window(value: str) -> AfterRoot | AfterReply:
    """Raise Invalid unless `value` is a window's cursor."""
    match = _ROOTS.fullmatch(value)
    if match:
        return AfterRoot(Sort(match[1]), int(match[2]), int(match[3]), match[4])
    kind, _, ids = value.partition(".")
    root, _, last = ids.partition(".")
    if kind == "replies" and looks_like_id(root) and looks_like_id(last):
        return AfterReply(root, last)
    raise Invalid("cursor", "This is no cursor of ours. Leave it out to begin afresh.")
