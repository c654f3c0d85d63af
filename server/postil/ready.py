"""Public windows of a section as bytes, straight from SQLite: the same bytes as `windows` makes, at a fraction of the
cost, because a comment is made into bytes once for each of its revisions and not for each window that shows it.

What is asked again is only which comments stand where; and not even that where those that changed since are known to
stand as they stood, as after a reader's support. windows.read_threads is the plain form, and the tests' oracle.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import and_, bindparam, select
from sqlmodel import col

from postil.answers import CommentAnswer, ThreadAnswer
from postil.cursors import AfterReply, AfterRoot, Since, Sort, parse_window
from postil.glance import Listed, Look, Question
from postil.models import Comment, Outline, Page, Section
from postil.reading import IS_ROOT, comment_answer, mark_earlier, section_answer, visible, written_otherwise
from postil.tree import REPLIES_AT_FIRST, Thread, plan
from postil.viewer import Audience
from postil.windows import STAMPED, Stamp, Wish, is_stale, stamp_of

PUBLIC = Audience.PUBLIC
# Changes of a page that are looked through for those of a section; where there are more, the window is read anew.
MOST_CHANGED = 20


class Leaves(NamedTuple):
    """A window's comments in their order as of a revision of the page, as bytes, by id, each with its revision; the
    rows of the replies under each root, and how the window goes on. Good as long as the page's places stay as they are.
    """

    places: tuple[str | None, int]
    revision: int
    by_id: dict[str, tuple[int, bytes]]
    replies: dict[str, list[Any]]
    more: dict[str, str]
    next: str | None


NOTHING = Leaves((None, -1), 0, {}, {}, {}, None)


class Ready(NamedTuple):
    """A window's bytes, what it may be kept under, and what it is made of."""

    content: bytes
    stamp: Stamp
    leaves: Leaves


def can_read(wish: Wish) -> bool:
    """All but the rare: replies inside of replies, and later pages in an order that moves."""
    return not wish.nested and not (isinstance(wish.after, AfterRoot) and wish.after.sort is Sort.SUPPORTED)


def stamp(glance: Look, section: str) -> Stamp | None:
    """What a public window of a section may be kept under now; None for a section never issued."""
    found = glance.ask(_STAMP, section=section)
    return stamp_of(found[0]) if found else None


def read(glance: Look, epoch: str, wish: Wish, before: Leaves | None = None) -> Ready | None:
    """The window at one revision; None where the plain form must answer, or refuse. `before`: of an earlier reading."""
    if not can_read(wish):
        return None
    with glance.snapshot():
        found = glance.ask(_HEAD, section=wish.section)
        if not found or is_stale(found[0].page_revision, wish.after):
            return None
        head = found[0]
        frame = ThreadAnswer(
            since=str(Since(epoch, head.page_revision)),
            section=section_answer(cast(Section, head), PUBLIC),
            comments=[],
        )
        places = (head.reference, head.anchors)
        leaves = before if before is not None and _is_before(before, places, head) else NOTHING
        changed = _changed(glance, wish, head.page_id, leaves.revision) if leaves is not NOTHING else None
        made = _in_place(glance, wish, head, frame, leaves, changed) or _anew(
            glance, wish, head, frame, leaves, changed
        )
    by_id, replies = made
    # No text can hold this: a quotation mark inside of one has a backslash before it.
    start, end = frame.encode().split(b'"comments":[]', 1)
    inner = b",".join([leaf for _, leaf in by_id.values()])
    content = b'%b"comments":[%b]%b' % (start, inner, end)
    return Ready(content, stamp_of(head), Leaves(places, head.page_revision, by_id, replies, frame.more, frame.next))


def _is_before(leaves: Leaves, places: tuple[str | None, int], head: Any) -> bool:
    """Whether a window can be made of them. Of two who read at the same time one may have kept what is newer."""
    return leaves.places == places and leaves.revision <= head.page_revision


ById = dict[str, tuple[int, bytes]]
Replies = dict[str, list[Any]]
_NONE = (-1, b"")


def _changed(glance: Look, wish: Wish, page: str, since: int) -> list[Any] | None:
    """The comments of the section that changed since a revision, seen or not; None where too much did on the page."""
    rows = glance.ask(_CHANGED, page=page, since=since, limit=MOST_CHANGED + 1)
    return [row for row in rows if row.section_id == wish.section] if len(rows) <= MOST_CHANGED else None


