"""A long thread as somebody sees it: what the widget costs in Chromium."""

import secrets
from collections.abc import Awaitable, Callable

from bench import screen
from bench.case import Bench
from bench.load import fetch
from bench.posts import draft
from bench.processes import Server
from bench.row import Row, at_most


async def thread(bench: Bench) -> list[Row]:
    """A thread of 1,000 on the screen, and what one arrival costs there beside a thread of 100."""
    async with screen.chromium() as browser:
        if not browser:
            return []
        service, seeded = bench.service, bench.seeded
        url = f"http://127.0.0.1:{service.port}"
        few = await screen.read(browser, url, "A hundred", 100, _sayer(service, seeded.hundred))
        many = await screen.read(browser, url, "A thousand", 1000, _sayer(service, seeded.thousand))
    slow = f"1,000 comments at 1/{screen.THROTTLE} speed"
    longest = max(many.tasks, default=0)
    return [
        Row(f"{slow}, longest task", "wall ms", [longest], target=at_most(screen.LONG, "ours")),
        Row(f"{slow}, tasks > {screen.LONG} ms", "tasks", [len(many.tasks)], target=at_most(0, "ours")),
        Row("an arrival among 1,000, beside 100", "CPU ms", [many.change], [few.change]),
    ]


def _sayer(service: Server, section: str) -> Callable[[int], Awaitable[None]]:
    author = secrets.token_urlsafe(32)

    async def say(_number: int) -> None:
        assert (await fetch(service, draft(section, author)))[0] == 201

    return say
