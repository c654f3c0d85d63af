"""Thousands of readers who come back when their socket closes, as the widget does (client_widget/src/live.js).

python -m bench.readers PORT COUNT WATCH

It says {"open": seconds} once all of them watch; then takes lines of JSON. {"await": TEXT} is answered {"armed": true}
and, when the last has heard that text, {"last": …} by the clock that all processes share. {"storm": true} is answered
{"armed": true} and, when each was cut off once and watches again, with when each was back, how many attempts failed and
how many at most had been refused so often that a widget would poll.
"""

import asyncio
import json
import random
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bench.load import Listener
from bench.processes import allow_files

# live.js: the most that is waited, how long a socket holds before it is trusted, and refusals after which one polls.
MOST, STEADY, POLLS_AFTER = 30.0, 10.0, 2
# So many try at once, while they first come; what they do in a storm is nobody's to hold back.
AT_ONCE = 50
# A network address may have some 28,000 connections to one port.
FROM_ONE_ADDRESS = 5_000
SINCE = re.compile(rb'"since":"([^"]+)"')


class Socket(Listener):
    """One that knows where it stands, and when it was closed."""

    def __init__(self) -> None:
        super().__init__(b" 101 ")
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.since = b""

    def _hear(self, text: bytes) -> None:
        if b" 101 " not in text and text.startswith(b"HTTP/1.1"):
            self.transport.close()
        if found := SINCE.search(text):
            self.since = found[1]
        super()._hear(text)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.heard.exception()  # whoever waits is told all the same
        if not self.closed.done():
            self.closed.set_result(None)


@dataclass
class Reader:
    port: int
    source: str
    watch: dict[str, Any]
    since: bytes = b""
    socket: Socket | None = None
    refused: int = 0
    tries: int = 0
    failed: int = 0
    was_cut: float = 0.0
    back: float = 0.0
    watches: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Watch, from where this reader stands. OSError."""
        loop = asyncio.get_running_loop()
        to, own = ("127.0.0.1", self.port), (self.source, 0)
        _, socket = await loop.create_connection(Socket, *to, local_addr=own)
        await socket.heard
        since = {"since": self.since.decode()} if self.since else {}
        socket.wait_for(b'"watching"')
        socket.say(json.dumps(self.watch | since))
        await socket.heard
        self.socket, self.back = socket, time.perf_counter()
        self.watches.set()

    async def live(self, gate: asyncio.Semaphore) -> None:
        async with gate:
            await self._try()
        while True:
            await self._until_cut()
            self.tries += 1
            await asyncio.sleep(random.random() * min(MOST, 2.0**self.tries))
            await self._try()

    async def _try(self) -> None:
        try:
            await self.open()
            self.refused = 0
        except OSError:
            self.refused += 1
            self.failed += 1

    async def _until_cut(self) -> None:
        socket = self.socket
        if socket is None:
            return
        await socket.closed
        self.watches.clear()
        self.socket, self.since, self.was_cut = None, socket.since, time.perf_counter()
        if self.was_cut - self.back > STEADY:
            self.tries = 0


async def _be(port: int, count: int, watch: dict[str, Any]) -> None:
    began, gate = time.perf_counter(), asyncio.Semaphore(AT_ONCE)
    readers = [Reader(port, f"127.0.0.{1 + at // FROM_ONE_ADDRESS}", watch) for at in range(count)]
    tasks = [asyncio.create_task(each.live(gate)) for each in readers]
    await asyncio.gather(*(each.watches.wait() for each in readers))
    _tell({"open": time.perf_counter() - began})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        _tell(await (_heard(readers, asked["await"]) if "await" in asked else _returned(readers)))
    for task in tasks:
        task.cancel()


async def _heard(readers: list[Reader], text: str) -> dict[str, Any]:
    open_now = [each.socket for each in readers if each.socket is not None]
    for socket in open_now:
        socket.wait_for(text.encode())
    _tell({"armed": True})
    return {"last": max(await asyncio.gather(*(socket.heard for socket in open_now))), "count": len(open_now)}


async def _returned(readers: list[Reader]) -> dict[str, Any]:
    for each in readers:
        each.was_cut, each.failed = 0.0, 0
    polling = 0
    _tell({"armed": True})
    while not all(each.was_cut and each.watches.is_set() for each in readers):
        polling = max(polling, sum(each.refused >= POLLS_AFTER for each in readers))
        await asyncio.sleep(0.1)
    back = sorted(each.back for each in readers)
    return {"back": back, "failed": sum(each.failed for each in readers), "polling": polling}


def _tell(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    allow_files()
    with suppress(KeyboardInterrupt):
        asyncio.run(_be(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])))
