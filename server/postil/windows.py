"""Windows of a section: threads in an order, a page at a time, at one revision.

Roots come by an index whose order is the sort's, replies by the path; nothing is counted, skipped or loaded
that the window does not show, so the first page of a section with 10,000 comments costs what any page costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select, true
from sqlmodel import col

from postil.answers import ThreadAnswer
from postil.cursors import MOST_BEHIND, AfterReply, AfterRoot, Since, Sort
from postil.db import Snapshot
from postil.errors import Invalid, NotFound
from postil.models import Comment, Page, Section, SupportChange
from postil.reading import (
    COLUMNS,
    IS_ROOT,
    CommentRow,
    comment_answer,
    find_section,
    page_revision,
    section_answer,
    tell_more,
    visible,
)
from postil.tree import REPLIES_AT_FIRST, Thread, plan
from postil.viewer import Audience, Viewer

MOST_COMMENTS = 100


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of which section is asked for, for whom."""

    section: Section
    page: Page
    audience: Audience
    limit: int


async def open_window(snapshot: Snapshot, viewer: Viewer | None, section: str, limit: int) -> Window:
    """The section as `viewer` may read it; a viewer of another site gets NotFound."""
    found, page = await find_section(snapshot, section, viewer.site if viewer else None)
    audience = viewer.audience if viewer else Audience.PUBLIC
    return Window(found, page, audience, min(limit, MOST_COMMENTS))


class Wish(NamedTuple):
    """Which window is asked for, and in which form."""

    section: str
    sort: Sort
    limit: int
    after: AfterRoot | AfterReply | None
    nested: bool


class Stamp(NamedTuple):
    """What a public window of a section may be kept under: the section's revision, the page's places, and roughly the
    page's revision.

    A window says from which revision on to ask for changes, and that must not lie too far back: so what is kept goes
    stale with every half of MOST_BEHIND that happens elsewhere on the page.
    """

    section: int
    page: str
    half: int
    reference: str | None
    anchors: int


# What a stamp is made of.
STAMPED: tuple[Any, ...] = (
    col(Page.id).label("page_id"),
    col(Page.public_revision).label("page_revision"),
    Page.reference,
    Page.anchors,
    Section.public_revision,
)


def stamp_of(row: Any) -> Stamp:
    half = row.page_revision // (MOST_BEHIND // 2)
    return Stamp(row.public_revision, row.page_id, half, row.reference, row.anchors)


async def read_stamp(snapshot: Snapshot, section: str) -> Stamp:
    """The stamp of a section's windows; NotFound for one never issued."""
    query = select(*STAMPED).join(Page, col(Section.page_id) == Page.id).where(col(Section.id) == section)
    found = (await snapshot.execute(query)).first()
    if found is None:
        raise NotFound()
    return stamp_of(found)


async def read_threads(snapshot: Snapshot, window: Window, sort: Sort, after: AfterRoot | None = None) -> ThreadAnswer:
    """Threads in `sort` order, from the beginning or after a cursor."""
    if after is None:
        after_revision = window.page.public_revision
    else:
        sort, after_revision = after.sort, after.revision
        _refuse_stale(window, after)
    ranked = await _roots(snapshot, window, sort, after)
    threads = plan(((row.id, _size(row, window)) for _, row in ranked), window.limit)
    replies = await _replies(snapshot, window, threads)
    answer = await _answer(snapshot, window, _assemble([row for _, row in ranked], threads, replies))
    answer.more = {thread.root: _cut(thread, replies) for thread in threads if thread.is_cut}
    if len(threads) < len(ranked):
        support, last = ranked[len(threads) - 1]
        answer.next = str(AfterRoot(sort, after_revision, support, last.id))
    return answer


async def before(snapshot: Snapshot, window: Window, sort: Sort, first: str) -> str | None:
    """After which root the page begins that stands before the root `first`, by time; None where it is the first page.

    By support nobody can say: there what stands before moves with every reader's hand.
    """
    if sort is Sort.SUPPORTED:
        return None
    id = col(Comment.id)
    past = _roots_query(window).where(id > first if sort is Sort.NEWEST else id < first)
    rows = (await snapshot.execute(past.order_by(id if sort is Sort.NEWEST else id.desc()))).all()
    fitting = len(plan(((row.id, _size(row, window)) for row in rows), window.limit))
    return str(rows[fitting].id) if fitting < len(rows) else None


