"""What a socket waits by, for one listener and few senders. asyncio's own queue and event do the same for many, and
would take four kilobytes of each idle socket.
"""

import asyncio
from typing import Any


class Inbox:
    """What a reader said, in order, for the one task that listens."""

    __slots__ = ("_listener", "_messages")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._listener: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return not self._messages

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._listener is not None and not self._listener.done():
            self._listener.set_result(None)

    async def get(self) -> Any:
        while not self._messages:
            self._listener = asyncio.get_running_loop().create_future()
            try:
                await self._listener
            finally:
                self._listener = None
        return self._messages.pop(0)


class Gate:
    """Open or shut; wait() until it is open."""

    __slots__ = ("_waiting", "is_open")

    def __init__(self) -> None:
        self.is_open = True
        self._waiting: list[asyncio.Future[None]] = []

    def is_set(self) -> bool:
        return self.is_open

    def clear(self) -> None:
        self.is_open = False

    def set(self) -> None:
        self.is_open = True
        for each in self._waiting:
            if not each.done():
                each.set_result(None)

    async def wait(self) -> None:
        while not self.is_open:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                await future
            finally:
                self._waiting.remove(future)
