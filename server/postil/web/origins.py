"""Which page a browser says it is on: the `Origin` header, compared whole and never by prefix or suffix. And the cookie
that our own pages have.
"""

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers

from postil.errors import OriginRefused
from postil.urls import exact_origin

# The prefix binds it to this very host, to TLS (or this machine) and to the whole of it: no neighbour can set one.
COOKIE = "__Host-postil"
# What staff are known by, as OpenAPI says it.
KEYS = {
    "securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
}

IsRegistered = Callable[[str], Awaitable[bool]]


def origin_in(headers: Headers) -> str | None:
    """The request's origin; None where no browser sent one.

    Raises OriginRefused for "null" (a sandboxed frame, a file, a data: URL), two headers, and every spelling that is
    not a browser's own.
    """
    sent = headers.getlist("origin")
    if not sent:
        return None
    origin = exact_origin(sent[0]) if len(sent) == 1 else None
    if origin is None:
        raise OriginRefused()
    return origin


async def registered_origin(headers: Headers, is_registered: IsRegistered) -> str | None:
    """The request's origin, known to be a site's; None where no browser sent one. Raises OriginRefused.

    That it is the origin of *the page's* site is for the caller to ask. The socket's handshake asks here too: CORS
    does not guard it.
    """
    origin = origin_in(headers)
    if origin is not None and not await is_registered(origin):
        raise OriginRefused()
    return origin
