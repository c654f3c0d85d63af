"""What is measured, each beside its floor."""

import asyncio
import itertools
import json
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench import data, screen
from bench.load import Listener, Measured, fetch, get, hammer, listeners, post
from bench.processes import Server, pin, serving


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is ours over the floor, in the unit; latencies are on the wall, in ms."""

    name: str
    ours: float
    floor: float | None
    unit: str
    p50: float | None = None
    floor_p50: float | None = None
    p99: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.floor if self.floor else None


async def run(seconds: float, rounds: int, sockets: int) -> list[Row]:
    """Every case, in order. The measuring process keeps to one core, the measured one to another."""
    pin(1)
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as folder:
        seeded = await data.seed(Path(folder))
        async with serving("service", folder) as service:
            rows = await _reads(service, seeded, seconds, rounds)
            rows += await _posts(service, seeded, seconds, rounds, Path(folder))
            rows += await _push(service, seeded, rounds, sockets)
            rows += await _screen(service, seeded)
    return [*rows, await _start()]


# Reading a thread


async def _reads(service: Server, seeded: data.Seeded, seconds: float, rounds: int) -> list[Row]:
    rows = []
    for name, pages in (("GET a thread of 100", seeded.hundred), ("GET a thread of 1,000", seeded.thousand)):
        requests = [get(path) for path in await _windows(service, pages)]
        size = sum([len((await fetch(service, request))[2]) for request in requests])
        async with serving("constant", str(size)) as floor:
            many = len(requests)
            load: dict[str, Any] = {"connections": 8, "seconds": seconds}
            ours, best = await _both(
                partial(hammer, service, _cycle(requests), 200, **load),
                partial(hammer, floor, _cycle([get(f"/{size}")]), 200, **load),
                rounds,
            )
            rows.append(_row(f"{name}, {many} request{'s' * (many > 1)}", ours, best, many))
    return [*rows, await _unchanged(service, seeded, seconds, rounds)]


async def _windows(service: Server, section: str) -> list[str]:
    """The addresses of a section's windows, a hundred comments each, first to last."""
    path = f"/v1/sections/{section}/comments?limit=100"
    found = [path]
    while following := json.loads((await fetch(service, get(found[-1])))[2]).get("next"):
        found.append(f"{path}&cursor={following}")
    return found


async def _unchanged(service: Server, seeded: data.Seeded, seconds: float, rounds: int) -> Row:
    path = f"/v1/sections/{seeded.hundred}/comments?limit=100"
    head = (await fetch(service, get(path)))[1].decode().lower()
    etag = head.partition("etag: ")[2].partition("\r\n")[0]
    request = get(path, If_None_Match=etag.replace("w/", "W/"))
    async with serving("constant", "1") as floor:
        ours, best = await _both(
            partial(hammer, service, _cycle([request]), 304, connections=8, seconds=seconds),
            partial(hammer, floor, _cycle([get("/304")]), 304, connections=8, seconds=seconds),
            rounds,
        )
    return _row("GET a thread of 100, unchanged (304)", ours, best)


def _cycle(requests: list[bytes]) -> Callable[[int], Iterator[bytes]]:
    return lambda _number: itertools.cycle(requests)


async def _both(
    ours: Callable[[], Awaitable[Measured]], floor: Callable[[], Awaitable[Measured]], rounds: int
) -> tuple[list[Measured], list[Measured]]:
    """Turn by turn, so that what else this machine does falls on both."""
    await ours()  # the first is for the caches
    measured = [(await ours(), await floor()) for _ in range(rounds)]
    return [each for each, _ in measured], [each for _, each in measured]


def _row(name: str, ours: list[Measured], floor: list[Measured], requests_each: int = 1) -> Row:
    return Row(
        name,
        median(each.per_cpu for each in ours) / requests_each,
        median(each.per_cpu for each in floor),
        "per CPU-s",
        median(each.latency(0.5) for each in ours) * requests_each,
        median(each.latency(0.5) for each in floor),
        median(each.latency(0.99) for each in ours) * requests_each,
    )


# Posting


async def _posts(service: Server, seeded: data.Seeded, seconds: float, rounds: int, folder: Path) -> list[Row]:
    rows = []
    for connections in (1, 8):
        load: dict[str, Any] = {"connections": connections, "seconds": seconds}
        posts, commits = await _both(
            partial(hammer, service, lambda _: _drafts(seeded), 201, **load),
            partial(_commits, folder, seconds),
            rounds,
        )
        rows.append(
            Row(
                f"POST a comment, {connections} at once",
                median(each.per_second for each in posts),
                median(each.per_second for each in commits),
                "per wall s",
                median(each.latency(0.5) for each in posts),
                median(each.latency(0.5) for each in commits),
                median(each.latency(0.99) for each in posts),
            )
        )
    per_cpu = median(each.per_cpu for each in posts)
    return [*rows, Row("POST a comment, CPU alone", per_cpu, median(c.per_cpu for c in commits), "per CPU-s")]


def _drafts(seeded: data.Seeded) -> Iterator[bytes]:
    author = secrets.token_urlsafe(32)
    while True:
        yield draft(seeded.busy, author)


