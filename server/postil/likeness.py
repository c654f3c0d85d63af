"""How likely a section of one outline is to be a section of another: the evidence, weighed pair by pair.

Nothing is decided here. Scores are about 0..1, and compare only within one pair of outlines, because a word that
is rare on this page weighs more than one that stands in each of its sections.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple, Protocol

from postil.fingerprint import Sample, Sketch, fingerprint, read_print, tokens_of, words_of

SAME_NAME = 0.25
"""What an equal heading or id adds to the likeness of the words. Unrelated words under one heading are alike by less
than 0.2 as a rule and by 0.3 at most, so the name alone never makes up for them."""
ALIKE_NAME = 0.1
"""What a heading with the same words adds; with some of them, less."""
NEIGHBOUR = 0.05
"""For each of the two neighbours that is known to stand beside it in both outlines."""
FULL_INFORMATION = 2.0
"""This weight of rare words in common says half of what a long text says: weight / (weight + this)."""
WITHIN = 0.85
"""A text found whole inside a larger one is as good as two texts alike by this."""
SMALL = 0.25
"""A remnant of less than this share of the old text is no longer what was talked about."""
SURELY = 0.7
"""An introduction and a headed section are one only where the words are alike by this."""
ONLY_ASKED = 0.4
"""A score that no thread is kept by."""
EMPTY_KEPT, EMPTY_ASKED = 0.7, 0.4
"""Scores where a body is empty, so that no words can tell."""
COMMON = 24
"""A word that more sections than this have brings no candidates: it would bring them all."""
CANDIDATES = 6
FEW_PAIRS = 4
INTRODUCTION = "\0"
"""The name of what has no heading because it stands before the first one."""


DIGITS = re.compile(r"\d")


class Section(Protocol):
    """What is asked of a section."""

    @property
    def heading(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def id(self) -> str | None: ...
    @property
    def key(self) -> str | None: ...
    @property
    def print(self) -> str | None: ...


class Likeness(NamedTuple):
    """Of two sections' words, 0..1: how alike, how much of the old text is `inside` the new, how much of the new one
    the old goes `around`. `shared`: the weight of the words in common."""

    alike: float
    shared: float
    inside: float
    around: float


UNLIKE = Likeness(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One section, read."""

    section: Section
    name: str  # the heading, without what differs between spellings of one
    path: tuple[str, ...]  # the names above it
    bare: str  # the name without digits
    stem: str  # the id without digits
    words: frozenset[str]  # of the heading
    sketch: Sketch | None  # None: no words in the body

    @property
    def body(self) -> tuple[str, str]:
        """What two sections have in common that only their order or place tells apart."""
        return self.name, self.section.print or ""


def read_outline(sections: Sequence[Section], known: dict[str, Sketch | None]) -> list[Entry]:
    """The sections of an outline, each with the path of the headings above it. `known`: prints that were read."""
    entries = []
    above: list[tuple[int, str]] = []
    for section in sections:
        name = " ".join(unicodedata.normalize("NFKC", section.heading).lower().split())
        while above and above[-1][0] >= section.level:
            above.pop()
        path = tuple(name for _, name in above)
        if section.level:
            above.append((section.level, name))
        name = name if section.level else INTRODUCTION
        printed = section.print or ""
        if printed not in known:
            known[printed] = read_print(printed)
        stem, sketch = without_digits(section.id or ""), known[printed]
        entries.append(
            Entry(section, name, path, without_digits(name), stem, frozenset(tokens_of(words_of(name))), sketch)
        )
    return entries


def without_digits(text: str) -> str:
    """The text without decimal digits of any script: what `\\p{Nd}` is in a browser."""
    return DIGITS.sub("", text)


def once(values: Iterable[Hashable]) -> dict[Hashable, int]:
    """Value -> index, of those that occur exactly once."""
    rows = list(values)
    counts = Counter(rows)
    return {value: index for index, value in enumerate(rows) if counts[value] == 1}


def _once_in_both(old: Iterable[Hashable], new: Iterable[Hashable]) -> set[tuple[int, int]]:
    there = once(new)
    return {(i, there[value]) for value, i in once(old).items() if value and value in there}


