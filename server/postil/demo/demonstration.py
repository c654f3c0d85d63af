"""An article with the widget in it, a discussion among sample readers, and a link that makes its owner."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from postil import discussion, reading, sites
from postil.article import Article, demo_article, read_article, stylesheet
from postil.db import Database, Transaction
from postil.demo.samples import SAMPLES, Sample
from postil.discussion import Draft, PageRef
from postil.document import Document, read_document
from postil.ids import hash_token
from postil.kinds import DEFAULTS
from postil.markup import render
from postil.models import Site
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.publishing import publication_of, publish
from postil.settings import Settings
from postil.states import OutlineSource
from postil.urls import page_key, page_url
from postil.viewer import Role, Viewer

OWNER = "Mira"
# The sample readers wrote so long ago, one after the other.
BEGUN_AGO, PAUSE = 2 * 86_400, 5 * 3600


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A demo that is ready to be served: its pages, and what to tell the person who started it."""

    article: Article
    document: Document
    url: str
    sign_in: str
    routes: list[BaseRoute]


async def prepare(database: Database, settings: Settings, file: Path | None) -> Demonstration:
    """Make (or find again) the demo's site at the settings' URL, its page and its owner. The data stays."""
    article = read_article(file, settings.url) if file else demo_article(settings.url)
    path = f"/{_slug(file.stem)}" if file else "/"
    url = settings.url + path
    document = await asyncio.to_thread(read_document, article.html, url)
    async with database.begin() as tx:
        site = await _site(tx, settings.url)
        code = await sites.invite(tx, settings.url, OWNER, Role.OWNER)
    await _publish(database, site, document)
    if file is None:
        await _seed(database, site, document)
    return Demonstration(article, document, url, f"{settings.url}/sign-in#{code}", _routes(article, path))


async def _site(tx: Transaction, origin: str) -> Site:
    found = await sites.site_of(tx, origin)
    return found or await sites.add_site(tx, [origin], name="The demo", rules=DEFAULTS)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "article"


def _routes(article: Article, path: str) -> list[BaseRoute]:
    async def show(_request: Request) -> Response:
        headers = {"Content-Security-Policy": article.policy, "Cache-Control": "no-cache"}
        return Response(article.html, media_type=None, headers={**headers, "Content-Type": article.content_type})

    async def style(_request: Request) -> Response:
        return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": "no-cache"})

    return [Route(path, show, name="demo.article"), Route("/demo/article.css", style, name="demo.style")]


async def _publish(database: Database, site: Site, document: Document) -> None:
    """Say what the article looks like, at each start: edit it, start again, and each thread is where its words are."""
    async with database.begin() as tx:
        await publish(tx, site.id, publication_of(document, OutlineSource.PUBLISHED, tx.now))


async def _seed(database: Database, site: Site, document: Document) -> None:
    """Let the sample readers speak, once, in our own article."""
    page = PageRef(key=page_key(document.url), url=page_url(document.url), title=document.title)
    async with database.read() as snapshot:
        known = await reading.find_page(snapshot, site.id, page.key)
        if known is not None and known.public_revision:
            return
    written: list[tuple[str, str]] = []
    for sample in SAMPLES:
        written.append(await _say(database, site, page, document.sections, sample, written))


async def _say(
    database: Database,
    site: Site,
    page: PageRef,
    outline: Sequence[OutlineSection],
    sample: Sample,
    before: list[tuple[str, str]],
) -> tuple[str, str]:
    parent, section = before[sample.under] if sample.under is not None else (None, None)
    draft = Draft(
        page=page,
        name=sample.name,
        source=sample.source,
        nonce=f"sample-{len(before):03}",
        parent=parent,
        section=section,
        outline=Seen(outline_hash(outline), tuple(outline)),
        index=sample.section,
    )
    async with database.begin() as tx:
        tx.now += len(before) * PAUSE - BEGUN_AGO
        written = await discussion.post(tx, _reader(site, sample.name), draft, render(sample.source))
        for supporter in range(sample.supporters):
            await discussion.support(tx, _reader(site, f"supporter {supporter}"), written.comment.id, on=True)
        for flagger in range(sample.flags):
            await discussion.flag(tx, _reader(site, f"flagger {flagger}"), written.comment.id, "abuse", "")
    return written.comment.id, written.section.id


def _reader(site: Site, name: str) -> Viewer:
    return Viewer(site.id, author_key=hash_token(f"demo {site.id} {name}"))
