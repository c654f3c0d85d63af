"""The bus of several workers on one machine: datagrams between sockets in a folder that is theirs alone."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from postil.live.bus import MOST_BYTES, CarriedBus, Line

MOST_UNHEARD = 10_000


class _MachineLine:
    """One socket in the folder. Whoever has one there hears; who is gone leaves it."""

    def __init__(self, own: Path) -> None:
        self.own = own
        self.unheard: asyncio.Queue[str] = asyncio.Queue(MOST_UNHEARD)
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.setblocking(False)
        self.ear.bind(str(own))

    def hear(self) -> None:
        """Take what has come; what is too much is lost, and the sweep heals it."""
        with suppress(BlockingIOError, asyncio.QueueFull):
            while True:
                self.unheard.put_nowait(self.ear.recv(2 * MOST_BYTES).decode(errors="replace"))

    async def say(self, texts: Sequence[str]) -> None:
        for ear in tuple(self.own.parent.iterdir()):
            self._say_to(ear, texts)

    def _say_to(self, ear: Path, texts: Sequence[str]) -> None:
        try:
            for text in texts:
                self.ear.sendto(text.encode(), str(ear))
        except ConnectionRefusedError:
            ear.unlink(missing_ok=True)  # whose it was has ended without taking it along
        except OSError:
            pass  # gone meanwhile, or so far behind that it must sweep

    async def heard(self) -> AsyncIterator[str]:
        while True:
            yield await self.unheard.get()


def machine_bus(folder: str) -> CarriedBus:
    """A bus for the processes that name the same folder; it is made where it is not."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Line]:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        line = _MachineLine(Path(folder) / f"{os.getpid()}-{os.urandom(4).hex()}")
        # Not a datagram endpoint of the loop: uvloop has none for sockets of a machine.
        loop = asyncio.get_running_loop()
        loop.add_reader(line.ear, line.hear)
        try:
            yield line
        finally:
            loop.remove_reader(line.ear)
            line.ear.close()
            line.own.unlink(missing_ok=True)

    return CarriedBus(connect)
