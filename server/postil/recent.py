"""The newest comments across a page, as a copy of it shows them: the list that stands above its sections.

Each section's newest come by an index, and the newest of those are told: what that costs is bounded by the sections
that are seen, whatever else the page holds. Ids are in the order of time and never change, so an id is cursor enough.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Select, select
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
    rows = [row for shown in halves for row in await snapshot.execute(_query(sections, stretch, shown=shown))]
    return sorted(rows, key=lambda row: str(row.id), reverse=True)[: stretch.limit + 1]


def _query(sections: Iterable[str], stretch: Stretch, *, shown: bool) -> Select[CommentRow]:
    own = aliased(Comment)
    newest = select(col(own.id)).where(col(own.section_id) == Section.id, col(own.shown).is_(shown))
    if stretch.before is not None:
        newest = newest.where(col(own.id) < stretch.before)
    newest = newest.order_by(col(own.id).desc()).limit(stretch.limit + 1).correlate(Section)
    return (
        select(*COLUMNS)
        .select_from(Section)
        .join(Comment, col(Comment.id).in_(newest))
        .where(col(Section.id).in_(list(sections)))
        .order_by(col(Comment.id).desc())
        .limit(stretch.limit + 1)
    )


async def _comments(snapshot: Snapshot, audience: Audience, rows: Sequence[CommentRow]) -> list[RecentComment]:
    names = await _names(snapshot, audience, {row.parent_id for row in rows} - {None})
    told = [comment_answer(row, audience, in_section=True) for row in rows]
    return [RecentComment(**dict(each), to=names.get(each.parent or "")) for each in told]


async def _names(snapshot: Snapshot, audience: Audience, comments: Iterable[str]) -> dict[str, str]:
    """Who wrote them, of those whose author this audience is told."""
    query = select(col(Comment.id), col(Comment.author_name), col(Comment.state))
    query = query.where(col(Comment.id).in_(list(comments)), visible(audience))
    return {row.id: row.author_name for row in await snapshot.execute(query) if whole(row.state, audience)}
