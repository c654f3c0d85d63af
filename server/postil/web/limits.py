"""How often what may be done: a table with its reasons.

One process counts for itself. Where Redis carries the hints, all count together, but for floods of reads.
"""

import asyncio
import logging
import math
import time
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from postil.errors import TooMany

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.strategies import MovingWindowRateLimiter

    from postil.web.memory import Memory

log = logging.getLogger("postil")

# These guard a process against a flood, and come too often to ask elsewhere.
OF_ONE_PROCESS = frozenset({"read", "outline", "socket", "views"})
# Redis that takes longer is as good as away; then each process counts for itself for a while before it asks again.
SHARED_SECONDS, ALONE_SECONDS = 0.5, 10.0


class Limit(NamedTuple):
    rates: str  # as the limits library reads them; all of them hold
    reason: str


# By author is by token: free to make, so each such limit stands beside one by network, wide enough for a school.
LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "post": Limit("6/minute;60/hour", "a lively reader; by author"),
        "post_network": Limit("30/minute;300/hour", "a school behind one address; by network"),
        "preview": Limit("30/minute;300/hour", "looking again after each change, for a class of writers; by network"),
        "edit": Limit("20/minute", "fixing typing errors, and removing; by author"),
        "edit_network": Limit("60/minute", "by network"),
        "react": Limit("60/minute", "reading a long thread with pleasure; by author"),
        "react_network": Limit("240/minute", "by network"),
        "flag": Limit("10/minute;50/day", "each one costs a moderator's time; by author"),
        "flag_network": Limit("30/minute;200/day", "by network"),
        "moderate": Limit("240/minute", "clearing a queue by keyboard; by moderator"),
        "publish": Limit("1200/minute", "a build of a thousand pages, one after the other; by network"),
        "refresh": Limit("20/minute;200/hour", "each has the server fetch a page; by moderator"),
        "sign_in": Limit("10/minute;60/hour", "one-time codes must not be guessed; by network"),
        "sign_in_account": Limit(
            "10/minute;30/hour", "passwords and digits must not be guessed; by address or account"
        ),
        "views": Limit("60/minute", "one for each page and day is what a browser sends; by network"),
        "outline": Limit("30/minute", "an outline is matched anew, the dearest of reads; by network"),
        "fetch": Limit("20/minute;200/hour", "each may have the server look at an article; by network"),
        "read": Limit("600/minute", "ten a second: a class of readers polling; by network"),
        "socket": Limit("60/minute", "reconnects after a restart, for a class of readers; by network"),
    }
)


class Limiter:
    """Counts hits by limit and by whom. `scale` stretches all amounts; `enabled=False` is for load tests; `shared` is
    the redis:// URL where processes count together.
    """

    def __init__(self, *, enabled: bool = True, scale: float = 1.0, shared: str = "") -> None:
        self.enabled, self.scale, self.shared = enabled, scale, shared
        self._alone_until = 0.0
        self._redis: Any = None  # the library types no way to close its storage

    async def hit(self, name: str, *who: str) -> None:
        """Count one `name` (a key of LIMITS) by `who`; TooMany where that is more than its limit, with the wait."""
        if not await self._hit_together(name, *who):
            self._count(name, *who)

    def _count(self, name: str, *who: str) -> None:
        """hit(), counted by this process for itself."""
        limit = LIMITS[name]
        if not self.enabled:
            return
        for item in self._items[limit.rates]:
            if not self._take(item, name, *who):
                raise TooMany(self._wait(item, name, *who))

    async def _hit_together(self, name: str, *who: str) -> bool:
        """Whether it was counted where the others count; TooMany."""
        limit = LIMITS[name]
        if not (self.enabled and self.shared) or name in OF_ONE_PROCESS or self._alone_until > time.monotonic():
            return False
        try:
            for item in self._items[limit.rates]:
                async with asyncio.timeout(SHARED_SECONDS):
                    wait = await _counted(self._shared_windows, item, name, *who)
                if wait:
                    raise TooMany(wait)
        except (_storage_error(), OSError) as error:
            self._alone_until = time.monotonic() + ALONE_SECONDS
            log.warning("Limits are counted for each process alone: Redis did not answer (%s).", error)
            return False
        return True

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.bridge.get_connection().aclose()

    def try_hit(self, name: str, *who: str) -> bool:
        """The same by one rate; False, and nothing counted, where it is more than its limit."""
        (item,) = self._items[LIMITS[name].rates]
        return self._take(item, name, *who)

    def _take(self, item: "RateLimitItem", *key: str) -> bool:
        return self._memory.take(item.key_for(*key), item.amount, item.get_expiry())

    def _wait(self, item: "RateLimitItem", *key: str) -> int:
        reset = self._memory.oldest(item.key_for(*key), item.get_expiry()) + item.get_expiry()
        return max(1, math.ceil(reset - time.time()))

    @cached_property
    def _shared_windows(self) -> "MovingWindowRateLimiter":
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import MovingWindowRateLimiter

        # TimeoutError of ours, not of the driver, ends what takes too long.
        self._redis = RedisStorage(f"async+{self.shared}", True, "redispy", "postil")
        return MovingWindowRateLimiter(self._redis)

    @cached_property
    def _memory(self) -> "Memory":
        # Imported here: the library takes 0.2 s, and the command line rarely wants it.
        from postil.web.memory import Memory

        return Memory()

    @cached_property
    def _items(self) -> dict[str, list["RateLimitItem"]]:
        from limits import parse_many

        return {limit.rates: [self._scaled(item) for item in parse_many(limit.rates)] for limit in LIMITS.values()}

    def _scaled(self, item: "RateLimitItem") -> "RateLimitItem":
        return type(item)(max(1, round(item.amount * self.scale)), item.multiples)


async def _counted(windows: "MovingWindowRateLimiter", item: "RateLimitItem", *key: str) -> int:
    """0 where it is let in, and counted; else the seconds to wait."""
    if await windows.hit(item, *key):
        return 0
    reset = (await windows.get_window_stats(item, *key)).reset_time
    return max(1, math.ceil(reset - time.time()))


def _storage_error() -> type[Exception]:
    from limits.errors import StorageError

    return StorageError
