"""python -m bench.scale: four workers behind nginx, over PostgreSQL and Redis, beside one worker; ten thousand sockets;
and all of them coming back after a restart.

Everything is on this machine and private to this run. Without PostgreSQL or Redis it says so and ends; without nginx
the workers are asked themselves, and it says that too.
"""

import argparse
import asyncio
import json
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.servers import PostgreSQL

from bench import data
from bench.case import Progress
from bench.data import Seeded
from bench.fleet import Fleet, Tree, engines, fleet
from bench.load import Connection, Measured, fetch, get, hammer
from bench.machine import Ear
from bench.posts import draft
from bench.processes import ROOT
from bench.row import Row, at_most, keep, table

TOLD = Path("build/bench-scale.json")
CONNECTIONS, WRITERS = 16, 16
LONGEST_LINE = 2**24  # bytes: when each of all the readers was back
# With a restart and all that follows it; a machine on which much else runs takes longer.
PATIENCE, STORM_SECONDS = 600, 30
PUSHES, POST_EVERY = 3, 0.1
ENDS = '"type":"counts"'


@dataclass
class Scale:
    """What runs, and how much of it is measured."""

    one: Fleet
    many: Fleet
    database: PostgreSQL
    seeded: Seeded
    workers: int
    sockets: Sequence[int]
    seconds: float
    rounds: int
    say: Any
    rows: list[Row] = field(default_factory=list)

    @property
    def tables(self) -> Tree:
        assert self.database.process is not None
        return Tree(self.database.process.pid)


async def throughput(scale: Scale) -> None:
    """By turns: one worker and several, the same database under both."""
    path = f"/v1/sections/{scale.seeded.hundred}/comments?limit=100"
    beside = f"{scale.workers} workers beside 1"
    await _at_its_own_port(scale, path)
    scale.say(f"GET, {beside}")
    reads = await _by_turns(scale, lambda _: iter(lambda: get(path), None), 200, CONNECTIONS)
    scale.say(f"POST, {beside}")
    posts = await _by_turns(scale, lambda _: _drafts(scale.seeded), 201, WRITERS)
    for name, (one, many, tables) in (("GET 100 comments, hot", reads), (f"POST, {WRITERS} writers", posts)):
        scale.rows += [
            Row(f"{name}: {beside}", "per wall s", [m.per_second for m in many], [m.per_second for m in one]),
            Row(f"{name}: {beside}", "per CPU-s", [m.per_cpu for m in many], [m.per_cpu for m in one]),
            Row(f"{name}: PostgreSQL's share", "CPU ms", tables),
        ]


async def _at_its_own_port(scale: Scale, path: str) -> None:
    """One worker, with nothing before it: by one reader after the other, and by several at a time."""
    worker = replace(scale.one, port=scale.one.own)
    measure = partial(hammer, worker, lambda _: iter(lambda: get(path), None), 200, seconds=scale.seconds)
    for connections, who in ((1, "one reader"), (CONNECTIONS, f"{CONNECTIONS} readers")):
        scale.say(f"GET, {who} of one worker")
        await measure(connections=connections)
        found = [await measure(connections=connections) for _ in range(scale.rounds)]
        scale.rows.append(Row(f"GET 100 comments, hot: {who} of 1 worker", "per CPU-s", [m.per_cpu for m in found]))


def _drafts(seeded: Seeded) -> Any:
    author = secrets.token_urlsafe(32)
    while True:
        yield draft(seeded.unwatched, author, data.UNWATCHED)


async def _by_turns(
    scale: Scale, requests: Any, status: int, connections: int
) -> tuple[list[Measured], list[Measured], list[float]]:
    """Of one worker, of four, and what each request cost PostgreSQL then, in milliseconds."""
    measure = partial(hammer, requests=requests, status=status, connections=connections, seconds=scale.seconds)
    for each in (scale.one, scale.many):
        await measure(each)
    one, many, tables = [], [], []
    for _ in range(scale.rounds):
        one.append(await measure(scale.one))
        before = scale.tables.cpu()
        many.append(await measure(scale.many))
        tables.append((scale.tables.cpu() - before) * 1000 / max(1, many[-1].count))
    return one, many, tables


