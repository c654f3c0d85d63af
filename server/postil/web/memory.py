"""In-process windows for the `limits` library, bounded. Imported with that library, when the first limit is asked.

The library's own async memory walks over all of its keys, a thread hop each, after every single hit: with 5,000
readers one request cost 1.1 s of CPU (limits 5.8.0, measured 2026-11-22). Here a hit costs its own window.
"""

import time
from collections import OrderedDict, deque

from limits.aio.storage import MemoryStorage

MAX_KEYS = 20_000  # an idle one is about 800 bytes; only somebody with as many networks gets there


class Memory(MemoryStorage):
    """Moving windows by key. Where there are too many keys, the one unused for longest is forgotten.

    To be forgotten is to start afresh, which costs MAX_KEYS requests, each from a network of its own.
    """

    STORAGE_SCHEME = ["postil+memory"]  # noqa: RUF012 - so the library asks for it

    def __init__(self) -> None:
        super().__init__()
        self.windows: OrderedDict[str, deque[float]] = OrderedDict()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        return self.take(key, limit, expiry, amount)

    def take(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Whether `amount` more fit into the key's window; if so they are counted."""
        now = time.time()
        window = self._window(key, now - expiry)
        if len(window) + amount > limit:
            return False
        window.extend([now] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the window's oldest hit was (epoch seconds), and how many there are."""
        return self.oldest(key, expiry), len(self._window(key, time.time() - expiry))

    def oldest(self, key: str, expiry: int) -> float:
        """When the oldest hit in the key's window was, in epoch seconds; now, where there is none."""
        now = time.time()
        window = self._window(key, now - expiry)
        return window[0] if window else now

    def _window(self, key: str, since: float) -> deque[float]:
        window = self.windows.setdefault(key, deque())
        self.windows.move_to_end(key)
        while window and window[0] <= since:
            window.popleft()
        if len(self.windows) > MAX_KEYS:
            self.windows.popitem(last=False)
        return window
