"""The discussion that is measured: sections of 100 and of 1,000 comments, and one that grows."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from bench.processes import ROOT
from postil import discussion, sites
from postil.db import Database, Transaction
from postil.discussion import Draft, PageRef
from postil.ids import hash_token, new_id
from postil.markup import render
from postil.migrate import migrate
from postil.models import Comment, Section
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.urls import page_key, page_url
from postil.viewer import Viewer

ORIGIN = "https://blog.example"
# All of it is one change, which a busy machine takes minutes for.
PATIENCE = 600
PAGE, UNWATCHED, LONG = f"{ORIGIN}/essay", f"{ORIGIN}/unwatched", f"{ORIGIN}/long"
# 287 characters, as in the measurements of our peers.
SOURCE = (
    "I read this twice. The second part argues from *one* library in one town, and I would like to see it tried "
    "elsewhere before anybody builds on it; see https://example.org/report for a case that went the other way. "
    "Still, `opening hours` is a better measure than visits, and I had not thought of it."
)
NUMBER = "report"  # the part of it that differs from comment to comment, where many are posted
PROSE = " ".join(
    re.findall(r"[A-Za-z][a-z',;.]*", "\n".join(path.read_text() for path in sorted(ROOT.glob("docs/*.md"))))
)
OUTLINE = [OutlineSection(heading=heading, level=2) for heading in ("A hundred", "A thousand", "Busy")]


@dataclass(frozen=True)
class Seeded:
    """Section ids."""

    hundred: str
    thousand: str
    busy: str
    unwatched: str  # on a page of its own
    long: str  # the same


def said(number: int) -> str:
    """SOURCE, no two alike: nothing that is kept of one helps another."""
    return SOURCE.replace(NUMBER, f"{number:0{len(NUMBER)}}")


def text(number: int) -> str:
    """287 characters of English, no two alike, a link in one of ten: what compresses as comments do."""
    at = number * 251 % (len(PROSE) - 600)
    begin = PROSE.index(" ", at) + 1
    end = f" See https://example.org/{number % 1000:03}" if number % 10 == 0 else " *Say more* of that."
    return PROSE[begin : begin + 287 - len(end)] + end


async def seed(folder: Path, counts: tuple[int, int, int] = (100, 1000, 10_000)) -> Seeded:
    """Make the data in `folder`."""
    return await seed_at(f"sqlite:///{folder / 'postil.db'}", counts)


async def seed_at(url: str, counts: tuple[int, int, int]) -> Seeded:
    """Make the data in an empty database: every third comment begins a thread, the others answer the one before."""
    database = Database(url, patience=PATIENCE)
    try:
        await migrate(database)
        await database.open()
        async with database.begin() as tx:
            site = await sites.add_site(tx, [ORIGIN])
            hundred, thousand, busy = [
                await _fill(tx, site.id, PAGE, index, count) for index, count in enumerate([*counts[:2], 1])
            ]
            unwatched, long = [await _fill(tx, site.id, url, at, 1) for at, url in ((3, UNWATCHED), (4, LONG))]
            await _copy(tx, hundred, long, counts[2])
            return Seeded(hundred, thousand, busy, unwatched, long)
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
            source=text(number),
            nonce=f"{index}-{number:08}",
            parent=parent if number % 3 else None,
            outline=Seen(outline_hash(OUTLINE), tuple(OUTLINE)),
            index=index % len(OUTLINE),
        )
        written = await discussion.post(tx, Viewer(site, author_key=hash_token(name)), draft, render(text(number)))
        parent = written.comment.id
    return written.section.id


async def _copy(tx: Transaction, model: str, section: str, count: int) -> None:
    """Fill a section with copies of another one's threads, under ids of their own, row by row and not post by post."""
    await tx.flush()
    to = await tx.get_one(Section, section)
    rows = [row.model_dump() for row in await tx.scalars(select(Comment).where(col(Comment.section_id) == model))]
    rows.sort(key=lambda row: row["id"])
    made: list[dict[str, Any]] = []
    while len(made) < count:
        named = {row["id"]: new_id(1_790_000_000 + (len(made) + at) / 1000) for at, row in enumerate(rows)}
        made += [_copied(row, named, to) for row in rows]
    await tx.execute(insert(Comment), made)
    counts = {"comments": to.comments + len(made), "shown": to.shown + len(made)}
    await tx.execute(update(Section).where(col(Section.id) == section).values(**counts))


def _copied(row: dict[str, Any], named: dict[str, str], to: Section) -> dict[str, Any]:
    path = "".join(named[row["path"][at : at + 11]] for at in range(0, len(row["path"]), 11))
    ids = {key: named[row[key]] if row[key] else None for key in ("id", "parent_id", "root_id")}
    home = {"section_id": to.id, "page_id": to.page_id, "outline_hash": to.outline_hash}
    revisions = {"public_revision": to.public_revision, "staff_revision": to.staff_revision}
    return {**row, **ids, "path": path, **home, **revisions}
