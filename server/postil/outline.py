"""What a page shows of its sections, and what that is called.

An outline is what one copy of a page shows: headings, levels, element ids, the author's own keys, and fingerprints.
A section is an opaque id (law 5), so all of that is evidence about it; matching.py weighs it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from postil.fingerprint import Sample, read_print
from postil.likeness import without_digits
from postil.matching import Match, Verdict, match

__all__ = [
    "Match",
    "OutlineSection",
    "Verdict",
    "match",
    "nearly",
    "outline_hash",
    "without_digits",
]

HASH_DIGITS = 32
NEARLY = 0.9
"""Bodies that share this of their words are the same words for `nearly`."""


@dataclass(frozen=True, slots=True)
class OutlineSection:
    """One entry of an outline, as a page shows it. Level 0: the introduction, or the page as a whole."""

    heading: str
    level: int
    id: str | None = None
    key: str | None = None
    print: str | None = None
    first: str | None = None
    last: str | None = None


def outline_hash(sections: Iterable[OutlineSection]) -> str:
    """The name of an outline: 32 hex digits over levels, keys, ids, headings and prints, as `covered` says.

    So a view counter or a date makes no new outline, and one changed word does. `outlineOf` in
    client_widget/src/sections.js computes the same (tests/data/outline_vectors.json). It is cut from SHA-256, and over
    JSON, because a place is looked up by this name: whoever could make a second outline of the same name could move
    other readers' threads.
    """
    rows = [[s.level, s.key or "", s.id or "", s.heading, s.print or ""] for s in covered(sections)]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]


def covered(sections: Iterable[OutlineSection]) -> tuple[OutlineSection, ...]:
    """What a hash covers: ids and headings without digits, but where only these tell two of a page apart ("Step 1",
    "Step 2"). Of a visitor's outline nothing else is believed: he could forge it under another's hash.
    """
    sections = tuple(sections)
    ids = _lean([section.id or "" for section in sections])
    headings = _lean([section.heading for section in sections])
    return tuple(
        replace(section, id=id or None, heading=heading, first=None, last=None)
        for section, id, heading in zip(sections, ids, headings, strict=True)
    )


def _lean(texts: Sequence[str]) -> list[str]:
    bare = [without_digits(text) for text in texts]
    counts = Counter(bare)
    return [text if counts[short] > 1 else short for text, short in zip(texts, bare, strict=True)]


def nearly(one: Sequence[OutlineSection], other: Sequence[OutlineSection]) -> bool:
    """Are these the same sections in the same order, so that what is known of one holds for the other?

    Equal keys, levels, ids and headings but for digits, and bodies of nine tenths the same words. Where only digits
    tell headings apart ("Step 1", "Step 2"), or nothing does, the headings must be equal and so must the bodies.
    """
    if len(one) != len(other):
        return False
    names = Counter(without_digits(section.heading) for section in one)
    return all(_near(a, b, names[without_digits(a.heading)] == 1) for a, b in zip(one, other, strict=True))


def _near(one: OutlineSection, other: OutlineSection, alone: bool) -> bool:
    mine, theirs = ((s.level, s.key or "", without_digits(s.id or "")) for s in (one, other))
    if mine != theirs or without_digits(one.heading) != without_digits(other.heading):
        return False
    if (one.print or "") == (other.print or ""):
        return alone or one.heading == other.heading
    a, b = read_print(one.print), read_print(other.print)
    return alone and a is not None and b is not None and all(map(_mostly, a, b))


def _mostly(one: Sample, other: Sample) -> bool:
    return 2 * len(one.values & other.values) >= NEARLY * (len(one.values) + len(other.values))