async def read_replies(snapshot: Snapshot, window: Window, after: AfterReply) -> ThreadAnswer:
    """What follows in one thread."""
    rows = await _thread_rows(snapshot, window, after, window.limit + 1)
    answer = await _answer(snapshot, window, rows[: window.limit])
    if len(rows) > window.limit:
        answer.more = {after.root: str(AfterReply(after.root, rows[window.limit - 1].id))}
    return answer


async def read_around(snapshot: Snapshot, viewer: Viewer | None, comment: str, limit: int) -> ThreadAnswer:
    """The thread that holds a comment: its ancestors, itself and what is near, for a permalink.

    Where the comment stands too far down, what lies between is left to `more`, from the thread's beginning.
    """
    row = await _find(snapshot, viewer, comment)
    window = await open_window(snapshot, viewer, row.section_id, limit)
    start = AfterReply(row.root_id, row.root_id)
    ancestors = await _by_id(snapshot, window, [row.path[i : i + 11] for i in range(0, len(row.path), 11)])
    near = await _thread_rows(snapshot, window, start, window.limit)
    is_near = any(reply.id == comment for reply in near) or row.id == row.root_id
    if not is_near:
        near = await _thread_rows(snapshot, window, AfterReply(row.root_id, row.id), window.limit)
    rows = sorted({r.id: r for r in [*ancestors, *near]}.values(), key=lambda r: r.path)
    answer = await _answer(snapshot, window, rows)
    answer.focus = comment
    if not is_near:
        answer.more = {row.root_id: str(start)}
    elif len(near) == window.limit:
        answer.more = {row.root_id: str(AfterReply(row.root_id, near[-1].id))}
    return answer


def is_stale(revision: int, after: AfterRoot | AfterReply | None) -> bool:
    """Whether a list of threads has moved on too far since a cursor's revision."""
    return isinstance(after, AfterRoot) and not 0 <= revision - after.revision <= MOST_BEHIND


def _refuse_stale(window: Window, after: AfterRoot) -> None:
    if is_stale(window.page.public_revision, after):
        raise Invalid("cursor", "This list has moved on a lot since. Load it again from its beginning.")


async def _answer(snapshot: Snapshot, window: Window, rows: Sequence[CommentRow]) -> ThreadAnswer:
    comments = [comment_answer(row, window.audience, in_window=True) for row in rows]
    await tell_more(snapshot, window.page, rows, comments, window.audience)
    return ThreadAnswer(
        since=str(Since(snapshot.epoch, page_revision(window.page, window.audience))),
        section=section_answer(window.section, window.audience),
        comments=comments,
    )


def _size(row: CommentRow, window: Window) -> int:
    size: int = row.thread_size if window.audience is Audience.STAFF else row.thread_shown
    return size


def _roots_query(window: Window) -> Select[CommentRow]:
    return (
        select(*COLUMNS)
        .where(col(Comment.section_id) == window.section.id, IS_ROOT, visible(window.audience))
        .limit(window.limit + 1)
    )


async def _roots(
    snapshot: Snapshot, window: Window, sort: Sort, after: AfterRoot | None
) -> list[tuple[int, CommentRow]]:
    """Up to limit + 1 roots, each with the support it is ranked by."""
    if sort is Sort.SUPPORTED:
        return await _roots_by_support(snapshot, window, after)
    id = col(Comment.id)
    query = _roots_query(window).order_by(id.desc() if sort is Sort.NEWEST else id)
    if after is not None:
        query = query.where(id < after.root if sort is Sort.NEWEST else id > after.root)
    return [(0, row) for row in await snapshot.execute(query)]


