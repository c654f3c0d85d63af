"""The verbs of owners about where threads stand: the same section after all, merged into another, kept apart; and undo.

Each is one row of the log, which names the decision that it answers. An undo is such a row too, and can be
undone while what it asked again is not open.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Select, select
from sqlmodel import col

from postil.changing import Change, changing
from postil.db import Snapshot, Transaction
from postil.errors import Invalid, NotFound, StateConflict
from postil.ids import new_id
from postil.models import Anchoring, Outline, Page, Section
from postil.places import Place, place_of, places_in
from postil.placing import stand
from postil.reference import open_questions
from postil.states import Anchor

# After these a thread stands in the article; after the others it is among the earlier discussions.
STANDS = frozenset({Anchor.KEPT, Anchor.SPLIT, Anchor.MERGED, Anchor.BACK, Anchor.SAME, Anchor.MERGE})
LOG_SHOWN = 200


async def settle(
    tx: Transaction, site: str, decision: str, move: Anchor, *, into: str | None = None, by: str | None = None
) -> Anchoring:
    """Answer a question, or change what was decided: SAME, MERGE (with the thread or place `into`), or APART.

    `by` is the moderator, None at the command line. NotFound for a decision that is none of `site`'s; StateConflict
    where nothing would change, or the article has moved on; Invalid for a place that the article has not.
    """
    async with _deciding(tx, site, decision) as desk:
        await _refuse_late(tx, decision)
        if move is Anchor.APART:
            desk.lift()
        else:
            await desk.put(desk.named(into) if move is Anchor.MERGE else await desk.suggested())
        return desk.sign(move, by)


async def undo(tx: Transaction, site: str, decision: str, *, by: str | None = None) -> Anchoring:
    """Take a decision back: the thread leaves where it was put, or returns to where it was taken from. What was asked
    before is asked again.
    """
    async with _deciding(tx, site, decision) as desk:
        await _refuse_late(tx, decision)
        if desk.asked.move is Anchor.UNDO and await tx.scalar(_questions_about(desk.asked)):
            raise StateConflict("What this took back is asked again. Answer that.")
        if stands_after(desk.asked):
            desk.lift()
        elif desk.asked.place:
            await desk.put(desk.named(desk.asked.place))
        elif desk.asked.move is not Anchor.APART:
            raise StateConflict("There is nothing to undo: this moved no thread into the article.")
        row = desk.sign(Anchor.UNDO, by)
        await desk.ask_again()
        return row


async def _refuse_late(tx: Transaction, decision: str) -> None:
    if await tx.scalar(select(col(Anchoring.id)).where(col(Anchoring.answers) == decision).limit(1)):
        raise StateConflict("A later decision answers this one. Load the list again, and undo the later one first.")


def _questions_about(decision: Anchoring) -> Select[Anchoring]:
    return open_questions(decision.page_id).where(col(Anchoring.section_id) == decision.section_id)


def stands_after(decision: Anchoring) -> bool:
    """Whether a decision left its thread standing in the article."""
    return decision.move in STANDS or (decision.move is Anchor.UNDO and decision.to is not None)


@dataclass
class _Desk:
    """One decision about one thread, over the page's reference, with the page locked."""

    change: Change
    asked: Anchoring
    thread: Section
    reference: Outline
    places: list[Place]
    to: int | None = None
    spare: str | None = None

    def named(self, id: str | None) -> int:
        """Where a thread or a place of the reference is."""
        at = place_of(self.places, id) if id else None
        if at is None:
            raise Invalid("into", "The article has no such section now. Load the list again.")
        return at

    async def suggested(self) -> int:
        """The place that the question suggests, wherever it is in the article by now."""
        outline = await self.change.tx.get(Outline, (self.asked.page_id, self.asked.new_hash))
        if outline is None or self.asked.to is None:
            raise Invalid("into", "Nothing is suggested here. Say into which section to merge.")
        found = (place_of(self.places, id) for id in places_in(outline)[self.asked.to].ids)
        at = next((at for at in found if at is not None), None)
        if at is None:
            raise StateConflict("The suggested section is not in the article any more. Merge into another.")
        return at

    def lift(self) -> None:
        """Take the thread from its place, to the earlier discussions; there already, it stays there."""
        at = place_of(self.places, self.thread.id)
        if at is not None:
            self.places[at] = self.places[at].without(self.thread.id, new_id())
            self.spare = self.places[at].id

    async def put(self, to: int) -> None:
        """Put the thread to a place. Where nobody wrote yet it becomes the place's own, else it joins."""
        if place_of(self.places, self.thread.id) == to:
            raise StateConflict("The discussion stands there already.")
        self.lift()
        place = self.places[to]
        self.to, self.spare = to, place.id
        is_taken = place.id is not None and await self.change.tx.get(Section, place.id) is not None
        self.places[to] = place.with_thread(self.thread.id) if is_taken else replace(place, id=self.thread.id)
        stand(self.thread, self.reference, to, leads=not is_taken)

    def sign(self, move: Anchor, by: str | None) -> Anchoring:
        """Write the places and the decision down."""
        self.reference.places = [place.plain() for place in self.places]
        self.change.move_places(readers=True)
        row = Anchoring(
            id=new_id(),
            site_id=self.asked.site_id,
            page_id=self.asked.page_id,
            section_id=self.thread.id,
            move=move,
            old_hash=self.asked.old_hash,
            at=self.asked.at,
            new_hash=self.reference.hash,
            to=self.to,
            place=self.spare,
            moderator_id=by,
            answers=self.asked.id,
            created_at=self.change.tx.now,
        )
        self.change.tx.add(row)
        return row

    async def ask_again(self) -> None:
        """Where the decision that was undone had answered a question, the question is open again."""
        question = await self.change.tx.get(Anchoring, self.asked.answers) if self.asked.answers else None
        if question is not None and question.move is Anchor.UNSURE:
            again = question.model_dump() | {"id": new_id(), "answers": self.asked.id, "created_at": self.change.tx.now}
            self.change.tx.add(Anchoring(**again))


