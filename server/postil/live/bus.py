"""The bus carries hints between those who change pages and those who watch them: never content (house, law 2).

A lost hint is harmless, the hub's sweep heals it; so any engine that can say "look again" will do. POSTIL_BUS names
it: `memory://` for one process, `unix:` for the workers of one machine, `postgres://` or `redis://` for many machines.
Beside the hints processes tell each other how many are at a page, in numbers that are said again and forgotten.
"""

import asyncio
import json
import logging
import random
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import astuple, dataclass, replace
from typing import Protocol

from postil.db import Hint, News, QueueHint

log = logging.getLogger("postil.live")


@dataclass(frozen=True, slots=True)
class Seated:
    """So many are at a page by one process, and so many of them write in these sections (live/presence.py)."""

    site: str
    key: str
    process: str
    reading: int
    writing: tuple[tuple[str, int], ...] = ()


Said = News | Seated
Listener = Callable[[News], None]
SeatedListener = Callable[[Seated], None]

# Hints that wait while the engine is away, one for each page; those beyond are dropped, and the sweep heals them. So
# many numbers wait beside them: they are said again.
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

    has_others: bool
    """Whether there may be other processes."""

    async def publish(self, hints: Sequence[News]) -> None:
        """Tell every listener, in this process and (where there are any) in others. After the commit only; never
        waits for an engine that is away."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every hint from now on; call what is returned to stop."""

    def seat(self, seated: Seated) -> None:
        """Tell other processes, some time soon."""

    def hear_seated(self, listener: SeatedListener) -> Callable[[], None]:
        """Hear what other processes say of theirs; call what is returned to stop."""

    async def run(self) -> None:
        """Keep the line to other processes, until cancelled."""


class MemoryBus:
    """One process tells itself."""

    has_others = False

    def __init__(self) -> None:
        self.gap = asyncio.Event()
        self._listeners: list[Listener] = []
        self._seated_listeners: list[SeatedListener] = []

    async def publish(self, hints: Sequence[News]) -> None:
        for hint in hints:
            self._tell_here(hint)

    def _tell_here(self, hint: News) -> None:
        for listener in tuple(self._listeners):
            listener(hint)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def seat(self, seated: Seated) -> None:
        """Nobody else is there."""

    def hear_seated(self, listener: SeatedListener) -> Callable[[], None]:
        self._seated_listeners.append(listener)
        return lambda: self._seated_listeners.remove(listener)

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

    has_others = True

    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[Line]]) -> None:
        super().__init__()
        self._connect = connect
        self._name = secrets.token_hex(4)
        self._waiting: dict[tuple[str, ...], News] = {}
        self._seated: dict[tuple[str, str], Seated] = {}
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

    def seat(self, seated: Seated) -> None:
        key = (seated.site, seated.key)
        if key in self._seated or len(self._seated) < MOST_WAITING:
            self._seated[key] = seated
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
                    for said in decode(text, but=self._name):
                        self._pass_on(said)
        except TimeoutError:
            raise Lost("It is silent.") from None
        raise Lost("It has ended.")

    def _pass_on(self, said: Said) -> None:
        if isinstance(said, Seated):
            for listener in tuple(self._seated_listeners):
                listener(said)
        else:
            self._tell_here(said)

    async def _say(self, line: Line) -> None:
        while True:
            if not (self._waiting or self._seated):
                await self._wait_for_more()
            hints, seated = list(self._waiting.values()), list(self._seated.values())
            self._waiting, self._seated = {}, {}
            self._wanted.clear()
            # Apart: who does not understand the one, as another version may not, hears the other.
            numbers = encode(seated, self._name) if seated else []
            await line.say((encode(hints, self._name) if hints or not seated else []) + numbers)

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


def encode(hints: Sequence[Said], sender: str) -> list[str]:
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


def decode(text: str, *, but: str = "") -> list[Said]:
    """What a message says; nothing of what `but` said itself, nor of what is not understood."""
    try:
        sender, *rows = json.loads(text)
        if sender == but:
            return []
        return [_hint(*row) for row in rows]
    except (ValueError, TypeError):
        return []


def _hint(*row: object) -> Said:
    match row:
        case [str(site), str(key), str(process), int(reading), list(writing)]:
            return Seated(site, key, process, reading, tuple((str(section), int(many)) for section, many in writing))
        case [str(site), int(revision)]:
            return QueueHint(site, revision)
        case [str(site), str(key), int(public), int(staff), bool(calm)]:
            return Hint(site, key, public, staff, calm)
    raise ValueError("neither a page's hint nor a queue's, nor who is there")
