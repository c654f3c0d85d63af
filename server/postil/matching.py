"""Where the sections of one outline are in another: what the evidence is sure of, and what a person must say.

All old sections are weighed against all new ones at once, so that none is given what is better another's. A wrong
place is worse than a question, and a question worse than none: what is not sure, and clearly better than the next
best, is not done. Work is bounded by the number of sections, not by its square: only pairs that share something
rare are compared (`Evidence.candidates`), and the assignment stops looking for better after a set number of steps.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from postil.assignment import best_assignment
from postil.likeness import INTRODUCTION, SAME_NAME, Entry, Evidence, Section, once

KEEP = 0.55
"""A score to keep a thread by: half of the words under another heading, three tenths under the same."""
ASK = 0.35
"""A score to ask the owner by."""
CLEAR = 0.1
"""How much better than the next best it must be."""
PART = 0.5
"""A section is a part of another if this share of it is there that the other part does not tell."""
ENOUGH = 12
"""So many distinct words are a text that can be known again without its heading."""
LARGER = 1.25
"""A part of a split is the larger one if it has this many times what the part under the old heading has."""
SUGGESTIONS = 3
ROUNDS = 2
"""The first finds the sure ones, the second knows who stands beside whom."""


class Verdict(StrEnum):
    """What becomes of a section's thread."""

    KEEP = "keep"
    UNSURE = "unsure"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Match:
    """Where an old section went.

    keep: the thread goes to `to[0]`; further indices are the other parts of what was split. unsure: a person should
    decide, `to` holds suggestions, best first. gone: `to` is empty. `score` is 0..1, `reason` is for the owner to read.
    """

    to: tuple[int, ...]
    score: float
    decision: Verdict
    reason: str


def match(old: Sequence[Section], new: Sequence[Section]) -> list[Match]:
    """One Match per old section, in their order. Several may keep to one new section: they were merged."""
    return _Matching(old, new).run()


