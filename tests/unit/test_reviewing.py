"""The queue at a hundred thousand waiting items: what is read for a page of it, whichever page it is."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event
from tests.databases import ON_POSTGRESQL, columns, rows, steps, write
from tests.world import World, world

from postil import reviewing
from postil.db import Database
from postil.ids import encode
from postil.reviewing import Filter

WAITING = 100_000
FIRST = 0x1000_0000_0000
# What a plan must not say, and what it must. Where all items wait, PostgreSQL may take them by their key, and count as
# far as anybody needs by walking along the table.
WALKS: tuple[str, ...] = ("SCAN queueitem", "SCAN comment")
SORTS, INDEX = "USE TEMP B-TREE FOR ORDER BY", "ix_queueitem_open"
if ON_POSTGRESQL:
    WALKS, SORTS, INDEX = ("Seq Scan on comment",), "Sort", " on queueitem Index Cond: "


@pytest.fixture(scope="module")
def loop() -> Any:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def full(loop: Any) -> Any:
    """A world in whose queue a hundred thousand comments wait."""
    opened = world()
    here: World = loop.run(opened.__aenter__())
    loop.run(here.post("Viktor"))
    fill(here)
    yield here
    loop.run(opened.__aexit__(None, None, None))


def fill(here: World) -> None:
    url = str(here.database.url)
    names = columns(url, "comment")
    comment = dict(zip(names, rows(url, "SELECT * FROM comment")[0], strict=True))
    items = [encode(FIRST + number) for number in range(WAITING)]
    changed = {"waits": True, "state": "pending", "shown": False}
    write(
        url,
        f"INSERT INTO comment ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        [[*(comment | changed | {"id": id, "item_id": id, "root_id": id, "path": id}).values()] for id in items],
    )
    write(
        url,
        "INSERT INTO queueitem (id, site_id, comment_id, kinds, size, is_open, revision, at) "
        "VALUES (?, ?, ?, '|review|', 1, ?, ?, 0)",
        [[id, here.site.id, id, True, number] for number, id in enumerate(items)],
    )
    write(url, "ANALYZE")


def asked(database: Database, work: Any, loop: Any) -> tuple[Any, list[tuple[str, Any]]]:
    """What `work` gives, and every statement that it ran."""
    ran: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    async def run() -> Any:
        async with database.read() as snapshot:
            return await work(snapshot)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        return loop.run(run()), ran
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def plans(here: World, ran: list[tuple[str, Any]]) -> list[str]:
    return steps(str(here.database.url), ran)


@pytest.mark.parametrize("oldest", [False, True])
def test_the_first_page_and_the_thousandth_cost_the_same(full: World, loop: Any, oldest: bool) -> None:
    wanted = Filter(oldest=oldest)
    number = 50_000
    deep = encode(FIRST + (number if oldest else WAITING - number))
    first, ran = asked(full.database, lambda s: reviewing.read_queue(s, full.moderator, wanted), loop)
    far, ran_far = asked(full.database, lambda s: reviewing.read_queue(s, full.moderator, wanted, deep), loop)

    assert len(first.entries) == len(far.entries) == 50
    assert len(ran) == len(ran_far) <= 6
    lines = plans(full, ran) + plans(full, ran_far)
    assert [line for line in lines if line.startswith(WALKS)] == []
    assert [line for line in lines if line.startswith(SORTS)] == []
    assert any(INDEX in line for line in lines)


def test_pages_follow_each_other_without_gap_or_double(full: World, loop: Any) -> None:
    async def walk(snapshot: Any) -> list[str]:
        ids: list[str] = []
        after = ""
        for _ in range(20):
            page = await reviewing.read_queue(snapshot, full.moderator, Filter(), after)
            ids += [entry.id for entry in page.entries]
            after = page.next or ""
        return ids

    ids, _ = asked(full.database, walk, loop)
    assert ids == [encode(FIRST + WAITING - 1 - number) for number in range(1_000)]


def test_a_count_of_what_waits_stops_where_nobody_needs_it(full: World, loop: Any) -> None:
    page, _ = asked(full.database, lambda s: reviewing.read_queue(s, full.moderator, Filter()), loop)
    assert page.count == reviewing.MOST_COUNTED
    assert reviewing.in_words(page.count) == "9,999+"


def test_a_search_looks_through_so_much_and_says_how_to_go_on(full: World, loop: Any) -> None:
    page, ran = asked(
        full.database, lambda s: reviewing.read_queue(s, full.moderator, Filter(text="nowhere to be found")), loop
    )
    assert page.entries == []
    assert page.next == encode(FIRST + WAITING - reviewing.LOOKED_THROUGH)
    # So many are looked through that PostgreSQL may join the whole of a table as small as this one.
    assert ON_POSTGRESQL or not any(line.startswith(WALKS) and "USING" not in line for line in plans(full, ran))
