"""Articles that nobody has told of yet, asked of their site: what a widget would have said, for those who have none.

Nothing is written: what was seen is remembered a while, in this process, as any outline that a reader was shown is. So
who writes without JavaScript writes where those who have it look.
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request

from postil.errors import PostilError, TooMany
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.publishing import fetch_document
from postil.sites import origins_of
from postil.urls import owner_key
from postil.web import door

log = logging.getLogger("postil.web")

# Somebody waits for the page. A site that takes longer is written about as a whole.
PATIENCE = 6.0
# How long a look is good for; as long as it takes to write something, and no work for the site in between.
KEPT_SECONDS = 1800
MOST_KEPT = 500
MOST_AT_ONCE = 4  # each is a process that reads a page
INTRODUCTION = "Introduction"
_PAGE = (OutlineSection(heading="", level=0),)
WHOLE = Seen(outline_hash(_PAGE), _PAGE)


@dataclass(frozen=True, slots=True)
class Article:
    """What is known of an article: its title, the owner's own key for it, and its outline."""

    outline: Seen = WHOLE
    title: str = ""
    key: str | None = None

    @property
    def headings(self) -> tuple[str, ...]:
        """What to choose from; nothing where the page as a whole is its one section."""
        if len(self.outline.sections) < 2:
            return ()
        return tuple(each.heading or INTRODUCTION for each in self.outline.sections)


UNKNOWN = Article()


class Articles:
    """What was seen lately, by address; bounded. Also what could not be had, so that nobody knocks in vain."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int, Article]] = OrderedDict()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def look(self, request: Request, site: str, url: str) -> Article:
        """The article at a site's URL, fetched where it was not lately; UNKNOWN where it cannot be had."""
        if known := self._recall(request, url):
            return known
        try:
            await door.hit(request, "fetch")
            async with asyncio.timeout(PATIENCE), self._room:
                return self._recall(request, url) or self._remember(request, url, await _fetch(request, site, url))
        except (TooMany, TimeoutError):
            return UNKNOWN

    def _recall(self, request: Request, url: str) -> Article | None:
        at, article = self._seen.get(url, (0, None))
        return article if 0 <= int(door.resources(request).database.clock()) - at < KEPT_SECONDS else None

    def _remember(self, request: Request, url: str, article: Article) -> Article:
        self._seen[url] = int(door.resources(request).database.clock()), article
        self._seen.move_to_end(url)
        if len(self._seen) > MOST_KEPT:
            self._seen.popitem(last=False)
        return article


async def _fetch(request: Request, site: str, url: str) -> Article:
    held = door.resources(request)
    async with held.database.read() as snapshot:
        origins = await origins_of(snapshot, site)
    try:
        document = await fetch_document(url, origins, held.settings.fetch_networks)
    except PostilError as error:
        log.info("An article could not be looked at: %s", error)
        return UNKNOWN
    sections = tuple(document.sections)
    key = owner_key(document.key) if document.key else None
    return Article(Seen(outline_hash(sections), sections), document.title[:300], key)
