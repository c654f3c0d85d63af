"""Where the sections of an outline have their threads.

An outline is what one copy of a page shows: headings, levels, element ids and the author's own keys.
A section is an opaque id (law 5), so all of that is evidence about it, and this module alone weighs it.
Pure, and linear in the length of both lists.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from postil.fingerprint import Sample, read_print
from postil.likeness import without_digits
from postil.matching import Match, Verdict, match

__all__ = [
    "KnownSection",
    "Match",
    "OutlineSection",
    "Verdict",
    "match",
    "nearly",
    "nths",
    "outline_hash",
    "place",
    "without_digits",
]

HASH_DIGITS = 32
NEARLY = 0.9
"""Bodies that share this of their words are the same words for `nearly`."""

Told = tuple[Hashable, Hashable, Hashable]
"""The author's key, the element's id, the heading among equal ones: strongest first, None where silent."""


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


@dataclass(frozen=True, slots=True)
class KnownSection:
    """A section that has an id already. `nth` counts from 0 among equal headings of equal level."""

    id: str
    heading: str
    level: int
    element_id: str | None = None
    key: str | None = None
    nth: int = 0


def outline_hash(sections: Iterable[OutlineSection]) -> str:
    """The name of an outline: 32 hex digits over levels, keys, ids, headings and prints, but for digits.

    So a view counter or a date makes no new outline, and one changed word does; keys are the author's and stay whole.
    `outlineOf` in client_widget/src/sections.js computes the same (tests/data/outline_vectors.json). It is
    cut from SHA-256, and over JSON, because a place is looked up by this name: whoever could make
    a second outline of the same name could move other readers' threads.
    """
    rows = [
        [s.level, s.key or "", without_digits(s.id or ""), without_digits(s.heading), s.print or ""] for s in sections
    ]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]


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


def nths(sections: Iterable[OutlineSection]) -> list[int]:
    """For each section, how many before it have its heading and level: the `nth` of a KnownSection."""
    seen: Counter[tuple[int, str]] = Counter()
    found = []
    for section in sections:
        found.append(seen[section.level, section.heading])
        seen[section.level, section.heading] += 1
    return found


def place(sections: Sequence[OutlineSection], known: Sequence[KnownSection]) -> list[str | None]:
    """The known id that stands at each index of the outline, or None where none does.

    By the author's key, else the element's id, else the heading among equal headings; each kind of evidence
    is used up for the whole outline before a weaker one is asked. A known section is given away once. A key
    or id that occurs twice on either side says nothing, and two different keys are never one section.
    """
    placed: list[str | None] = [None] * len(sections)
    left = dict(enumerate(known))
    wanted = [_evidence(s.key, s.id, s.level, s.heading, nth) for s, nth in zip(sections, nths(sections), strict=True)]
    offered = [_evidence(k.key, k.element_id, k.level, k.heading, k.nth) for k in known]
    for kind in range(3):
        owners = _once((i, offered[i][kind]) for i in left)
        for value, index in _once(enumerate(row[kind] for row in wanted)).items():
            owner = owners.get(value)
            if placed[index] is None and owner is not None and not _at_odds(wanted[index], offered[owner]):
                placed[index] = left.pop(owner).id
    return placed


def _evidence(key: str | None, element_id: str | None, level: int, heading: str, nth: int) -> Told:
    # The introduction is never a headed section, so an id counts only between two of the same sort.
    return (key or None, (level == 0, element_id) if element_id else None, (level, heading, nth))


def _once(evidence: Iterable[tuple[int, Hashable]]) -> dict[Hashable, int]:
    """Evidence -> index, for what occurs exactly once."""
    rows = [(index, value) for index, value in evidence if value is not None]
    counts = Counter(value for _, value in rows)
    return {value: index for index, value in rows if counts[value] == 1}


def _at_odds(one: Told, other: Told) -> bool:
    return bool(one[0] and other[0] and one[0] != other[0])
