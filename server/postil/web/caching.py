"""Answers that revalidate: an ETag over the bytes, a 304 where the asker has them, gzip where it pays.

The public windows of a section are kept as bytes, under the section's revision: a post empties one section's windows
and no other's. What is kept never needs to be taken away for a change, only for room.
"""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple

from starlette.requests import Request

from postil.web.api import Reply

# Below this the header costs more than compression saves.
WORTH_ZIPPING = 600
# A few thousand windows of 50 comments: more than the pages that are being read at any time.
MOST_BYTES = 32 * 1024 * 1024


class Prepared(NamedTuple):
    """An answer as it goes out: plain, compressed (empty where it does not pay), and its name."""

    content: bytes
    zipped: bytes
    etag: str

    @property
    def size(self) -> int:
        return len(self.content) + len(self.zipped)


def prepare(content: bytes) -> Prepared:
    etag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    return Prepared(content, gzip.compress(content, 5, mtime=0) if len(content) >= WORTH_ZIPPING else b"", etag)


def answer(request: Request, prepared: Prepared, *, private: bool = False) -> Reply[Any]:
    """To be kept and asked about again: `no-cache` with an ETag; staff's answers are nobody else's to keep."""
    headers = {"ETag": prepared.etag, "Cache-Control": "private, no-cache" if private else "no-cache"}
    headers["Vary"] = "Accept-Encoding, Authorization"
    if prepared.etag in request.headers.get("if-none-match", "").split(", "):
        return Reply(None, 304, headers)
    if prepared.zipped and "gzip" in request.headers.get("accept-encoding", ""):
        return Reply(prepared.zipped, headers=headers | {"Content-Encoding": "gzip"})
    return Reply(prepared.content, headers=headers)


def fresh(request: Request, content: bytes, *, private: bool = False) -> Reply[Any]:
    """The answer made of bytes that were not kept."""
    return answer(request, prepare(content), private=private)


class Kept:
    """Prepared answers by key, the least used dropped first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.size = most, 0
        self._answers: OrderedDict[Hashable, Prepared] = OrderedDict()

    def get(self, key: Hashable) -> Prepared | None:
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def keep(self, key: Hashable, prepared: Prepared) -> Prepared:
        before = self._answers.pop(key, None)
        self._answers[key] = prepared
        self.size += prepared.size - (before.size if before else 0)
        while self.size > self.most:
            _, dropped = self._answers.popitem(last=False)
            self.size -= dropped.size
        return prepared
