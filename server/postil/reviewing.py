"""What moderators look at: the queue and its lists. Only reading, all of it of the viewer's site, and only for staff.

Lists go by id, newest first, or oldest: an id is made when its comment is, so that going on after one is a step in an
index whatever the length of the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlmodel import col

from postil.appeals import open_appeals
from postil.db import Snapshot
from postil.editions import waiting_editions
from postil.models import Comment, Flag, Moderator, Page, QueueItem, Section, Site
from postil.policy import Action, allow
from postil.rules import Kind
from postil.shown import excerpt, shown_in
from postil.states import State
from postil.viewer import Viewer

# Beyond so many nobody needs the exact number, and counting them on every page would take its time.
MOST_COUNTED = 10_000
AT_ONCE = 50
# A search reads texts one by one: it looks at so many, then says how to go on.
LOOKED_THROUGH = 20_000
MOST_TEXT = 100
# Whoever looks at an item says so again before this is over (web.desk_live).
CLAIM_SECONDS = 60

REVIEW, HIDDEN, ALL = "review", "hidden", "all"
VIEWS = (REVIEW, HIDDEN, ALL)
_SEEN = (State.PENDING, State.PUBLISHED, State.HIDDEN, State.REMOVED)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which comments are looked at. `page`, `section` and `author` are ids, `reason` one of postil.rules.Kind."""

    view: str = REVIEW
    page: str = ""
    section: str = ""
    author: str = ""
    reason: str = ""
    text: str = ""
    oldest: bool = False

    @property
    def is_narrow(self) -> bool:
        return bool(self.page or self.section or self.author or self.text or self.reason)

    @property
    def of_items(self) -> bool:
        """Whether floods are shown as one; where comments are picked one by one they are not."""
        return self.view == REVIEW and not (self.page or self.section or self.author or self.text)