@asynccontextmanager
async def _deciding(tx: Transaction, site: str, decision: str) -> AsyncIterator[_Desk]:
    asked = await tx.get(Anchoring, decision)
    page = await tx.get(Page, asked.page_id) if asked else None
    if asked is None or page is None or asked.site_id != site or asked.section_id is None:
        raise NotFound()
    async with changing(tx, asked.page_id) as change:
        reference = await tx.get_one(Outline, (asked.page_id, change.page.reference))
        thread = await tx.get_one(Section, asked.section_id)
        yield _Desk(change, asked, thread, reference, list(places_in(reference)))


# What an owner is shown


@dataclass(frozen=True, slots=True)
class Side:
    """How a section looked: its heading, and how it began where the owner's own text is known."""

    heading: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A decision as an owner is shown it."""

    decision: Anchoring
    old: Side
    new: Side
    comments: int
    is_open: bool
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A place of the present article that a thread can be merged into: its id and heading."""

    id: str
    heading: str


async def cases(snapshot: Snapshot, page: Page) -> list[Case]:
    """What is asked about a page's threads, then what was decided, the latest first."""
    asked = list(await snapshot.scalars(open_questions(page.id)))
    of_page = select(Anchoring).where(col(Anchoring.page_id) == page.id)
    rows = (await snapshot.scalars(of_page.order_by(col(Anchoring.id).desc()).limit(LOG_SHOWN))).all()
    answered = {row.answers for row in rows}
    open_ids, in_question = {row.id for row in asked}, {row.section_id for row in asked}
    shown = [*asked, *(row for row in rows if row.id not in open_ids and row.section_id)]
    outlines = await _outlines(snapshot, page, shown)
    query = select(col(Section.id), col(Section.comments)).where(col(Section.page_id) == page.id)
    comments = {id: count for id, count in await snapshot.execute(query)}
    return [
        Case(
            row,
            _side(outlines.get(row.old_hash or ""), row.at),
            _side(outlines.get(row.new_hash or ""), row.to),
            comments.get(row.section_id or "", 0),
            is_open=row.id in open_ids,
            can_undo=row.id not in answered and _is_undoable(row, row.section_id in in_question),
        )
        for row in shown
    ]


def _is_undoable(row: Anchoring, is_asked: bool) -> bool:
    if row.move is Anchor.UNDO and is_asked:
        return False
    return stands_after(row) or row.place is not None or row.move is Anchor.APART


async def choices(snapshot: Snapshot, page: Page) -> list[Choice]:
    """The sections of the present article, in order."""
    reference = await snapshot.get(Outline, (page.id, page.reference)) if page.reference else None
    if reference is None:
        return []
    return [
        Choice(place.id, section["heading"])
        for place, section in zip(places_in(reference), reference.sections, strict=True)
        if place.id
    ]


async def _outlines(snapshot: Snapshot, page: Page, rows: Sequence[Anchoring]) -> dict[str, Outline]:
    hashes = {hash for row in rows for hash in (row.old_hash, row.new_hash) if hash}
    query = select(Outline).where(col(Outline.page_id) == page.id, col(Outline.hash).in_(hashes))
    return {outline.hash: outline for outline in await snapshot.scalars(query)}


def _side(outline: Outline | None, at: int | None) -> Side:
    if outline is None or at is None or at >= len(outline.sections):
        return Side()
    excerpt = outline.excerpts[at] if at < len(outline.excerpts) else ""
    return Side(outline.sections[at]["heading"], excerpt)
