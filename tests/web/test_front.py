"""The way before the router: who is answered there, and who is not. That the bytes are the same: tests/laws."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette
from tests.databases import ON_POSTGRESQL
from tests.laws.test_bytes_at_hand import Pair, Said, ask, pair_over
from tests.world import World, world

from postil import discussion, ready
from postil.cursors import Sort
from postil.glance import Glance, Question
from postil.markup import render
from postil.web import comments
from postil.web.addresses import Whereabouts, client_address, network_key
from postil.web.codings import choose
from postil.web.front import MOST_ADDRESSES, Soon
from postil.web.limits import Limiter

PROSE = " ".join(f"Of the {number} readers of this page, {number * 7 % 13} came back." for number in range(80))


@dataclass
class Scene:
    here: World
    pair: Pair
    address: str
    first: str

    @property
    def fast(self) -> Starlette:
        return self.pair.fast

    async def ask(self, **headers: str) -> Said:
        return await ask(self.fast, self.address, {name.replace("_", "-"): value for name, value in headers.items()})

    async def front_answers(self, **headers: str) -> bool:
        path, _, query = self.address.partition("?")
        scope = {
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        found = self.fast.state.front.find(scope)
        if isinstance(found, Soon):
            await found.later.asked
            found = self.fast.state.front.end(found)
        return found is not None


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with world() as here, pair_over(here) as pair:
        written = await here.post("ann", "First of all.")
        yield Scene(here, pair, f"/v1/sections/{written.section.id}/comments?limit=10", written.comment.id)


async def test_what_was_answered_once_is_answered_before_the_router(scene: Scene) -> None:
    assert not await scene.front_answers()
    first = await scene.ask()
    assert await scene.front_answers()
    assert await scene.ask() == first


@pytest.mark.parametrize("accepts", ["br", "gzip, br", "gzip;q=1, br;q=0.5", "br;q=0", "identity, *;q=0"])
async def test_the_same_coding_is_chosen_before_the_router(scene: Scene, accepts: str) -> None:
    await scene.here.post("ben", "And then. " * 100, section=scene.address.split("/")[3])
    behind, before = [await scene.ask(Accept_Encoding=accepts) for _ in range(2)]
    assert behind == before
    assert behind.header(b"content-encoding").decode() == choose(accepts, ("br", "gzip"))
    assert b"And then. And then." in behind.text
    assert b"Accept-Encoding" in behind.header(b"vary")


async def test_what_is_read_much_is_sent_in_its_best_form(scene: Scene) -> None:
    await scene.here.post("ben", PROSE, section=scene.address.split("/")[3])
    first = await scene.ask(Accept_Encoding="br")
    async with asyncio.timeout(20):
        while len((best := await scene.ask(Accept_Encoding="br")).body) >= len(first.body):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert (best.text, best.header(b"etag")) == (first.text, first.header(b"etag"))
    assert int(best.header(b"content-length")) == len(best.body)


async def test_who_shows_something_of_his_own_is_asked_behind_it(scene: Scene) -> None:
    await scene.ask()
    assert not await scene.front_answers(authorization="Bearer x")
    assert not await scene.front_answers(cookie="__Host-postil=x")
    assert (await scene.ask(Authorization="Bearer x")).status == 401


async def test_what_is_asked_otherwise_is_asked_behind_it(scene: Scene) -> None:
    await scene.ask()
    scene.address += "&limit=10"
    assert not await scene.front_answers()
    assert (await scene.ask()).status == 422


async def test_a_post_is_in_the_very_next_answer(scene: Scene) -> None:
    await scene.ask()
    await scene.here.post("ben", "And then.", section=scene.address.split("/")[3])
    assert ON_POSTGRESQL or await scene.front_answers(), "there a handler makes what is new"
    assert b"And then." in (await scene.ask()).body
    assert await scene.front_answers()


async def test_what_stands_as_it_stood_is_not_looked_for_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.ask()
    monkeypatch.setattr(ready, "_rows", lambda *_: pytest.fail("looked for"))
    async with scene.here.database.begin() as tx:
        await discussion.edit(tx, scene.here.reader("ann"), scene.first, "Said anew.", render("Said anew."))
    assert b"Said anew." in (await scene.ask()).body


@pytest.mark.sqlite_only("rows that are read one by one")
async def test_a_long_section_is_not_read_further_than_it_is_shown(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = scene.address.split("/")[3]
    roots = [(await scene.here.post("ben", f"Root {number}.", section=section)).comment.id for number in range(8)]
    for root in roots:
        for _ in range(4):
            await scene.here.post("ann", "A reply.", section=section, parent=root)
    read = list[str]()
    ask_on = Glance.ask_on

    def counting(self: Glance, question: Question, **given: Any) -> Iterator[Any]:
        for row in ask_on(self, question, **given):
            if question is ready._roots(Sort.OLDEST, False):
                read.append(row.id)
            yield row

    monkeypatch.setattr(Glance, "ask_on", counting)
    assert b"Root 1." in (await scene.ask()).body
    assert read == [scene.first, *roots[:3]], "three fill ten comments, and one says that there are more"


async def test_equal_misses_are_one_at_a_glance(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.ask()
    await scene.here.post("ben", "And then.", section=scene.address.split("/")[3])
    read, made = ready.read, list[Any]()

    def counting(*given: Any) -> Any:
        made.append(given)
        return read(*given)

    monkeypatch.setattr(ready, "read", counting)
    said = await asyncio.gather(*(scene.ask() for _ in range(20)))
    assert len(made) == 1
    assert {b"And then." in each.body for each in said} == {True}


async def test_equal_misses_are_one_by_a_session(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    window, made = comments._window, list[Any]()

    async def counting(*given: Any) -> bytes:
        made.append(given)
        return await window(*given)

    monkeypatch.setattr(comments, "_window", counting)
    said = await asyncio.gather(*(ask(scene.pair.plain, scene.address, {}) for _ in range(20)))
    assert len(made) == 1
    assert len({each.body for each in said}) == 1


async def test_a_commit_elsewhere_makes_nothing_anew(scene: Scene) -> None:
    await scene.here.post("ben", "Elsewhere.", index=1)
    before = (await scene.ask()).header(b"etag")
    await scene.here.post("ben", "Elsewhere again.", index=1)
    assert (await scene.ask(If_None_Match=before.decode())).status == 304


async def test_it_counts_as_much_as_behind_the_router(scene: Scene) -> None:
    limiter: Limiter = scene.fast.state.limiter
    limiter.enabled = True
    statuses = [(await scene.ask()).status for _ in range(601)]
    assert statuses == [200] * 600 + [429]
    assert (await ask(scene.fast, "/v1/page/own?url=https://blog.example/essay", {})).status == 429


async def test_addresses_are_kept_by_the_thousand_and_no_more(scene: Scene) -> None:
    await scene.ask()
    for number in range(MOST_ADDRESSES + 5):
        scene.fast.state.front.let_in(
            {"method": "GET", "path": f"/{number}", "query_string": b""}, lambda: pytest.fail("asked")
        )
    assert len(scene.fast.state.front._sources) == MOST_ADDRESSES
    assert not await scene.front_answers(), "the oldest goes first"


@pytest.mark.parametrize("trusted", [(), ("192.0.2.0/24",)])
def test_whereabouts_are_those_that_know_network_tells(trusted: tuple[str, ...]) -> None:
    told = Whereabouts(b"secret", trusted)
    for peer in ("192.0.2.1", "192.0.2.2", "2001:db8::1", None):
        for forwarded in (b"", b"203.0.113.7", b"203.0.113.7, 192.0.2.9"):
            headers = [(b"x-forwarded-for", forwarded)] if forwarded else []
            scope = {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}
            expected = network_key(client_address(scope, told.trusted), b"secret")
            assert [told.network(scope) for _ in range(2)] == [expected] * 2
