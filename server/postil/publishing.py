"""What an owner's page says, told by himself: by a build that publishes it, or by his site when the server looks there.

Both give the page its reference (reference.py), and its row where nobody has written yet.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postil.changing import changing
from postil.db import Database, Transaction
from postil.discussion import PageRef, find_or_make_page
from postil.errors import FetchRefused, Invalid, StateConflict, Superseded
from postil.fetching import Fetched, check_gone, fetch_page
from postil.models import Anchoring, Outline, Page
from postil.moving import Address, ask_old_addresses, move, propose
from postil.names import clean_text
from postil.reading import find_page
from postil.reference import Given, set_reference
from postil.sites import origins_of
from postil.states import OutlineSource
from postil.urls import owner_key, page_key, page_url

if TYPE_CHECKING:
    from postil.document import Document

MOST_KEY = 200
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Publication:
    """A page as its owner gives it. `at`: when it was signed, or when the server began to look, in epoch seconds."""

    page: PageRef
    given: Given
    at: int


@dataclass(frozen=True, slots=True)
class Published:
    """A page after that: whether anything is other than before, and what was decided about its threads."""

    page: Page
    changed: bool
    decided: list[Anchoring]


async def publish(tx: Transaction, site: str, publication: Publication) -> Published:
    """Let a publication decide where the page's threads stand.

    Superseded for one that was signed before the page's latest; StateConflict where the page has moved elsewhere.
    """
    ref, given = publication.page, publication.given
    await _take_along(tx, site, ref)
    page = await find_or_make_page(tx, site, ref)
    if page.key != ref.key:
        raise StateConflict(f"The page of this address is at {page.url} now. Publish it there.")
    async with changing(tx, page.id) as change:
        page = change.page
        _refuse_replay(page, publication)
        before, reference = await _said(tx, page), page.reference
        page.published_at, page.url = max(page.published_at or 0, publication.at), ref.url
        decided = await set_reference(change, given)
        changed = before != await _said(tx, page)
        if changed and page.reference == reference:
            change.move_places(readers=False)  # an answer that is kept has the old words in it
    return Published(page, changed, decided)


async def _take_along(tx: Transaction, site: str, ref: PageRef) -> None:
    """Where the owner gave a page a key of its own, or took it away, the page at that address is the same one."""
    at_url = page_key(ref.url)
    known = await find_page(tx, site, at_url)
    if known is not None and known.key != ref.key and page_key(known.url) == at_url and at_url in (known.key, ref.key):
        await move(tx, site, known, Address(ref.key, ref.url))


def _refuse_replay(page: Page, publication: Publication) -> None:
    """What was signed is good for some minutes: whoever overheard it must not bring the page's past back with it."""
    if publication.given.source is not OutlineSource.PUBLISHED or page.published_at is None:
        return
    is_same = publication.given.hash == page.reference
    if publication.at < page.published_at or (publication.at == page.published_at and not is_same):
        raise Superseded()


async def _said(tx: Transaction, page: Page) -> tuple[Any, ...]:
    """All that a publication may change of what readers are told."""
    outline = await tx.get(Outline, (page.id, page.reference)) if page.reference else None
    own = (outline.source.is_owners, outline.sections, outline.excerpts) if outline else ()
    return (page.reference, page.title, page.url, *own)


# The owner's site, asked by the server


async def refresh(database: Database, site: str, asked: PageRef, networks: Sequence[str] = ()) -> Published:
    """Fetch a page from its site and let it decide. `networks`: what may be reached although it is not public.

    FetchRefused with a reason where there is no such page to be had; StateConflict where its address leads to, or
    names as its own, another one than the page that is asked for: then it is proposed that the page moved there.
    """
    async with database.read() as snapshot:
        origins, now = await origins_of(snapshot, site), snapshot.now
    document = await fetch_document(asked.url, origins, networks)
    publication = publication_of(document, OutlineSource.FETCHED, now)
    async with database.begin() as tx:
        known, there = await find_page(tx, site, asked.key), publication.page
        if known is None or page_key(known.url) == page_key(there.url):
            return await publish(tx, site, publication)
        await propose(tx, known, Address(there.key, there.url), found=there.url)
    raise StateConflict(f"This address shows {there.url} now. Say among the page's anchors whether it moved there.")


async def fetch_document(url: str, origins: Collection[str], networks: Sequence[str] = ()) -> "Document":
    """What the widget would find at a URL. It is read in a process apart: the page may be anybody's work by now."""
    # Imported here: the parser takes a moment, and most services never fetch.
    from postil.apart import read_apart
    from postil.document import UnreadableDocument

    fetched = await fetch_page(url, origins, networks)
    try:
        return await read_apart(fetched.body, fetched.url, charset_of(fetched))
    except UnreadableDocument as error:
        raise FetchRefused(str(error)) from error


def charset_of(fetched: Fetched) -> str | None:
    """What the answer's header says that its bytes are."""
    found = _CHARSET.search(fetched.content_type)
    return found[1] if found else None


def publication_of(document: "Document", source: OutlineSource, at: int) -> Publication:
    """A document as a publication; Invalid where the key that it names is longer than one may be."""
    if document.key and len(document.key) > MOST_KEY:
        raise Invalid("page.key", f"The page's own key (data-page) has more than {MOST_KEY} characters. Shorten it.")
    key = owner_key(document.key) if document.key else page_key(document.url)
    title = clean_text(document.title, 300)
    given = Given(tuple(document.sections), source, tuple(document.excerpts), title)
    return Publication(PageRef(key, page_url(document.url), title), given, at)


async def look_for_moved(database: Database, networks: Sequence[str] = ()) -> None:
    """Ask the old addresses of pages that seem to have moved whether they answer still; a few, each once a day."""

    async def check(url: str, site: str) -> str | None:
        async with database.read() as snapshot:
            origins = await origins_of(snapshot, site)
        try:
            return await check_gone(url, origins, networks)
        except FetchRefused:
            return None

    await ask_old_addresses(database, check)
