"""Who is asking, and of which site: the one way from a request to a Viewer.

Reading finds the site from the page's URL, or from what is named; anybody may. Writing, and reading as staff,
needs an Origin of that very site, or a token of ours where there is no browser. Of another site nothing is told
but that it is not found.
"""

from starlette.requests import HTTPConnection

from postil.auth.guests import author_key
from postil.auth.staff import staff_viewer
from postil.db import Snapshot
from postil.errors import NotFound, OriginRefused, Unauthorized
from postil.models import Site
from postil.resources import Resources
from postil.sites import site_of
from postil.urls import origin_of, parse_origin
from postil.viewer import Scope, Viewer
from postil.web.addresses import network_of
from postil.web.limits import Limiter
from postil.web.origins import origin_in


def resources(connection: HTTPConnection) -> Resources:
    held: Resources = connection.app.state.resources
    return held


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


async def reader_of(
    snapshot: Snapshot, request: HTTPConnection, url: str, author: str | None = None, authorization: str | None = None
) -> Viewer:
    """Who reads a page. NotFound where no site has the URL's origin."""
    site = await site_of(snapshot, origin_of(url))
    if site is None:
        raise NotFound("No site here has this page's address. Its owner can add it with `postil site add`.")
    return await _viewer(snapshot, request, site.id, author, authorization)


async def staff_reader(snapshot: Snapshot, request: HTTPConnection, authorization: str | None = None) -> Viewer | None:
    """Who reads something named by id: staff of a site, where a token says so, else anybody."""
    viewer = await staff_viewer(snapshot, bearer(authorization))
    if viewer is not None:
        await _same_site(snapshot, request, viewer)
    return viewer


async def writer_of(
    snapshot: Snapshot, request: HTTPConnection, author: str | None = None, authorization: str | None = None
) -> Viewer:
    """Who writes: from a page of a site, by its Origin; or by a staff token alone, outside of browsers."""
    site = await _site_of_origin(snapshot, request)
    if site is not None:
        return await _viewer(snapshot, request, site.id, author, authorization)
    viewer = await staff_viewer(snapshot, bearer(authorization), author_key(author))
    if viewer is None:
        raise OriginRefused("Writing needs the Origin of the site's own page, or a token.")
    await _same_site(snapshot, request, viewer)
    return viewer


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
