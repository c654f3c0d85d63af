"""What is told of sections from the event loop itself: never what was so before one asked, and nothing where the line
is lost. That whole windows are right by it: tests/laws/test_windows_on_postgresql.py.
"""

import asyncio
import fcntl
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from starlette.applications import Starlette
from tests import databases
from tests.laws.test_bytes_at_hand import Said, ask, pair_over
from tests.live.server import until
from tests.scale.proxy import Proxy, proxy
from tests.servers import PostgreSQL, postgresql
from tests.world import World, world_over

from postil import stamps, windows
from postil.cursors import Sort
from postil.db import Database
from postil.migrate import migrate
from postil.stamps import Asked, Stamps

UNKNOWN = "P00000000_A"


@pytest.fixture
def url() -> Iterator[str]:
    with databases.on_postgresql() as made:
        yield made


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which much else runs is no silence."""
    monkeypatch.setattr(stamps, "SILENT_SECONDS", 20.0)


@pytest.fixture
async def here(url: str) -> AsyncIterator[World]:
    async with world_over(url) as made:
        yield made


@asynccontextmanager
async def line_over(url: str) -> AsyncIterator[Stamps]:
    made = Stamps(url.replace("+psycopg", ""))
    await made.open()
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def through(url: str) -> AsyncIterator[tuple[Stamps, Proxy]]:
    own = f":{postgresql().port}/"
    async with proxy(postgresql().port) as way, line_over(url.replace(own, f":{way.port}/")) as line:
        yield line, way


async def plain(here: World, section: str) -> windows.Stamp:
    async with here.database.read() as snapshot:
        return await windows.read_stamp(snapshot, section)


async def test_all_who_ask_at_once_are_told_of_their_own_section(
    here: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "MOST_SECTIONS", 3)
    sections = [(await here.post("ines", index=index)).section.id for index in (0, 1, 1, 2)]
    async with line_over(url) as line:
        wanted = [*sections, UNKNOWN, 'of "another\\" {kind},', *sections]
        told = await asyncio.gather(*map(line.ask, wanted))
    own = {section: await plain(here, section) for section in sections}
    assert told == [own.get(section) for section in wanted]
    assert len({*told}) == 4


async def test_who_asks_after_a_commit_is_told_of_it_whatever_is_on_its_way(here: World, url: str) -> None:
    section = (await here.post("ines")).section.id
    async with through(url) as (line, way):
        before, after = await ask_on_both_sides(here, line, way, section)
    assert after == await plain(here, section)
    assert before is not None and before.section < after.section


async def ask_on_both_sides(
    here: World, line: Stamps, way: Proxy, section: str
) -> tuple[windows.Stamp | None, windows.Stamp]:
    """What is told to who asked before a commit, and was not answered by then, and to who asked after it."""
    assert await line.ask(section)
    way.hold_answers()
    first = line.ask(section)
    await until(lambda: way.held > 0)
    await here.post("ben", section=section)
    second = line.ask(section)
    way.answers.set()
    told = await second
    assert told is not None
    return await first, told


async def test_this_bites_where_one_takes_the_answer_that_is_on_its_way(
    here: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = Stamps.ask

    def ask_along(self: Stamps, section: str) -> Asked:
        if section not in self._flying:
            return join(self, section)
        asked: Asked = asyncio.get_running_loop().create_future()
        self._flying[section].append(asked)
        return asked

    monkeypatch.setattr(Stamps, "ask", ask_along)
    section = (await here.post("ines")).section.id
    async with through(url) as (line, way):
        _, after = await ask_on_both_sides(here, line, way, section)
    assert after != await plain(here, section)


async def test_a_line_that_is_silent_is_given_up_and_made_anew(
    here: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = (await here.post("ines")).section.id
    async with through(url) as (line, way):
        with monkeypatch.context() as impatient:
            impatient.setattr(stamps, "SILENT_SECONDS", 0.05)
            way.stall()
            assert await line.ask(section) is None
        assert line.ask(section).done(), "nobody waits for a line that was given up"
        way.flow()
        assert await insist(line, section) == await plain(here, section)


async def insist(line: Stamps, section: str) -> windows.Stamp:
    async with asyncio.timeout(20):
        while True:
            if told := await line.ask(section):
                return told
            await asyncio.sleep(0.02)


async def test_who_waits_when_the_line_is_closed_is_let_go(here: World, url: str) -> None:
    async with through(url) as (line, way):
        way.hold_answers()
        asked = [line.ask(UNKNOWN), line.ask(UNKNOWN)]
        await until(lambda: way.held > 0)
        asked.append(line.ask(UNKNOWN))
        line.close()
        assert await asyncio.gather(*asked, line.ask(UNKNOWN)) == [None] * 4


async def test_a_line_that_breaks_leaves_nobody_waiting_and_nothing_behind(here: World, url: str) -> None:
    loop, failures = asyncio.get_running_loop(), list[object]()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    near, far = socket.socketpair()
    with near, far:
        async with through(url) as (line, way):
            way.hold_answers()
            asked = [line.ask(UNKNOWN), line.ask(UNKNOWN)]
            await until(lambda: way.held > 0)
            asked.append(line.ask(UNKNOWN))
            ear = line._ear
            way.refuse()
            async with asyncio.timeout(20):
                assert await asyncio.gather(*asked) == [None] * 3
            assert line.ask(UNKNOWN).done(), "nobody waits for a line that is gone"
            # Whoever has the socket's number next is heard.
            heard = asyncio.Event()
            with socket.socket(fileno=fcntl.fcntl(near, fcntl.F_DUPFD_CLOEXEC, ear)) as next:
                assert next.fileno() == ear
                loop.add_reader(next, heard.set)
                far.send(b"x")
                async with asyncio.timeout(20):
                    await heard.wait()
                loop.remove_reader(next)
    assert failures == []


async def test_a_restart_is_try_again_and_then_all_is_as_before() -> None:
    server = PostgreSQL()
    try:
        server.run("CREATE DATABASE away")
        database = Database(server.url("away"))
        await migrate(database)
        await database.close()
        async with world_over(server.url("away")) as here, pair_over(here) as pair:
            section = (await here.post("ines")).section.id
            address = f"/v1/sections/{section}/comments"
            before = await ask(pair.fast, address, {})
            await asyncio.to_thread(server.crash)
            away = [await ask(pair.fast, address, {}) for _ in range(3)]
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(20):
                while (after := await ask(pair.fast, address, {})).status != 200 or not await stamp(pair.fast, section):
                    assert is_try_again(after) or after.status == 200
            assert await ask(pair.fast, address, {}) == before == after
    finally:
        server.end()
    assert all(map(is_try_again, away))


async def stamp(app: Starlette, section: str) -> windows.Stamp | None:
    """What a section's windows are found under by themselves; None where each is asked for by a session."""
    found = app.state.shelf.now(windows.Wish(section, Sort.OLDEST, 50, None, False))
    return cast(windows.Stamp | None, await found.asked)


def is_try_again(said: Said) -> bool:
    return said.status == 503 and int(said.header(b"retry-after")) >= 1
