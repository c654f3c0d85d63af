"""Reading a thread, beside bytes that were ready all along."""

import asyncio
import itertools
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

from bench.case import Bench
from bench.load import Connection, Measured, fetch, get, hammer
from bench.processes import Server, serving
from bench.row import Row, Target, at_least, at_most
from bench.waiting import PATIENCE, within

CONNECTIONS = 8
# What the machine on which peers were measured did at the floor of the first row.
CONSTANTS_THERE = 18_500
# Tenths of a second to wait for the best form of a window.
TRIES = 100


class Write(NamedTuple):
    """Which comment of a section is written, and what becomes of it."""

    which: str
    change: str


# As if it were posted, and hidden: what stands where must be asked again.
COME_AND_GO = Write("max(id)", "shown = NOT shown")
EDIT = Write("min(id)", "edited_at = 1790000000")


async def threads(bench: Bench) -> list[Row]:
    seeded = bench.seeded
    return [
        await _thread(bench, "GET 100 comments, hot", seeded.hundred, at_least(0.8), CONSTANTS_THERE),
        await _thread(bench, "GET 1,000 comments, hot", seeded.thousand),
        await _unchanged(bench),
    ]


async def _thread(
    bench: Bench, name: str, section: str, target: Target | None = None, there: float | None = None
) -> Row:
    """A whole thread, window by window; the floor answers as many bytes at once."""
    requests = [get(path) for path in await _windows(bench.service, section)]
    size = sum([len((await fetch(bench.service, request))[2]) for request in requests])
    many = len(requests)
    async with serving("constant", str(size)) as floor:
        ours, best = await bench.by_turns(
            partial(hammer, bench.service, _cycle(requests), 200, **_load(bench)),
            partial(hammer, floor, _cycle([get(f"/{size}")]), 200, **_load(bench)),
        )
    return Row(name, "per CPU-s", [each.per_cpu / many for each in ours], _per_cpu(best), target, there=there)


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
        "GET 100 comments, unchanged (304)", "per CPU-s", _per_cpu(ours), _per_cpu(best), at_least(35_000, "speed")
    )


async def cold(bench: Bench) -> list[Row]:
    hundred, long = bench.seeded.hundred, bench.seeded.long
    after, of_long, edited = await bench.by_turns(
        partial(_after_writes, bench, hundred, COME_AND_GO),
        partial(_after_writes, bench, long, COME_AND_GO),
        partial(_after_writes, bench, hundred, EDIT),
    )
    few, many = await bench.by_turns(
        *(partial(hammer, bench.service, _cycle([get(_first(each))]), 200, **_load(bench)) for each in (hundred, long))
    )
    return [
        Row("GET 100 comments, first after a write", "per CPU-s", _per_cpu(after), target=at_least(1_600, "speed")),
        Row("GET 100 comments, first after an edit", "per CPU-s", _per_cpu(edited)),
        _beside("first page of 10,000, hot", many, few),
        _beside("first page of 10,000, first after a write", of_long, after),
        *await _bytes(bench, hundred),
    ]


def _beside(name: str, ours: list[Measured], floor: list[Measured]) -> Row:
    costs = [[1e6 / each for each in _per_cpu(measured)] for measured in (ours, floor)]
    return Row(name, "CPU µs", costs[0], costs[1], at_most(1.3))


def _first(section: str) -> str:
    return f"/v1/sections/{section}/comments?limit=100"


async def _after_writes(bench: Bench, section: str, write: Write) -> Measured:
    """Each GET is the first since a write in its section: by this process, so that the server pays for reading."""
    latencies = []
    connection = await Connection.open(bench.service.port)
    with closing(sqlite3.connect(bench.folder / "postil.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = off")
        query = f"SELECT {write.which}, page_id FROM comment WHERE section_id = ?"
        comment, page = database.execute(query, (section,)).fetchone()
        cpu, start = bench.service.cpu(), time.perf_counter()
        while (now := time.perf_counter()) < start + bench.seconds:
            _write(database, {"comment": comment, "section": section, "page": page}, write.change)
            began = time.perf_counter()
            async with within(PATIENCE, "a window after a write"):
                status, _, body = await connection.ask(get(_first(section)))
            if status != 200:
                raise RuntimeError(f"{status}: {body[:200]!r}")
            latencies.append((time.perf_counter() - began) * 1000)
        spent, took = bench.service.cpu() - cpu, now - start
    connection.close()
    return Measured(len(latencies), took, spent, sorted(latencies))


def _write(database: sqlite3.Connection, ids: dict[str, str], change: str) -> None:
    """What each change stamps: the page, the section, the comment (changing.Change.stamp_public)."""
    database.execute("BEGIN IMMEDIATE")
    query = "SELECT public_revision + 1 FROM page WHERE id = :page"
    (revision,) = database.execute(query, ids).fetchone()
    for table in ids:
        database.execute(f"UPDATE {table} SET public_revision = {revision} WHERE id = :{table}", ids)
    database.execute(f"UPDATE comment SET {change} WHERE id = :comment", ids)
    database.execute("COMMIT")


async def _bytes(bench: Bench, section: str) -> list[Row]:
    """What one comment of a hundred takes on the wire."""

    async def size(**headers: str) -> int:
        return len((await fetch(bench.service, get(_first(section), **headers)))[2])

    count = len(json.loads((await fetch(bench.service, get(_first(section))))[2])["comments"])
    plain, zipped, at_once = await size(), await size(Accept_Encoding="gzip"), await size(Accept_Encoding="br")
    for _ in range(TRIES):
        if (read_much := await size(Accept_Encoding="br")) < at_once:
            break
        await asyncio.sleep(0.1)
    rows = {"plain": plain, "gzip": zipped, "brotli at once": at_once, "brotli, read much": read_much}
    asked = {"plain": at_most(400, "ours"), "brotli, read much": at_most(100, "ours")}
    return [
        Row(f"a comment on the wire, {form}", "bytes", [size / count], target=asked.get(form))
        for form, size in rows.items()
    ]


def _load(bench: Bench) -> dict[str, Any]:
    return {"connections": CONNECTIONS, "seconds": bench.seconds}


def _cycle(requests: list[bytes]) -> Callable[[int], Iterator[bytes]]:
    return lambda _number: itertools.cycle(requests)


def _per_cpu(measured: list[Measured]) -> list[float]:
    return [each.per_cpu for each in measured]
