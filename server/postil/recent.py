"""The newest comments across a page, as a copy of it shows them: the list that stands above its sections.

Each section's newest come by an index, and the newest of those are told: a look at each section that is seen and a few
comments of the busiest, whatever else the page holds. Ids are in the order of time and never change, so an id is cursor
enough.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from postil.answers import RecentAnswer, RecentComment
from postil.cursors import Since
from postil.db import Snapshot
from postil.models import Comment, Page, Section
from postil.reading import COLUMNS, CommentRow, comment_answer, page_revision, sections_seen, tell_more, visible, whole
from postil.viewer import Audience, Viewer

MOST_RECENT = 50


class Stretch(NamedTuple):
    """Which part of the list: so many comments older than one, or the newest."""

    limit: int
    before: str | None = None


async def read_recent(
    snapshot: Snapshot, viewer: Viewer, page: Page | None, mine: frozenset[str] | None, stretch: Stretch
) -> RecentAnswer:
    """The newest of what this viewer sees, newest first; `mine` stand in his outline, None where he showed none."""
    since = Since(snapshot.epoch, page_revision(page, viewer.audience) if page else 0)
    answer = RecentAnswer(since=str(since), comments=[])
    sections = await sections_seen(snapshot, viewer, page, mine) if page else []
    if page is None or not sections:
        return answer
    rows = await _newest(snapshot, viewer.audience, [section.id for section in sections], stretch)
    told = rows[: stretch.limit]
    answer.comments = await _comments(snapshot, viewer.audience, told)
    await tell_more(snapshot, page, told, answer.comments, viewer.audience)
    if len(rows) > len(told):
        answer.next = told[-1].id
    return answer


async def _newest(
    snapshot: Snapshot, audience: Audience, sections: Sequence[str], stretch: Stretch
) -> Sequence[CommentRow]:
    """Up to limit + 1 comments. The index begins with what readers see, so staff are asked for both halves."""
    halves = (True, False) if audience is Audience.STAFF else (True,)
    query = _by_list if snapshot.get_bind().dialect.name == "sqlite" else _by_lateral
    rows = [row for shown in halves for row in await snapshot.execute(query(sections, stretch, shown=shown))]
    return sorted(rows, key=lambda row: str(row.id), reverse=True)[: stretch.limit + 1]


def _by_list(sections: Iterable[str], stretch: Stretch, *, shown: bool) -> Select[CommentRow]:
    """SQLite's form: it looks the listed ids up, where PostgreSQL would ask of each comment whether it is listed."""
    told = aliased(Comment)
    columns = [getattr(told, column.key) for column in COLUMNS]
    newest = _newest_of(Section, stretch, shown).with_only_columns(col(Comment.id))
    found = select(*columns).select_from(Section).join(told, col(told.id).in_(newest))
    return _of_busy(found, sections, stretch, shown).order_by(col(told.id).desc())


def _by_lateral(sections: Iterable[str], stretch: Stretch, *, shown: bool) -> Select[CommentRow]:
    """PostgreSQL's form of the same: SQLite has no LATERAL."""
    told = _newest_of(Section, stretch, shown).lateral()
    columns = [told.c[column.key] for column in COLUMNS]
    found = select(*columns).select_from(Section).join(told, true())
    return _of_busy(found, sections, stretch, shown).order_by(told.c.id.desc())


def _newest_of(section: type[Section], stretch: Stretch, shown: bool) -> Select[CommentRow]:
    newest = select(*COLUMNS).where(*_older(section, stretch, shown)).order_by(col(Comment.id).desc())
    return newest.limit(stretch.limit + 1).correlate(section)


def _of_busy(found: Select[CommentRow], sections: Iterable[str], stretch: Stretch, shown: bool) -> Select[CommentRow]:
    """No more sections are looked through than comments are wanted: those whose own newest are the newest."""
    section = aliased(Section)
    last = select(func.max(Comment.id)).where(*_older(section, stretch, shown)).correlate(section).scalar_subquery()
    busy = select(col(section.id)).where(col(section.id).in_(list(sections)))
    busy = busy.order_by(func.coalesce(last, "").desc()).limit(stretch.limit + 1)
    return found.where(col(Section.id).in_(busy)).limit(stretch.limit + 1)


def _older(section: type[Section], stretch: Stretch, shown: bool) -> list[ColumnElement[bool]]:
    """The comments of a section that may be told: by ix_comment_recent."""
    those = [col(Comment.section_id) == section.id, col(Comment.shown).is_(shown)]
    return those if stretch.before is None else [*those, col(Comment.id) < stretch.before]


async def _comments(snapshot: Snapshot, audience: Audience, rows: Sequence[CommentRow]) -> list[RecentComment]:
    names = await _names(snapshot, audience, {row.parent_id for row in rows} - {None})
    told = [comment_answer(row, audience, in_section=True) for row in rows]
    return [RecentComment(**dict(each), to=names.get(each.parent or "")) for each in told]


async def _names(snapshot: Snapshot, audience: Audience, comments: Iterable[str]) -> dict[str, str]:
    """Who wrote them, of those whose author this audience is told."""
    query = select(col(Comment.id), col(Comment.author_name), col(Comment.state))
    query = query.where(col(Comment.id).in_(list(comments)), visible(audience))
    return {row.id: row.author_name for row in await snapshot.execute(query) if whole(row.state, audience)}