class _Matching:
    def __init__(self, old: Sequence[Section], new: Sequence[Section]) -> None:
        self.evidence = Evidence(old, new)
        self.old, self.new = self.evidence.old, self.evidence.new
        self.kept: dict[int, int] = {}
        self.why: dict[int, str] = {}
        self.scores: dict[int, dict[int, float]] = {}
        self.rivals: dict[int, list[int]] = {}
        self.pairs: dict[int, int] = {}
        self.keyed: set[int] = set()  # new sections that a key gives to one, and that may hold another's words too

    def run(self) -> list[Match]:
        self._keep_keys()
        self.keyed = {j for i, j in self.kept.items() if self.old[i].body[1] != self.new[j].body[1]}
        self._keep_once("same heading, same words", [e.body for e in self.old], [e.body for e in self.new])
        self._keep_once("same words", [_long_print(e) for e in self.old], [_long_print(e) for e in self.new])
        self._keep_in_order()
        certain = dict(self.kept)
        free = self._columns()
        if free:
            self._weigh(certain, free)
        holders = {j: i for i, j in self.kept.items()}
        return [self._verdict(i, certain, holders) for i in range(len(self.old))]

    # What needs no weighing.

    def _keep(self, i: int, j: int, why: str) -> None:
        self.kept[i], self.why[i] = j, why

    def _keep_keys(self) -> None:
        there = once(e.section.key or None for e in self.new)
        for key, i in once(e.section.key or None for e in self.old).items():
            if key is not None and key in there:
                self._keep(i, there[key], "the author's key")

    def _keep_once(self, why: str, old: Sequence[Hashable], new: Sequence[Hashable]) -> None:
        """What occurs once on each side. Without a body the heading must be alone, too."""
        there, used = once(new), set(self.kept.values())
        for value, i in once(old).items():
            j = there.get(value)
            if j is None or value is None or i in self.kept or j in used or not self._may_equal(i, j):
                continue
            if self.old[i].sketch or (i, j) in self.evidence.namesakes:
                self._keep(i, j, why)

    def _may_equal(self, i: int, j: int) -> bool:
        return self.evidence.possible(i, j) and self.evidence.same_sort(i, j)

    def _keep_in_order(self) -> None:
        """Equals that only order tells apart: between two known sections, where as many are left on both sides."""
        used = set(self.kept.values())
        for (i, j), (i_end, j_end) in list(self._gaps()):
            if i_end - i != j_end - j or used & set(range(j + 1, j_end)):
                continue
            for one, other in zip(range(i + 1, i_end), range(j + 1, j_end), strict=True):
                if self.old[one].body == self.new[other].body and self._may_equal(one, other):
                    self._keep(one, other, "same heading, same words, in the same order")

    # The rest.

    def _columns(self) -> list[int]:
        used = set(self.kept.values()) - self.keyed
        return [j for j in range(len(self.new)) if j not in used]

    def _weigh(self, certain: dict[int, int], columns: list[int]) -> None:
        rows = [i for i in range(len(self.old)) if i not in certain]
        near = self.evidence.candidates(rows, columns)
        for _ in range(ROUNDS):
            for i, j in self._slots().items():
                near[i].append(j)
            self.scores = {i: self._scores(i, near[i]) for i in rows}
            self.rivals = defaultdict(list)
            for i, options in self.scores.items():
                for j in options:
                    self.rivals[j].append(i)
            open_ones = {i: {j: s for j, s in row.items() if j not in self.keyed} for i, row in self.scores.items()}
            self.pairs = best_assignment(open_ones)
            self.kept = certain | {i: j for i, j in self.pairs.items() if self._is_sure(i, j)}

    def _slots(self) -> dict[int, int]:
        """For each section between two known ones the one that stands there now, if as many stand there."""
        slots: dict[int, int] = {}
        used = set(self.kept.values())
        for (i, j), (i_end, j_end) in self._gaps():
            if i_end - i == j_end - j:
                slots |= {i + x: j + x for x in range(1, i_end - i) if j + x not in used}
        return slots

    def _gaps(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        return pairwise([(-1, -1), *sorted(self.kept.items()), (len(self.old), len(self.new))])

    def _scores(self, i: int, near: Sequence[int]) -> dict[int, float]:
        options = [j for j in dict.fromkeys(near) if self.evidence.possible(i, j)]
        scores = {j: self.evidence.score(i, j, self._beside(i, j)) for j in options}
        return {j: score for j, score in scores.items() if score >= ASK}

    def _beside(self, i: int, j: int) -> int:
        """How many of the two neighbours (or ends of the page) are the same on both sides."""
        before = self.kept.get(i - 1) == j - 1 if i and j else i == j
        last = (len(self.old) - 1, len(self.new) - 1)
        after = self.kept.get(i + 1) == j + 1 if i != last[0] and j != last[1] else (i, j) == last
        return before + after

    def _is_sure(self, i: int, j: int) -> bool:
        return self.scores[i][j] >= KEEP and not self._is_elsewhere(i, j) and self._next_best(i, j)[0] >= CLEAR

    def _is_elsewhere(self, i: int, j: int) -> bool:
        """Are its very words under another heading, though other words stand here?"""
        body = self.old[i].section.print
        return body != self.new[j].section.print and any(body == self.new[k].section.print for k in self.scores[i])

    def _next_best(self, i: int, j: int) -> tuple[float, int, int]:
        """What would be lost by not giving j to i, and by which other pair of old and new.

        At best i takes another, or changes places with its holder; or another that has none takes j. Parts of one
        split or merge do not contend with each other.
        """
        holders = {column: row for row, column in self.pairs.items()}
        score = self.scores[i][j]
        best = (score, i, j)
        for k, other in self.scores[i].items():
            if k != j and k not in self.keyed and not self._is_part(i, k, j):
                holder = holders.get(k)
                gained = 0.0 if holder is None else self.scores[holder].get(j, 0.0) - self.scores[holder][k]
                best = min(best, (score - other - gained, i, k))
        for k in self.rivals[j]:
            if k != i and k not in self.pairs and self.old[k].sketch and not self._is_joined(k, j, i):
                best = min(best, (score - self.scores[k][j], k, j))
        return best

    def _is_part(self, i: int, part: int, rest: int) -> bool:
        """Does new section `part` hold words of the old i that new section `rest` does not?"""
        return self.evidence.own_share(self.new[part], self.old[i], self.new[rest]) >= PART

    def _is_joined(self, part: int, j: int, rest: int) -> bool:
        """Does the new j hold the words of old section `part`, and not because `rest` had them too?"""
        return self.evidence.own_share(self.old[part], self.new[j], self.old[rest]) >= PART

    # Saying it.

    def _verdict(self, i: int, certain: dict[int, int], holders: dict[int, int]) -> Match:
        if i in certain:
            return Match((certain[i],), 1.0, Verdict.KEEP, self.why[i])
        if i in self.kept:
            return self._kept(i, self.kept[i], holders)
        joined = self._joined(i, holders)
        if joined is not None:
            score = self.evidence.score(i, joined)
            return Match((joined,), min(1.0, score), Verdict.KEEP, f"merged with another: {self._says(i, joined)}")
        return self._left(i, holders)

    def _kept(self, i: int, j: int, holders: dict[int, int]) -> Match:
        parts = [k for k in self.scores[i] if k not in holders and _is_long(self.new[k]) and self._is_part(i, k, j)]
        score, says = min(1.0, self.scores[i][j]), self._says(i, j)
        if not parts:
            return Match((j,), score, Verdict.KEEP, says)
        weight = {k: self.evidence.like(i, k).shared for k in [j, *parts]}
        weight[j] *= LARGER
        order = sorted(weight, key=lambda k: -weight[k])
        return Match(tuple(order), score, Verdict.KEEP, f"split, this is the larger part: {self._says(i, order[0])}")

    def _joined(self, i: int, holders: dict[int, int]) -> int | None:
        """The new section that another old one keeps, and that holds this one's words as well (or is its heading)."""
        if self.old[i].sketch is None:
            return self._namesake(i) if self.old[i].section.level else None
        for j in sorted(self.scores.get(i, ()), key=lambda j: -self.scores[i][j]):
            if j in holders and _is_long(self.old[i]) and self._is_joined(i, j, holders[j]):
                return j
        return None

    def _namesake(self, i: int) -> int | None:
        names = [j for k, j in self.evidence.namesakes if k == i and self.evidence.possible(i, j)]
        return names[0] if len(names) == 1 else None

    def _left(self, i: int, holders: dict[int, int]) -> Match:
        options = self.scores.get(i, {})
        open_to_it = [j for j in options if j not in holders or self._may_be_joined(i, j, holders[j])]
        best = sorted(open_to_it, key=lambda j: -options[j])[:SUGGESTIONS]
        if best:
            return Match(tuple(best), min(1.0, options[best[0]]), Verdict.UNSURE, self._doubt(i, best[0]))
        equals = [j for j in self._equals.get(self.old[i].body, []) if j not in holders and self._may_equal(i, j)]
        if equals:
            return Match(tuple(equals[:SUGGESTIONS]), ASK, Verdict.UNSURE, "one of several with this heading and body")
        return Match((), 0.0, Verdict.GONE, "no section has its words")

    def _may_be_joined(self, i: int, j: int, rest: int) -> bool:
        return self.evidence.own_share(self.old[i], self.new[j], self.old[rest]) >= PART / 2

    @cached_property
    def _equals(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for j, entry in enumerate(self.new):
            found[entry.body].append(j)
        return found

    def _doubt(self, i: int, j: int) -> str:
        says = self._says(i, j)
        if self._is_elsewhere(i, j):
            return f"{says}, but its own words stand under another heading"
        if self.scores[i][j] < KEEP:
            return f"{says}: too little to be sure"
        return f"{says}: another is as likely"

    def _says(self, i: int, j: int) -> str:
        return ", ".join(self._evidence_for(i, j))

    def _evidence_for(self, i: int, j: int) -> Iterator[str]:
        if self.old[i].name == self.new[j].name:
            yield "both before the first heading" if self.old[i].name == INTRODUCTION else "same heading"
        elif self.evidence.name(i, j) == SAME_NAME:
            yield "same id" if self.old[i].section.id == self.new[j].section.id else "same heading but for numbers"
        if self.old[i].sketch is None or self.new[j].sketch is None:
            yield "no words then" if self.old[i].sketch is None else "no words now"
            return
        like = self.evidence.like(i, j)
        yield f"{100 * max(like.alike, like.inside):.0f} % of the words"


def _is_long(entry: Entry) -> bool:
    return entry.sketch is not None and len(entry.sketch.words.values) >= ENOUGH


def _long_print(entry: Entry) -> str | None:
    return entry.section.print if _is_long(entry) else None
