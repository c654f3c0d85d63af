"""Posting durably, beside one row a commit."""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from bench import data
from bench.case import Bench
from bench.load import Measured, hammer, post
from bench.row import Row, at_least, at_most

WRITERS = 16
_number = count()


async def comments(bench: Bench) -> list[Row]:
    one, many, commits = await bench.by_turns(
        partial(hammer, bench.service, lambda _: _drafts(bench.seeded), 201, connections=1, seconds=bench.seconds),
        partial(
            hammer, bench.service, lambda _: _drafts(bench.seeded), 201, connections=WRITERS, seconds=bench.seconds
        ),
        partial(_commits, bench.folder, bench.seconds),
    )
    rates = [each.per_second for each in commits]
    raw_p50 = [each.latency(0.5) for each in commits]
    return [
        Row("POST, 1 writer, p50", "wall ms", [each.latency(0.5) for each in one], raw_p50, at_most(6)),
        Row(f"POST, {WRITERS} writers", "per wall s", [each.per_second for each in many], rates, at_least(0.65)),
        Row(f"POST, {WRITERS} writers, p99", "wall ms", [each.latency(0.99) for each in many]),
        Row("POST, CPU alone", "per CPU-s", [each.per_cpu for each in many], target=at_least(1200, "speed")),
    ]


def _drafts(seeded: data.Seeded) -> Iterator[bytes]:
    author = secrets.token_urlsafe(32)
    while True:
        yield draft(seeded.busy, author)


def draft(section: str, author: str, page: str = data.PAGE) -> bytes:
    """A request that posts a comment."""
    body = {
        "page": {"url": page},
        "section": section,
        "source": data.said(next(_number)),
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
