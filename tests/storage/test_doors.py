"""What the two doors promise, whichever database is behind them: a reading is of one moment, a change is whole or
nothing, and what waits or takes long leaves the loop free.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.databases import ON_POSTGRESQL, fresh, held, rows
from tests.world import ORIGIN, World, world

from postil import postgresql, sites, sqlite
from postil.db import Database
from postil.errors import Unavailable

# Counts to six hundred thousand: some hundredths of a second and more, on any machine.
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000) SELECT max(i) FROM n"
KIND = postgresql if ON_POSTGRESQL else sqlite


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as one:
        yield one


@asynccontextmanager
async def opened(folder: Path, patience: float = 20) -> AsyncIterator[Database]:
    """An empty database."""
    with fresh(folder) as url:
        database = Database(url, patience=patience)
        try:
            await database.open()
            yield database
        finally:
            await database.close()


async def add(database: Database, number: int) -> None:
    async with database.begin() as tx:
        await sites.add_site(tx, [f"https://{number}.example"])


async def origins(database: Database) -> set[str]:
    async with database.read() as snapshot:
        return set(await snapshot.scalars(text("SELECT origin FROM origin")))


async def test_a_reading_stays_at_its_revision_while_others_write(here: World) -> None:
    async with here.database.read() as snapshot:
        before = await snapshot.scalar(text("SELECT count(*) FROM site"))
        await add(here.database, 1)
        assert await snapshot.scalar(text("SELECT count(*) FROM site")) == before
    async with here.database.read() as snapshot:
        assert await snapshot.scalar(text("SELECT count(*) FROM site")) == before + 1


async def test_changes_of_many_at_once_are_all_kept(here: World) -> None:
    await asyncio.gather(*(add(here.database, number) for number in range(40)))
    assert await origins(here.database) == {ORIGIN, *(f"https://{number}.example" for number in range(40))}


async def test_readers_beyond_the_pool_are_told_to_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KIND, "CONNECTIONS", 1)
    monkeypatch.setattr(postgresql, "MOST_MORE", 0)
    monkeypatch.setattr(KIND, "WAIT_SECONDS", 0.05)
    async with opened(tmp_path) as database, database.read() as snapshot:
        await snapshot.execute(text("SELECT 1"))
        with pytest.raises(Unavailable):
            async with database.read() as another:
                await another.execute(text("SELECT 1"))


async def test_what_fails_midway_leaves_nothing(here: World) -> None:
    with pytest.raises(ZeroDivisionError):
        async with here.database.begin() as tx:
            await sites.add_site(tx, ["https://half.example"])
            raise ZeroDivisionError
    assert await origins(here.database) == {ORIGIN}


async def test_one_that_fails_takes_nobody_elses_with_it(here: World) -> None:
    async def fail(number: int) -> None:
        async with here.database.begin() as tx:
            await sites.add_site(tx, [f"https://{number}.example"])
            if number % 2:
                raise ZeroDivisionError

    ended = await asyncio.gather(*(fail(number) for number in range(8)), return_exceptions=True)
    assert [type(each) for each in ended] == [type(None), ZeroDivisionError] * 4
    assert await origins(here.database) == {ORIGIN, *(f"https://{number}.example" for number in (0, 2, 4, 6))}


async def test_a_reference_to_nothing_is_refused(here: World) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        async with here.database.begin() as tx:
            await tx.execute(text("INSERT INTO origin (origin, site_id) VALUES ('https://x.example', 'nobody')"))


async def test_nothing_is_told_before_it_is_committed(here: World) -> None:
    found = []

    async def hear(_news: object) -> None:
        found.append(rows(str(here.database.url), "SELECT count(*) FROM comment")[0][0])

    here.database.on_commit = hear
    await asyncio.gather(*(here.post(f"Reader {number}") for number in range(5)))
    assert len(found) == 5 and min(found) >= 1
    assert found[-1] == 5


# Who goes away


async def test_who_goes_away_while_he_waits_for_his_turn_holds_nobody_up(here: World) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def stay() -> None:
        async with here.database.begin() as tx:
            entered.set()
            await leave.wait()
            await sites.add_site(tx, ["https://stayed.example"])

    staying = asyncio.create_task(stay())
    await entered.wait()
    waiting = [asyncio.create_task(add(here.database, number)) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    leave.set()
    await asyncio.gather(staying, waiting[0], waiting[2])
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    assert await origins(here.database) == {f"https://{each}.example" for each in ("blog", "stayed", "0", "2")}


async def test_who_goes_away_in_the_middle_changed_nothing(here: World) -> None:
    entered = asyncio.Event()

    async def stay() -> None:
        async with here.database.begin() as tx:
            await sites.add_site(tx, ["https://gone.example"])
            entered.set()
            await asyncio.Event().wait()

    staying = asyncio.create_task(stay())
    await entered.wait()
    after = asyncio.create_task(add(here.database, 1))
    staying.cancel()
    await after
    assert await origins(here.database) == {ORIGIN, "https://1.example"}


async def test_a_long_query_that_nobody_waits_for_ends_and_leaves_its_connection_well(here: World) -> None:
    counting = asyncio.create_task(_count(here.database))
    for _ in range(3):
        await asyncio.sleep(0.002)
    counting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await counting
    await asyncio.gather(*(add(here.database, number) for number in range(3)))
    for _ in range(2 * KIND.CONNECTIONS):
        assert len(await origins(here.database)) == 4


# What takes long


async def _turns_while(task: "asyncio.Task[object]") -> int:
    """How often the loop came round until a task was done."""
    turns = 0
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    return turns


async def _count(database: Database, *, change: bool = False) -> object:
    async with database.begin() if change else database.read() as snapshot:
        return await snapshot.scalar(text(LONG))


@pytest.mark.parametrize("change", [False, True])
async def test_a_long_query_goes_on_beside_the_loop(here: World, change: bool) -> None:
    counting = asyncio.create_task(_count(here.database, change=change))
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


async def test_a_change_waits_for_another_process_and_the_loop_goes_on(here: World) -> None:
    with held(str(here.database.url)) as leave:
        adding = asyncio.create_task(add(here.database, 1))
        for _ in range(5):
            assert await origins(here.database) == {ORIGIN}
        assert not adding.done()
        leave()
        await adding
    assert await origins(here.database) == {ORIGIN, "https://1.example"}


async def test_what_another_process_holds_for_long_is_unavailable_and_then_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 100)
    async with opened(tmp_path, patience=0.3) as database:
        with held(str(database.url)):
            with pytest.raises(Unavailable) as refused:
                await add(database, 1)
            assert refused.value.retry_after >= 1
            assert await origins(database) == set()  # readers do not wait for writers
        await add(database, 1)
        assert await origins(database) == {"https://1.example"}
