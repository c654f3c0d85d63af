"""Pages: sections and counts, changes, the viewer's own overlay, views."""

from contextlib import suppress
from typing import Annotated, NamedTuple

from pydantic import Field
from starlette.requests import Request

from postil import discussion, moving, overlay, promotion, reading
from postil.answers import (
    ChangesAnswer,
    CountsAnswer,
    OwnAnswer,
    PageAnswer,
    RecentAnswer,
    ViewsAnswer,
)
from postil.cursors import parse_since
from postil.db import Snapshot, Transaction
from postil.discussion import PageRef
from postil.errors import OriginRefused, TooMany, Unavailable
from postil.languages import Language, Languages
from postil.moving import Address
from postil.names import clean_text
from postil.places import standing
from postil.recent import MOST_RECENT, Stretch, read_recent
from postil.sites import site_of
from postil.urls import origin_of, owner_key, page_key, page_url
from postil.viewer import Viewer
from postil.web import door
from postil.web.addresses import wide_network_of
from postil.web.api import Header, Reply
from postil.web.body import MAX_OUTLINE, Most
from postil.web.caching import Kept, Prepared, answer, fresh, prepare
from postil.web.schemas import Id, Key, Lang, OutlineQuestion, PageRefIn, Url, ViewCreate, Visit, key_of

Author = Annotated[str | None, Header("Postil-Author")]
Staff = Annotated[str | None, Header("Authorization")]
PRIVATE = {"Cache-Control": "no-store"}


def page_ref(page: PageRefIn) -> PageRef:
    return PageRef(key=key_of(page), url=page_url(page.url), title=clean_text(page.title, 300))


def _key(url: str, key: str | None) -> str:
    return owner_key(key) if key else page_key(url)


Shown = Annotated[str | None, Field(max_length=64)]


async def read(
    request: Request,
    url: Url,
    key: Key | None = None,
    outline: Shown = None,
    lang: Lang | None = None,
    visit: Visit | None = None,
    authorization: Staff = None,
) -> Reply[PageAnswer]:
    """A page: its sections and counts at one revision, and where they stand in an outline known by its hash; with the
    words of its rows in the language asked for. `visit` counts a view along with it.
    """
    await door.hit(request, "read")
    if visit is not None:
        ref = PageRef(key=_key(url, key), url=page_url(url), title="")
        await _count_along(request, ref, visit, await _if_known(request, ref, outline))
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, url, authorization=authorization)
        prepared = await _page(request, snapshot, viewer, _key(url, key), Look(outline, _language(request, lang)))
    return answer(request, prepared, private=viewer.is_staff)


class Look(NamedTuple):
    """How a page is asked for: as which outline shows it, in whose words, and whether to tell the outline's hash."""

    outline: str | None
    language: Language | None
    nameless: bool = False


def _language(request: Request, lang: str | None) -> Language | None:
    languages: Languages = request.app.state.languages
    return None if lang is None else languages.pick(lang)


async def _page(request: Request, snapshot: Snapshot, viewer: Viewer, key: str, look: Look) -> Prepared:
    """A page's answer; for readers it is kept, under all that it depends on, by the outline's hash."""
    kept: Kept[Prepared] = request.app.state.kept
    page = await reading.find_page(snapshot, viewer.site, key)
    outline, asked = look.outline, (look.language.name if look.language else None, look.nameless)
    name = (page.id, page.anchors, page.public_revision, page.views, page.key, outline, asked) if page else None
    outlines = door.resources(request).outlines
    at_hand = page is not None and (outline is None or outlines.has(page, outline))
    if name and at_hand and not viewer.is_staff and (ready := kept.get(name)):
        return ready
    places = await outlines.places(snapshot, page, outline) if page and outline else None
    known = outline is None or places is not None
    found = await reading.read_page(snapshot, viewer, key, page, places, known=known)
    if look.language is not None:
        found.lang, found.dir, found.words = look.language
    if look.nameless:
        found.hash = outline
    told = prepare(found.encode())
    if name and known and not viewer.is_staff:
        kept.keep(name, told)
    return told


async def place(
    request: Request, body: Annotated[OutlineQuestion, Most(MAX_OUTLINE)], authorization: Staff = None
) -> Reply[PageAnswer]:
    """The page as an outline shows it, sent whole because its hash was not known, here or there. It is remembered for
    those who were shown the same, and for nobody else.
    """
    await door.hit(request, "outline")
    seen, key = body.outline.seen(), key_of(body.page)
    held = door.resources(request)
    async with held.database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, body.page.url, authorization=authorization)
        page = await reading.find_page(snapshot, viewer.site, key)
        held.outlines.remember(viewer.site, page.key if page else key, seen)
    if body.visit is not None:
        await _count_along(request, page_ref(body.page), body.visit, seen.hash)
    async with held.database.read() as snapshot:
        look = Look(seen.hash, _language(request, body.lang), nameless=body.outline.hash is None)
        prepared = await _page(request, snapshot, viewer, key, look)
    return answer(request, prepared, private=True)