def _anew(
    glance: Look, wish: Wish, head: Any, frame: ThreadAnswer, leaves: Leaves, changed: list[Any] | None
) -> tuple[ById, Replies]:
    """The window's comments, wherever they stand now. What is at hand still is not made again, and threads in which
    nothing changed are not asked for.
    """
    replies: Replies = {}
    if changed is not None:
        touched = {row.root_id for row in changed}
        replies = {root: rows for root, rows in leaves.replies.items() if root not in touched}
    rows = _rows(glance, wish, head.page_revision, frame, replies)
    known = leaves.by_id
    made = _make(glance, head, [row.id for row in rows if known.get(row.id, _NONE)[0] != row.public_revision])
    return {row.id: made.get(row.id) or known[row.id] for row in rows}, replies


def _in_place(
    glance: Look, wish: Wish, head: Any, frame: ThreadAnswer, leaves: Leaves, changed: list[Any] | None
) -> tuple[ById, Replies] | None:
    """The same where all that changed in the section stands in the window and is seen, as it was: then nothing else of
    what is seen came or went, so all stand as they stood. None where that cannot be said.
    """
    if changed is None or wish.sort is Sort.SUPPORTED or not leaves.by_id.keys() >= {row.id for row in changed}:
        return None
    made = _make(glance, head, [row.id for row in changed])
    if len(made) < len(changed):
        return None  # the rest is seen no more
    frame.more, frame.next = leaves.more, leaves.next
    follow = parse_window(leaves.next) if leaves.next and wish.after is None else None
    if isinstance(follow, AfterRoot):
        frame.next = str(replace(follow, revision=head.page_revision))
    return {**leaves.by_id, **made}, leaves.replies


def _make(glance: Look, head: Any, ids: list[str]) -> dict[str, tuple[int, bytes]]:
    """The comments whose bytes are not at hand, as everybody may see them."""
    if not ids:
        return {}
    rows = glance.ask(_WHOLE, ids=json.dumps(ids))
    answers = [comment_answer(row, PUBLIC, in_window=True) for row in rows]
    tell_earlier(glance, head.page_id, head.reference, rows, answers)
    return {row.id: (row.public_revision, answer.encode()) for row, answer in zip(rows, answers, strict=True)}


def tell_earlier(
    glance: Look, page: str, reference: str | None, rows: Sequence[Any], answers: Sequence[CommentAnswer]
) -> None:
    """reading.tell_earlier."""
    hashes = written_otherwise(rows, reference)
    if hashes:
        outlines = glance.ask(_OUTLINES, page=page, hashes=json.dumps(hashes))
        mark_earlier(outlines, reference or "", rows, answers)


# Which comments stand where


def _rows(glance: Look, wish: Wish, revision: int, frame: ThreadAnswer, known: Replies) -> list[Any]:
    if isinstance(wish.after, AfterReply):
        return _replies_after(glance, wish, wish.after, frame)
    return _threads(glance, wish, wish.after, revision, frame, known)


def _threads(
    glance: Look, wish: Wish, after: AfterRoot | None, revision: int, frame: ThreadAnswer, known: Replies
) -> list[Any]:
    """windows.read_threads; `next` and `more` are told to the frame. `known` replies are good still, and become those
    that are shown.
    """
    sort, at = (after.sort, after.revision) if after else (wish.sort, revision)
    begin = {"root": after.root} if after else {}
    question = _roots(sort, after is not None)
    # No more of them are looked at than the window takes, and one: so a long section costs what a short one does.
    roots: list[Any] = []
    rows = glance.ask_on(question, section=wish.section, limit=wish.limit + 1, **begin)
    threads = plan(_sizes(rows, roots), wish.limit)
    replies = _replies(glance, wish, threads, known)
    known.clear()
    known.update(replies)
    frame.more = {thread.root: _cut(thread, replies) for thread in threads if thread.is_cut}
    if len(threads) < len(roots):
        last = roots[len(threads) - 1]
        frame.next = str(AfterRoot(sort, at, last.support if sort is Sort.SUPPORTED else 0, last.id))
    return [row for root, thread in zip(roots, threads, strict=False) for row in (root, *replies.get(thread.root, ()))]


def _sizes(rows: Iterable[Any], seen: list[Any]) -> Iterator[tuple[str, int]]:
    for row in rows:
        seen.append(row)
        yield row.id, row.thread_shown


def _cut(thread: Thread, replies: Replies) -> str:
    shown = replies.get(thread.root)
    return str(AfterReply(thread.root, shown[-1].id if shown else thread.root))


