"""What a page's main thread does, task by task, by Chromium's own trace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page

from bench.waiting import PATIENCE, within

# A line for each task, and for each mark of the page's: what tells more slows the page down.
CATEGORIES = ["disabled-by-default-devtools.timeline", "blink.user_timing"]
BEGUN, DONE = "bench-begun", "bench-done"


@dataclass(frozen=True)
class Task:
    """Milliseconds, of the thread's CPU and on the wall: who waits for a core is slow on the wall alone."""

    cpu: float
    wall: float


@asynccontextmanager
async def traced(browser: Browser, page: Page) -> AsyncIterator[list[Task]]:
    """The tasks of the page's main thread while the block runs; the list has them when it has ended."""
    tasks: list[Task] = []
    events: list[dict[str, Any]] = []
    done = asyncio.Event()
    async with within(PATIENCE, "Chromium's trace to begin"):
        tracing = await browser.new_browser_cdp_session()
        tracing.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
        tracing.on("Tracing.tracingComplete", lambda _: done.set())
        config = {"includedCategories": CATEGORIES, "recordMode": "recordAsMuchAsPossible"}
        await tracing.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
        await page.evaluate("name => void performance.mark(name)", BEGUN)
    yield tasks
    async with within(PATIENCE, "Chromium's trace"):
        await page.evaluate("name => void performance.mark(name)", DONE)
        await tracing.send("Tracing.end")
        await done.wait()
        await tracing.detach()
    tasks += _between(events)


def _between(events: list[dict[str, Any]]) -> list[Task]:
    """The tasks of the thread that made the marks, begun after the first and before the second."""
    begun, done = (next(event for event in events if event["name"] == name) for name in (BEGUN, DONE))
    thread = begun["pid"], begun["tid"]
    return [
        Task(event.get("tdur", 0) / 1000, event["dur"] / 1000)
        for event in events
        if event["name"] == "RunTask"
        and event["ph"] == "X"
        and (event["pid"], event["tid"]) == thread
        and begun["ts"] < event["ts"] < done["ts"]
    ]
