"""Pages: sections and counts, changes, the viewer's own overlay, views."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from postil import discussion, reading
from postil.answers import (
    ChangesAnswer,
    CountsAnswer,
    OutlineAnswer,
    OwnAnswer,
    PageAnswer,
    ViewsAnswer,
)
from postil.cursors import parse_since
from postil.discussion import PageRef
from postil.names import clean_text
from postil.sites import site_of
from postil.urls import origin_of, page_key, page_url
from postil.web import door
from postil.web.api import Header, Reply
from postil.web.caching import fresh
from postil.web.schemas import Id, Key, OutlineQuestion, PageRefIn, Url, ViewCreate, key_of, owner_key

Author = Annotated[str | None, Header("Postil-Author")]
Staff = Annotated[str | None, Header("Authorization")]
PRIVATE = {"Cache-Control": "no-store"}


def page_ref(page: PageRefIn) -> PageRef:
    return PageRef(key=key_of(page), url=page_url(page.url), title=clean_text(page.title, 300))


def _key(url: str, key: str | None) -> str:
    return owner_key(key) if key else page_key(url)


async def read(
    request: Request,
    url: Url,
    key: Key | None = None,
    outline: Annotated[str | None, Field(max_length=64)] = None,
    authorization: Staff = None,
) -> Reply[PageAnswer]:
    """A page: its sections and counts at one revision, and where they stand in an outline known by its hash."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, url, authorization=authorization)
        answer = await reading.read_page(snapshot, viewer, _key(url, key), outline)
    return fresh(request, answer.encode(), private=viewer.is_staff)


async def place(request: Request, body: OutlineQuestion) -> OutlineAnswer:
    """Which section stands where in an outline. A question that needs a body; it changes nothing."""
    await door.hit(request, "outline")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, body.page.url)
        return await reading.place_outline(snapshot, viewer, key_of(body.page), body.outline.known())


async def changes(
    request: Request,
    url: Url,
    since: str,
    key: Key | None = None,
    section: Annotated[list[Id], Field(max_length=500)] = [],  # noqa: B006 (pydantic copies it)
    authorization: Staff = None,
) -> Reply[ChangesAnswer]:
    """What changed since a cursor: the socket's question, for those whose proxy blocks sockets."""
    await door.hit(request, "read")
    cursor = parse_since(since)
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, url, authorization=authorization)
        answer = await reading.changes(snapshot, viewer, _key(url, key), cursor, frozenset(section) or None)
    return fresh(request, answer.encode(), private=viewer.is_staff)


async def own(request: Request, url: Url, key: Key | None = None, postil_author: Author = None) -> Reply[OwnAnswer]:
    """What only this browser's author is told: his comments in their true states, what he supports and flagged."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, url, postil_author)
        answer = await reading.read_own(snapshot, viewer, _key(url, key))
    return Reply(answer.encode(), headers=PRIVATE)


async def counts(
    request: Request, url: Annotated[list[Url], Field(min_length=1, max_length=50)]
) -> Reply[CountsAnswer]:
    """Comments and views of many pages at once, for a listing."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        sites = {origin: await site_of(snapshot, origin) for origin in {origin_of(each) for each in url}}
        known = [(site.id, page_key(each), each) for each in url if (site := sites[origin_of(each)])]
        answer = CountsAnswer(pages=await reading.count_pages(snapshot, known))
    return fresh(request, answer.encode())


async def see(request: Request, body: ViewCreate) -> ViewsAnswer:
    """Count a view, once for each browser, page and day."""
    await door.hit(request, "views")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request)
        door.of_site(viewer, await site_of(tx, origin_of(body.page.url)))
        return ViewsAnswer(views=await discussion.see(tx, viewer, page_ref(body.page), body.visit))
