"""A line that may fail: what stands between a service and a server that it needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Proxy:
    """Passes bytes on, until it is told to hold them back or to hang up."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.flows, self.answers = asyncio.Event(), asyncio.Event()
        self.flows.set()
        self.answers.set()
        self.refuses = False
        self.port, self.held = 0, 0
        self._open: set[asyncio.StreamWriter] = set()
        self._lines: set[asyncio.Task[None]] = set()

    def stall(self) -> None:
        """Nothing passes, and nobody is told: as when a cable is pulled."""
        self.flows.clear()

    def hold_answers(self) -> None:
        """What is asked still passes; what is answered does once `answers` is set."""
        self.answers.clear()

    def flow(self) -> None:
        """Pass on again what is new; lines that stalled stay dead, as after a router has forgotten them."""
        self.hang_up()
        self.refuses = False
        self.flows.set()

    def refuse(self) -> None:
        """Hang up on everybody, and on whoever comes."""
        self.refuses = True
        self.hang_up()

    def hang_up(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    def take(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._serve(near, back))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def end(self) -> None:
        """Hang up on everybody, and wait until they are gone."""
        self.flows.set()
        self.answers.set()
        self.hang_up()
        lines = tuple(self._lines)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self.refuses:
            back.transport.abort()
            return
        self._open.add(back)
        try:
            await self.flows.wait()
            far, on = await asyncio.open_connection("127.0.0.1", self.target)
            self._open.add(on)
            try:
                await asyncio.gather(self._pass(near, on), self._pass(far, back, self.answers))
            finally:
                self._forget(on)
        except OSError:
            pass  # the server is away
        finally:
            self._forget(back)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may: asyncio.Event | None = None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self.flows.wait()
                await self._hold(may)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _hold(self, may: asyncio.Event | None) -> None:
        if may is not None and not may.is_set():
            self.held += 1  # answers, at this moment
            await may.wait()
            self.held -= 1

    def _forget(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.close()


@asynccontextmanager
async def proxy(target: int) -> AsyncIterator[Proxy]:
    """A line to a port of this machine."""
    made = Proxy(target)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.end()
