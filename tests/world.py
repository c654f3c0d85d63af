"""A site with readers and a moderator, over a real database, for tests that need no HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.databases import fresh, fresh_folder

from postil import discussion, sites
from postil.auth import staff
from postil.db import Database, News, Snapshot
from postil.discussion import Draft, PageRef, Written
from postil.ids import hash_token
from postil.markup import render
from postil.models import Site
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.viewer import Viewer

ORIGIN = "https://blog.example"
PAGE = PageRef(key="https://blog.example/essay", url="https://blog.example/essay", title="An essay")
OUTLINE = [OutlineSection(heading=heading, level=2) for heading in ("Origins", "Method", "Results")]


class Clock:
    """A clock that moves when told."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class World:
    """One database, one site at ORIGIN, and the verbs of its people in few words."""

    def __init__(self, database: Database, site: Site, clock: Clock, hints: list[News]) -> None:
        self.database, self.site, self.clock, self.hints = database, site, clock, hints
        self.public = Viewer(site.id)
        self.moderator: Viewer = Viewer(site.id)
        self.posts = 0

    def reader(self, name: str) -> Viewer:
        return Viewer(self.site.id, author_key=hash_token(name))

    async def post(
        self,
        author: str,
        source: str = "A thought.",
        *,
        index: int = 0,
        section: str | None = None,
        parent: str | None = None,
        nonce: str | None = None,
        page: PageRef = PAGE,
        outline: Sequence[OutlineSection] = OUTLINE,
        seen: Seen | None = None,
        network: str | None = None,
    ) -> Written:
        self.posts += 1
        draft = Draft(
            page=page,
            name=author,
            source=source,
            nonce=nonce or f"nonce-{self.posts:06}",
            parent=parent,
            section=section,
            outline=seen or (None if section else Seen(outline_hash(outline), tuple(outline))),
            index=index,
            network=network,
        )
        async with self.database.begin() as tx:
            return await discussion.post(tx, self.reader(author), draft, render(source))


@asynccontextmanager
async def world(*, premoderate: bool = False, clock: Clock | None = None) -> AsyncIterator[World]:
    with fresh_folder() as folder, fresh(folder) as url:
        async with world_over(url, clock, premoderate) as here:
            yield here


@asynccontextmanager
async def world_over(url: str, clock: Clock | None = None, premoderate: bool = False) -> AsyncIterator[World]:
    hints: list[News] = []

    async def hear(news: list[News]) -> None:
        hints.extend(news)

    clock = clock or Clock()
    database = Database(url, on_commit=hear, clock=clock)
    try:
        await database.open()
        async with database.begin() as tx:
            site = await sites.add_site(tx, [ORIGIN], premoderate=premoderate)
            code = await sites.invite(tx, ORIGIN, "Ada Moderates")
        here = World(database, site, clock, hints)
        async with database.begin() as tx:
            token, _, _ = await staff.sign_in(tx, code)
        async with database.read() as snapshot:
            here.moderator = await _staff(snapshot, token)
        yield here
    finally:
        await database.close()


async def _staff(snapshot: Snapshot, token: str) -> Viewer:
    viewer = await staff.staff_viewer(snapshot, token)
    assert viewer is not None
    return viewer
