"""Reading a thread, beside bytes that were ready all along."""

import itertools
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench.case import Bench
from bench.load import Measured, fetch, get, hammer
from bench.processes import Server, serving
from bench.row import Row, Target, at_least

CONNECTIONS = 8


async def threads(bench: Bench) -> list[Row]:
    seeded = bench.seeded
    return [
        *await _thread(bench, "GET 100 comments, hot", seeded.hundred, at_least(0.8)),
        *await _thread(bench, "GET 1,000 comments, hot", seeded.thousand),
        await _unchanged(bench),
    ]


async def _thread(bench: Bench, name: str, section: str, target: Target | None = None) -> list[Row]:
    """A whole thread, window by window; the floor answers as many bytes at once."""
    requests = [get(path) for path in await _windows(bench.service, section)]
    size = sum([len((await fetch(bench.service, request))[2]) for request in requests])
    many = len(requests)
    async with serving("constant", str(size)) as floor:
        ours, best = await bench.by_turns(
            partial(hammer, bench.service, _cycle(requests), 200, **_load(bench)),
            partial(hammer, floor, _cycle([get(f"/{size}")]), 200, **_load(bench)),
        )
    return [Row(name, "per CPU-s", [each.per_cpu / many for each in ours], _per_cpu(best), target)]


async def _windows(service: Server, section: str) -> list[str]:
    """The addresses of a section's windows, a hundred comments each, first to last."""
    path = f"/v1/sections/{section}/comments?limit=100"
    found = [path]
    while following := json.loads((await fetch(service, get(found[-1])))[2]).get("next"):
        found.append(f"{path}&cursor={following}")
    return found


async def _unchanged(bench: Bench) -> Row:
    path = f"/v1/sections/{bench.seeded.hundred}/comments?limit=100"
    head = (await fetch(bench.service, get(path)))[1].decode().lower()
    etag = head.partition("etag: ")[2].partition("\r\n")[0]
    request = get(path, If_None_Match=etag.replace("w/", "W/"))
    async with serving("constant", "1") as floor:
        ours, best = await bench.by_turns(
            partial(hammer, bench.service, _cycle([request]), 304, **_load(bench)),
            partial(hammer, floor, _cycle([get("/304")]), 304, **_load(bench)),
        )
    return Row(
        "GET 100 comments, unchanged (304)", "per CPU-s", _per_cpu(ours), _per_cpu(best), at_least(35_000, "ours")
    )


def _load(bench: Bench) -> dict[str, Any]:
    return {"connections": CONNECTIONS, "seconds": bench.seconds}


def _cycle(requests: list[bytes]) -> Callable[[int], Iterator[bytes]]:
    return lambda _number: itertools.cycle(requests)


def _per_cpu(measured: list[Measured]) -> list[float]:
    return [each.per_cpu for each in measured]
