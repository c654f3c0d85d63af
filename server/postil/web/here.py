"""The door of readers without JavaScript: from an article to its discussion, by the address that they come from."""

from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import reading
from postil.db import Snapshot
from postil.discussion import PageRef
from postil.errors import NotFound
from postil.names import clean_text
from postil.urls import BadUrl, page_key, page_url
from postil.web import discussions, door, guests, threads, writing
from postil.web.articles import Article, Articles
from postil.web.rooms import Room

_NO_ARTICLE = "Come from the article whose discussion you want to read: its link knows the way."


@threads.page
async def show(request: Request) -> Response:
    """Lead to the discussion of the page that linked here (Referer), or of `url`; where nobody has written on it yet,
    show the form to do so, and also where somebody wants a section that is not there yet (`new`).
    """
    await door.hit(request, "read")
    room = await _room(request, request.query_params.get("url") or request.headers.get("referer", ""))
    is_new = "new" in request.query_params
    if not is_new and (found := await _known(request, room)):
        return RedirectResponse(found, 303, threads.PRIVATE)
    room = _furnished(room, await _look(request, room))
    # The owner may know it by a key of his own.
    if not is_new and (found := await _known(request, room)):
        return RedirectResponse(found, 303, threads.PRIVATE)
    return writing.show(request, room)


@threads.page
async def post(request: Request) -> Response:
    """The first comment on a page."""
    room = await _room(request, request.query_params.get("url", ""))
    room = _furnished(room, await _look(request, room))

    async def find(_request: Request, _snapshot: Snapshot) -> Room:
        return room

    return await writing.compose(request, find)


async def _room(request: Request, url: str) -> Room:
    """An article as a room to write in; NotFound where no site has its origin."""
    try:
        address, key = page_url(url), page_key(url)
        async with door.resources(request).database.read() as snapshot:
            viewer = await door.reader_of(snapshot, request, address)
            author = await reading.find_author(snapshot, replace(viewer, author_key=guests.key_of(request)))
    except (BadUrl, NotFound) as error:
        raise NotFound(_NO_ARTICLE) from error
    action = f"/here?{urlencode({'url': address})}"
    return Room(viewer.site, PageRef(key, address), action, address, name=author.name if author else "")


async def _look(request: Request, room: Room) -> Article:
    seen: Articles = request.app.state.articles
    return await seen.look(request, room.site, room.page.url)


def _furnished(room: Room, article: Article) -> Room:
    """The room with what its site says of the article."""
    page = PageRef(article.key or room.page.key, room.page.url, clean_text(article.title, 300))
    return replace(room, page=page, outline=article.outline, choices=article.headings)


async def _known(request: Request, room: Room) -> str | None:
    """Where the page's discussion stands, as far as this guest may know that there is one."""
    async with door.resources(request).database.read() as snapshot:
        page = await reading.find_page(snapshot, room.site, room.page.key)
        try:
            return (await discussions.read(request, snapshot, page, guests.key_of(request))).path if page else None
        except NotFound:
            return None
