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
    """What was seen lately, by address; bounded. Also what could not be seen, so that nobody knocks in vain."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int, Article]] = OrderedDict()

    async def look(self, request: Request, site: str, url: str) -> Article:
        """The article at a site's URL, fetched where it was not lately; UNKNOWN where it cannot be had."""
        now = int(door.resources(request).database.clock())
        kept = self._seen.get(url)
        if kept is not None and 0 <= now - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            await door.hit(request, "fetch")
        except TooMany:
            return UNKNOWN
        article = await _fetch(request, site, url)
        self._seen[url] = now, article
        self._seen.move_to_end(url)
        if len(self._seen) > MOST_KEPT:
            self._seen.popitem(last=False)
        return article


async def _fetch(request: Request, site: str, url: str) -> Article:
    held = door.resources(request)
    async with held.database.read() as snapshot:
        origins = await origins_of(snapshot, site)
    try:
        async with asyncio.timeout(PATIENCE):
            document = await fetch_document(url, origins, held.settings.fetch_networks)
    except (PostilError, TimeoutError) as error:
        log.info("An article could not be looked at: %s", error)
        return UNKNOWN
    sections = tuple(document.sections)
    key = owner_key(document.key) if document.key else None
    return Article(Seen(outline_hash(sections), sections), document.title[:300], key)
