"""Who looks at what: an item that one moderator has open is passed over by the others, for a minute at a time."""

from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlmodel import col

from postil.db import Snapshot, Transaction
from postil.models import Moderator, QueueItem, Site
from postil.policy import Action, allow
from postil.queueing import next_revision
from postil.reviewing import CLAIM_SECONDS, in_words, is_claimed, waiting
from postil.viewer import Viewer

# A claim is said again before it runs out; what is not new to anybody is not told to anybody.
RENEWED_AFTER = CLAIM_SECONDS // 2
# So many items are named in one message; who is further behind is told to ask for all of it.
MOST_TOLD = 200
# Claims are renewed twice in their time, and each is a revision: those that hold are among the latest.
LOOKED_BACK = 500


@dataclass(frozen=True, slots=True)
class News:
    """What happened in the queue since a revision: items that left it, and those that are new or changed. `claims`
    are those of others that hold now, by item, with the name. `much`: more happened than is named here.
    """

    revision: int
    waiting: str
    gone: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    claims: dict[str, str] = field(default_factory=dict)
    much: bool = False


async def news(snapshot: Snapshot, viewer: Viewer, since: int) -> News:
    """What a moderator of the site has missed since `since`."""
    allow(viewer, Action.REVIEW)
    site = await snapshot.get_one(Site, viewer.site)
    moved = (
        select(col(QueueItem.id), col(QueueItem.is_open))
        .where(col(QueueItem.site_id) == viewer.site, col(QueueItem.revision) > since)
        .order_by(col(QueueItem.revision).desc())
        .limit(MOST_TOLD + 1)
    )
    rows = [(id, is_open) for id, is_open in await snapshot.execute(moved)]
    return News(
        revision=site.queue_revision,
        waiting=in_words(await waiting(snapshot, viewer.site)),
        gone=[id for id, is_open in rows[:MOST_TOLD] if not is_open],
        changed=[id for id, is_open in rows[:MOST_TOLD] if is_open],
        claims=await _claims(snapshot, viewer, site.queue_revision),
        much=len(rows) > MOST_TOLD,
    )


async def _claims(snapshot: Snapshot, viewer: Viewer, revision: int) -> dict[str, str]:
    query = (
        select(col(QueueItem.id), col(Moderator.name))
        .join(Moderator, col(Moderator.id) == QueueItem.claimed_by)
        .where(
            col(QueueItem.site_id) == viewer.site,
            col(QueueItem.revision) > revision - LOOKED_BACK,
            col(QueueItem.is_open).is_(True),
            col(QueueItem.claimed_at) > snapshot.now - CLAIM_SECONDS,
            col(QueueItem.claimed_by) != (viewer.moderator or ""),
        )
    )
    return {item: name for item, name in await snapshot.execute(query.limit(MOST_TOLD))}


async def claim(tx: Transaction, viewer: Viewer, item: str | None, before: str | None = None) -> str | None:
    """Let the viewer look at `item`, and no more at `before`. What he looks at now: None for what another looks at,
    and for what is open no more.
    """
    allow(viewer, Action.REVIEW)
    if before is not None and before != item:
        await _let_go(tx, viewer, before)
    row = await tx.get(QueueItem, item) if item else None
    if row is None or row.site_id != viewer.site or not row.is_open or is_claimed(row, viewer, tx.now):
        return None
    is_new = row.claimed_by != viewer.moderator or (row.claimed_at or 0) <= tx.now - CLAIM_SECONDS
    if is_new or (row.claimed_at or 0) <= tx.now - RENEWED_AFTER:
        row.claimed_by, row.claimed_at = viewer.moderator, tx.now
        row.revision = await next_revision(tx, viewer.site)
    return row.id


async def _let_go(tx: Transaction, viewer: Viewer, item: str) -> None:
    mine = (
        col(QueueItem.id) == item,
        col(QueueItem.site_id) == viewer.site,
        col(QueueItem.claimed_by) == viewer.moderator,
    )
    let_go = update(QueueItem).where(*mine).values(claimed_by=None, claimed_at=None)
    gone = await tx.execute(let_go, execution_options={"synchronize_session": False})
    if gone.rowcount:  # type: ignore[attr-defined]
        revision = await next_revision(tx, viewer.site)
        await tx.execute(update(QueueItem).where(col(QueueItem.id) == item).values(revision=revision))
