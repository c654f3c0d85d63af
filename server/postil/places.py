"""Where the sections of an outline have their threads, on one page.

A section is an opaque id; headings and words are evidence about it, weighed for a whole outline at once (outline.py).
The page's reference, an outline that the owner gave or that many readers were shown, has an id at every place, so
whoever sees it shares its threads. Any other outline is answered by what it surely has in common with the reference,
and by what its own readers made. Nobody's outline changes the answer to another (house, law 5).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import col

from postil.db import Snapshot
from postil.models import Outline, Page
from postil.outline import Match, OutlineSection, Verdict, covered, match, nearly

# A page that was edited more often than that since anybody wrote has long had a reference of a later time.
MOST_PAST = 6
# Without a reference threads are shared between outlines that match surely: the oldest ones decide, so that no later
# outline takes anything from them. Each costs a comparison.
MOST_PEERS = 20
# Sections of other outlines that one is compared with at most: of pages with 500 sections each, that is two.
MOST_COMPARED = 1_000
# What one process remembers of outlines that nobody wrote under: some 20 MB, or a thousand articles.
MOST_REMEMBERED = 20_000
MOST_PLACED = 1_000
# A comparison of so many sections takes tens of milliseconds: long enough to hold others up.
LARGE = 60


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at one index of an outline: a thread, others that were merged into it, or a hint to the thread
    that this was split from. `id` may name a section to be, which has a row only once somebody writes there.
    """

    id: str | None = None
    joined: tuple[str, ...] = ()
    part_of: str | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Place":
        return cls(row.get("id"), tuple(row.get("joined", ())), row.get("part_of"))

    def plain(self) -> dict[str, Any]:
        """As JSON, without what is empty."""
        row = {"id": self.id, "joined": list(self.joined), "part_of": self.part_of}
        return {name: value for name, value in row.items() if value}

    def with_thread(self, id: str) -> "Place":
        """The same with one more thread in it; the first one leads."""
        return replace(self, joined=(*self.joined, id)) if self.id else replace(self, id=id)

    def without(self, id: str, spare: str) -> "Place":
        """The same when a thread has left it; where it led, the next does, or `spare`, which has none yet."""
        if id != self.id:
            return replace(self, joined=tuple(each for each in self.joined if each != id))
        return replace(self, id=self.joined[0] if self.joined else spare, joined=self.joined[1:])

    @property
    def ids(self) -> tuple[str, ...]:
        """The threads that stand here."""
        return (*((self.id,) if self.id else ()), *self.joined)


Places = tuple[Place, ...]


class Seen(NamedTuple):
    """An outline that somebody was shown: its name, and its sections where he sent them."""

    hash: str
    sections: tuple[OutlineSection, ...] = ()


def sections_of(outline: Outline) -> tuple[OutlineSection, ...]:
    return tuple(OutlineSection(**row) for row in outline.sections)


def rows_of(sections: Iterable[OutlineSection]) -> list[dict[str, Any]]:
    """Sections as JSON, without what is empty."""
    return [
        {name: value for name, value in asdict(s).items() if value or name == "level"} | {"heading": s.heading}
        for s in sections
    ]


def places_in(outline: Outline) -> Places:
    """The places written down for an outline; blank ones for one that has none."""
    rows = outline.places or [{}] * len(outline.sections)
    return tuple(Place.of(row) for row in rows)


def standing(places: Iterable[Place]) -> set[str]:
    """Every thread that has its place."""
    return {id for place in places for id in place.ids}


async def compare(old: Sequence[OutlineSection], new: Sequence[OutlineSection]) -> list[Match]:
    """outline.match, beside the event loop where it takes long."""
    if len(old) + len(new) > LARGE:
        return await asyncio.to_thread(match, old, new)
    return match(old, new)


def place_of(places: Iterable[Place], id: str) -> int | None:
    """Where a thread stands."""
    return next((at for at, place in enumerate(places) if id in place.ids), None)


def carry(old: Places, matches: Sequence[Match], start: Places, *, join: bool = False) -> Places:
    """`start` with the threads of `old` put where `matches` surely has them.

    Of several that come to one place the best leads and the others join it; the smaller parts of a split point to it.
    What stands in `start` stays, and takes what comes later only where it may `join`.
    """
    places, used = list(start), standing(start)
    free = [join or not place.id for place in start]
    kept = [(-found.score, at) for at, found in enumerate(matches) if found.decision is Verdict.KEEP]
    for _, at in sorted(kept):
        to = matches[at].to[0]
        if not free[to]:
            continue
        for id in old[at].ids:
            if id not in used:
                places[to] = places[to].with_thread(id)
                used.add(id)
        places[to] = replace(places[to], part_of=places[to].part_of or old[at].part_of)
    for _, at in kept:
        for to in matches[at].to[1:]:
            if free[to] and not places[to].id:
                places[to] = replace(places[to], part_of=old[at].id)
    return tuple(replace(place, part_of=None) if place.part_of in place.ids else place for place in places)


