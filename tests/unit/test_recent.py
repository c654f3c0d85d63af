"""The newest of a page with 100,000 comments are found by an index, however many others see none of them."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from tests.databases import ON_POSTGRESQL, columns, rows, steps, write
from tests.world import World, world

from postil import reading
from postil.ids import encode
from postil.recent import Stretch, read_recent
from postil.viewer import Viewer

COMMENTS, SECTIONS = 100_000, 100
FIRST = 0x1000_0000_0000
# What a plan must not say, and what it must say of each look into the index.
ALL, ONE_SECTION = "SCAN comment", r"section_id=\? AND shown=\?"
if ON_POSTGRESQL:
    ALL, ONE_SECTION = "Seq Scan on comment", r"Index Cond: \(.*section_id.* AND \(shown ="


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def full(loop: asyncio.Runner) -> Iterator[World]:
    """A page with a hundred sections, every tenth comment shown; half of them are in the last section."""
    opened = world()
    here = loop.run(opened.__aenter__())
    loop.run(here.post("Viktor"))
    fill(here)
    yield here
    loop.run(opened.__aexit__(None, None, None))


def fill(here: World) -> None:
    url = str(here.database.url)
    section, sections = row(url, "section")
    comment, comments = row(url, "comment")
    write(url, sections, [[*(section | {"id": f"section-{at:03}", "shown": 1}).values()] for at in range(SECTIONS)])
    write(url, comments, [[*made(comment, number).values()] for number in range(COMMENTS)])
    write(url, "ANALYZE")


def row(url: str, table: str) -> tuple[dict[str, Any], str]:
    """A table's only row, and the statement that inserts another."""
    names = columns(url, table)
    found = dict(zip(names, rows(url, f"SELECT * FROM {table}")[0], strict=True))
    return found, f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})"


def made(comment: dict[str, Any], number: int) -> dict[str, Any]:
    id = encode(FIRST + number)
    section = min(number // (COMMENTS // SECTIONS // 2), SECTIONS - 1)
    return {
        **comment,
        "id": id,
        "root_id": id,
        "path": id,
        "section_id": f"section-{section:03}",
        "shown": number % 10 == 0,
        "state": "published" if number % 10 == 0 else "pending",
    }


def asked(here: World, loop: asyncio.Runner, viewer: Viewer, before: str | None) -> tuple[list[str], list[str]]:
    """Which comments are told, and how the database finds them."""
    ran: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    async def run() -> list[str]:
        async with here.database.read() as snapshot:
            page = await reading.find_page(snapshot, here.site.id, "https://blog.example/essay")
            told = await read_recent(snapshot, viewer, page, None, Stretch(20, before))
            return [comment.id for comment in told.comments]

    event.listen(here.database.engine.sync_engine, "before_cursor_execute", note)
    try:
        told = loop.run(run())
    finally:
        event.remove(here.database.engine.sync_engine, "before_cursor_execute", note)
    return told, steps(str(here.database.url), ran)


@pytest.mark.parametrize("before", [None, COMMENTS // 3], ids=["the newest", "after many"])
@pytest.mark.parametrize("staff", [False, True], ids=["readers", "staff"])
def test_the_newest_are_found_by_an_index(full: World, loop: asyncio.Runner, before: int | None, staff: bool) -> None:
    newest = (before or COMMENTS) - 1
    expected = [number for number in range(newest, newest - 300, -1) if staff or number % 10 == 0][:20]
    cursor = encode(FIRST + before) if before else None

    told, plan = asked(full, loop, full.moderator if staff else full.public, cursor)

    # Viktor's is the one that was not made here, and the newest of all.
    assert [id for id in told if id < encode(FIRST + COMMENTS)][:19] == [encode(FIRST + each) for each in expected][:19]
    assert [step for step in plan if step.startswith(ALL)] == []
    inner = [step for step in plan if "ix_comment_recent" in step]
    assert inner and all(re.search(ONE_SECTION, step) for step in inner), plan