def _replies(glance: Look, wish: Wish, threads: Sequence[Thread], known: Replies) -> Replies:
    replies = {
        thread.root: known[thread.root] for thread in threads if len(known.get(thread.root, ())) == thread.take > 0
    }
    threads = [thread for thread in threads if thread.take and thread.root not in replies]
    short = [thread.root for thread in threads if not thread.is_cut]
    if short:
        for row in glance.ask(_SHORT, roots=json.dumps(short), limit=len(short) * REPLIES_AT_FIRST):
            replies.setdefault(row.root_id, []).append(row)
    for thread in threads:
        if thread.is_cut:
            replies[thread.root] = _thread(glance, wish, AfterReply(thread.root, thread.root), thread.take)
    return replies


def _replies_after(glance: Look, wish: Wish, after: AfterReply, frame: ThreadAnswer) -> list[Any]:
    """windows.read_replies."""
    rows = _thread(glance, wish, after, wish.limit + 1)
    if len(rows) > wish.limit:
        frame.more = {after.root: str(AfterReply(after.root, rows[wish.limit - 1].id))}
    return rows[: wish.limit]


def _thread(glance: Look, wish: Wish, after: AfterReply, limit: int) -> list[Any]:
    return glance.ask(_THREAD, section=wish.section, root=after.root, last=after.last, limit=limit)


# The questions. Visibility is reading's rule, as in every other statement.


def listed(name: str) -> Any:
    """A list that came as one parameter."""
    each = Listed(bindparam(name)).table_valued("value")
    return select(each.c.value)


_ROW: tuple[Any, ...] = (Comment.id, Comment.root_id, Comment.thread_shown, Comment.support, Comment.public_revision)
SEEN: tuple[Any, ...] = (
    *(Comment.id, Comment.section_id, Comment.parent_id, Comment.author_name, Comment.state, Comment.html),
    *(Comment.reason, Comment.outline_hash, Comment.support, Comment.public_revision, Comment.created_at),
    Comment.edited_at,
)
OF_SECTION: tuple[Any, ...] = (
    *(Section.id, Section.heading, Section.state, Section.comments, Section.pending, Section.hidden),
    *(Section.last_at, Section.faces, Section.pace),
)
_AT_HOME = and_(col(Section.id) == bindparam("section"), col(Page.id) == Section.page_id)
_PLACES: tuple[Any, ...] = (Outline.hash, Outline.sections, Outline.places, Outline.referenced_at)
_STAMP = Question(select(*STAMPED).where(_AT_HOME))
_HEAD = Question(select(*OF_SECTION, *STAMPED).where(_AT_HOME))
_IN_SECTION: tuple[Any, ...] = (Comment.id, Comment.root_id, Comment.section_id)
_CHANGED = Question(
    select(*_IN_SECTION)
    .where(col(Comment.page_id) == bindparam("page"), col(Comment.public_revision) > bindparam("since"))
    .limit(bindparam("limit"))
)
_WHOLE = Question(select(*SEEN).where(col(Comment.id).in_(listed("ids")), visible(PUBLIC)))
_OUTLINES = Question(
    select(*_PLACES).where(col(Outline.page_id) == bindparam("page"), col(Outline.hash).in_(listed("hashes")))
)
_SHORT = Question(
    select(*_ROW)
    .where(col(Comment.root_id).in_(listed("roots")), col(Comment.depth) > 0, visible(PUBLIC))
    .order_by(Comment.root_id, Comment.path)
    .limit(bindparam("limit"))
)
_PATH = select(col(Comment.path)).where(
    col(Comment.id) == bindparam("last"),
    col(Comment.root_id) == bindparam("root"),
    col(Comment.section_id) == bindparam("section"),
)
_THREAD = Question(
    select(*_ROW)
    .where(col(Comment.root_id) == bindparam("root"), col(Comment.path) > _PATH.scalar_subquery(), visible(PUBLIC))
    .order_by(Comment.path)
    .limit(bindparam("limit"))
)


@cache
def _roots(sort: Sort, is_after: bool) -> Question:
    id = col(Comment.id)
    query = select(*_ROW).where(col(Comment.section_id) == bindparam("section"), IS_ROOT, visible(PUBLIC))
    if is_after:
        query = query.where(id < bindparam("root") if sort is Sort.NEWEST else id > bindparam("root"))
    if sort is Sort.SUPPORTED:
        query = query.order_by(col(Comment.support).desc(), id)
    else:
        query = query.order_by(id.desc() if sort is Sort.NEWEST else id)
    return Question(query.limit(bindparam("limit")))
