"""What stands before the router: answers that are bytes already go out from here.

Only what a handler has let in is known here, by the very bytes of its address: so whatever an address means, who may
ask and what is refused is decided there and nowhere else. Who shows a token or a cookie is not answered here.
"""

from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from postil.web.addresses import Whereabouts
from postil.web.caching import Later, Prepared, headers_of, unchanged
from postil.web.codings import Press
from postil.web.limits import Limiter
from postil.web.middleware import for_anybody

# Addresses that stand for the same window differ only where somebody plays with them.
MOST_ADDRESSES = 4096
LONGEST_QUERY = 300

Source = Callable[[], Prepared | Later | None]


class Sent(NamedTuple):
    """An answer as ASGI's two messages, and as the bytes that uvicorn makes of them: between `line` and `head` stand
    its own headers.
    """

    start: Message
    end: Message
    line: bytes
    head: bytes
    body: bytes


class Soon(NamedTuple):
    """Who asked for what is known later: Front.end has his answer once `later.asked` is done."""

    later: Later
    scope: Scope
    known: bytes
    takes: bytes


class Front:
    """Addresses whose answer is one for all, each with the function that has it now."""

    def __init__(self, limiter: Limiter, whereabouts: Whereabouts, edge: int = 0) -> None:
        self._limiter, self._whereabouts, self._edge = limiter, whereabouts, edge
        self._press = Press()
        self._sources: OrderedDict[tuple[str, bytes], Source] = OrderedDict()

    def let_in(self, scope: Scope, source: Source) -> None:
        """From now on answer whoever asks for the same address from `source`, as long as it has an answer."""
        if scope["method"] != "GET" or len(scope["query_string"]) > LONGEST_QUERY:
            return
        self._sources[scope["path"], scope["query_string"]] = source
        if len(self._sources) > MOST_ADDRESSES:
            self._sources.popitem(last=False)

    def find(self, scope: Scope) -> Sent | Soon | None:
        """What answers a request; None where the router must, which counts it against the limits then."""
        source = self._sources.get((scope["path"], scope["query_string"]))
        if source is None or scope["method"] != "GET":
            return None
        known = takes = None
        for name, value in scope["headers"]:
            if name == b"authorization" or name == b"cookie":
                return None
            if name == b"if-none-match":
                known = value if known is None else known
            elif name == b"accept-encoding":
                takes = value if takes is None else takes
        found = source()
        if isinstance(found, Later):
            return Soon(found, scope, known or b"", takes or b"")
        return self._say(found, scope, known or b"", takes or b"")

    def end(self, soon: Soon) -> Sent | None:
        """What answers a request that had to wait; None where the router must."""
        return self._say(soon.later.find(), soon.scope, soon.known, soon.takes)

    def _say(self, prepared: Prepared | None, scope: Scope, known: bytes, takes: bytes) -> Sent | None:
        if prepared is None or not self._may_read(scope):
            return None
        if takes and prepared.is_worth_more():
            self._press.offer(prepared.content, prepared.improve)
        return said(prepared, known, takes, self._edge)

    def _may_read(self, scope: Scope) -> bool:
        return not self._limiter.enabled or self._limiter.try_hit("read", self._whereabouts.network(scope))


def said(prepared: Prepared, known: bytes, takes: bytes, edge: int = 0) -> Sent:
    """What caching.answer says, with all the headers that the middleware adds for anybody."""
    if known and unchanged(prepared, known.decode("latin-1")):
        form = "304"
    else:
        form = prepared.coding(takes.decode("latin-1")) if takes else ""
    found: Sent | None = prepared.sent.get(form)
    if found is None:
        found = prepared.sent[form] = _make(prepared, form, edge)
    return found


def _make(prepared: Prepared, form: str, edge: int) -> Sent:
    headers = headers_of(prepared, edge=edge)
    if form == "304":
        response = Response(None, 304, headers)
    else:
        coded = {"Content-Encoding": form} if form else {}
        response = Response(prepared.form(form), 200, headers | coded, "application/json")
    for_anybody(response.headers)
    status, raw, body = HTTPStatus(response.status_code), response.raw_headers, bytes(response.body)
    return Sent(
        {"type": "http.response.start", "status": status.value, "headers": raw},
        {"type": "http.response.body", "body": body},
        f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode(),
        b"".join(b"%b: %b\r\n" % pair for pair in raw) + b"\r\n",
        body,
    )


class BeforeRouter:
    """The outermost of what is asked: behind it stands all the rest."""

    def __init__(self, app: ASGIApp, front: Front) -> None:
        self.app, self.front = app, front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.front.find(scope) if scope["type"] == "http" else None
        if isinstance(found, Soon):
            await found.later.asked
            found = self.front.end(found)
        if found is None:
            return await self.app(scope, receive, send)
        await send(found.start)
        await send(found.end)
