"""What a running service holds: made once at start, given back at the end."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import configure_mappers
from sqlmodel import col

from postil import late, networks, placing, promotion
from postil.ageing import close_aged
from postil.cursors import MOST_BEHIND
from postil.db import Database, Transaction
from postil.discussion import DAY
from postil.errors import Unavailable
from postil.live.bus import Bus
from postil.live.buses import open_bus
from postil.live.hub import Hub
from postil.models import Comment, OneTimeCode, Page, PublicSpan, StaffSession, SupportChange, Visit, WaitingView
from postil.names import look_alike
from postil.places import Outlines
from postil.publishing import look_for_moved
from postil.settings import Settings

log = logging.getLogger("postil")

UPKEEP_SECONDS = 3600
WAITING_DAYS = 30
SWEEP_AGAIN_SECONDS = 1.0
MOST_ERRANDS = 50  # each may wait two seconds for a stranger's server


class Errands:
    """Small tasks that nobody waits for. Bounded; what fails is logged; what is under way at the end is ended."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` some time soon, or not at all where MOST_ERRANDS are under way."""
        if len(self._tasks) >= MOST_ERRANDS:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("An errand failed.", exc_info=task.exception())

    async def end(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Resources:
    settings: Settings
    database: Database
    bus: Bus
    hub: Hub
    outlines: Outlines
    errands: Errands = field(default_factory=Errands)


def make(settings: Settings) -> Resources:
    """NoBus where POSTIL_BUS names none that can be had."""
    bus = open_bus(settings.bus, settings.database)
    database = Database(settings.database, on_commit=bus.publish, patience=settings.database_seconds)
    outlines = Outlines()
    return Resources(settings, database, bus, Hub(database, bus, outlines), outlines)


@asynccontextmanager
async def running(resources: Resources) -> AsyncIterator[None]:
    """Open the database and keep the background tasks going; one that fails ends the process, loudly."""
    await resources.database.open()
    stop = resources.hub.start()
    tasks = [
        _supervised("bus", resources.bus.run()),
        _supervised("sweep", _sweep(resources)),
        _supervised("upkeep", _every(UPKEEP_SECONDS, lambda: drop_expired(resources.database))),
        _supervised("ageing", _every(UPKEEP_SECONDS, lambda: close_aged(resources.database))),
        _supervised("late", _warm()),
        _supervised("moves", _every(UPKEEP_SECONDS, lambda: _look_for_moved(resources))),
    ]
    try:
        yield
    finally:
        stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await resources.errands.end()
        await resources.database.close()


async def _warm() -> None:
    """Make and load what the first who needs it would wait for. What needs room for a moment goes first, and leaves it
    to what stays.
    """
    await asyncio.sleep(late.WARM_SECONDS)
    await asyncio.to_thread(look_alike, "a")
    await asyncio.to_thread(configure_mappers)
    await late.warm()


async def _look_for_moved(resources: Resources) -> None:
    await look_for_moved(resources.database, resources.settings.fetch_networks)


async def _sweep(resources: Resources) -> None:
    """Compare what is watched with what is written, now and then, and whenever the bus may have lost something."""
    seconds, gap = resources.settings.sweep_seconds, resources.bus.gap
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await gap.wait()
        gap.clear()
        if not await _managed(resources.hub.sweep, seconds):
            await asyncio.sleep(SWEEP_AGAIN_SECONDS)
            gap.set()


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await _managed(work, seconds)


async def _managed(work: Callable[[], Awaitable[None]], seconds: float) -> bool:
    """Do it, unless the database is away or busy: a state of the world, and it passes."""
    try:
        await work()
    except (DBAPIError, Unavailable):
        log.warning("The database could not be asked; it is asked again in %s seconds at most.", seconds)
        return False
    return True


def _supervised(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_end_if_failed)
    return task


def _end_if_failed(task: asyncio.Task[None]) -> None:
    if task.cancelled() or task.exception() is None:
        return
    log.critical(
        "The task “%s” failed. The process ends, to be started again.", task.get_name(), exc_info=task.exception()
    )
    os.kill(os.getpid(), signal.SIGTERM)


async def drop_expired(database: Database) -> None:
    """Delete what has served its time: yesterday's visits, spent codes, ended sessions, views nobody came back for."""
    async with database.begin(long=True) as tx:
        await tx.execute(delete(Visit).where(col(Visit.day) < tx.now // DAY))
        await tx.execute(delete(OneTimeCode).where(col(OneTimeCode.expires_at) <= tx.now))
        await tx.execute(delete(StaffSession).where(col(StaffSession.expires_at) <= tx.now))
        await tx.execute(delete(WaitingView).where(col(WaitingView.seen_at) < tx.now - WAITING_DAYS * DAY))
        await placing.collect(tx)
        await promotion.forget(tx)
        await networks.forget(tx)
        await _drop_past(tx)


async def _drop_past(tx: Transaction) -> None:
    """Forget what no cursor can ask for any more: it lags by cursors.MOST_BEHIND at most."""
    oldest = select(Page.public_revision - 2 * MOST_BEHIND)  # type: ignore[call-overload]
    of_support = oldest.where(col(Page.id) == SupportChange.page_id).scalar_subquery()
    await tx.execute(delete(SupportChange).where(col(SupportChange.revision) < of_support))
    of_span = oldest.join(Comment, col(Comment.page_id) == Page.id)
    of_span = of_span.where(col(Comment.id) == PublicSpan.comment_id).correlate(PublicSpan).scalar_subquery()
    await tx.execute(delete(PublicSpan).where(col(PublicSpan.until) < of_span))
