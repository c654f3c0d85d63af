"""The door of readers without JavaScript: from an article to its discussion, by the address that they come from."""

from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import reading
from postil.db import Snapshot
from postil.discussion import PageRef
from postil.errors import NotFound
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.urls import BadUrl, page_key, page_url
from postil.web import discussions, door, guests, threads, writing
from postil.web.rooms import Room

_NO_ARTICLE = "Come from the article whose discussion you want to read: its link knows the way."
# What is known of an article that only a reader without JavaScript has come from: that it is one.
_WHOLE = (OutlineSection(heading="", level=0),)


@threads.page
async def show(request: Request) -> Response:
    """Lead to the discussion of the page that linked here (Referer), or of `url`; where nobody has written on it yet,
    show the form to do so.
    """
    await door.hit(request, "read")
    url = request.query_params.get("url") or request.headers.get("referer", "")
    async with door.resources(request).database.read() as snapshot:
        room = await _room(request, snapshot, url)
        if found := await _known(request, snapshot, room):
            return RedirectResponse(found, 303, threads.PRIVATE)
    return writing.show(request, room)


@threads.page
async def post(request: Request) -> Response:
    """The first comment on a page."""

    async def find(request: Request, snapshot: Snapshot) -> Room:
        return await _room(request, snapshot, request.query_params.get("url", ""))

    return await writing.compose(request, find)


async def _room(request: Request, snapshot: Snapshot, url: str) -> Room:
    """An article as a room to write in; NotFound where no site has its origin."""
    try:
        viewer = await door.reader_of(snapshot, request, page_url(url))
    except (BadUrl, NotFound) as error:
        raise NotFound(_NO_ARTICLE) from error
    site = replace(viewer, author_key=guests.key_of(request))
    author = await reading.find_author(snapshot, site)
    outline = Seen(outline_hash(_WHOLE), _WHOLE)
    return Room(
        site.site,
        PageRef(page_key(url), page_url(url)),
        f"/here?{urlencode({'url': page_url(url)})}",
        page_url(url),
        outline=outline,
        name=author.name if author else "",
    )


async def _known(request: Request, snapshot: Snapshot, room: Room) -> str | None:
    """Where the page's discussion stands, as far as this guest may know that there is one."""
    page = await reading.find_page(snapshot, room.site, room.page.key)
    if page is None:
        return None
    try:
        return (await discussions.read(request, snapshot, page, guests.key_of(request))).path
    except NotFound:
        return None
