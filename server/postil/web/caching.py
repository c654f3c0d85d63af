"""Answers that revalidate: an ETag over the bytes, a 304 where the asker has them, packed where it pays.

The public windows of a section are kept as bytes, under the section's revision: a post empties one section's windows
and no other's. What is kept never needs to be taken away for a change, only for room.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from starlette.requests import Request

from postil.web.api import Reply
from postil.web.codings import CODINGS, choose, pack

if TYPE_CHECKING:
    from asyncio import Future

    from postil.windows import Stamp

# Below this the header costs more than compression saves.
WORTH_PACKING = 600
# So many readers more, and the best form is asked for once more: the press may have been at work on another.
OFTEN = 4
# A few thousand windows of 50 comments: more than the pages that are being read at any time.
MOST_BYTES = 32 * 1024 * 1024


class Prepared:
    """An answer as it goes out: plain, packed in a coding once somebody asks for it, its name. The name is weak, and
    that of all forms: a better one may take a form's place.
    """

    __slots__ = ("_packed", "_reads", "content", "etag", "is_best", "sent", "size")

    def __init__(self, content: bytes, etag: str) -> None:
        self.content, self.etag = content, etag
        self.sent: dict[str, Any] = {}  # as it went out before, by form (web/front.py)
        self._packed: dict[str, bytes] = {}
        self._reads, self.is_best = 0, False
        # What is packed later is smaller than what it is made of: so much is counted from the beginning.
        self.size = len(content) * (1 + len(CODINGS) if len(content) >= WORTH_PACKING else 1)

    def coding(self, accepts: str) -> str:
        """The coding for an asker's `Accept-Encoding`; "" for the plain bytes."""
        return choose(accepts) if len(self.content) >= WORTH_PACKING else ""

    def form(self, coding: str) -> bytes:
        if not coding:
            return self.content
        packed = self._packed.get(coding)
        if packed is None:
            packed = self._packed[coding] = pack(coding, self.content)
        return packed

    def is_worth_more(self) -> bool:
        """Count a reader. Whether there are many, of brotli too, and its best form is not there."""
        self._reads += 1
        return not (self._reads % OFTEN or self.is_best) and "br" in self._packed

    def improve(self, best: bytes) -> None:
        self._packed["br"], self.is_best = best, True
        self.sent.pop("br", None)


class Later(NamedTuple):
    """An answer that is kept under what the database is asked: `find` has it once `asked` is done, or None."""

    asked: "Future[Stamp | None]"
    find: Callable[[], Prepared | None]


def prepare(content: bytes) -> Prepared:
    return Prepared(content, f'W/"{hashlib.sha256(content).hexdigest()[:24]}"')


def unchanged(prepared: Prepared, asked: str) -> bool:
    """Whether the asker's `If-None-Match` names these bytes."""
    return prepared.etag in asked.split(", ")


def headers_of(prepared: Prepared, *, private: bool = False, edge: int = 0) -> dict[str, str]:
    """To be kept and asked about again: `no-cache` with an ETag; staff's answers are nobody else's to keep. `edge`: the
    seconds that a cache between may answer by itself, for which long what is hidden may still be read.
    """
    control = "private, no-cache" if private else kept_by(edge) if edge else "no-cache"
    return {"ETag": prepared.etag, "Cache-Control": control, "Vary": "Accept-Encoding, Authorization"}


def kept_by(edge: int) -> str:
    """Fresh and stale together are `edge` seconds: while it is stale, one asks for all. Browsers ask each time."""
    stale = edge // 2
    told = f"public, max-age=0, s-maxage={edge - stale}"
    return f"{told}, stale-while-revalidate={stale}" if stale else told


def _edge_of(request: Request) -> int:
    """How long this answer may be kept in between: by nobody where somebody in particular asks, or is counted."""
    asked = request.headers
    if request.method not in ("GET", "HEAD") or "authorization" in asked or "cookie" in asked:
        return 0
    seconds: int = request.app.state.resources.settings.edge_seconds
    return 0 if "visit" in request.query_params else seconds


def answer(request: Request, prepared: Prepared, *, private: bool = False) -> Reply[Any]:
    """Bytes as they are asked for: not at all where the asker has them, and compressed where he takes it."""
    headers = headers_of(prepared, private=private, edge=_edge_of(request))
    if unchanged(prepared, request.headers.get("if-none-match", "")):
        return Reply(None, 304, headers)
    coding = prepared.coding(request.headers.get("accept-encoding", ""))
    return Reply(prepared.form(coding), headers=headers | ({"Content-Encoding": coding} if coding else {}))


def fresh(request: Request, content: bytes, *, private: bool = False) -> Reply[Any]:
    """The answer made of bytes that were not kept."""
    return answer(request, prepare(content), private=private)


class Sized(Protocol):
    @property
    def size(self) -> int: ...


S = TypeVar("S", bound=Sized)


class Kept(Generic[S]):
    """What was made, by key, the least used dropped first where the room (bytes) is used up."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.size = most, 0
        self._answers: OrderedDict[Hashable, S] = OrderedDict()

    def get(self, key: Hashable) -> S | None:
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def keep(self, key: Hashable, made: S) -> S:
        self.drop(key)
        self._answers[key] = made
        self.size += made.size
        while self.size > self.most:
            self.drop(next(iter(self._answers)))
        return made

    def drop(self, key: Hashable) -> None:
        dropped = self._answers.pop(key, None)
        self.size -= dropped.size if dropped else 0
