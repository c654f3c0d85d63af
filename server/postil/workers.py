"""Several processes that serve at one address, and the one above them that keeps their number.

Each worker has a listening socket of its own at the same port; the parent holds all of them open, so what arrives while
a worker is being replaced waits for the next one. A parent that is killed takes its workers along: each holds the end
of a pipe that nobody writes to, and stops when it closes.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from postil.errors import PostilError
from postil.resources import make
from postil.serving import STOP_SECONDS, listen, loop_factory, prepare, serve
from postil.settings import Settings

log = logging.getLogger("postil")

# What a worker has for its last answers, and some more: then it is killed.
PATIENCE_SECONDS = STOP_SECONDS + 5.0
# A worker that dies young waits longer each time, so that one that cannot start does not keep a core busy.
YOUNG_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


class CannotWork(RuntimeError):
    """Several workers are asked for where they cannot work; the sentence tells why."""


@contextmanager
def shared(settings: Settings) -> Iterator[Settings]:
    """The settings of each worker, with a bus between them where none is named. CannotWork."""
    if settings.bus.startswith("memory:"):
        raise CannotWork(
            "POSTIL_BUS=memory:// tells one process only: leave it empty, or name redis:// or postgres://."
        )
    if settings.bus or not settings.database.startswith("sqlite"):
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="postil-bus-") as folder:
        yield settings.model_copy(update={"bus": f"unix:{folder}"})


def listen_for(workers: int, host: str, port: int) -> list[socket.socket]:
    """A socket for each worker, all at one address: the kernel deals connections out among them."""
    first = listen(host, port)
    if workers == 1 or sys.platform != "linux":
        return [first] * workers  # elsewhere the port's latest socket would get all
    # That nobody else was there is known now: with SO_REUSEPORT it could not be told.
    port = first.getsockname()[1]
    first.close()
    return [listen(host, port, is_shared=True) for _ in range(workers)]


@dataclass
class _Place:
    """Where one worker works, again and again."""

    listening: socket.socket
    process: int | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE

    def ended(self) -> None:
        """Its worker is gone: say when the next one starts."""
        lived = time.monotonic() - self.started
        self.pause = FIRST_PAUSE if lived > YOUNG_SECONDS else min(2 * self.pause, LONGEST_PAUSE)
        self.process, self.due = None, time.monotonic() + self.pause


@dataclass
class Workers:
    """Keeps a worker at each socket until a signal says stop."""

    work: Callable[[socket.socket], None]
    places: list[_Place] = field(default_factory=list)
    alive: tuple[int, int] = (-1, -1)

    def run(self, sockets: Sequence[socket.socket]) -> None:
        self.places = [_Place(each) for each in sockets]
        self.alive = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        try:
            while self._look() not in (signal.SIGTERM, signal.SIGINT):
                pass
        finally:
            self._stop()
            for end in self.alive:
                os.close(end)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)

    def _look(self) -> int | None:
        """Start who is missing, wait for a signal, and count the dead; the signal."""
        now = time.monotonic()
        for place in self.places:
            if place.process is None and place.due <= now:
                self._start(place)
        due = [place.due for place in self.places if place.process is None]
        told = signal.sigtimedwait(HANDLED, max(0.0, min(due) - now)) if due else signal.sigwaitinfo(HANDLED)
        self._bury()
        return told.si_signo if told else None

    def _start(self, place: _Place) -> None:
        place.started = time.monotonic()
        sys.stdout.flush()
        place.process = os.fork()
        if place.process == 0:
            self._become_worker(place)

    def _become_worker(self, place: _Place) -> None:
        """The child's whole life: it never returns from here."""
        code = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
            os.close(self.alive[1])
            self.work(place.listening)
            code = 0
        except KeyboardInterrupt:
            code = 0
        except PostilError as error:
            log.error("A worker could not start: %s", error)
        except BaseException:
            log.exception("A worker failed.")
        finally:
            os._exit(code)

    def _bury(self) -> None:
        for place in self.places:
            if place.process is None:
                continue
            ended, status = os.waitpid(place.process, os.WNOHANG)
            if ended:
                place.ended()
                log.error("Worker %s ended (%s). Another one takes its place.", ended, _how(status))

    def _stop(self) -> None:
        """Ask all to stop, give them time, and end those who take longer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        self._tell(signal.SIGTERM)
        while any(place.process for place in self.places):
            for place in self.places:
                if place.process and os.waitpid(place.process, os.WNOHANG)[0]:
                    place.process = None
            if any(place.process for place in self.places):
                left = deadline - time.monotonic()
                if left <= 0:
                    self._tell(signal.SIGKILL)
                signal.sigtimedwait({signal.SIGCHLD}, max(0.1, left))

    def _tell(self, number: signal.Signals) -> None:
        for place in self.places:
            if place.process:
                with suppress(ProcessLookupError):
                    os.kill(place.process, number)


def _how(status: int) -> str:
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {os.waitstatus_to_exitcode(status)}"


def serve_with(settings: Settings, sockets: Sequence[socket.socket]) -> None:
    """Prepare the database once, then serve with a worker at each socket until a signal says stop."""
    with shared(settings) as given:
        asyncio.run(_prepare(given))
        workers = Workers(lambda listening: _run(_serve(given, listening, workers.alive[0])))
        workers.run(sockets)


def _run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(work)


async def _prepare(settings: Settings) -> None:
    resources = make(settings)
    try:
        await prepare(resources)
    finally:
        await resources.database.close()


async def _serve(settings: Settings, listening: socket.socket, alive: int) -> None:
    loop = asyncio.get_running_loop()

    def orphaned() -> None:
        loop.remove_reader(alive)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(alive, orphaned)
    await serve(settings, listening=listening)
