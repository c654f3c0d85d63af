"""CORS and security headers, as plain ASGI: Starlette's BaseHTTPMiddleware buffers and breaks disconnects.

Starlette(middleware=[
    Middleware(KnowNetwork, whereabouts=...),
    Middleware(SecurityHeaders),
    Middleware(Cors, is_registered=...),
    Middleware(problems.Guard),
])
"""

from collections.abc import Collection, Iterable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from postil.errors import OriginRefused, Unavailable
from postil.web.origins import IsRegistered, registered_origin
from postil.web.problems import problem

Line = tuple[bytes, bytes]  # a header, as ASGI has it: the name in lower case

READS = frozenset({"GET", "HEAD"})
PREFLIGHT_SECONDS = 600  # a withdrawn origin is refused on the write itself; this only spares a round trip

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Content-Type, Postil-Author, Authorization",
    "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
}
_EXPOSED = "ETag, Retry-After"
# What a read answers to any origin.
_OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}
# Pages for people, with forms and a cookie of theirs: no other page reads them. They need no CORS.
_PAGES = ("/t/", "/here")

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
# Answers that are no page: if a browser is brought to show one, it runs and loads nothing.
_INERT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


def _lines(headers: Mapping[str, str]) -> list[Line]:
    return Headers(headers).raw


_OF_PAGES = _lines({**_EVERYWHERE, "Content-Security-Policy": _PAGE})
_OF_THE_REST = _lines({**_EVERYWHERE, "Content-Security-Policy": _INERT})


class SecurityHeaders:
    """Adds to every answer what it does not say itself, so that a page can loosen its own policy and no other's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = secured(message["headers"])
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def for_anybody(headers: MutableHeaders) -> None:
    """Add what the middleware adds to a read of the API, whoever asks (web/front.py)."""
    headers.update(_OPEN)
    headers.raw[:] = secured(headers.raw)


def secured(headers: Iterable[Line]) -> list[Line]:
    """The lines of an answer with all that it does not say itself."""
    lines = list(headers)
    said = dict(reversed(lines))  # of two lines with one name the first counts
    default = _OF_PAGES if said.get(b"content-type", b"").startswith(b"text/html") else _OF_THE_REST
    return lines + [line for line in default if line[0] not in said]


class Cors:
    """Reads answer any origin, writes echo the exact origin of a registered site. Never with credentials.

    `open_paths` are reads that need a body, and so come as POST. A browser's write from anywhere else is refused here,
    before anybody has looked at it; what has no Origin is no browser's, and bears a token or nothing.
    """

    def __init__(
        self, app: ASGIApp, is_registered: IsRegistered, open_paths: Collection[str] = ("/v1/outline",)
    ) -> None:
        self.app, self.is_registered, self.open_paths = app, is_registered, frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        asked = headers.get("access-control-request-method") if scope["method"] == "OPTIONS" else None
        try:
            allowed = await self._allowed(asked or scope["method"], scope["path"], headers)
        except (OriginRefused, Unavailable) as refused:
            return await _with(send, {"Vary": "Origin"}, problem(refused), scope, receive)
        if asked is not None:
            return await _with(send, allowed | _PREFLIGHT, Response(status_code=204), scope, receive)
        await self.app(scope, receive, _adding(send, allowed))

    async def _allowed(self, method: str, path: str, headers: Headers) -> dict[str, str]:
        if method in READS and path.startswith(_PAGES):
            return {}
        if method in READS or path in self.open_paths:
            return _OPEN
        origin = await registered_origin(headers, self.is_registered)
        if origin is None or path.startswith(_PAGES):
            return {"Vary": "Origin"}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _EXPOSED,
            "Vary": "Origin",
        }


def added(headers: Iterable[Line], extra: Mapping[str, str]) -> list[Line]:
    """The lines of an answer with `extra`, which says it anew but for Vary: there it is one more."""
    lines, more = list(headers), dict(_lines(extra))
    if b"vary" in more:
        more[b"vary"] = b", ".join([value for name, value in lines if name == b"vary"] + [more[b"vary"]])
    return [line for line in lines if line[0] not in more] + [*more.items()]


async def _with(send: Send, extra: Mapping[str, str], response: Response, scope: Scope, receive: Receive) -> None:
    await response(scope, receive, _adding(send, extra))


def _adding(send: Send, extra: Mapping[str, str]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = added(message["headers"], extra)
        await send(message)

    return send_with_headers
