"""The reference: the one outline of a page that decides for everybody.

It comes from the owner (a build that was published, a page that the server fetched) or by promotion (promotion.py).
When it changes, each thread goes with its words, waits among the earlier discussions, or is asked about; and each of
these is written down with its reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, delete, func, select
from sqlmodel import col

from postil.changing import Change
from postil.ids import new_id
from postil.models import Anchoring, Comment, Outline, Section
from postil.names import clean_text
from postil.outline import Match, OutlineSection, Verdict, covered, outline_hash
from postil.places import Place, Places, carry, compare, place_of, places_in, rows_of, sections_of, standing
from postil.placing import stand
from postil.states import Anchor, OutlineSource

EXCERPT = 240
# Further back than an owner looks; of the older ones those stay that a comment was written under.
MOST_REFERENCES = 50
# Sections of two outlines together, over all comparisons of one change: a second or two with the page locked.
MOST_COMPARED = 5_000
Threads = dict[str, Section]


@dataclass(frozen=True, slots=True)
class Given:
    """An outline that is to become a page's reference, and who vouches for it."""

    sections: tuple[OutlineSection, ...]
    source: OutlineSource
    excerpts: tuple[str, ...] = ()
    title: str = ""

    @property
    def hash(self) -> str:
        return outline_hash(self.sections)


async def set_reference(change: Change, given: Given) -> list[Anchoring]:
    """Let an outline decide for everybody, with the page locked. Returns what was decided, or is to be asked.

    Readers load the page afresh where it has any thread.
    """
    tx, page = change.tx, change.page
    before = await tx.get(Outline, (page.id, page.reference)) if page.reference else None
    outline = await _take(change, given)
    page.title = given.title or page.title
    threads = await _threads(change)
    decided: list[Anchoring] = []
    if before is not outline:
        matches = await compare(sections_of(before), sections_of(outline)) if before else []
        places = carry(places_in(before) if before else (), matches, _settled(outline, threads))
        places = _fill(await _bring_back(change, outline, threads, places), places_in(outline))
        decided = await _decide(change, _Step(before, outline, matches, places), threads)
        outline.places = [place.plain() for place in places]
        page.reference = outline.hash
        change.move_places(readers=bool(threads))
    await _stand_all(change, outline, threads)
    await _forget_oldest(change)
    return decided


async def gather(change: Change) -> None:
    """Let threads that have come to a page from elsewhere stand where the reference surely has their words."""
    tx, page = change.tx, change.page
    outline = await tx.get(Outline, (page.id, page.reference)) if page.reference else None
    if outline is not None:
        threads = await _threads(change)
        places = await _bring_back(change, outline, threads, places_in(outline))
        outline.places = [place.plain() for place in places]
        await _stand_all(change, outline, threads)


async def _threads(change: Change) -> Threads:
    rows = await change.tx.scalars(select(Section).where(col(Section.page_id) == change.page.id))
    return {row.id: row for row in rows}


async def _stand_all(change: Change, outline: Outline, threads: Threads) -> None:
    for at, place in enumerate(places_in(outline)):
        for id in place.ids:
            if id in threads:
                stand(threads[id], outline, at, leads=id == place.id)
    await change.tx.flush()


async def _take(change: Change, given: Given) -> Outline:
    """The outline's row, with the owner's text in it where he gave it."""
    outline = await change.tx.get(Outline, (change.page.id, given.hash))
    if outline is None:
        outline = Outline(page_id=change.page.id, hash=given.hash, sections=[], created_at=change.tx.now)
        change.tx.add(outline)
    if given.source.is_owners or not outline.sections:
        outline.sections = rows_of(replace(each, heading=clean_text(each.heading, 300)) for each in given.sections)
        outline.size = len(outline.sections)
        outline.source, outline.network = given.source, None
        outline.excerpts = [clean_text(text, EXCERPT) for text in given.excerpts]
    if outline.hash != change.page.reference:
        outline.referenced_at = change.tx.now
    return outline


async def _forget_oldest(change: Change) -> None:
    tx, page = change.tx, change.page
    of_page = select(col(Outline.hash)).where(col(Outline.page_id) == page.id, col(Outline.referenced_at).is_not(None))
    oldest = list(await tx.scalars(of_page.order_by(col(Outline.referenced_at).desc()).offset(MOST_REFERENCES)))
    if oldest:
        stale = delete(Outline).where(col(Outline.page_id) == page.id, col(Outline.hash).in_(oldest))
        for table in (Comment, Section):
            used = select(col(table.outline_hash)).where(col(table.page_id) == page.id)
            stale = stale.where(col(Outline.hash).not_in(used.where(col(table.outline_hash).is_not(None))))
        await tx.execute(stale)


def _settled(outline: Outline, threads: Threads) -> Places:
    """What an outline that comes back says itself, as far as it concerns threads that everybody sees."""
    shared = {id for id, section in threads.items() if section.is_shared}
    return tuple(place if place.id in shared else Place() for place in places_in(outline))


