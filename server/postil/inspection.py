"""One thing to decide, with all that is known: where it stands, what it answers, why it is here, who wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlmodel import col

from postil import logbook, record, reviewing
from postil.appeals import open_appeals
from postil.db import Snapshot
from postil.editions import seen_edition, waiting_edition
from postil.errors import NotFound
from postil.models import Author, Ban, Comment, Decision, Edition, Flag, Outline, Page, QueueItem, Rule, Section
from postil.policy import Action, allow
from postil.record import Line
from postil.reviewing import Entry
from postil.shown import excerpt, shown_in
from postil.states import Move, State
from postil.viewer import Viewer

# Of a flood so many are shown at once, and of one who never stops writing so many are counted.
FIRST = 20
MOST_COUNTED = 1_000
MOST_FLAGS = 50


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is here: what is said, and the rule that says it, as “rule 4, “insults”, version 2”."""

    says: str
    rule: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an author. `hidden` of his `comments` are; `bans` are in force now."""

    id: str
    since: int
    comments: int
    hidden: int
    hidden_last: int | None
    bans: tuple[Ban, ...]


@dataclass(frozen=True, slots=True)
class Parent:
    name: str
    at: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Item:
    """`entry` as the list has it; `others` are the next of a flood, `more` the last of them where there are more.

    `heading` is the section's, as the owner or, as text only, a reader's browser gave it. `seen` is the edition that a
    decision is about, `latest` the newest decision that it comes after.
    """

    entry: Entry
    comment: Comment
    page: Page
    section: Section
    heading: str
    parent: Parent | None
    reasons: tuple[Reason, ...]
    marks: tuple[str, ...]
    held: Edition | None
    seen: int
    latest: str
    appeal: str | None
    known: Known | None
    log: list[Line]
    others: tuple[Comment, ...] = ()
    more: str | None = None


async def read_item(snapshot: Snapshot, viewer: Viewer, id: str, after: str = "") -> Item:
    """An item of the queue or a comment, by id; `after` goes on in a flood. NotFound for what is none of this site."""
    allow(viewer, Action.REVIEW)
    item = await snapshot.get(QueueItem, id)
    entries = await reviewing.entries_of(snapshot, viewer, [id], of_items=item is not None)
    if not entries:
        raise NotFound()
    entry = entries[0]
    comment = entry.comment
    flood = await _flood(snapshot, entry, after) if entry.size > 1 else []
    appeal = (await open_appeals(snapshot, [comment.id])).get(comment.id)
    section = await snapshot.get_one(Section, comment.section_id)
    return Item(
        entry=entry,
        comment=comment,
        page=await snapshot.get_one(Page, comment.page_id),
        section=section,
        heading=section.heading or await _heading(snapshot, section),
        parent=await _parent(snapshot, comment),
        reasons=(*await _flags(snapshot, comment), *await _rules(snapshot, comment)),
        marks=tuple(mark for why in comment.why for mark in why.get("marks", ())),
        held=await waiting_edition(snapshot, comment),
        seen=seen_edition(comment),
        latest=await logbook.latest(snapshot, comment.id),
        appeal=appeal.text if appeal else None,
        known=await _known(snapshot, comment),
        log=await record.of_comment(snapshot, viewer, comment.id),
        others=tuple(flood[:FIRST]),
        more=flood[FIRST - 1].id if len(flood) > FIRST else None,
    )


async def _heading(snapshot: Snapshot, section: Section) -> str:
    """What the outline says in which a section was last seen."""
    outline = await snapshot.get(Outline, (section.page_id, section.outline_hash)) if section.outline_hash else None
    if outline is None or section.at >= len(outline.sections):
        return ""
    return str(outline.sections[section.at].get("heading", ""))


async def _flood(snapshot: Snapshot, entry: Entry, after: str) -> Sequence[Comment]:
    query = select(Comment).where(col(Comment.item_id) == entry.id, col(Comment.waits).is_(True))
    query = query.where(col(Comment.id) > after).order_by(col(Comment.id)).limit(FIRST + 1)
    return (await snapshot.scalars(query)).all()


async def _parent(snapshot: Snapshot, comment: Comment) -> Parent | None:
    if comment.parent_id is None:
        return None
    parent = await snapshot.get_one(Comment, comment.parent_id)
    return Parent(parent.author_name, parent.created_at, excerpt(shown_in(parent.html).text))


async def _flags(snapshot: Snapshot, comment: Comment) -> list[Reason]:
    """The open flags by reason, each with how often those who raised them were right before."""
    if not comment.flags:
        return []
    query = (
        select(col(Flag.reason), col(Flag.note), col(Author.flags_right), col(Author.flags_wrong))
        .join(Author, col(Author.id) == Flag.author_id)
        .where(col(Flag.comment_id) == comment.id, col(Flag.answered_by).is_(None))
        .order_by(col(Flag.created_at))
    )
    by_reason: dict[str, list[tuple[str, int, int]]] = {}
    for reason, note, right, wrong in await snapshot.execute(query):
        by_reason.setdefault(reason, []).append((note, right, wrong))
    return [_flagged(reason, raised) for reason, raised in by_reason.items()]


def _flagged(reason: str, raised: list[tuple[str, int, int]]) -> Reason:
    right, of = sum(each[1] for each in raised), sum(each[1] + each[2] for each in raised)
    who = "1 reader" if len(raised) == 1 else f"{len(raised):,} readers"
    before = f"right {right:,} of {of:,} times before" if of else "never asked before"
    notes = tuple(note for note, _, _ in raised if note)
    return Reason(f"{who} flagged it: {reason} ({before})", notes=notes[:MOST_FLAGS])


async def _rules(snapshot: Snapshot, comment: Comment) -> list[Reason]:
    named = {why["rule"]: why.get("version", 1) for why in comment.why if "rule" in why}
    query = select(Rule).where(col(Rule.site_id) == comment.site_id, col(Rule.number).in_(named))
    rules = await snapshot.scalars(query) if named else ()
    names = {rule.number: rule.name for rule in rules if rule.version == named[rule.number]}
    return [Reason(str(why["says"]), _rule(why.get("rule"), named, names)) for why in comment.why]


def _rule(number: int | None, versions: dict[int, int], names: dict[int, str]) -> str:
    if number is None:
        return ""
    name = f", “{names[number]}”" if names.get(number) else ""
    return f"rule {number}{name}, version {versions[number]}"


async def _known(snapshot: Snapshot, comment: Comment) -> Known | None:
    author = await snapshot.get(Author, comment.author_id) if comment.author_id else None
    if author is None:
        return None
    of_him = select(col(Comment.id), col(Comment.state)).where(col(Comment.author_id) == author.id)
    some = of_him.limit(MOST_COUNTED).subquery()
    counted = select(some.c.state, func.count()).group_by(some.c.state)
    states = {state: count for state, count in await snapshot.execute(counted)}
    hides = (
        select(func.max(Decision.created_at))
        .join(some, some.c.id == col(Decision.comment_id))
        .where(col(Decision.move) == Move.HIDE, some.c.state == State.HIDDEN)
    )
    return Known(
        id=author.id,
        since=author.created_at,
        comments=sum(states.values()),
        hidden=states.get(State.HIDDEN, 0),
        hidden_last=await snapshot.scalar(hides) if states.get(State.HIDDEN) else None,
        bans=tuple(await _bans(snapshot, comment)),
    )


async def _bans(snapshot: Snapshot, comment: Comment) -> Sequence[Ban]:
    """Bans in force on who wrote it, or on where it came from."""
    whom = [col(Ban.author_id) == comment.author_id] if comment.author_id else []
    whom += [col(Ban.network) == comment.network] if comment.network else []
    if not whom:
        return []
    in_force = or_(col(Ban.until).is_(None), col(Ban.until) > snapshot.now)
    query = select(Ban).where(col(Ban.site_id) == comment.site_id, or_(*whom), col(Ban.lifted_at).is_(None), in_force)
    return (await snapshot.scalars(query.order_by(col(Ban.id)))).all()