async def changes(
    request: Request,
    url: Url,
    since: str,
    key: Key | None = None,
    section: Annotated[list[Id], Field(max_length=500)] = [],  # noqa: B006 (pydantic copies it)
    outline: Shown = None,
    authorization: Staff = None,
) -> Reply[ChangesAnswer]:
    """What changed since a cursor: the socket's question, for those whose proxy blocks sockets. `outline`: the hash of
    what the asker was shown; one that is not known any more is answered by `resync`.
    """
    await door.hit(request, "read")
    cursor = parse_since(since)
    held = door.resources(request)
    async with held.database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, url, authorization=authorization)
        told = await reading.changes(snapshot, viewer, _key(url, key), cursor, frozenset(section) or None)
        page = await reading.find_page(snapshot, viewer.site, _key(url, key)) if outline else None
        places = await held.outlines.places(snapshot, page, outline) if page and outline else ()
    if places is None:
        told.resync, told.sections, told.comments, told.gone = True, [], [], {}
    reading.for_reader(told, frozenset(standing(places or ())) if outline else None)
    return fresh(request, told.encode(), private=viewer.is_staff)


async def recent(
    request: Request,
    url: Url,
    key: Key | None = None,
    outline: Shown = None,
    limit: Annotated[int, Field(ge=1, le=MOST_RECENT)] = 20,
    before: Id | None = None,
    authorization: Staff = None,
) -> Reply[RecentAnswer]:
    """The newest comments across a page, of the sections that an outline's readers see; `before` goes on to older."""
    await door.hit(request, "read")
    held, stretch = door.resources(request), Stretch(limit, before)
    async with held.database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, url, authorization=authorization)
        page = await reading.find_page(snapshot, viewer.site, _key(url, key))
        places = await held.outlines.places(snapshot, page, outline) if page and outline else ()
        kept: Kept[Prepared] = request.app.state.kept
        name = (page.id, page.anchors, page.public_revision, outline, stretch) if page else None
        if name and places is not None and not viewer.is_staff and (ready := kept.get(name)):
            return answer(request, ready)
        mine = frozenset(standing(places or ())) if outline else None
        told = await read_recent(snapshot, viewer, page, mine, stretch)
    told.resync = places is None
    if name is None or told.resync or viewer.is_staff:
        return fresh(request, told.encode(), private=viewer.is_staff)
    return answer(request, kept.keep(name, prepare(told.encode())))


async def own(request: Request, url: Url, key: Key | None = None, postil_author: Author = None) -> Reply[OwnAnswer]:
    """What only this browser's author is told: his comments in their true states, what he supports and flagged."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.reader_of(snapshot, request, url, postil_author)
        told = await overlay.read_own(snapshot, viewer, _key(url, key))
    return Reply(told.encode(), headers=PRIVATE)


async def counts(
    request: Request, url: Annotated[list[Url], Field(min_length=1, max_length=50)], lang: Lang | None = None
) -> Reply[CountsAnswer]:
    """Comments and views of many pages at once, for a listing; with the words to say them in the language asked for."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        sites = {origin: await site_of(snapshot, origin) for origin in {origin_of(each) for each in url}}
        known = [(site.id, page_key(each), each) for each in url if (site := sites[origin_of(each)])]
        told = CountsAnswer(pages=await reading.count_pages(snapshot, known))
    if language := _language(request, lang):
        told.lang, told.dir, told.words = language
    return fresh(request, told.encode())


async def see(request: Request, body: ViewCreate) -> ViewsAnswer:
    """Count a view, once for each browser, page and day."""
    return ViewsAnswer(views=await _count(request, page_ref(body.page), body.visit, body.outline))


async def _count(request: Request, ref: PageRef, visit: str, outline: str | None) -> int:
    """Count a view from the site's own page, as a view of an outline; how many there are."""
    await door.hit(request, "views")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.visitor_of(tx, request, ref.url)
        views = await discussion.see(tx, viewer, ref, visit)
        if outline:
            await _sight(request, tx, viewer, ref, outline)
    return views


async def _count_along(request: Request, ref: PageRef, visit: str, outline: str | None) -> None:
    """The same beside a question that is answered whether or not the view may be counted."""
    with suppress(TooMany, OriginRefused, Unavailable):
        await _count(request, ref, visit, outline)


async def _if_known(request: Request, ref: PageRef, outline: str | None) -> str | None:
    """The hash of an outline, unless it is about to be sent whole: then that is when it was shown."""
    held = door.resources(request)
    async with held.database.read() as snapshot:
        site = await site_of(snapshot, origin_of(ref.url)) if outline else None
        page = await reading.find_page(snapshot, site.id, ref.key) if site else None
        if page is None or outline is None:
            return outline
        return outline if await held.outlines.places(snapshot, page, outline) is not None else None


async def _sight(request: Request, tx: Transaction, viewer: Viewer, ref: PageRef, hash: str) -> None:
    """What a reader was shown counts, with that of others, for what the page looks like (promotion.py)."""
    page = await reading.find_page(tx, viewer.site, ref.key)
    if page is None or page.key != ref.key:
        await moving.notice(tx, viewer.site, Address(ref.key, ref.url), hash)
    if page is not None:
        outlines = door.resources(request).outlines
        await promotion.sight(tx, page, hash, wide_network_of(request.scope), outlines)