class Evidence:
    """Two outlines side by side. A likeness is worked out when asked for, and kept."""

    def __init__(self, old: Sequence[Section], new: Sequence[Section]) -> None:
        sketches: dict[str, Sketch | None] = {}
        self.old, self.new = read_outline(old, sketches), read_outline(new, sketches)
        self._known: dict[tuple[int, int], Likeness] = {}
        self._rarity = _Rarity(*([e.sketch.words.values for e in side if e.sketch] for side in (self.old, self.new)))
        self._heading_rarity = _Rarity(*([e.words for e in side] for side in (self.old, self.new)))

    @cached_property
    def namesakes(self) -> set[tuple[int, int]]:
        """Pairs that heading, heading with those above it, or id tells apart from all others on either side.

        An id is looked at without its digits: "step-2" and "example-1" only count. So is a heading that stays alone.
        """
        old, new = self.old, self.new
        pairs = _once_in_both((e.name for e in old), (e.name for e in new))
        pairs |= _once_in_both(((e.name, e.path) for e in old if e.name), ((e.name, e.path) for e in new if e.name))
        pairs |= _once_in_both((e.bare.strip(" .:-") for e in old), (e.bare.strip(" .:-") for e in new))
        ids = _once_in_both((e.stem for e in old), (e.stem for e in new))
        pairs |= {(i, j) for i, j in ids if old[i].section.id == new[j].section.id}
        return {(i, j) for i, j in pairs if self.same_sort(i, j)}

    def possible(self, i: int, j: int) -> bool:
        """False for two different keys of the author, which are never one section."""
        one, other = self.old[i].section.key, self.new[j].section.key
        return not (one and other and one != other)

    def same_sort(self, i: int, j: int) -> bool:
        """Are both introductions (or whole pages), or both headed?"""
        return (self.old[i].section.level == 0) == (self.new[j].section.level == 0)

    def name(self, i: int, j: int) -> float:
        """What headings and ids add to a score."""
        if (i, j) in self.namesakes:
            return SAME_NAME
        one, other = self.old[i].words, self.new[j].words
        both = one & other
        return ALIKE_NAME * 2 * self._heading_rarity.of(both) / (len(one) + len(other)) if both else 0.0

    def like(self, i: int, j: int) -> Likeness:
        """The likeness of two sections' words."""
        known = self._known.get((i, j))
        if known is None:
            known = self._known[i, j] = self._compare(i, j)
        return known

    def _compare(self, i: int, j: int) -> Likeness:
        one, other = self.old[i].sketch, self.new[j].sketch
        if one is None or other is None:
            return UNLIKE
        a, b = _to_one_end(one.words, other.words)
        if (i, j) in self.namesakes:
            a, b = self._without_heading(a, b, self.new[j])
        both, all_a, all_b = self._rarity.of(a & b), self._rarity.of(a), self._rarity.of(b)
        if not both:
            return UNLIKE
        words = Likeness(2 * both / (all_a + all_b), both, both / all_a, both / all_b)
        p, q = _to_one_end(one.pairs, other.pairs)
        return _with_pairs(words, len(p & q), len(p), len(q)) if p and q else words

    def _without_heading(
        self, a: frozenset[str], b: frozenset[str], entry: Entry
    ) -> tuple[frozenset[str], frozenset[str]]:
        """That both bodies speak of what their common heading says was to be expected, and is counted already."""
        said = read_print(fingerprint(entry.name).print)
        if said is None or a <= said.words.values or b <= said.words.values:
            return a, b
        return a - said.words.values, b - said.words.values

    def score(self, i: int, j: int, neighbours: int = 0) -> float:
        """How likely it is that old section i is new section j, by all evidence but the author's key.

        `neighbours`: how many of the two beside it are known to be beside it in both outlines. Rounded, because the
        words of a set are added in no set order.
        """
        return round(self._score(i, j, neighbours), 6)

    def _score(self, i: int, j: int, neighbours: int) -> float:
        name = self.name(i, j)
        if self.old[i].sketch is None or self.new[j].sketch is None:
            return self._score_empty(i, j, name, neighbours)
        like = self.like(i, j)
        informed = like.shared / (like.shared + FULL_INFORMATION)
        alike = like.alike if name == SAME_NAME else like.alike * informed
        part = max(like.inside, like.around if like.inside >= SMALL else 0.0)
        if not self.same_sort(i, j) and max(alike, part) < SURELY:
            return min(ONLY_ASKED, max(alike, WITHIN * informed * part))
        words = max(alike, WITHIN * informed * part)
        return max(ONLY_ASKED, words + name) if name == SAME_NAME else words + name + NEIGHBOUR * neighbours

    def _score_empty(self, i: int, j: int, name: float, neighbours: int) -> float:
        was_empty, is_empty = self.old[i].sketch is None, self.new[j].sketch is None
        if name == SAME_NAME:
            # A section that had no words was its heading. One that lost them lost what was talked about.
            return EMPTY_KEPT if was_empty and self.old[i].section.level else EMPTY_ASKED
        in_place = neighbours == 2 and name > 0
        if not was_empty or not self.same_sort(i, j) or not (is_empty or in_place):
            return 0.0
        return EMPTY_KEPT if is_empty and in_place else EMPTY_ASKED

    def own_share(self, part: Entry, whole: Entry, rest: Entry) -> float:
        """The share of `part` that is in `whole` and not in `rest`: what is it of the whole that the rest is not?"""
        if part.sketch is None or whole.sketch is None:
            return 0.0
        few = len(part.sketch.pairs.values) < FEW_PAIRS
        mine, all_of_it, others = (_kind(entry.sketch, few) for entry in (part, whole, rest))
        end = min(mine.end, all_of_it.end, others.end)
        values = {value for value in mine.values if value < end}
        return len((values & all_of_it.values) - others.values) / len(values) if values else 0.0

    def candidates(self, rows: Collection[int], columns: Collection[int]) -> dict[int, list[int]]:
        """For each old section its namesake, and the few new ones that share most rare words and pairs with it.

        Looks at no more than COMMON sections for each of an old section's items.
        """
        tables = (_holders(self.new, columns, 0), _holders(self.new, columns, 1))
        found = {i: self._most_shared(i, tables) for i in rows}
        wanted = set(columns)
        for i, j in self.namesakes:
            if i in found and j in wanted and j not in found[i]:
                found[i].append(j)
        return found

    def _most_shared(self, i: int, tables: tuple[dict[str, list[int]], dict[str, list[int]]]) -> list[int]:
        shared = zip(tables, self.old[i].sketch or (), strict=False)
        found = (table[item] for table, sample in shared for item in sample.values & table.keys())
        votes = Counter(chain.from_iterable(found))
        most = max(votes.values(), default=0)
        return sorted([j for j in votes if 8 * votes[j] >= most], key=lambda j: (-votes[j], j))[:CANDIDATES]