async def _bring_back(change: Change, outline: Outline, threads: Threads, places: Places) -> Places:
    """Threads that had lost their words, or stood only where their own readers saw them, and surely stand here.

    Everybody's come first. What a flood of outlines leaves over waits on where it is seen.
    """
    apart = await _kept_apart(change)
    waiting: dict[str, list[Section]] = {}
    for section in sorted(threads.values(), key=lambda each: (not each.is_shared, each.id)):
        if section.id not in standing(places) | apart and section.outline_hash:
            waiting.setdefault(section.outline_hash, []).append(section)
    compared = 0
    for hash, sections in waiting.items():
        if hash == outline.hash:
            places = _join(places, sections)
        elif compared <= MOST_COMPARED and (source := await change.tx.get(Outline, (change.page.id, hash))):
            compared += source.size + outline.size
            matches = await compare(covered(sections_of(source)), covered(sections_of(outline)))
            places = carry(_only(source, sections), matches, places, join=True)
    return places


def _join(places: Places, sections: Iterable[Section]) -> Places:
    """These sections where they were made: in this very outline."""
    filled = list(places)
    for section in sections:
        filled[section.at] = filled[section.at].with_thread(section.id)
    return tuple(filled)


def _only(source: Outline, sections: Iterable[Section]) -> Places:
    """The places of an outline with just these sections, each where it was last seen there."""
    places = [Place()] * len(source.sections)
    for section in sections:
        if section.at < len(places):
            place = places[section.at]
            places[section.at] = place.with_thread(section.id)
    return tuple(places)


async def _kept_apart(change: Change) -> set[str]:
    """Threads that the owner took from their place: they do not return by themselves."""
    of_page = select(func.max(Anchoring.id)).where(col(Anchoring.page_id) == change.page.id)
    latest = of_page.group_by(col(Anchoring.section_id))
    apart = select(col(Anchoring.section_id)).where(
        col(Anchoring.id).in_(latest), col(Anchoring.move).in_((Anchor.APART, Anchor.UNDO))
    )
    return {id for id in await change.tx.scalars(apart) if id}


def _fill(places: Places, own: Places) -> Places:
    """An id for every place: what the outline's own readers made there, or a new one."""
    used = standing(places)
    filled = []
    for place, mine in zip(places, own, strict=True):
        id = place.id or (mine.id if mine.id not in used else None) or new_id()
        used.add(id)
        filled.append(replace(place, id=id))
    return tuple(filled)


# What was decided


def open_questions(page: str) -> Select[Anchoring]:
    """The decisions about threads of a page that are asked of its owner, and that nothing has answered yet."""
    answers = select(col(Anchoring.answers)).where(col(Anchoring.page_id) == page, col(Anchoring.answers).is_not(None))
    asked = select(Anchoring).where(col(Anchoring.page_id) == page, col(Anchoring.move) == Anchor.UNSURE)
    return asked.where(col(Anchoring.id).not_in(answers)).order_by(col(Anchoring.id))


@dataclass(frozen=True, slots=True)
class _Step:
    """From one reference to the next."""

    before: Outline | None
    after: Outline
    matches: Sequence[Match]
    places: Places

    def move_of(self, thread: str) -> tuple[Anchor, int | None, int | None, float, str] | None:
        """What happened to a thread: the move, from where, to where, score and reason; None where nothing did."""
        old = place_of(places_in(self.before) if self.before else (), thread)
        new = place_of(self.places, thread)
        if old is None:
            return None if new is None else (Anchor.BACK, None, new, 1.0, "its words stand in the article again")
        found = self.matches[old]
        if new is None:
            unsure = found.decision is not Verdict.GONE
            to = found.to[0] if found.to else None
            return Anchor.UNSURE if unsure else Anchor.GONE, old, to, found.score, found.reason
        if found.decision is Verdict.KEEP and new in found.to:
            move = self._kept(thread, old, new, found)
            return (move, old, new, found.score, found.reason) if move else None
        return Anchor.KEPT, old, new, 1.0, "it stood here when the article last looked like this"

    def _kept(self, thread: str, old: int, new: int, found: Match) -> Anchor | None:
        assert self.before is not None
        if self.places[new].id != thread and places_in(self.before)[old].id == thread:
            return Anchor.MERGED
        if len(found.to) > 1:
            return Anchor.SPLIT
        is_same = self.before.sections[old] == self.after.sections[new]
        return None if is_same else Anchor.KEPT


async def _decide(change: Change, step: _Step, threads: Threads) -> list[Anchoring]:
    """A row for each thread of everybody's that was touched; one that stays among the same words gets none."""
    asked = {row.section_id: row.id for row in await change.tx.scalars(open_questions(change.page.id))}
    decided = []
    for section in threads.values():
        told = step.move_of(section.id) if section.is_shared else None
        if told is None:
            continue
        move, old, new, score, reason = told
        row = Anchoring(
            id=new_id(),
            site_id=change.page.site_id,
            page_id=change.page.id,
            section_id=section.id,
            move=move,
            old_hash=section.outline_hash,
            at=section.at if old is None else old,
            new_hash=step.after.hash,
            to=new,
            score=score,
            reason=reason,
            answers=asked.get(section.id),
            created_at=change.tx.now,
        )
        decided.append(row)
    change.tx.add_all(decided)
    return decided
