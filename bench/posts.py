"""Posting durably, beside one row a commit."""

import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count

from bench import data
from bench.case import Bench
from bench.commits import commits, slowly
from bench.load import Measured, hammer, post
from bench.processes import Server, serving
from bench.row import Row, at_least, at_most

WRITERS = 16
_number = count()


async def comments(bench: Bench) -> list[Row]:
    measured = await _beside_commits(bench, bench.service)
    many = measured[1]
    rows = [
        *_rows(measured),
        Row(f"POST, {WRITERS} writers, p99", "wall ms", [each.latency(0.99) for each in many]),
        Row("POST, CPU alone", "per CPU-s", [each.per_cpu for each in many], target=at_least(1200, "speed")),
    ]
    if disk := slowly():
        async with serving("service", str(bench.folder), before=disk) as service:
            rows += _rows(await _beside_commits(bench, service, disk), ", slow disk")
    return rows


async def _beside_commits(bench: Bench, service: Server, disk: Sequence[str] = ()) -> list[list[Measured]]:
    """One writer, many writers, and the disk alone."""
    posting = partial(hammer, service, lambda _: _drafts(bench.seeded), 201, seconds=bench.seconds)
    return await bench.by_turns(
        partial(posting, connections=1),
        partial(posting, connections=WRITERS),
        partial(commits, bench.folder, bench.seconds, disk),
    )


def _rows(measured: list[list[Measured]], where: str = "") -> list[Row]:
    one, many, floor = measured
    p50, raw_p50 = ([each.latency(0.5) for each in measured] for measured in (one, floor))
    rates, raw_rates = ([each.per_second for each in measured] for measured in (many, floor))
    return [
        Row(f"POST, 1 writer, p50{where}", "wall ms", p50, raw_p50, at_most(6)),
        Row(f"POST, {WRITERS} writers{where}", "per wall s", rates, raw_rates, at_least(0.65)),
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
