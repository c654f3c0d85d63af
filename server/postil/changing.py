"""One change of a page: its next revisions, and whatever they stamp.

Every change that alters an audience's answer takes that audience's next revision and stamps the comment and the
section it touched (house, law 1). What readers see is part of what staff see, so a public stamp is a staff stamp
too. The page's row is locked first: within a page, revisions commit in order on every database.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlmodel import col

from postil.cursors import MOST_BEHIND
from postil.db import Hint, Transaction
from postil.models import Comment, Page, PublicSpan, Section, SupportChange
from postil.queueing import keep_in_step
from postil.states import State, is_shown

FACES = 3


@dataclass(slots=True)
class Change:
    """The one change that a transaction makes to `page`; revisions are 0 until one is taken."""

    tx: Transaction
    page: Page
    public: int = 0
    staff: int = 0
    told_support: int = 0
    touched: dict[str, Comment] = field(default_factory=dict)

    def stamp_staff(self, *touched: Comment | Section) -> None:
        if not self.staff:
            self.page.staff_revision += 1
            self.staff = self.page.staff_revision
        for thing in touched:
            thing.staff_revision = self.staff
            if isinstance(thing, Comment):
                self.touched[thing.id] = thing

    def stamp_public(self, *touched: Comment | Section) -> None:
        self.stamp_staff(*touched)
        if not self.public:
            self.page.public_revision += 1
            self.public = self.page.public_revision
        for thing in touched:
            thing.public_revision = self.public

    def tell_support(self, comment: Comment, delta: int) -> None:
        """Keep cursors that are sorted by support in their order: a revision tells of one comment's support."""
        if self.told_support == self.public:
            self.public = 0
        self.stamp_public(comment)
        self.told_support = self.public
        self.tx.add(
            SupportChange(
                page_id=self.page.id,
                revision=self.public,
                comment_id=comment.id,
                section_id=comment.section_id,
                delta=delta,
            )
        )

    def move_places(self, *, readers: bool) -> None:
        """Threads stand elsewhere from now on. Where there are `readers` of any, every cursor is too far behind to go
        on from, so that everybody asks for the page afresh: both counters jump by more than a cursor may lag.
        """
        self.page.anchors += 1
        if readers:
            self.public = self.page.public_revision = self.page.public_revision + MOST_BEHIND + 1
            self.staff = self.page.staff_revision = self.page.staff_revision + MOST_BEHIND + 1


@asynccontextmanager
async def changing(tx: Transaction, page_id: str, *, calm: bool = False) -> AsyncIterator[Change]:
    """Lock a page, change it, keep the queue in step, and leave a hint. `calm`: it may be gathered with others."""
    query = select(Page).where(col(Page.id) == page_id).with_for_update()
    page = (await tx.scalars(query, execution_options={"populate_existing": True})).one()
    change = Change(tx, page)
    yield change
    await tx.flush()
    await keep_in_step(tx, page.site_id, change.touched.values())
    await tx.flush()
    if change.staff:
        tx.hints.append(Hint(page.site_id, page.key, page.public_revision, page.staff_revision, calm))


async def set_state(change: Change, comment: Comment, section: Section, state: State) -> None:
    """Move a comment to `state`: counts, first publication, and what readers now see of it and above it."""
    old, was_shown, is_new = comment.state, comment.shown, not comment.staff_revision
    _count(section, comment.state, -1)
    _count(section, state, +1)
    comment.state = state
    if state is State.PUBLISHED and comment.published_at is None:
        comment.published_at = change.tx.now
    await _settle(change, comment, section)
    if was_shown or comment.shown:
        change.stamp_public(comment, section)
        if old is not state:
            await _tell_faces(change, comment, section, is_new=is_new)
    change.stamp_staff(comment, section)


def _count(section: Section, state: State, by: int) -> None:
    match state:
        case State.PUBLISHED:
            section.comments += by
        case State.PENDING:
            section.pending += by
        case State.HIDDEN:
            section.hidden += by
        case _:
            pass


async def _settle(change: Change, comment: Comment, section: Section) -> None:
    """Bring `shown` up to date, from a comment upwards: a tombstone stands only while a reply needs it."""
    node = comment
    while node.shown is not (shown := _is_shown(node)):
        await _show(change, node, section, shown)
        if node.parent_id is None:
            return
        node = await change.tx.get_one(Comment, node.parent_id)
        node.shown_replies += 1 if shown else -1


def _is_shown(comment: Comment) -> bool:
    return is_shown(comment.state, was_published=comment.published_at is not None, shown_replies=comment.shown_replies)


async def _show(change: Change, node: Comment, section: Section, shown: bool) -> None:
    change.stamp_public(node, section)
    step = 1 if shown else -1
    node.shown = shown
    section.shown += step
    if node.root_id != node.id:
        (await change.tx.get_one(Comment, node.root_id)).thread_shown += step
    if shown:
        node.shown_since = change.public
    else:
        change.tx.add(PublicSpan(comment_id=node.id, since=node.shown_since, until=change.public))


async def _tell_faces(change: Change, comment: Comment, section: Section, *, is_new: bool) -> None:
    """Whose names stand at the section's row, and when it was last written in; published comments alone."""
    if is_new and comment.state is State.PUBLISHED:
        section.last_at = max(section.last_at or 0, comment.created_at)
        section.faces = _latest([comment.author_name, *section.faces])
        return
    # A full count, so that what was hidden leaves no trace: the names are those that would stand there without it.
    await change.tx.flush()
    query = (
        select(col(Comment.author_name), func.max(Comment.created_at))
        .where(col(Comment.section_id) == section.id, col(Comment.state) == State.PUBLISHED)
        .group_by(Comment.author_name)
        .order_by(func.max(Comment.id).desc())
        .limit(FACES)
    )
    rows = (await change.tx.execute(query)).all()
    section.last_at = max((last for _, last in rows), default=None)
    section.faces = [name for name, _ in rows]


def _latest(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))[:FACES]
