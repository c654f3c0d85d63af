"""One contract for every bus: in this process, between workers of a machine, by PostgreSQL, by Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path

import pytest
from tests.live.server import PATIENCE, until
from tests.servers import postgresql, redis_server

from postil.db import Hint, News, QueueHint
from postil.live import bus as buses
from postil.live.bus import Bus, CarriedBus, Lost, MemoryBus, Said, Seated, decode, encode
from postil.live.buses import NoBus, open_bus

HINT = Hint("site", "https://blog.example/essay", 7, 9)
KINDS = ("memory", "unix", "postgres", "redis")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path) -> str:
    match kind:
        case "postgres":
            return postgresql().url("postgres").replace("postgresql+psycopg", "postgres")
        case "redis":
            return redis_server().url
        case "unix":
            return f"unix:{tmp_path}/bus"
    return "memory://"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buses, "BEAT_SECONDS", 0.1)


@asynccontextmanager
async def keeping(bus: Bus) -> AsyncIterator[Bus]:
    """A bus whose line stands, as a running service keeps it."""
    running = asyncio.create_task(bus.run())
    if not isinstance(bus, MemoryBus) or type(bus) is not MemoryBus:
        await until(bus.gap.is_set)
    try:
        yield bus
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def two(url: str) -> AsyncIterator[tuple[Bus, Bus]]:
    """What two processes hold; in memory, one and the same."""
    one = open_bus(url, "sqlite://")
    async with keeping(one):
        if type(one) is MemoryBus:
            yield one, one
        else:
            async with keeping(open_bus(url, "sqlite://")) as other:
                await _connected(one, other)
                yield one, other


async def _connected(one: Bus, other: Bus) -> None:
    """Each has heard the other: a line that was just made may not hear at once."""
    for speaker, listener in ((one, other), (other, one)):
        heard: list[News] = []
        stop = listener.subscribe(heard.append)
        while not heard:
            await speaker.publish([QueueHint("nobody's", 1)])
            await asyncio.sleep(0.01)
        stop()


def listening(bus: Bus) -> tuple[list[News], Callable[[], None]]:
    """What is heard of our site."""
    heard: list[News] = []
    return heard, bus.subscribe(lambda hint: heard.append(hint) if hint.site == "site" else None)


async def test_whoever_listens_hears_what_is_published(url: str) -> None:
    async with two(url) as (one, other):
        heard, _ = listening(other)
        await one.publish([HINT, QueueHint("site", 3)])
        await until(lambda: len(heard) == 2)
        assert sorted(heard, key=str) == sorted([HINT, QueueHint("site", 3)], key=str)


async def test_each_hears_of_itself_at_once_and_only_once(url: str) -> None:
    async with two(url) as (one, other):
        here, _ = listening(one)
        there, _ = listening(other)
        await one.publish([HINT])
        assert here == [HINT]
        await until(lambda: there)
        await other.publish([QueueHint("site", 1)])
        await until(lambda: QueueHint("site", 1) in here)
        assert here == [HINT, QueueHint("site", 1)]


async def test_who_has_stopped_hears_no_more(url: str) -> None:
    async with two(url) as (one, other):
        stopped, stop = listening(other)
        heard, _ = listening(other)
        stop()
        await one.publish([HINT])
        await until(lambda: heard)
        assert stopped == []


async def test_a_calm_hint_stays_calm_and_odd_keys_stay_as_they_are(url: str) -> None:
    hints: list[News] = [
        Hint("site", f"https://blog.example/{odd}", 1, 1, True) for odd in ("ü'\"", "%s", "a\\b", "€" * 300)
    ]
    async with two(url) as (one, other):
        heard, _ = listening(other)
        await one.publish(hints)
        await until(lambda: len(heard) == len(hints))
        assert set(heard) == set(hints)


async def test_numbers_are_heard_by_others_and_hints_with_them(url: str) -> None:
    seated = [Seated("site", f"page {number}", "me", number, (("section", 2),)) for number in range(3)]
    async with two(url) as (one, other):
        if not one.has_others:
            return one.seat(seated[0])
        here, there = list[Seated](), list[Seated]()
        one.hear_seated(here.append)
        stop = other.hear_seated(there.append)
        heard, _ = listening(other)
        for each in seated:
            one.seat(each)
        await one.publish([HINT])
        await until(lambda: heard and len(there) == 3)
        assert there == seated
        stop()
        one.seat(Seated("site", "page 0", "me", 9))
        await one.publish([QueueHint("site", 5)])
        await until(lambda: len(heard) == 2)
        assert (len(there), here) == (3, [])


async def test_many_hints_of_a_page_end_in_its_latest_revision(url: str) -> None:
    async with two(url) as (one, other):
        heard, _ = listening(other)
        for revision in range(1, 501):
            await one.publish([Hint("site", "key", revision, revision)])
        await until(lambda: heard and isinstance(heard[-1], Hint) and heard[-1].public == 500)


async def test_a_process_that_ends_leaves_the_others_talking(url: str) -> None:
    async with two(url) as (one, other):
        if one is not other:
            async with keeping(open_bus(url, "sqlite://")):
                pass
        heard, _ = listening(other)
        await one.publish([HINT])
        await until(lambda: heard)


async def test_publishing_never_waits_for_an_engine_that_is_away(tmp_path: Path) -> None:
    """Nor does what waits for it grow without a bound."""
    for url in ("redis://127.0.0.1:1/0", "postgres://127.0.0.1:1/nowhere"):
        bus = open_bus(url, "sqlite://")
        heard, _ = listening(bus)
        running = asyncio.create_task(bus.run())
        for number in range(2 * buses.MOST_WAITING):
            await bus.publish([Hint("site", f"page {number}", 1, 1)])
            bus.seat(Seated("site", f"page {number}", "me", 1))
        assert isinstance(bus, CarriedBus) and len(bus._seated) == buses.MOST_WAITING
        assert len(heard) == 2 * buses.MOST_WAITING
        assert not running.done()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture(params=["postgres", "redis"])
def restarted(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


async def test_after_its_engine_was_restarted_a_bus_is_there_again_and_says_so(restarted: str) -> None:
    server = postgresql() if restarted == "postgres" else redis_server()
    url = postgresql().url("postgres").replace("+psycopg", "") if restarted == "postgres" else redis_server().url
    async with two(url) as (one, other):
        for bus in (one, other):
            bus.gap.clear()
        await asyncio.to_thread(server.restart)
        await until(one.gap.is_set)
        await until(other.gap.is_set)
        await _connected(one, other)
        heard, _ = listening(other)
        await one.publish([HINT])
        await until(lambda: heard)


# What is said


def test_what_is_said_is_heard_as_it_was_and_nobody_hears_himself() -> None:
    hints: list[Said] = [
        HINT,
        QueueHint("site", 2),
        Hint("site", "other", 1, 1, True),
        Seated("site", "key", "me", 3, (("a", 1),)),
    ]
    (text,) = encode(hints, "me")
    assert decode(text) == decode(text, but="you") == hints
    assert decode(text, but="me") == []


class Breaking:
    """A line that breaks in the very moment in which its bus is told to stop."""

    def __init__(self) -> None:
        self.listens = asyncio.Event()

    async def say(self, texts: Sequence[str]) -> None:
        pass

    async def heard(self) -> AsyncIterator[str]:
        self.listens.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Lost("It broke.") from None
        yield ""


async def test_a_bus_stops_though_its_line_breaks_meanwhile() -> None:
    line = Breaking()
    running = asyncio.create_task(CarriedBus(lambda: nullcontext(line)).run())
    await line.listens.wait()
    running.cancel()
    await asyncio.wait([running], timeout=PATIENCE)
    assert running.cancelled()


def test_a_message_is_never_larger_than_postgresql_takes() -> None:
    hints: list[News] = [Hint("site", f"{number}" + "ü" * 1500, 1, 1) for number in range(20)]
    texts = encode([*hints, Hint("site", "€" * 5000, 1, 1)], "me")
    assert max(len(text.encode()) for text in texts) <= buses.MOST_BYTES
    assert [hint for text in texts for hint in decode(text)] == hints


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '["me",["s"]]', '["me",["s","k",1]]', '["me",[1,2]]', '["me",["s","k","p",1,[3]]]', "null"],
)
def test_what_is_not_understood_is_no_hint(text: str) -> None:
    assert decode(text) == []


# Which bus


@pytest.mark.parametrize(
    ("url", "why"),
    [("amqp://x", "memory://, postgres:// or redis://"), ("postgres://", "that is SQLite"), ("nonsense", "POSTIL_BUS")],
)
def test_a_bus_that_cannot_be_had_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(NoBus, match=why):
        open_bus(url, "sqlite:///postil.db")
