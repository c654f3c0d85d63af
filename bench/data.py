"""The discussion that is measured: sections of 100 and of 1,000 comments, and one that grows."""

from dataclasses import dataclass
from pathlib import Path

from postil import discussion, sites
from postil.db import Database, Transaction
from postil.discussion import Draft, PageRef
from postil.ids import hash_token
from postil.markup import render
from postil.migrate import migrate
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.urls import page_key, page_url
from postil.viewer import Viewer

ORIGIN = "https://blog.example"
PAGE, UNWATCHED = f"{ORIGIN}/essay", f"{ORIGIN}/unwatched"
# 287 characters, as in the measurements of our peers.
SOURCE = (
    "I read this twice. The second part argues from *one* library in one town, and I would like to see it tried "
    "elsewhere before anybody builds on it; see https://example.org/report for a case that went the other way. "
    "Still, `opening hours` is a better measure than visits, and I had not thought of it."
)
OUTLINE = [OutlineSection(heading=heading, level=2) for heading in ("A hundred", "A thousand", "Busy")]


@dataclass(frozen=True)
class Seeded:
    """Section ids."""

    hundred: str
    thousand: str
    busy: str
    unwatched: str  # on a page of its own


async def seed(folder: Path, counts: tuple[int, int] = (100, 1000)) -> Seeded:
    """Make the data in `folder`: every third comment begins a thread, the others answer the one before."""
    database = Database(f"sqlite:///{folder / 'postil.db'}")
    try:
        await migrate(database)
        await database.open()
        async with database.begin() as tx:
            site = await sites.add_site(tx, [ORIGIN])
            hundred, thousand, busy = [
                await _fill(tx, site.id, PAGE, index, count) for index, count in enumerate([*counts, 1])
            ]
            return Seeded(hundred, thousand, busy, await _fill(tx, site.id, UNWATCHED, 3, 1))
    finally:
        await database.close()


async def _fill(tx: Transaction, site: str, url: str, index: int, count: int) -> str:
    parent = None
    page = PageRef(page_key(url), page_url(url), "An essay")
    for number in range(count):
        name = f"Reader {number % 20}"
        draft = Draft(
            page=page,
            name=name,
            source=SOURCE,
            nonce=f"{index}-{number:08}",
            parent=parent if number % 3 else None,
            outline=Seen(outline_hash(OUTLINE), tuple(OUTLINE)),
            index=index % len(OUTLINE),
        )
        written = await discussion.post(tx, Viewer(site, author_key=hash_token(name)), draft, render(SOURCE))
        parent = written.comment.id
    return written.section.id
