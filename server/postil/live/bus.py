"""The bus carries hints between those who change pages and those who watch them: never content (house, law 2).

A lost hint is harmless, the hub's sweep heals it; so any engine that can say "look again" will do.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from postil.db import News

Listener = Callable[[News], None]


class Bus(Protocol):
    """The port. Listeners are plain functions that must not block: they wake somebody and return."""

    async def publish(self, hints: Sequence[News]) -> None:
        """Tell every listener, in this process and (where there are any) in others. After the commit only."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every hint from now on; call what is returned to stop."""


class MemoryBus:
    """One process tells itself."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    async def publish(self, hints: Sequence[News]) -> None:
        for hint in hints:
            for listener in tuple(self._listeners):
                listener(hint)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
