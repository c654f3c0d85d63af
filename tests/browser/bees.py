"""An article about bees, edited by its owner: what the tests of its discussions lean on."""

from secrets import token_hex

from playwright.sync_api import Locator, Request
from sqlalchemy import select
from sqlmodel import col
from tests.browser.stage import Reader, Stage

from postil import anchoring, discussion, sites
from postil.article import snippet
from postil.changing import changing
from postil.discussion import Draft, PageRef
from postil.document import Document, read_document
from postil.ids import hash_token
from postil.markup import render
from postil.models import Page
from postil.outline import outline_hash
from postil.places import Seen
from postil.reference import Given, set_reference
from postil.states import Anchor, OutlineSource
from postil.urls import page_key
from postil.viewer import Viewer
from postil.web.caching import Kept

HIVE = """A hive is a box that the bees agree to live in. The first one should be of soft wood, untreated, with walls
as thick as a thumb. Paint spoils it. Ten frames are enough for a family that has just swarmed. A second box goes on
top when eight of them are full, and not a day before, for an empty room is a cold room."""
PLACE = """Let the entrance look to the south-east, so that the morning wakes them. A hedge behind keeps the wind away.
Neighbours forgive a great deal, but not a flight path across their washing line. Water has to be near; a shallow dish
with pebbles in it will do, and they remember where it stands for years."""
WINTER = """In October the drones are thrown out and the family draws together into a ball. It shivers to keep warm, and
eats while it shivers. Weigh the hive by lifting one side: what feels nailed to the ground is heavy enough. Mice come in
November; a strip of tin with holes lets bees through and keeps mice out."""
HONEY = """Honey is ripe when the cells are closed with wax. Blow a little smoke across the frames and wait until
the guards have gone below. Cut the lids with a long warm knife, and hang the frames in the drum. Turn it slowly
at first, since a new comb breaks. The last turns are the fastest, and the whole kitchen smells of clover."""
JARS = """Sieve it through two cloths. Let it stand for a week, skim the foam, and stir a spoon of last year's
crop into it, so that the crystals grow small. Glass is better than tin. Write the field and the month on every label.
Somebody will ask in March which one tasted of lime trees."""
ARTICLE = {
    "Choosing a hive": HIVE,
    "Where to put it": PLACE,
    "Through the winter": WINTER,
    "Taking the honey": HONEY + JARS,
}

MERGED = {"Choosing a hive": HIVE, "A place for the winter": f"{PLACE} {WINTER}", "Taking the honey": HONEY + JARS}
SPLIT = ARTICLE | {"Taking the honey": HONEY, "Honey in jars": JARS}
MEAD = "Three parts of water to one of old honey stand in a barrel from Easter to Christmas. Skim the yeast and wait."

ESSAY = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The first bees</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css"></head>
<body><article><h1>The first bees</h1>
{sections}</article>
{snippet}</body></html>
"""


def edit(stage: Stage, url: str, sections: dict[str, str]) -> str:
    """Put an article at a URL."""
    body = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in sections.items())
    stage.articles.pages[url.removeprefix(stage.site)] = ESSAY.format(sections=body, snippet=snippet(stage.service))
    return url


def _read(stage: Stage, url: str) -> Document:
    return read_document(stage.articles.pages[url.removeprefix(stage.site)], url)


def say(stage: Stage, url: str, index: int, text: str) -> str:
    """Post from elsewhere, in a section of what stands at a URL now; the comment's id."""
    sections = tuple(_read(stage, url).sections)
    seen = Seen(outline_hash(sections), sections)

    async def post() -> str:
        async with stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, stage.site)
            assert site is not None
            ref = PageRef(key=page_key(url), url=url)
            draft = Draft(page=ref, name="Ada", source=text, nonce=token_hex(8), outline=seen, index=index)
            viewer = Viewer(site.id, author_key=hash_token("Ada"))
            return (await discussion.post(tx, viewer, draft, render(text))).comment.id

    return stage.loop.run(post())


def publish(stage: Stage, url: str, source: OutlineSource = OutlineSource.PUBLISHED) -> dict[Anchor, str]:
    """Let what stands at a URL be the page's reference, as its owner would. Returns a decision for each move made."""
    document = _read(stage, url)
    given = Given(tuple(document.sections), source, tuple(document.excerpts) if source.is_owners else ())

    async def change() -> dict[Anchor, str]:
        async with stage.resources.database.begin() as tx:
            page = (await tx.scalars(select(Page).where(col(Page.url) == url))).one()
            async with changing(tx, page.id) as change:
                return {row.move: row.id for row in await set_reference(change, given)}

    return stage.loop.run(change())


def revise(stage: Stage, url: str, sections: dict[str, str]) -> dict[Anchor, str]:
    return publish(stage, edit(stage, url, sections))


def keep_apart(stage: Stage, decision: str) -> None:
    """Take a thread from where a decision had put it, as the owner would."""

    async def settle() -> None:
        async with stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, stage.site)
            assert site is not None
            await anchoring.settle(tx, site.id, decision, Anchor.APART)

    stage.loop.run(settle())


def said(reader: Reader) -> Locator:
    return reader.panel.locator("li[data-comment]")


def tab(reader: Reader, name: str) -> Locator:
    return reader.panel.get_by_role("tab", name=name)


def earlier(reader: Reader) -> Locator:
    return reader.page.locator("postil-earlier")


def asked(reader: Reader) -> list[str]:
    """What the reader's browser asks of the service from now on: method, path and body."""
    requests: list[str] = []

    def note(request: Request) -> None:
        if "/v1/" in request.url:
            requests.append(f"{request.method} {request.url.partition('/v1/')[2]} {request.post_data or ''}")

    reader.page.on("request", note)
    return requests


def forget(stage: Stage) -> None:
    """As after a restart: what only this process knew of outlines is gone."""
    stage.server.config.app.state.kept = Kept()  # type: ignore[union-attr]
    stage.resources.outlines._shown.clear()
    stage.resources.outlines._placed.clear()
    for room in stage.resources.hub.rooms.values():
        room.places.forget()