async def _roots_by_support(
    snapshot: Snapshot, window: Window, after: AfterRoot | None
) -> list[tuple[int, CommentRow]]:
    """Roots by the support they had at the cursor's revision.

    Those whose support moved since are ranked apart, by what it was, and merged in; the rest come by index.
    """
    moved = await _support_moved(snapshot, window, after.revision) if after else {}
    support, id = col(Comment.support), col(Comment.id)
    query = _roots_query(window).order_by(support.desc(), id).where(id.not_in(list(moved)))
    # Asked apart, each is where the index has it; either of the two would be looked for from its beginning.
    parts = [and_(support == after.support, id > after.root), support < after.support] if after else [true()]
    ranked: list[tuple[int, CommentRow]] = []
    for part in parts:
        if left := window.limit + 1 - len(ranked):
            rows = await snapshot.execute(query.where(part).limit(left))
            ranked += [(row.support, row) for row in rows]
    for row in await _by_id(snapshot, window, list(moved)):
        was = row.support - moved[row.id]
        if row.id == row.root_id and after and (-was, row.id) > (-after.support, after.root):
            ranked.append((was, row))
    ranked.sort(key=lambda pair: (-pair[0], pair[1].id))
    return ranked[: window.limit + 1]


async def _support_moved(snapshot: Snapshot, window: Window, revision: int) -> dict[str, int]:
    """By how much the support of the section's comments moved since a public revision."""
    query = (
        select(col(SupportChange.comment_id), func.sum(SupportChange.delta))
        .where(
            col(SupportChange.page_id) == window.page.id,
            col(SupportChange.revision) > revision,
            col(SupportChange.section_id) == window.section.id,
        )
        .group_by(SupportChange.comment_id)
    )
    return {comment: delta for comment, delta in await snapshot.execute(query)}


async def _replies(snapshot: Snapshot, window: Window, threads: Sequence[Thread]) -> dict[str, list[CommentRow]]:
    """The replies that each thread takes: short threads in one query, each long one (there are few) in its own."""
    short = [thread.root for thread in threads if thread.take and not thread.is_cut]
    replies: dict[str, list[CommentRow]] = {}
    for row in await _short_threads(snapshot, window, short):
        replies.setdefault(row.root_id, []).append(row)
    for thread in threads:
        if thread.is_cut and thread.take:
            start = AfterReply(thread.root, thread.root)
            replies[thread.root] = list(await _thread_rows(snapshot, window, start, thread.take))
    return replies


async def _short_threads(snapshot: Snapshot, window: Window, roots: list[str]) -> Sequence[CommentRow]:
    if not roots:
        return []
    query = (
        select(*COLUMNS)
        .where(col(Comment.root_id).in_(roots), col(Comment.depth) > 0, visible(window.audience))
        .order_by(Comment.root_id, Comment.path)
        .limit(len(roots) * REPLIES_AT_FIRST)
    )
    return (await snapshot.execute(query)).all()


async def _thread_rows(snapshot: Snapshot, window: Window, after: AfterReply, limit: int) -> Sequence[CommentRow]:
    """Up to `limit` comments of one thread that come after one of them, read aloud."""
    path = select(col(Comment.path)).where(
        col(Comment.id) == after.last,
        col(Comment.root_id) == after.root,
        col(Comment.section_id) == window.section.id,
    )
    query = (
        select(*COLUMNS)
        .where(
            col(Comment.root_id) == after.root,
            col(Comment.path) > path.scalar_subquery(),
            visible(window.audience),
        )
        .order_by(Comment.path)
        .limit(limit)
    )
    return (await snapshot.execute(query)).all()


async def _by_id(snapshot: Snapshot, window: Window, ids: list[str]) -> Sequence[CommentRow]:
    if not ids:
        return []
    query = select(*COLUMNS).where(
        col(Comment.id).in_(ids), col(Comment.section_id) == window.section.id, visible(window.audience)
    )
    return (await snapshot.execute(query)).all()


async def _find(snapshot: Snapshot, viewer: Viewer | None, comment: str) -> CommentRow:
    query = select(*COLUMNS).where(col(Comment.id) == comment, visible(viewer.audience if viewer else Audience.PUBLIC))
    if viewer is not None:
        query = query.where(col(Comment.site_id) == viewer.site)
    row = (await snapshot.execute(query)).first()
    if row is None:
        raise NotFound()
    return row


def _assemble(
    roots: Sequence[CommentRow], threads: Sequence[Thread], replies: dict[str, list[CommentRow]]
) -> list[CommentRow]:
    by_id = {row.id: row for row in roots}
    return [row for thread in threads for row in (by_id[thread.root], *replies.get(thread.root, ()))]


def _cut(thread: Thread, replies: dict[str, list[CommentRow]]) -> str:
    shown = replies.get(thread.root)
    return str(AfterReply(thread.root, shown[-1].id if shown else thread.root))
