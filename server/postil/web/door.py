"""Who is asking, and of which site: the one way from a request to a Viewer.

Reading finds the site from the page's URL, or from what is named; anybody may. Writing, and reading as staff,
needs an Origin of that very site, or a token of ours where there is no browser. Of another site nothing is told
but that it is not found.

Staff are known by a token that is shown, or, on our own pages, by a cookie. A browser sends the cookie along with
whatever any page asks of us, so it counts only where the request says that it comes from a page of ours.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from postil import outside
from postil.auth.guests import author_key
from postil.auth.staff import SESSION_SECONDS, cookie_viewer, staff_viewer
from postil.db import Snapshot
from postil.errors import Forbidden, NotFound, OriginRefused, Unauthorized
from postil.models import Site
from postil.resources import Resources
from postil.sites import site_of
from postil.urls import origin_of, parse_origin
from postil.viewer import Scope, Viewer
from postil.web.addresses import network_of
from postil.web.limits import Limiter
from postil.web.origins import COOKIE as COOKIE
from postil.web.origins import origin_in

READS = frozenset({"GET", "HEAD"})
# Where one may be sent after signing in. A browser reads `//x` and `/\x` as another host.
_OWN_PATH = re.compile(r"/moderate(?:[/?][A-Za-z0-9_.~/?&=%+:,|*-]*)?", re.ASCII)


class SignInNeeded(Exception):
    """A page of moderators was asked for by somebody who is not signed in. `next` is where he wanted to go."""

    def __init__(self, next: str) -> None:
        super().__init__(next)
        self.next = next


def resources(connection: HTTPConnection) -> Resources:
    held: Resources = connection.app.state.resources
    return held


def report(connection: HTTPConnection, site: str, comments: Sequence[str]) -> None:
    """Let those who are asked outside know what moderators have decided; nobody waits for it."""
    held = resources(connection)
    line = outside.Line(held.settings.fetch_networks)
    held.errands.start(outside.report_decided(held.database, line, site, comments))


async def hit(connection: HTTPConnection, limit: str, *who: str) -> None:
    """Count against a limit by network, or by whom it names; TooMany beyond it."""
    limiter: Limiter = connection.app.state.limiter
    await limiter.hit(limit, *(who or (network_of(connection.scope),)))


def bearer(authorization: str | None) -> str | None:
    """The token in an Authorization header; Unauthorized for another scheme."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the token as Authorization: Bearer.")
    return token.strip()


def own_path(text: str) -> str | None:
    """`text` where it is the path of a moderators' page here, with its query; else None."""
    return text if len(text) <= 2000 and _OWN_PATH.fullmatch(text) else None


async def on_sign_in_needed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    return RedirectResponse(f"/sign-in?next={quote(error.next, safe='')}", 303, {"Cache-Control": "no-store"})


async def staff_at(snapshot: Snapshot, request: HTTPConnection) -> Viewer | None:
    """Who has signed in, where one of our own pages asks, or nobody's (an address that was typed); else None."""
    return await _by_cookie(snapshot, request) if _is_from_us(request) or _is_typed(request) else None


async def visiting(snapshot: Snapshot, request: HTTPConnection) -> Viewer | None:
    """The same for a page that is opened, also by a link on another site: it changes nothing, and is never framed."""
    if _method(request) in READS and _is_opened(request):
        return await _by_cookie(snapshot, request)
    return await staff_at(snapshot, request)


async def moderator_page(request: Request, snapshot: Snapshot) -> Viewer:
    """Who opened a page of moderators, or sent its form; SignInNeeded where that is nobody."""
    viewer = await visiting(snapshot, request)
    if viewer is None:
        asked = request.scope["path"] + ("?" + request.url.query if request.url.query else "")
        raise SignInNeeded(own_path(asked) or "/moderate" if request.method in READS else "/moderate")
    return viewer


def check_form(request: Request, viewer: Viewer, fields: Mapping[str, list[str]]) -> None:
    """Forbidden unless a form comes from a page of ours that this very session opened. Its field is called `token`."""
    check_own_page(request)
    sent = (fields.get("token") or [""])[0]
    secret = resources(request).database.lineage.secret
    if not hmac.compare_digest(sent.encode(), form_token(viewer.session or "", secret).encode()):
        raise Forbidden("This form is not from this sign-in. Reload the page and try again.")


def form_token(session: str, secret: str) -> str:
    """What a form of this session's pages carries; no other site can know it."""
    return hmac.digest(secret.encode(), f"form\0{session}".encode(), "sha256").hex()[:32]


def check_own_page(request: Request) -> None:
    """Forbidden unless a browser says that one of our own pages sends this."""
    if not _is_from_us(request):
        raise OriginRefused("This can be done on the service's own pages only. Open it there.")