@dataclass(frozen=True, slots=True)
class Chip:
    """A reason to look, in few words. `tone`: warn or bad."""

    says: str
    tone: str = "warn"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list: a comment, or the first of `size` that one flood has brought from `networks`.

    `id` is the item's in the queue, the comment's elsewhere. `claimed_by`: another moderator who looks at it now.
    """

    id: str
    item: str | None
    comment: Comment
    excerpt: str
    at: int
    size: int = 1
    networks: int = 0
    chips: tuple[Chip, ...] = ()
    claimed_by: str | None = None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A part of a list. `next` goes into `after`; `count` says how many there are, up to MOST_COUNTED."""

    entries: list[Entry]
    next: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits at which desk, and how much waits: a number, or “9,999+”."""

    site: str
    name: str
    waiting: str


async def desk(snapshot: Snapshot, viewer: Viewer) -> Desk:
    allow(viewer, Action.REVIEW)
    site = await snapshot.get_one(Site, viewer.site)
    moderator = await snapshot.get(Moderator, viewer.moderator) if viewer.moderator else None
    return Desk(site.name, moderator.name if moderator else "", in_words(await waiting(snapshot, viewer.site)))


async def waiting(snapshot: Snapshot, site: str, most: int = MOST_COUNTED) -> int:
    """How many items are open, counted as far as `most`."""
    some = select(col(QueueItem.id)).where(col(QueueItem.site_id) == site, col(QueueItem.is_open).is_(True))
    return await _count(snapshot, some, most)


def in_words(count: int, most: int = MOST_COUNTED) -> str:
    """A count of what waits; nothing for none."""
    if count >= most:
        return f"{most - 1:,}+"
    return f"{count:,}" if count else ""


async def read_queue(
    snapshot: Snapshot, viewer: Viewer, wanted: Filter, after: str = "", most: int = AT_ONCE
) -> QueuePage:
    """The entries that follow `after`, at most `most` of them."""
    allow(viewer, Action.REVIEW)
    table = QueueItem if wanted.of_items else Comment
    ids = _ids(viewer.site, wanted)
    found = list(await snapshot.scalars(_ordered(ids, table.id, wanted.oldest, after).limit(most + 1)))
    entries = await entries_of(snapshot, viewer, found[:most], of_items=wanted.of_items)
    more = found[most - 1] if len(found) > most else None
    if more is None and wanted.text:
        more = await _looked_as_far_as(snapshot, viewer.site, wanted, after)
    return QueuePage(entries, more, await _count(snapshot, ids, MOST_COUNTED))


async def next_after(snapshot: Snapshot, viewer: Viewer, wanted: Filter, id: str) -> str | None:
    """What comes after an entry for this viewer, who is spared what others look at; else the first before it."""
    here = await read_queue(snapshot, viewer, wanted, id, 10)
    free = [entry.id for entry in here.entries if entry.claimed_by is None]
    if free:
        return free[0]
    back = await read_queue(snapshot, viewer, replace(wanted, oldest=not wanted.oldest), id, 10)
    return next((entry.id for entry in back.entries if entry.claimed_by is None), None)


async def matching(snapshot: Snapshot, viewer: Viewer, wanted: Filter, most: int) -> list[str]:
    """Comments, by id, that a filter matches: in the queue those that wait, with all of every flood."""
    allow(viewer, Action.REVIEW)
    return list(
        await snapshot.scalars(_ordered(_comment_ids(viewer.site, wanted), Comment.id, wanted.oldest).limit(most))
    )


async def how_many(snapshot: Snapshot, viewer: Viewer, wanted: Filter) -> int:
    """How many comments a filter matches, counted as far as MOST_COUNTED."""
    allow(viewer, Action.REVIEW)
    return await _count(snapshot, _comment_ids(viewer.site, wanted), MOST_COUNTED)


async def comments_of(snapshot: Snapshot, viewer: Viewer, ids: Sequence[str], most: int) -> list[str]:
    """Comments behind entries: those of an item that wait, or a comment itself."""
    allow(viewer, Action.REVIEW)
    waits = select(col(Comment.id)).where(col(Comment.waits).is_(True), col(Comment.item_id).in_(ids))
    # As one condition with OR, the planner would walk through all that the site has.
    either = waits.union(select(col(Comment.id)).where(col(Comment.id).in_(ids)))
    query = select(col(Comment.id)).where(col(Comment.id).in_(either), col(Comment.site_id) == viewer.site)
    return list(await snapshot.scalars(query.order_by(col(Comment.id)).limit(most)))


# Which


def _ids(site: str, wanted: Filter) -> Select[Any]:
    """Ids of the items or comments that a filter means."""
    if not wanted.of_items:
        return _comment_ids(site, wanted)
    query = select(col(QueueItem.id)).where(col(QueueItem.site_id) == site, col(QueueItem.is_open).is_(True))
    return query.where(_of_kind(wanted.reason)) if wanted.reason else query


def _comment_ids(site: str, wanted: Filter) -> Select[Any]:
    query = select(col(Comment.id)).where(col(Comment.site_id) == site, *_narrowed(site, wanted))
    return query.where(col(Comment.id).in_(_read(site, wanted)), _says(site, wanted.text)) if wanted.text else query


def _narrowed(site: str, wanted: Filter) -> list[ColumnElement[bool]]:
    terms = [_VIEWED[wanted.view]]
    chosen = ((Comment.page_id, wanted.page), (Comment.section_id, wanted.section), (Comment.author_id, wanted.author))
    terms += [col(column) == value for column, value in chosen if value]
    if wanted.reason:
        items = select(col(QueueItem.id)).where(col(QueueItem.site_id) == site, _of_kind(wanted.reason))
        terms.append(col(Comment.item_id).in_(items))
    return terms


_VIEWED: dict[str, ColumnElement[bool]] = {
    REVIEW: col(Comment.waits).is_(True),
    HIDDEN: col(Comment.state) == literal(State.HIDDEN, literal_execute=True),  # as ix_comment_hidden has it
    ALL: col(Comment.state).in_(_SEEN),
}


def _of_kind(kind: str) -> ColumnElement[bool]:
    return col(QueueItem.kinds).contains(f"|{kind}|", autoescape=True)


def _says(site: str, text: str) -> ColumnElement[bool]:
    """Text and author, and the titles of pages; a person's `%` and `_` mean themselves."""
    titled = select(col(Page.id)).where(col(Page.site_id) == site, col(Page.title).icontains(text, autoescape=True))
    return or_(
        col(Comment.source).icontains(text, autoescape=True),
        col(Comment.author_name).icontains(text, autoescape=True),
        col(Comment.page_id).in_(titled),
    )


