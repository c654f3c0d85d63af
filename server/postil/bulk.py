"""Many decisions at once, over any number of pages: a hundred in each transaction, so that readers may write between.

What is interrupted is done in part; asked again, it does the rest. All of it has one batch, by which it is undone.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from postil import moderation
from postil.db import Database, Snapshot
from postil.ids import new_id
from postil.models import Comment, Decision
from postil.moderation import Say
from postil.policy import Action
from postil.states import Move
from postil.viewer import Viewer

AT_ONCE = 100
MOST_AT_ONCE = 20_000  # of one click; more than a flood's worth, and it is said when there are more


@dataclass(frozen=True, slots=True)
class Batch:
    """What was decided together: how many, and how many were not as they had been any more."""

    id: str
    done: int
    skipped: int


async def decide_all(
    database: Database,
    viewer: Viewer,
    comments: Sequence[str],
    action: Action,
    *,
    reason: str | None = None,
    note: str | None = None,
    batch: str | None = None,
) -> Batch:
    """Decide the same about every one of `comments` of the viewer's site."""
    batch = batch or new_id()
    say, done = Say(action, reason, note, batch), 0
    async for page, some in _by_page(database, viewer.site, comments[:MOST_AT_ONCE]):
        async with database.begin() as tx:
            done += len(await moderation.decide_many(tx, viewer, page, some, say))
    return Batch(batch, done, len(comments) - done)


async def undo_all(database: Database, viewer: Viewer, batch: str) -> Batch:
    """Take back what was decided in a batch: comments, and a ban among them."""
    async with database.read() as snapshot:
        decisions = await _of_batch(snapshot, viewer.site, batch)
    of_comment = {each.comment_id: each.id for each in decisions if each.comment_id and each.move not in _OTHERS}
    done, others = 0, [each.id for each in decisions if each.move in _OTHERS]
    async for page, some in _by_page(database, viewer.site, list(of_comment)):
        async with database.begin() as tx:
            done += len(await moderation.undo_many(tx, viewer, page, [of_comment[id] for id in some]))
    for decision in others:
        async with database.begin() as tx:
            await moderation.undo(tx, viewer, decision)
            done += 1
    return Batch(batch, done, len(decisions) - done)


_OTHERS = (Move.BAN, Move.LIFT, Move.SET_SECTION)


async def _of_batch(snapshot: Snapshot, site: str, batch: str) -> Sequence[Decision]:
    undone = aliased(Decision)
    still = ~select(col(undone.id)).where(col(undone.undoes) == Decision.id).exists()
    query = select(Decision).where(col(Decision.batch) == batch, col(Decision.site_id) == site, still)
    return (await snapshot.scalars(query.order_by(col(Decision.id)))).all()


async def _by_page(database: Database, site: str, comments: Sequence[str]) -> AsyncIterator[tuple[str, Sequence[str]]]:
    """The comments by their pages, AT_ONCE at a time, replies before what they answer."""
    for page, ids in await _sorted_by_page(database, site, comments):
        for start in range(0, len(ids), AT_ONCE):
            yield page, ids[start : start + AT_ONCE]


async def _sorted_by_page(database: Database, site: str, comments: Sequence[str]) -> list[tuple[str, list[str]]]:
    rows: list[tuple[str, str]] = []
    async with database.read() as snapshot:
        for start in range(0, len(comments), 500):
            query = select(col(Comment.page_id), col(Comment.id)).where(
                col(Comment.id).in_(comments[start : start + 500]), col(Comment.site_id) == site
            )
            rows += [(page, id) for page, id in await snapshot.execute(query)]
    rows.sort(reverse=True)
    return [(page, [id for _, id in group]) for page, group in groupby(rows, key=lambda row: row[0])]
