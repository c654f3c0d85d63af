"""How often what may be done: a table with its reasons. One process counts for itself."""

import math
import time
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from postil.errors import TooMany

if TYPE_CHECKING:
    from limits import RateLimitItem

    from postil.web.memory import Memory


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
    """Counts hits by limit and by whom. `scale` stretches all amounts; `enabled=False` is for load tests."""

    def __init__(self, *, enabled: bool = True, scale: float = 1.0) -> None:
        self.enabled, self.scale = enabled, scale

    async def hit(self, name: str, *who: str) -> None:
        """Count one `name` (a key of LIMITS) by `who`; TooMany where that is more than its limit, with the wait."""
        self.count(name, *who)

    def count(self, name: str, *who: str) -> None:
        """hit() where nothing can be awaited."""
        limit = LIMITS[name]
        if not self.enabled:
            return
        for item in self._items[limit.rates]:
            if not self._take(item, name, *who):
                raise TooMany(self._wait(item, name, *who))

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
