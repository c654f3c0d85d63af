"""One writes for all: changes that wait share a commit, and no more than that. What takes long leaves the loop free."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from sqlalchemy import event, text
from tests.world import World, world

from postil import sites, sqlite
from postil.errors import Unavailable

pytestmark = pytest.mark.sqlite_only("the one writer")

# Counts to six hundred thousand: some hundredths of a second and more, on any machine.
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000) SELECT max(i) FROM n"


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


async def test_one_that_fails_takes_nobody_elses_with_it(here: World) -> None:
    async def fail(number: int) -> None:
        async with here.database.begin() as tx:
            await sites.add_site(tx, [f"https://{number}.example"])
            if number % 2:
                raise ZeroDivisionError

    ended = await asyncio.gather(*(fail(number) for number in range(8)), return_exceptions=True)
    assert [type(each) for each in ended] == [type(None), ZeroDivisionError] * 4
    assert await origins(here) >= {f"https://{number}.example" for number in (0, 2, 4, 6)}
    assert not await origins(here) & {f"https://{number}.example" for number in (1, 3, 5, 7)}


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


async def test_nothing_is_told_before_it_is_committed(here: World) -> None:
    found = []

    async def hear(_news: object) -> None:
        with closing(sqlite3.connect(str(here.database.url.database))) as other:
            found.append(other.execute("SELECT count(*) FROM comment").fetchone()[0])

    here.database.on_commit = hear
    await asyncio.gather(*(here.post(f"Reader {number}") for number in range(5)))
    assert len(found) == 5 and min(found) >= 1
    assert found[-1] == 5


async def test_who_goes_away_while_he_waits_for_his_turn_holds_nobody_up(here: World) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def stay() -> None:
        async with here.database.begin() as tx:
            entered.set()
            await leave.wait()
            await sites.add_site(tx, ["https://stayed.example"])

    staying = asyncio.create_task(stay())
    await entered.wait()
    waiting = [asyncio.create_task(add(here, number)) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    leave.set()
    await asyncio.gather(staying, waiting[0], waiting[2])
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    assert await origins(here) == {f"https://{each}.example" for each in ("blog", "stayed", "0", "2")}


async def test_who_goes_away_in_the_middle_changed_nothing(here: World) -> None:
    entered = asyncio.Event()

    async def stay() -> None:
        async with here.database.begin() as tx:
            await sites.add_site(tx, ["https://gone.example"])
            entered.set()
            await asyncio.Event().wait()

    staying = asyncio.create_task(stay())
    await entered.wait()
    after = asyncio.create_task(add(here, 1))
    staying.cancel()
    await after
    assert await origins(here) == {"https://blog.example", "https://1.example"}


async def _turns_while(task: "asyncio.Task[object]") -> int:
    """How often the loop came round until a task was done."""
    turns = 0
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    return turns


async def _count(here: World, *, long: bool = False, change: bool = False) -> object:
    async with here.database.begin(long=long) if change else here.database.read() as snapshot:
        return await snapshot.scalar(text(LONG))


@pytest.mark.parametrize("change", [False, True])
async def test_a_long_query_goes_on_beside_the_loop(here: World, change: bool) -> None:
    counting = asyncio.create_task(_count(here, change=change))
    assert await _turns_while(counting) > 2
    assert await counting == 600_000


async def test_a_long_change_is_made_beside_the_loop_from_its_start(here: World) -> None:
    async def change() -> None:
        async with here.database.begin(long=True) as tx:
            await tx.execute(text(f"CREATE TABLE long AS {LONG}"))

    changing = asyncio.create_task(change())
    assert await _turns_while(changing) > 2
    async with here.database.read() as snapshot:
        assert await snapshot.scalar(text("SELECT * FROM long")) == 600_000


async def test_a_long_query_that_nobody_waits_for_ends_and_leaves_its_connection_well(here: World) -> None:
    counting = asyncio.create_task(_count(here))
    for _ in range(3):
        await asyncio.sleep(0.002)
    counting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await counting
    await asyncio.gather(*(add(here, number) for number in range(3)))
    for _ in range(2 * sqlite.CONNECTIONS):
        assert len(await origins(here)) == 4


async def test_a_change_waits_for_another_process_and_the_loop_goes_on(here: World) -> None:
    with closing(sqlite3.connect(str(here.database.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        adding = asyncio.create_task(add(here, 1))
        for _ in range(5):
            assert await origins(here) == {"https://blog.example"}
        assert not adding.done()
        other.execute("COMMIT")
        await adding
    assert await origins(here) == {"https://blog.example", "https://1.example"}