def _read(site: str, wanted: Filter, after: str = "") -> Select[Any]:
    """The comments that a search reads, without looking at what they say."""
    query = select(col(Comment.id)).where(col(Comment.site_id) == site, *_narrowed(site, wanted))
    return _ordered(query, Comment.id, wanted.oldest, after).limit(LOOKED_THROUGH)


async def _looked_as_far_as(snapshot: Snapshot, site: str, wanted: Filter, after: str) -> str | None:
    """Where a search has stopped that may find more further on."""
    last: str | None = await snapshot.scalar(_read(site, wanted, after).offset(LOOKED_THROUGH - 1).limit(1))
    return last


def _ordered(query: Select[Any], id: Any, oldest: bool, after: str = "") -> Select[Any]:
    if after:
        query = query.where(col(id) > after if oldest else col(id) < after)
    return query.order_by(col(id) if oldest else col(id).desc())


async def _count(snapshot: Snapshot, ids: Select[Any], most: int) -> int:
    return int(await snapshot.scalar(select(func.count()).select_from(ids.limit(most).subquery())) or 0)


# What is said of each


async def entries_of(snapshot: Snapshot, viewer: Viewer, ids: Sequence[str], *, of_items: bool) -> list[Entry]:
    """Entries by id, in the order of `ids`; what is not of the viewer's site is left out."""
    query = select(Comment, QueueItem).outerjoin(QueueItem, col(QueueItem.id) == Comment.item_id)
    if of_items:
        query = select(Comment, QueueItem).join(QueueItem, col(QueueItem.comment_id) == Comment.id)
    key = QueueItem.id if of_items else Comment.id
    # The site is looked at here: among the terms it would tempt the planner to walk through all that the site has.
    found = await snapshot.execute(query.where(col(key).in_(ids)))
    rows: list[tuple[Comment, QueueItem | None]] = [(row[0], row[1]) for row in found if row[0].site_id == viewer.site]
    by_id = {(item.id if item and of_items else comment.id): (comment, item) for comment, item in rows}
    chips = await _chips(snapshot, [comment for comment, _ in rows])
    networks = await _networks(snapshot, [item.id for _, item in rows if item and of_items and item.size > 1])
    names = await _claimers(snapshot, viewer, [item for _, item in rows if item])
    asked = await open_appeals(snapshot, [comment.id for comment, _ in rows if comment.appealed])
    appeals = {id: appeal.text for id, appeal in asked.items()}
    return [
        _entry(
            id,
            *by_id[id],
            chips=chips,
            networks=networks,
            names=names,
            appeal=appeals.get(by_id[id][0].id),
            of_items=of_items,
        )
        for id in ids
        if id in by_id
    ]


def _entry(
    id: str,
    comment: Comment,
    item: QueueItem | None,
    *,
    chips: dict[str, tuple[Chip, ...]],
    networks: dict[str, int],
    names: dict[str, str],
    appeal: str | None,
    of_items: bool,
) -> Entry:
    return Entry(
        id=id,
        item=item.id if item else None,
        comment=comment,
        excerpt=excerpt(appeal or shown_in(comment.html).text, 120),
        at=item.at if item and of_items else comment.created_at,
        size=item.size if item and of_items else 1,
        networks=networks.get(id, 0),
        chips=chips[comment.id],
        claimed_by=names.get(item.id) if item else None,
    )


