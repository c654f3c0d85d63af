"""Pushing one reply to everybody, beside a broadcast and a bare write of as many bytes; and what a socket keeps."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from statistics import median
from typing import NamedTuple

from bench import data
from bench.case import Bench
from bench.crowd import Crowd, crowd
from bench.load import fetch
from bench.posts import draft
from bench.processes import Server, serving
from bench.row import Row, at_most

PUSHES = 3  # in a round
CONFIRMED, ENDS = '"watching"', '"type":"counts"'
IDLE = 2_000


class Told(NamedTuple):
    """Milliseconds on the wall until the last had heard it, and of the server's CPU."""

    wall: float
    cpu: float


async def replies(bench: Bench) -> list[Row]:
    return [row for sockets in bench.sockets for row in await _replies(bench, sockets)]


async def _replies(bench: Bench, sockets: int) -> list[Row]:
    """The same POST to a page that nobody watches is what is not the push."""
    async with _watching(bench, sockets) as hearing:
        size = (await _heard(bench, hearing))[1]
        async with _floor("broadcast", size, sockets) as broadcast, _floor("raw", size, sockets) as raw:
            ours, unheard, broadcasts, writes = await bench.by_turns(
                partial(_round, bench.service, lambda: _heard(bench, hearing)),
                partial(_round, bench.service, lambda: _unheard(bench)),
                broadcast,
                raw,
            )
    pushed = [max(all.cpu - post.cpu, 0.0) for all, post in zip(ours, unheard, strict=True)]
    name, reach = f"push to {sockets:,} sockets", at_most(30, "speed") if sockets == 1_000 else None
    return [
        Row(f"{name}, beside websockets.broadcast", "CPU ms", pushed, _cpu(broadcasts), at_most(1.0)),
        Row(f"{name}, beside a bare write", "CPU ms", pushed, _cpu(writes), at_most(1.6)),
        Row(f"{name}, the POST included", "CPU ms", _cpu(ours), _cpu(broadcasts)),
        Row(f"POST to the last of {sockets:,}", "wall ms", _wall(ours), _wall(writes), reach),
    ]


@asynccontextmanager
async def _watching(bench: Bench, sockets: int) -> AsyncIterator[Crowd]:
    watch = {"type": "watch", "page": {"url": data.PAGE}, "sections": [bench.seeded.busy]}
    async with crowd(bench.service, sockets, json.dumps(watch), CONFIRMED) as hearing:
        yield hearing


async def _heard(bench: Bench, hearing: Crowd) -> tuple[float, int]:
    """Seconds from before the POST until the last has heard of it, and the bytes that each then had."""
    await hearing.arm(ENDS)
    start = time.perf_counter()
    await _post(bench, data.PAGE, bench.seeded.busy)
    told = await hearing.told()
    return told["last"] - start, told["bytes"]


async def _unheard(bench: Bench) -> tuple[float, int]:
    start = time.perf_counter()
    await _post(bench, data.UNWATCHED, bench.seeded.unwatched)
    return time.perf_counter() - start, 0


async def _post(bench: Bench, page: str, section: str) -> None:
    assert (await fetch(bench.service, draft(section, secrets.token_urlsafe(32), page)))[0] == 201


@asynccontextmanager
async def _floor(kind: str, size: int, sockets: int) -> AsyncIterator[Callable[[], Awaitable[Told]]]:
    """As many sockets of a server that says as many bytes to all whenever one of them says anything."""
    async with serving(kind, str(size)) as server, crowd(server, sockets) as hearing:

        async def say() -> tuple[float, int]:
            await hearing.arm("x" * 40, say=True)
            told = await hearing.told()
            return told["last"] - told["began"], size

        yield partial(_round, server, say)


async def _round(server: Server, tell: Callable[[], Awaitable[tuple[float, int]]]) -> Told:
    """The median of some pushes."""
    told = [await _cost(server, tell) for _ in range(PUSHES)]
    return Told(median(each.wall for each in told), median(each.cpu for each in told))


async def _cost(server: Server, tell: Callable[[], Awaitable[tuple[float, int]]]) -> Told:
    cpu = server.cpu()
    took, _ = await tell()
    await asyncio.sleep(0.05)  # what the server still tidies up is its cost too
    return Told(took * 1000, (server.cpu() - cpu) * 1000)


def _cpu(told: list[Told]) -> list[float]:
    return [each.cpu for each in told]


def _wall(told: list[Told]) -> list[float]:
    return [each.wall for each in told]


async def memory(bench: Bench) -> list[Row]:
    """What the service holds for each of many sockets that watch and hear nothing."""
    count = 50 if bench.is_short else IDLE
    async with serving("service", str(bench.folder)) as service:
        fresh = replace(bench, service=service)
        async with _watching(fresh, 50):  # what is made once
            await _unheard(fresh)  # so is what is loaded late
            before = service.memory()
            async with _watching(fresh, count):
                kept = (service.memory() - before) * 1000 / count
    return [Row(f"memory of one of {count:,} idle sockets", "KB", [kept], target=at_most(26, "ours"))]
