"""Bytes that are kept are the bytes that would be made: after every step of any history, for every window, in every
form, the answer before the router is the answer behind it. The plain form (windows.py, the ORM, the middleware, no
cache) is the oracle; whoever writes does so through connections of his own, as another process would.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import true
from starlette.applications import Starlette
from tests.laws.test_one_question import HISTORY, OPS, History, Op, more_of, read_page, read_window
from tests.web.test_codings import UNPACK
from tests.world import ORIGIN, World, world

from postil import ready, sites
from postil.cursors import Sort
from postil.glance import Glance
from postil.resources import Resources, make
from postil.settings import Settings
from postil.web.caching import Kept
from postil.web.shelf import Shelf

SECRET = b"nobody knows"
SINCE = re.compile(rb'"since":"[0-9a-f]{8}\.([0-9]+)"')
FORMS: tuple[dict[str, str], ...] = (
    {},
    {"Accept-Encoding": "gzip"},
    {"Accept-Encoding": "gzip, br"},
    {"Origin": "https://evil.example"},
    {"Accept-Encoding": "identity"},
)


class Said(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> bytes:
        return dict(self.headers).get(name, b"")

    @property
    def text(self) -> bytes:
        return UNPACK[self.header(b"content-encoding").decode()](self.body)

    def is_as(self, other: "Said") -> bool:
        """To the byte; but what is read much is packed better than at first."""
        if self.header(b"content-encoding") != b"br":
            return self == other
        return (self.status, _steady(self), self.text) == (other.status, _steady(other), other.text)


async def ask(app: Starlette, address: str, headers: dict[str, str]) -> Said:
    """One GET, through the door that uvicorn uses."""
    path, _, query = address.partition("?")
    said: list[Any] = []
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 50_000), "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "",
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in said[1:])
    return Said(said[0]["status"], list(said[0]["headers"]), body)


class Pair:
    """A service with its shelf, and one that makes everything anew; over one file, each by its own connections."""

    def __init__(self, fast: Starlette, plain: Starlette) -> None:
        self.fast, self.plain, self.etags = fast, plain, dict[str, str]()
        self.forms = itertools.cycle(FORMS)

    async def compare(self, address: str) -> None:
        """In one of the forms, each in its turn, and as one asks who has been here before."""
        await self._same(address, next(self.forms))
        if known := self.etags.get(address):
            said = await self._same(address, {"If-None-Match": f'"x", {known}'})
            assert said.status in (200, 304)
        self.etags[address] = (await ask(self.fast, address, {})).header(b"etag").decode()

    async def _same(self, address: str, headers: dict[str, str]) -> Said:
        self.plain.state.kept = Kept()
        self.plain.state.asked.forget()
        told, oracle = await ask(self.fast, address, headers), await ask(self.plain, address, headers)
        if oracle.status >= 400:
            assert told == oracle
            return told
        if (told.status, oracle.status) == (304, 200):  # it says an older `since`, and the asker has that
            told = await ask(self.fast, address, {**headers, "If-None-Match": ""})
        assert (told.status, _steady(told)) == (oracle.status, _steady(oracle))
        assert SINCE.sub(b"", told.text) == SINCE.sub(b"", oracle.text)
        if told.status == 200:
            behind = _since(oracle) - _since(told)
            assert 0 <= behind < 250, "a cursor that is too old soon"
            assert behind or told.is_as(oracle), "not to the byte"
        return told


def _since(said: Said) -> int:
    found = SINCE.search(said.text)
    assert found
    return int(found[1])


def _steady(said: Said) -> list[tuple[bytes, bytes]]:
    """The headers in their order, but for those that tell of the very bytes."""
    return [(name, b"" if name in (b"etag", b"content-length") else value) for name, value in said.headers]


class Compared(History):
    """A history in which both are asked for every window after every step."""

    def __init__(self, here: World, pair: Pair) -> None:
        super().__init__(here)
        self.pair, self.turns = pair, itertools.count()

    async def remember(self) -> None:
        await super().remember()
        for address in [address async for address in self._addresses()]:
            await self.pair.compare(address)

    async def _addresses(self) -> AsyncIterator[str]:
        async with self.here.database.read() as snapshot:
            page = await read_page(snapshot, self.here.public)
            for at, section in enumerate(page.sections):
                path = f"/v1/sections/{section.id}/comments"
                turn = next(self.turns) + at
                sort, limit = list(Sort)[turn % 3], (100, 2, 100, 1)[turn % 4]
                yield f"{path}?sort={sort}&limit={limit}"
                answer = await read_window(snapshot, self.here.public, section.id, sort, limit, None)
                for cursor in more_of(answer)[:1]:
                    yield f"{path}?limit={limit}&cursor={cursor}"
        yield "/v1/sections/P00000000_A/comments"


def app_over(here: World) -> tuple[Starlette, Resources]:
    from postil.app import make_app

    chosen = Settings(
        database_url=here.database.url.render_as_string(hide_password=False), url="http://127.0.0.1", _env_file=None
    )
    held = make(chosen)
    return make_app(held, secret=SECRET), held


@asynccontextmanager
async def pair_over(here: World) -> AsyncIterator[Pair]:
    apps = [app_over(here) for _ in range(2)]
    for app, held in apps:
        await held.database.open()
        app.state.limiter.enabled = False
    fast, plain = (app for app, _ in apps)
    await fast.state.shelf.open()
    try:
        yield Pair(fast, plain)
    finally:
        fast.state.shelf.close()
        for _, held in apps:
            await held.database.close()


async def live(ops: list[Op], premoderate: bool) -> None:
    async with world(premoderate=premoderate) as here, pair_over(here) as pair:
        await Compared(here, pair).run(ops)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPS, st.booleans())
def test_what_is_at_hand_is_what_would_be_made(ops: list[Op], premoderate: bool) -> None:
    asyncio.run(live(ops, premoderate))


def test_the_fixed_history_is_at_hand() -> None:
    asyncio.run(live(HISTORY, premoderate=True))


# What it must catch.


def blind_to_commits(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(Glance, "version", lambda self: 1)


def blind_to_revisions(patching: pytest.MonkeyPatch) -> None:
    stamped = ready.stamp
    first: dict[str, Any] = {}
    patching.setattr(ready, "stamp", lambda glance, id: first.setdefault(id, stamped(glance, id)))


def blind_to_edits(patching: pytest.MonkeyPatch) -> None:
    """Comments are known by id, whatever became of them."""
    made, by_id = ready._make, dict[str, tuple[int, bytes]]()

    def make(glance: Glance, head: Any, ids: list[str]) -> dict[str, tuple[int, bytes]]:
        for id, leaf in made(glance, head, ids).items():
            by_id.setdefault(id, leaf)
        return {id: by_id[id] for id in ids}

    patching.setattr(ready, "_make", make)


def blind_to_changes(patching: pytest.MonkeyPatch) -> None:
    """All stand as they stood, whatever came or went."""
    patching.setattr(ready, "_changed", lambda *_: [])


def blind_to_where_they_stand(patching: pytest.MonkeyPatch) -> None:
    """What changed is taken to stand in the window, and to be seen."""
    in_place = ready._in_place

    class Anything(dict[str, Any]):
        def keys(self) -> Any:
            return type("All", (), {"__ge__": lambda *_: True})()

    def told(glance: Glance, wish: Any, head: Any, frame: Any, leaves: Any, changed: Any) -> Any:
        return in_place(glance, wish, head, frame, leaves._replace(by_id=Anything(leaves.by_id)), changed)

    patching.setattr(ready, "_in_place", told)


def blind_to_threads(patching: pytest.MonkeyPatch) -> None:
    """Replies that are as many as they were are those that they were."""
    anew = ready._anew

    def told(glance: Glance, wish: Any, head: Any, frame: Any, leaves: Any, changed: Any) -> Any:
        return anew(glance, wish, head, frame, leaves, changed and [])

    patching.setattr(ready, "_anew", told)


def blind_to_hiding(patching: pytest.MonkeyPatch) -> None:
    """Readers' threads are asked for without the rule."""
    patching.setattr(ready, "visible", lambda audience: true())
    for question in (ready._SHORT, ready._WHOLE):
        for each in (question, question.on_postgresql):
            statement, found = re.subn(r"comment\.shown IS (1|true)", "1 = 1", each.sql)
            assert found
            patching.setattr(each, "sql", statement)


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "commits": blind_to_commits,
    "revisions": blind_to_revisions,
    "edits": blind_to_edits,
    "changes": blind_to_changes,
    "places": blind_to_where_they_stand,
    "threads": blind_to_threads,
    "hiding": blind_to_hiding,
}


@pytest.fixture
def without_old_questions() -> Iterator[None]:
    ready._roots.cache_clear()
    yield
    ready._roots.cache_clear()


# Its peer there is tests/laws/test_windows_on_postgresql.py, in every run.
@pytest.mark.sqlite_only("windows at hand")
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_comparison_catches_one_that_is_blind(
    mutant: str, monkeypatch: pytest.MonkeyPatch, without_old_questions: None
) -> None:
    MUTANTS[mutant](monkeypatch)
    with pytest.raises(AssertionError):
        asyncio.run(live(HISTORY, premoderate=True))


async def test_an_origin_is_known_from_the_moment_it_is_added() -> None:
    async with world() as here:
        asked, glancing = Shelf(here.database), Shelf(here.database)
        await glancing.open()
        for shelf in (asked, glancing):
            assert [await shelf.knows(origin) for origin in (ORIGIN, "https://new.example")] == [True, False]
        async with here.database.begin() as tx:
            await sites.add_origin(tx, here.site, "https://new.example")
            for shelf in (asked, glancing):
                assert await shelf.knows("https://new.example") is False, "nobody has committed it yet"
        for shelf in (asked, glancing):
            assert await shelf.knows("https://new.example") is True
        glancing.close()
