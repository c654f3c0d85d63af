"""Content codings: which of them an asker takes, and what is made in them.

Brotli as it is made at once is as small as gzip, in less than half of the time. Its best form is a sixth smaller and
takes a hundred times as long: it is made beside the loop, of what is read again and again.
"""

import asyncio
import gzip
import os
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial

try:
    import brotli
except ImportError:  # it comes with the extra `fast`
    brotli = None

# The first is taken where the asker likes them all the same.
CODINGS = ("br", "gzip") if brotli else ("gzip",)
# No browser says more than thirty characters. Who says much is answered plainly.
LONGEST_HEADER = 200
# The best form is made of no more: its time and memory grow with the text.
MOST_AT_BEST = 256 * 1024
# After each it rests so many times as long as it worked: a tenth of a processor at most, whatever is read and written.
REST = 9

_TAKEN = re.compile(r"\s*([a-z*-]+)\s*(?:;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?", re.IGNORECASE)


@lru_cache(64)
def choose(accepts: str, offered: tuple[str, ...] = CODINGS) -> str:
    """The coding for an `Accept-Encoding` (RFC 9110, 12.5.3): of those it takes the one it weighs most; "" for none,
    or where it would rather have the plain bytes.
    """
    if len(accepts) > LONGEST_HEADER:
        return ""
    weights = {}
    for part in accepts.split(","):
        if said := _TAKEN.fullmatch(part):
            weights[said[1].lower()] = float(said[2] or 1)
    others = weights.get("*", 0.0)
    best = max(offered, key=lambda coding: weights.get(coding, others))
    weight = weights.get(best, others)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else ""


def pack(coding: str, content: bytes) -> bytes:
    """At once, on the loop."""
    if coding == "br":
        packed: bytes = brotli.compress(content, quality=2)
        return packed
    return gzip.compress(content, 5, mtime=0)


def pack_best(content: bytes) -> bytes:
    packed: bytes = brotli.compress(content, quality=11)
    return packed


class Press:
    """Makes the best form of one content at a time, while the loop goes on, and rests in between."""

    def __init__(self, make: Callable[[bytes], bytes] = pack_best) -> None:
        self._make, self._is_free = make, True
        self._beside = ThreadPoolExecutor(1, "press", _give_way)

    def offer(self, content: bytes, take: Callable[[bytes], None]) -> None:
        """Make it now, and have it taken on the loop; or not at all: what is read much is offered again."""
        if not self._is_free or len(content) > MOST_AT_BEST:
            return
        self._is_free = False
        loop = asyncio.get_running_loop()
        began = loop.time()  # whoever works may well be done before this thread goes on
        made = loop.run_in_executor(self._beside, self._make, content)
        made.add_done_callback(partial(self._done, began, take))

    def _done(self, began: float, take: Callable[[bytes], None], made: asyncio.Future[bytes]) -> None:
        loop = made.get_loop()
        loop.call_later(REST * (loop.time() - began), self._rested)
        if not made.cancelled():
            take(made.result())

    def _rested(self) -> None:
        self._is_free = True


def _give_way() -> None:
    """Where there is one processor, the loop goes before. On Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