def _holders(entries: Sequence[Entry], columns: Iterable[int], kind: int) -> dict[str, list[int]]:
    """Which sections have an item; of words (0) or pairs (1) that are not too common to tell."""
    table: dict[str, list[int]] = defaultdict(list)
    for j in columns:
        sketch = entries[j].sketch
        for item in sketch[kind].values if sketch else ():
            table[item].append(j)
    return {item: holders for item, holders in table.items() if len(holders) <= COMMON}


def _kind(sketch: Sketch | None, few: bool) -> Sample:
    if sketch is None:
        return Sample(frozenset(), "~")
    return sketch.words if few else sketch.pairs


def _to_one_end(one: Sample, other: Sample) -> tuple[frozenset[str], frozenset[str]]:
    """The items of both below the lower of their ends, where each is whole."""
    if one.end == other.end:
        return one.values, other.values
    end = min(one.end, other.end)
    return frozenset(v for v in one.values if v < end), frozenset(v for v in other.values if v < end)


def _with_pairs(words: Likeness, both: int, p: int, q: int) -> Likeness:
    # An edit that leaves a share f of the words leaves f * f of the pairs.
    return Likeness(
        (words.alike + math.sqrt(2 * both / (p + q))) / 2,
        words.shared,
        (words.inside + math.sqrt(both / p)) / 2,
        (words.around + math.sqrt(both / q)) / 2,
    )


class _Rarity(dict[str, float]):
    """Weights of items: 1 for what one section has, less the more have it, never 0."""

    def __init__(self, old: Sequence[Iterable[str]], new: Sequence[Iterable[str]]) -> None:
        self._sections = max(1, len(old), len(new))
        self._counts = [Counter(chain.from_iterable(side)) for side in (old, new)]

    def __missing__(self, item: str) -> float:
        one, other = self._counts
        weight = self[item] = self._weigh(max(1, one[item], other[item]))
        return weight

    def _weigh(self, holders: int) -> float:
        return math.log(1 + self._sections / holders) / math.log(1 + self._sections)

    def of(self, items: Iterable[str]) -> float:
        return sum(map(self.__getitem__, items))