class Outlines:
    """Outlines that readers were shown lately, and where they put threads; in this process, bounded, never trusted.

    Losing any of it costs a reader one more message: he sends his outline again.
    """

    def __init__(self) -> None:
        self._shown: OrderedDict[tuple[str, str, str], tuple[OutlineSection, ...]] = OrderedDict()
        self._placed: OrderedDict[tuple[str, int, str], Places] = OrderedDict()
        self._sections = 0

    def remember(self, site: str, key: str, seen: Seen) -> None:
        """Keep a reader's outline of a page, so that the next one with the same need not send it. Its hash is true."""
        name = (site, key, seen.hash)
        if name in self._shown:
            self._shown.move_to_end(name)
            return
        self._shown[name] = covered(seen.sections)
        self._sections += len(seen.sections)
        while self._sections > MOST_REMEMBERED:
            _, dropped = self._shown.popitem(last=False)
            self._sections -= len(dropped)

    def recall(self, site: str, key: str, hash: str) -> tuple[OutlineSection, ...]:
        return self._shown.get((site, key, hash), ())

    def has(self, page: Page, hash: str) -> bool:
        """Whether places() answers without asking the database, as it will for the socket of the same reader."""
        return (page.id, page.anchors, hash) in self._placed

    async def places(self, snapshot: Snapshot, page: Page, hash: str) -> Places | None:
        """What stands where in an outline of `page`; None for one that is not known, and must be sent."""
        name = (page.id, page.anchors, hash)
        found = self._placed.get(name)
        if found is None:
            found = await self._find(snapshot, page, hash)
            if found is not None:
                self._placed[name] = found
                if len(self._placed) > MOST_PLACED:
                    self._placed.popitem(last=False)
        return found

    async def _find(self, snapshot: Snapshot, page: Page, hash: str) -> Places | None:
        kept = await snapshot.get(Outline, (page.id, hash))
        if kept is not None and kept.hash == page.reference:
            return places_in(kept)
        sections = covered(sections_of(kept)) if kept else self.recall(page.site_id, page.key, hash)
        if not sections:
            return None
        return await _place(snapshot, page, sections, kept)


async def _place(snapshot: Snapshot, page: Page, sections: Sequence[OutlineSection], kept: Outline | None) -> Places:
    if kept is None and (alike := await find_alike(snapshot, page, sections)):
        sections, kept = covered(sections_of(alike)), alike
        if kept.hash == page.reference:
            return places_in(kept)
    places = places_in(kept) if kept else (Place(),) * len(sections)
    for source in await _sources(snapshot, page, kept):
        if all(place.id for place in places):
            break
        places = carry(places_in(source), await compare(covered(sections_of(source)), sections), places)
    return places


async def find_alike(snapshot: Snapshot, page: Page, sections: Sequence[OutlineSection]) -> Outline | None:
    """A kept outline of the page that is nearly this one; the reference before all others."""
    of_page = select(Outline).where(col(Outline.page_id) == page.id, col(Outline.size) == len(sections))
    is_reference = col(Outline.hash) == (page.reference or "")
    newest = of_page.order_by(is_reference.desc(), col(Outline.created_at).desc()).limit(MOST_PEERS)
    for outline in await snapshot.scalars(newest):
        if nearly(covered(sections_of(outline)), sections):
            return outline
    return None


async def _sources(snapshot: Snapshot, page: Page, but: Outline | None) -> Collection[Outline]:
    """The outlines that decide for others: the reference and those before it; without one, the page's oldest."""
    query = select(col(Outline.hash), col(Outline.size)).where(col(Outline.page_id) == page.id)
    if but is not None:
        query = query.where(col(Outline.hash) != but.hash)
    if page.reference is None:
        query = query.order_by(col(Outline.created_at), col(Outline.hash)).limit(MOST_PEERS)
    else:
        latest = ((col(Outline.hash) == page.reference).desc(), col(Outline.referenced_at).desc())
        query = query.where(col(Outline.referenced_at).is_not(None)).order_by(*latest).limit(1 + MOST_PAST)
    rows = (await snapshot.execute(query)).all()
    hashes = [
        row.hash
        for row, sizes in zip(rows, accumulate(row.size for row in rows), strict=True)
        if sizes <= MOST_COMPARED
    ]
    found = await snapshot.scalars(
        select(Outline).where(col(Outline.page_id) == page.id, col(Outline.hash).in_(hashes))
    )
    return sorted(found, key=lambda outline: hashes.index(outline.hash))
