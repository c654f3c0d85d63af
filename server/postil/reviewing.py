"""What moderators look at: the queue, one item of it with all that is known, the log, and what the numbers are.

Only reading. Everything here is of the viewer's site, and only for who may review it.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col

from postil.db import Snapshot
from postil.models import Moderator, QueueItem, Site
from postil.policy import Action, allow
from postil.viewer import Viewer

# Beyond so many nobody needs the exact number, and counting them on every page would take its time.
MOST_COUNTED = 10_000


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


async def waiting(snapshot: Snapshot, site: str) -> int:
    """How many items are open, counted as far as MOST_COUNTED."""
    some = select(col(QueueItem.id)).where(col(QueueItem.site_id) == site, col(QueueItem.is_open).is_(True))
    count = await snapshot.scalar(select(func.count()).select_from(some.limit(MOST_COUNTED).subquery()))
    return int(count or 0)


def in_words(count: int) -> str:
    """A count of what waits; nothing for none."""
    if count >= MOST_COUNTED:
        return f"{MOST_COUNTED - 1:,}+"
    return f"{count:,}" if count else ""
