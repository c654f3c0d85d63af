"""A long thread as somebody sees it: what the widget costs in Chromium."""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from bench import screen
from bench.case import Bench
from bench.load import fetch
from bench.posts import draft
from bench.processes import Server
from bench.row import Row, at_most
from bench.trace import Task


async def thread(bench: Bench) -> list[Row]:
    """A thread of 1,000 on the screen, and what one arrival costs there beside a thread of 100."""
    async with screen.chromium() as browser:
        if not browser:
            return []
        service, seeded = bench.service, bench.seeded
        url = f"http://127.0.0.1:{service.port}"
        async with screen.read(browser, url, "A hundred", 100) as few:
            less = await few.arrival(_sayer(service, seeded.hundred))
        async with screen.read(browser, url, "A thousand", 1000) as many:
            more = await many.arrival(_sayer(service, seeded.thousand))
        read = partial(screen.read, browser, url, "A thousand", 1000)
        # Slowed down, a browser burns CPU by the clock, also while others have the core: so that is at full speed.
        cpu = [[task.cpu * screen.SLOWER for task in await _tasks(read())] for _ in range(bench.rounds)]
        wall = [task.wall for task in await _tasks(read(screen.SLOWER))]
    what = f"1,000 comments at 1/{screen.SLOWER} speed"
    return [
        Row(f"{what}, longest task", "CPU ms", [*map(max, cpu)], target=at_most(screen.LONG, "ours")),
        Row(f"{what}, tasks > {screen.LONG} ms", "tasks", [*map(_long, cpu)], target=at_most(0, "ours")),
        Row(f"{what}, longest on the wall", "wall ms", [max(wall)]),
        Row(f"{what}, > {screen.LONG} ms on the wall", "tasks", [_long(wall)]),
        Row("an arrival among 1,000, beside 100", "CPU ms", [more], [less]),
    ]


async def _tasks(reading: AbstractAsyncContextManager[screen.Thread]) -> list[Task]:
    async with reading as thread:
        return thread.tasks


def _long(tasks: list[float]) -> int:
    return sum(ms > screen.LONG for ms in tasks)


def _sayer(service: Server, section: str) -> Callable[[int], Awaitable[None]]:
    author = secrets.token_urlsafe(32)

    async def say(_number: int) -> None:
        assert (await fetch(service, draft(section, author)))[0] == 201

    return say