async def _claimers(snapshot: Snapshot, viewer: Viewer, items: Sequence[QueueItem]) -> dict[str, str]:
    """Who else looks at which of these items now, by name."""
    fresh = {item.id: item.claimed_by for item in items if is_claimed(item, viewer, snapshot.now)}
    if not fresh:
        return {}
    query = select(col(Moderator.id), col(Moderator.name)).where(col(Moderator.id).in_(set(fresh.values())))
    names = {id: name for id, name in await snapshot.execute(query)}
    return {item: names[by] for item, by in fresh.items() if by in names}


def is_claimed(item: QueueItem, viewer: Viewer, now: int) -> bool:
    """Whether somebody else looks at it."""
    if item.claimed_by is None or item.claimed_by == viewer.moderator:
        return False
    return item.claimed_at is not None and item.claimed_at > now - CLAIM_SECONDS


async def _networks(snapshot: Snapshot, items: Sequence[str]) -> dict[str, int]:
    if not items:
        return {}
    query = (
        select(col(Comment.item_id), func.count(func.distinct(Comment.network)))
        .where(col(Comment.item_id).in_(items), col(Comment.waits).is_(True))
        .group_by(col(Comment.item_id))
    )
    return {str(id): count for id, count in await snapshot.execute(query)}


_BAD = frozenset({Kind.WORDS, Kind.REPEATS, Kind.TRAP, Kind.SPAM, Kind.AKISMET})


async def _chips(snapshot: Snapshot, comments: Sequence[Comment]) -> dict[str, tuple[Chip, ...]]:
    """Why each is here. What was answered is no reason any more, and so is not said."""
    flagged = await flags_of(snapshot, [comment.id for comment in comments if comment.flags])
    held = await waiting_editions(snapshot, [comment.id for comment in comments if comment.held is not None])
    told = {}
    for comment in comments:
        chips = [Chip(flags_in_words(flagged[comment.id]))] if comment.id in flagged else []
        chips += [Chip("appeal")] if comment.appealed else []
        chips += [Chip("edit waits")] if comment.id in held else []
        if comment.waits:
            chips += [Chip(str(why["says"]), "bad" if why["kind"] in _BAD else "warn") for why in comment.why]
        told[comment.id] = tuple(dict.fromkeys(chips))
    return told


async def flags_of(snapshot: Snapshot, comments: Sequence[str]) -> dict[str, dict[str, int]]:
    """Of each comment how many open flags there are, by reason."""
    if not comments:
        return {}
    query = (
        select(col(Flag.comment_id), col(Flag.reason), func.count())
        .where(col(Flag.comment_id).in_(comments), col(Flag.answered_by).is_(None))
        .group_by(col(Flag.comment_id), col(Flag.reason))
        .order_by(func.count().desc(), col(Flag.reason))
    )
    told: dict[str, dict[str, int]] = {}
    for comment, reason, count in await snapshot.execute(query):
        told.setdefault(comment, {})[reason] = count
    return told


def flags_in_words(reasons: dict[str, int]) -> str:
    """“3 flags: abuse, spam”."""
    count = sum(reasons.values())
    return f"{count:,} {'flag' if count == 1 else 'flags'}: {', '.join(reasons)}"


async def named(snapshot: Snapshot, viewer: Viewer, wanted: Filter) -> dict[str, str]:
    """What a filter is narrowed to, for people: a page's title, a section's heading, an author's name."""
    told = {}
    if wanted.page and (page := await snapshot.get(Page, wanted.page)) and page.site_id == viewer.site:
        told["page"] = page.title or page.url
    section = await snapshot.get(Section, wanted.section) if wanted.section else None
    if section and (page := await snapshot.get(Page, section.page_id)) and page.site_id == viewer.site:
        told["section"] = section.heading or page.title or page.url
    if wanted.author:
        query = select(col(Comment.author_name)).where(
            col(Comment.author_id) == wanted.author, col(Comment.site_id) == viewer.site
        )
        told["author"] = await snapshot.scalar(query.order_by(col(Comment.id).desc()).limit(1)) or "nobody"
    return told
