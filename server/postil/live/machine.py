"""The bus of several workers on one machine: datagrams between sockets in a folder that is theirs alone."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from postil.live.bus import CarriedBus, Line

MOST_UNHEARD = 10_000


class _MachineLine(asyncio.DatagramProtocol):
    """One socket, named after the process. Whoever is in the folder hears; who is gone leaves it."""

    def __init__(self, own: Path) -> None:
        self.own = own
        self.unheard: asyncio.Queue[str] = asyncio.Queue(MOST_UNHEARD)

    def datagram_received(self, data: bytes, _from: object) -> None:
        with suppress(asyncio.QueueFull):  # a hint lost is healed by the sweep
            self.unheard.put_nowait(data.decode(errors="replace"))

    def error_received(self, _error: Exception) -> None:
        pass

    async def say(self, texts: Sequence[str]) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
            mouth.setblocking(False)
            for ear in tuple(self.own.parent.iterdir()):
                self._say_to(mouth, ear, texts)

    def _say_to(self, mouth: socket.socket, ear: Path, texts: Sequence[str]) -> None:
        try:
            for text in texts:
                mouth.sendto(text.encode(), str(ear))
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
        own = Path(folder) / f"{os.getpid()}-{os.urandom(4).hex()}"
        loop = asyncio.get_running_loop()
        transport, line = await loop.create_datagram_endpoint(
            lambda: _MachineLine(own),
            str(own),
            family=socket.AF_UNIX,
        )
        try:
            yield line
        finally:
            transport.close()
            own.unlink(missing_ok=True)

    return CarriedBus(connect)