class Readers:
    """The process of bench.readers, from the outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self.process.stdout.readline()
        return json.loads(line)

    async def ask(self, **what: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        assert (await self.told())["armed"]


@asynccontextmanager
async def readers(scale: Scale, count: int) -> AsyncIterator[tuple[Readers, float]]:
    """So many that watch, and the seconds until all did."""
    watch = {"type": "watch", "page": {"url": data.PAGE}, "sections": [scale.seeded.busy]}
    command = (sys.executable, "-m", "bench.readers", str(scale.many.port), str(count), json.dumps(watch))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT, limit=LONGEST_LINE)
    made = Readers(process)
    try:
        yield made, (await made.told())["open"]
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def crowds(scale: Scale) -> None:
    for count in scale.sockets:
        scale.say(f"{count:,} sockets")
        before, cpu = scale.many.memory(), scale.many.cpu()
        async with readers(scale, count) as (crowd, took):
            spent, kept = scale.many.cpu() - cpu, scale.many.memory() - before
            scale.rows += [
                Row(f"{count:,} sockets: open and watching after", "wall s", [took]),
                Row(f"{count:,} sockets: to open one and let it watch", "CPU ms", [spent * 1000 / count]),
                Row(f"{count:,} sockets: kept for one by the workers", "KB", [kept * 1000 / count]),
            ]
            await _pushes(scale, crowd, count)
            if count == max(scale.sockets):
                await _storm(scale, crowd, count)


async def _pushes(scale: Scale, crowd: Readers, count: int) -> None:
    """A POST on one worker, to the last reader on all of them."""
    scale.say(f"a push to {count:,}")
    walls, costs = [], []
    for _ in range(PUSHES):
        await crowd.ask(**{"await": ENDS})
        cpu, began = scale.many.cpu(), time.perf_counter()
        answer = await fetch(scale.many, draft(scale.seeded.busy, secrets.token_urlsafe(32)))
        assert answer[0] == 201, answer
        walls.append(((await crowd.told())["last"] - began) * 1000)
        costs.append((scale.many.cpu() - cpu) * 1000)
    scale.rows += [
        Row(f"POST on one worker, to the last of {count:,} on all", "wall ms", walls),
        Row(f"POST on one worker, to the last of {count:,} on all", "CPU ms", costs),
    ]


async def _storm(scale: Scale, crowd: Readers, count: int) -> None:
    """All workers are restarted at once; somebody posts meanwhile, each post a connection of its own."""
    scale.say(f"a restart of all workers, and {count:,} readers come back")
    await crowd.ask(storm=True)
    statuses: Counter[int] = Counter()
    waited: list[float] = []
    posting = asyncio.create_task(_post_on(scale, statuses, waited))
    began = time.perf_counter()
    scale.many.restart()
    told = await crowd.told()
    posting.cancel()
    with suppress(asyncio.CancelledError):
        await posting
    back = [each - began for each in told["back"]]
    failures = sum(number for status, number in statuses.items() if status >= 500)
    name = f"restart of all, {count:,} readers"
    scale.rows += [
        Row(f"{name}: the last is back after", "wall s", [back[-1]], target=at_most(STORM_SECONDS, "ours")),
        Row(f"{name}: half are back after", "wall s", [median(back)]),
        Row(f"{name}: attempts that failed", "attempts", [told["failed"]]),
        Row(f"{name}: most that polled at a time", "readers", [told["polling"]]),
        Row(f"{name}: posts meanwhile", "posts", [statuses.total()]),
        Row(f"{name}: the slowest post", "wall s", [max(waited, default=0.0)]),
        Row(f"{name}: posts answered 5xx", "posts", [failures], target=at_most(0, "ours")),
        Row(f"{name}: posts without an answer", "posts", [statuses[0]], target=at_most(0, "ours")),
    ]
    scale.say(f"posts meanwhile, by answer (0: no answer): {dict(statuses)}")


async def _post_on(scale: Scale, statuses: Counter[int], waited: list[float]) -> None:
    author = secrets.token_urlsafe(32)
    while True:
        began = time.perf_counter()
        status = 0
        with suppress(OSError, asyncio.IncompleteReadError):
            connection = await Connection.open(scale.many.port)
            try:
                status = (await connection.ask(draft(scale.seeded.unwatched, author, data.UNWATCHED)))[0]
            finally:
                connection.close()
        statuses[status] += 1
        waited.append(time.perf_counter() - began)
        await asyncio.sleep(POST_EVERY)


async def measure(scale: Scale) -> None:
    await throughput(scale)
    await crowds(scale)


@asynccontextmanager
async def running(say: Any, rows: list[Row], *, is_short: bool, workers: int, **how: Any) -> AsyncIterator[Scale]:
    say("starting PostgreSQL, Redis, nginx and the workers")
    with tempfile.TemporaryDirectory(prefix="postil-scale-") as folder, engines() as (database, bus):
        database.run("CREATE DATABASE bench")
        url = database.url("bench")
        seeded = await data.seed_at(url, (10, 20, 30) if is_short else (100, 20, 100))
        async with AsyncExitStack() as stack:
            one, many = [
                await stack.enter_async_context(fleet(Path(folder), count, url, bus.url)) for count in (1, workers)
            ]
            if many.port == many.own:
                say("no nginx here: the workers are asked themselves")
            yield Scale(one, many, database, seeded, workers, say=say, rows=rows, **how)


def missing() -> list[str]:
    gone = [] if shutil.which("redis-server") else ["redis-server"]
    return gone + ([] if list(Path("/usr/lib/postgresql").glob("*/bin/postgres")) else ["postgresql"])


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if gone := missing():
        print(f"Nothing was measured, for want of {', '.join(gone)}: apt-get install {' '.join(gone)}", file=sys.stderr)
        return 3
    how: dict[str, Any] = {"seconds": given.seconds, "rounds": given.rounds, "sockets": sorted(given.sockets)}
    how["workers"] = given.workers
    if given.short:
        how = {"seconds": 0.1, "rounds": 1, "sockets": (20,), "workers": 2}
    progress, ear = Progress(lambda line: print(line, file=sys.stderr, flush=True)), Ear()
    rows: list[Row] = []
    is_complete = False
    try:
        asyncio.run(_run(progress, rows, is_short=given.short, **how))
        is_complete = True
    except KeyboardInterrupt:
        pass
    noise = ear.heard()
    keep(rows, noise, given.to, is_complete=is_complete)
    print(table(rows))
    if noise.is_loud:
        print(f"\nThe machine was noisy: {noise}. Trust the CPU rows; measure the wall again when it is quiet.")
    print(f"\nThe same, with every round: {given.to}")
    return 0 if is_complete else 130


async def _run(progress: Progress, rows: list[Row], *, is_short: bool, **how: Any) -> None:
    async with running(progress.say, rows, is_short=is_short, **how) as scale:
        await measure(scale)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--short", action="store_true", help="small, quick, and good for nothing but to see it work")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each load runs [3]")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated, by turns [3]")
    parser.add_argument("--workers", type=int, default=4, help="how many stand beside one [4]")
    parser.add_argument("--sockets", type=int, nargs="+", default=(1_000, 10_000), help="readers [1000 10000]")
    parser.add_argument("--to", type=Path, default=TOLD, metavar="FILE", help=f"where the JSON goes [{TOLD}]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
