"""Who watches which site's queue, in this process. As with pages, a hint says only that there is something to ask."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from postil.db import Database, QueueHint
from postil.models import Site


@dataclass(eq=False)
class Watched:
    """A site's queue that some moderator has open."""

    site: str
    revision: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    watchers: int = 0

    def advance(self, revision: int) -> None:
        """Wake those who watch. The event is replaced as it is set: news is news once."""
        if revision > self.revision:
            self.revision = revision
            self.news.set()
            self.news = asyncio.Event()

    async def moved(self, revision: int) -> None:
        """Wait until the queue is past `revision`, which it may be already."""
        while self.revision <= revision:
            await self.news.wait()


class Queues:
    """The queues that are watched here."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.watched: dict[str, Watched] = {}

    def hear(self, hint: QueueHint) -> None:
        if watched := self.watched.get(hint.site):
            watched.advance(hint.revision)

    def enter(self, site: str) -> Watched:
        """The site's queue. Enter first, then read: what changes in between is heard."""
        watched = self.watched.setdefault(site, Watched(site))
        watched.watchers += 1
        return watched

    def leave(self, watched: Watched) -> None:
        watched.watchers -= 1
        if watched.watchers == 0:
            self.watched.pop(watched.site, None)

    async def sweep(self) -> None:
        """Heal lost hints."""
        for site, revision in await self._revisions(tuple(self.watched)):
            self.hear(QueueHint(site, revision))

    async def _revisions(self, sites: Iterable[str]) -> list[tuple[str, int]]:
        wanted = list(sites)
        if not wanted:
            return []
        query = select(col(Site.id), col(Site.queue_revision)).where(col(Site.id).in_(wanted))
        async with self.database.read() as snapshot:
            return [(site, revision) for site, revision in await snapshot.execute(query)]