def draft(section: str, author: str) -> bytes:
    body = {
        "page": {"url": data.PAGE},
        "section": section,
        "source": data.SOURCE,
        "name": "Ines",
        "nonce": secrets.token_hex(12),
    }
    return post("/v1/comments", body, Origin=data.ORIGIN, Postil_Author=author)


async def _commits(folder: Path, seconds: float) -> Measured:
    """One row a commit into a table of its own, on the same disk, as durably: WAL, synchronous=FULL."""
    latencies = []
    with closing(sqlite3.connect(folder / "floor.db", isolation_level=None)) as database:
        for pragma in ("journal_mode = wal", "synchronous = full"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, body TEXT)")
        cpu, start = time.process_time(), time.perf_counter()
        while (began := time.perf_counter()) < start + seconds:
            database.execute("INSERT INTO floor (body) VALUES (?)", (data.SOURCE,))
            latencies.append((time.perf_counter() - began) * 1000)
        took = time.perf_counter() - start
    return Measured(len(latencies), took, time.process_time() - cpu, sorted(latencies))


# Pushing


async def _push(service: Server, seeded: data.Seeded, rounds: int, sockets: int) -> list[Row]:
    """One comment posted, until the last socket has its counts; beside one broadcast of as many bytes."""
    watch = {"type": "watch", "page": {"url": data.PAGE}, "sections": [seeded.busy]}
    hearing = await listeners(service, sockets, json.dumps(watch), b'"watching"')
    author = secrets.token_urlsafe(32)

    async def say() -> None:
        assert (await fetch(service, draft(seeded.busy, author)))[0] == 201

    ours = [await _tell(service, hearing, b'"type":"counts"', say) for _ in range(3 * rounds + 1)][1:]
    size = hearing[0].received
    for each in hearing:
        each.transport.abort()
    best = await _broadcasts(size, 3 * rounds + 1, sockets)
    name = f"push to {sockets:,} sockets"
    return [
        Row(f"{name}, the post included", _cpu(ours), _cpu(best), "CPU ms"),
        Row(f"{name}, to the last", _wall(ours), _wall(best), "wall ms"),
    ]


async def _broadcasts(size: int, rounds: int, sockets: int) -> list[tuple[float, float]]:
    async with serving("broadcast", str(size)) as floor:
        hearing = await listeners(floor, sockets, None, b"")

        async def say() -> None:
            hearing[0].say("now")

        return [await _tell(floor, hearing, b"x" * 40, say) for _ in range(rounds)][1:]


async def _tell(
    server: Server, hearing: list[Listener], awaited: bytes, say: Callable[[], Awaitable[None]]
) -> tuple[float, float]:
    """Wall seconds until the last has heard it, and the CPU seconds that it cost the server."""
    for each in hearing:
        each.wait_for(awaited)
    cpu, start = server.cpu(), time.perf_counter()
    await say()
    async with asyncio.timeout(30):
        last = max(await asyncio.gather(*(each.heard for each in hearing)))
    await asyncio.sleep(0.05)  # what the server still tidies up is its cost too
    return last - start, server.cpu() - cpu


def _wall(told: list[tuple[float, float]]) -> float:
    return median(seconds for seconds, _ in told) * 1000


def _cpu(told: list[tuple[float, float]]) -> float:
    """The mean: a tick of the kernel's clock is 10 ms, as long as a round."""
    return sum(cost for _, cost in told) / len(told) * 1000


# Reading it


async def _screen(service: Server, seeded: data.Seeded) -> list[Row]:
    """A thread of 1,000 on the screen, and what one arrival costs there beside a thread of 100."""
    async with screen.chromium() as browser:
        if not browser:
            return []
        url = f"http://127.0.0.1:{service.port}"
        few = await screen.read(browser, url, "A hundred", 100, _sayer(service, seeded.hundred))
        many = await screen.read(browser, url, "A thousand", 1000, _sayer(service, seeded.thousand))
    slow = f"1,000 comments at 1/{screen.THROTTLE} speed"
    return [
        Row(f"{slow}, longest task", max(many.tasks, default=0), screen.LONG, "wall ms"),
        Row(f"{slow}, tasks > {screen.LONG} ms", len(many.tasks), None, "tasks"),
        Row("an arrival among 1,000, beside 100", many.change, few.change, "CPU ms"),
    ]


def _sayer(service: Server, section: str) -> Callable[[int], Awaitable[None]]:
    author = secrets.token_urlsafe(32)

    async def say(_number: int) -> None:
        assert (await fetch(service, draft(section, author)))[0] == 201

    return say


# Starting


async def _start() -> Row:
    """From nothing to the first answer, the schema made on the way; beside an interpreter with uvicorn alone."""
    ours, floor = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory(prefix="postil-bench-") as folder:
            ours.append(await _until_answered("service", folder))
        floor.append(await _until_answered("constant", "1"))
    return Row("start, to the first answer", median(ours), median(floor), "wall ms")


async def _until_answered(*what: str) -> float:
    start = time.perf_counter()
    async with serving(*what):
        return (time.perf_counter() - start) * 1000
