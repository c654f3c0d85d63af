"""The bus carries hints between those who change pages and those who watch them: never content (house, law 2).

A lost hint is harmless, the hub's sweep heals it; so any engine that can say "look again" will do. POSTIL_BUS names
it: `memory://` for one process, `unix:` for the workers of one machine, `postgres://` or `redis://` for many machines.
"""

import asyncio
import json
import logging
import random
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import astuple, replace
from typing import Protocol

from postil.db import Hint, News, QueueHint

log = logging.getLogger("postil.live")

Listener = Callable[[News], None]

# Hints that wait while the engine is away, one for each page; those beyond are dropped, and the sweep heals them.
MOST_WAITING = 1_000
# PostgreSQL carries less than 8,000 bytes at once.
MOST_BYTES = 7_900
# Each process says something so often and expects to hear itself: a line that carries nothing is no line.
BEAT_SECONDS = 3.0
SILENT_SECONDS = 3 * BEAT_SECONDS
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class Bus(Protocol):
    """The port. Listeners are plain functions that must not block: they wake somebody and return."""

    gap: asyncio.Event
    """Set when hints may have been lost: whoever listens compares what he watches with the database, and clears it."""

    async def publish(self, hints: Sequence[News]) -> None:
        """Tell every listener, in this process and (where there are any) in others. After the commit only; never
        waits for an engine that is away."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every hint from now on; call what is returned to stop."""

    async def run(self) -> None:
        """Keep the line to other processes, until cancelled."""


class MemoryBus:
    """One process tells itself."""

    def __init__(self) -> None:
        self.gap = asyncio.Event()
        self._listeners: list[Listener] = []

    async def publish(self, hints: Sequence[News]) -> None:
        for hint in hints:
            self._tell_here(hint)

    def _tell_here(self, hint: News) -> None:
        for listener in tuple(self._listeners):
            listener(hint)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def run(self) -> None:
        await asyncio.Event().wait()


class Line(Protocol):
    """A connection to an engine that says everything to everybody, the one who says it included."""

    async def say(self, texts: Sequence[str]) -> None: ...

    def heard(self) -> AsyncIterator[str]: ...


class Lost(Exception):
    """The engine is away, or says nothing any more."""


class CarriedBus(MemoryBus):
    """Tells itself at once, and other processes by a line that is made anew whenever it is lost."""

    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[Line]]) -> None:
        super().__init__()
        self._connect = connect
        self._name = secrets.token_hex(4)
        self._waiting: dict[tuple[str, ...], News] = {}
        self._wanted = asyncio.Event()

    async def publish(self, hints: Sequence[News]) -> None:
        await super().publish(hints)
        for hint in hints:
            self._put(hint)

    def _put(self, hint: News) -> None:
        """The latest hint of a page stands for those before it."""
        key = (hint.site, hint.key) if isinstance(hint, Hint) else (hint.site,)
        if key in self._waiting:
            hint = _together(self._waiting[key], hint)
        elif len(self._waiting) >= MOST_WAITING:
            return
        self._waiting[key] = hint
        self._wanted.set()

    async def run(self) -> None:
        ending = asyncio.Event()
        seeking = asyncio.create_task(self._seek(ending))
        try:
            await asyncio.wait([seeking])
            seeking.result()
        finally:
            ending.set()
            seeking.cancel()
            await asyncio.gather(seeking, return_exceptions=True)

    async def _seek(self, ending: asyncio.Event) -> None:
        """Have a line, again and again. `ending` because a group of tasks that fails while it is cancelled tells of its
        failure alone, and this would go on.
        """
        pause = FIRST_PAUSE
        while not ending.is_set():
            started = _now()
            try:
                async with self._connect() as line:
                    await self._keep(line)
            except* Lost as lost:
                log.warning("The bus was lost, and is sought again: %s", lost.exceptions[0])
            pause = FIRST_PAUSE if _now() - started > SILENT_SECONDS else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def _keep(self, line: Line) -> None:
        """Say and hear until the line is lost. What was said before it stood is not known here."""
        self.gap.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(line))
            group.create_task(self._say(line))

    async def _hear(self, line: Line) -> None:
        try:
            async with asyncio.timeout(SILENT_SECONDS) as patience:
                async for text in line.heard():
                    patience.reschedule(_now() + SILENT_SECONDS)
                    for hint in decode(text, but=self._name):
                        self._tell_here(hint)
        except TimeoutError:
            raise Lost("It is silent.") from None
        raise Lost("It has ended.")

    async def _say(self, line: Line) -> None:
        while True:
            if not self._waiting:
                await self._wait_for_more()
            hints, self._waiting = list(self._waiting.values()), {}
            self._wanted.clear()
            await line.say(encode(hints, self._name))

    async def _wait_for_more(self) -> None:
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                await self._wanted.wait()
        except TimeoutError:
            return  # nothing to tell: an empty message is the beat


def _now() -> float:
    return asyncio.get_running_loop().time()


def _together(one: News, other: News) -> News:
    if not isinstance(one, Hint) or not isinstance(other, Hint):
        return other
    return replace(
        other,
        public=max(one.public, other.public),
        staff=max(one.staff, other.staff),
        calm=one.calm and other.calm,
    )


def encode(hints: Sequence[News], sender: str) -> list[str]:
    """Messages of at most MOST_BYTES; of no hints, one that says only that somebody is there."""
    texts, some = [], [json.dumps(astuple(hint), ensure_ascii=False, separators=(",", ":")) for hint in hints]
    while some:
        taken = [some.pop(0)]
        size = len(taken[0].encode())
        while some and size + len(some[0].encode()) < MOST_BYTES - 50:
            size += len(some[0].encode()) + 1
            taken.append(some.pop(0))
        texts.append(f'["{sender}",{",".join(taken)}]')
    return [text for text in texts if len(text.encode()) <= MOST_BYTES] or [f'["{sender}"]']


def decode(text: str, *, but: str = "") -> list[News]:
    """The hints of a message; none of what `but` said itself, nor of what is not understood."""
    try:
        sender, *rows = json.loads(text)
        if sender == but:
            return []
        return [_hint(*row) for row in rows]
    except (ValueError, TypeError):
        return []


def _hint(*row: object) -> News:
    match row:
        case [str(site), int(revision)]:
            return QueueHint(site, revision)
        case [str(site), str(key), int(public), int(staff), bool(calm)]:
            return Hint(site, key, public, staff, calm)
    raise ValueError("neither a page's hint nor a queue's")
