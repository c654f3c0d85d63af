"""One writes for all: changes that wait share a commit, and no more than that."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event, text
from tests.world import World, world

from postil import sites
from postil.errors import Unavailable

pytestmark = pytest.mark.sqlite_only("the one writer")


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as one:
        yield one


async def add(here: World, number: int) -> None:
    async with here.database.begin() as tx:
        await sites.add_site(tx, [f"https://{number}.example"])


async def origins(here: World) -> set[str]:
    async with here.database.read() as snapshot:
        return set(await snapshot.scalars(text("SELECT origin FROM origin")))


async def said_by(here: World) -> list[str]:
    """What SQLite is told from now on, by connections that are opened from now on."""
    said: list[str] = []
    await here.database.rest()
    here.database.engine.sync_engine.pool.dispose()
    connect = here.database.engine.sync_engine

    def listen(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(said.append)

    event.listen(connect, "connect", listen)
    return said


async def test_changes_that_wait_for_one_another_share_a_commit(here: World) -> None:
    said = await said_by(here)
    await asyncio.gather(*(add(here, number) for number in range(20)))
    assert len([each for each in said if each == "COMMIT"]) < 5
    assert len([each for each in said if each == "BEGIN IMMEDIATE"]) < 5
    assert {f"https://{number}.example" for number in range(20)} <= await origins(here)


async def test_what_one_changed_is_seen_by_the_next_in_the_same_commit(here: World) -> None:
    seen = []

    async def look(number: int) -> None:
        async with here.database.begin() as tx:
            seen.append(await tx.scalar(text("SELECT count(*) FROM origin")))
            await sites.add_site(tx, [f"https://{number}.example"])

    await asyncio.gather(*(look(number) for number in range(6)))
    assert seen == [1, 2, 3, 4, 5, 6]


async def test_a_transaction_that_sqlite_gave_up_is_the_failure_of_all_in_it(here: World) -> None:
    """A full disk may undo a transaction in the middle: whoever had his turn in it is not told that he is safe."""
    heard = len(here.hints)

    async def lose() -> None:
        async with here.database.begin() as tx:
            await tx.execute(text("ROLLBACK"))

    ended = await asyncio.gather(add(here, 1), here.post("Ann"), lose(), add(here, 2), return_exceptions=True)
    assert [type(each) for each in ended] == [Unavailable, Unavailable, Unavailable, type(None)]
    assert await origins(here) == {"https://blog.example", "https://2.example"}
    assert len(here.hints) == heard, "nothing is told of what is not there"