def set_cookie(response: Response, token: str) -> Response:
    """Let this browser bear a session's token to us, and to nobody else."""
    response.set_cookie(COOKIE, token, max_age=SESSION_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
    return response


def drop_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


async def _by_cookie(snapshot: Snapshot, request: HTTPConnection, author: str | None = None) -> Viewer | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    return await cookie_viewer(snapshot, resources(request).database, token, author)


def _is_from_us(request: HTTPConnection) -> bool:
    """Whether a page of ours asks: by the request's Origin, or where it has none by what the browser says of it."""
    origins = request.headers.getlist("origin")
    return origins == [own_origin(request)] if origins else request.headers.get("sec-fetch-site") == "same-origin"


def _is_typed(request: HTTPConnection) -> bool:
    """Whether no page asks: an address that was typed or bookmarked, or a browser too old to say where it is from."""
    site = request.headers.get("sec-fetch-site", "none")
    return site == "none" and "origin" not in request.headers and _method(request) in READS


def _is_opened(request: HTTPConnection) -> bool:
    """Whether a browser goes to this address with a whole window, and can show no other site what it finds."""
    how = (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest"))
    return "origin" not in request.headers and how == ("navigate", "document")


def _method(request: HTTPConnection) -> str:
    return str(request.scope.get("method", "GET"))


async def reader_of(
    snapshot: Snapshot, request: HTTPConnection, url: str, author: str | None = None, authorization: str | None = None
) -> Viewer:
    """Who reads a page. NotFound where no site has the URL's origin."""
    site = await site_of(snapshot, origin_of(url))
    if site is None:
        raise NotFound("No site here has this page's address. Its owner can add it with `postil site add`.")
    return await _viewer(snapshot, request, site.id, author, authorization)


async def staff_reader(snapshot: Snapshot, request: HTTPConnection, authorization: str | None = None) -> Viewer | None:
    """Who reads something named by id: staff of a site, where a token or our cookie says so, else anybody."""
    viewer = await _staff(snapshot, request, authorization)
    if viewer is not None:
        await _same_site(snapshot, request, viewer)
    return viewer


async def writer_of(
    snapshot: Snapshot, request: HTTPConnection, author: str | None = None, authorization: str | None = None
) -> Viewer:
    """Who writes: from a page of a site, by its Origin; staff from our own pages; else by a token, and no browser."""
    if request.headers.getlist("origin") == [own_origin(request)]:
        viewer = await _staff(snapshot, request, authorization, author)
        if viewer is not None and viewer.scope is Scope.FULL:
            return viewer
    site = await _site_of_origin(snapshot, request)
    if site is not None:
        return await _viewer(snapshot, request, site.id, author, authorization)
    viewer = await staff_viewer(snapshot, bearer(authorization), author_key(author))
    if viewer is None:
        raise OriginRefused("Writing needs the Origin of the site's own page, or a token.")
    await _same_site(snapshot, request, viewer)
    return viewer


async def visitor_of(snapshot: Snapshot, request: HTTPConnection, url: str) -> Viewer:
    """Who looks at a page of a site, by what his browser says: its Origin, or, where it asks the service on the page's
    own origin and sends none with a GET, that it does. OriginRefused from anywhere else.
    """
    origin = origin_in(request.headers) or (own_origin(request) if _is_from_us(request) else None)
    site = await site_of(snapshot, origin) if origin else None
    if site is None:
        raise OriginRefused()
    viewer = Viewer(site.id)
    of_site(viewer, await site_of(snapshot, origin_of(url)))
    return viewer


async def staff_of(snapshot: Snapshot, request: HTTPConnection, authorization: str | None) -> Viewer:
    """Who moderates, from the site's page or ours, or with a token alone; Unauthorized for whoever shows nothing."""
    if authorization is None and origin_in(request.headers) is None and await staff_at(snapshot, request) is None:
        raise Unauthorized()
    return await writer_of(snapshot, request, authorization=authorization)


def of_site(viewer: Viewer, site: Site | None) -> None:
    if site is None or site.id != viewer.site:
        raise OriginRefused()


async def _viewer(
    snapshot: Snapshot, request: HTTPConnection, site: str, author: str | None, authorization: str | None
) -> Viewer:
    key = author_key(author)
    viewer = await staff_viewer(snapshot, bearer(authorization), key)
    if viewer is None:
        return Viewer(site, key)
    if viewer.site != site:
        raise Unauthorized("This token is for another site.")
    await _same_site(snapshot, request, viewer)
    return viewer


async def staff_here(snapshot: Snapshot, request: HTTPConnection, authorization: str | None) -> Viewer:
    """Staff who act on our own pages, or with a token outside of browsers; Unauthorized, OriginRefused."""
    if origin_in(request.headers) not in (None, own_origin(request)):
        raise OriginRefused("This can be done on the service's own pages only. Open it there.")
    viewer = await _staff(snapshot, request, authorization)
    if viewer is None:
        raise Unauthorized()
    return viewer


async def _staff(
    snapshot: Snapshot, request: HTTPConnection, authorization: str | None, author: str | None = None
) -> Viewer | None:
    """By the token that is shown; without one by the cookie, where a page of ours asks."""
    if authorization is not None or not _is_from_us(request):
        return await staff_viewer(snapshot, bearer(authorization), author_key(author))
    return await _by_cookie(snapshot, request, author_key(author))


async def _same_site(snapshot: Snapshot, request: HTTPConnection, viewer: Viewer) -> None:
    """A browser that shows a staff token must be on the token's site, or (a full one) on our own pages."""
    origin = origin_in(request.headers)
    if origin is None or (viewer.scope is Scope.FULL and origin == own_origin(request)):
        return
    of_site(viewer, await site_of(snapshot, origin))


async def _site_of_origin(snapshot: Snapshot, request: HTTPConnection) -> Site | None:
    origin = origin_in(request.headers)
    return await site_of(snapshot, origin) if origin else None


def own_origin(request: HTTPConnection) -> str | None:
    return parse_origin(resources(request).settings.url)
