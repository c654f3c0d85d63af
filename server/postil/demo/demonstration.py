"""An article with the widget in it, a discussion among sample readers, and a link that makes a moderator."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from postil import discussion, reading, sites
from postil.article import Article, demo_article, read_article, stylesheet
from postil.db import Database, Transaction
from postil.demo.samples import SAMPLES, Sample
from postil.discussion import Draft, PageRef
from postil.ids import hash_token
from postil.markup import render
from postil.models import Site
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.settings import Settings
from postil.urls import page_key, page_url
from postil.viewer import Viewer

MODERATOR = "Mira"
# The sample readers wrote so long ago, one after the other.
BEGUN_AGO, PAUSE = 2 * 86_400, 5 * 3600


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A demo that is ready to be served: its pages, and what to tell the person who started it."""

    article: Article
    url: str
    sign_in: str
    routes: list[BaseRoute]


async def prepare(database: Database, settings: Settings, file: Path | None) -> Demonstration:
    """Make (or find again) the demo's site at the settings' URL, its page and its moderator. The data stays."""
    article = read_article(file, settings.url) if file else demo_article(settings.url)
    path = f"/{_slug(file.stem)}" if file else "/"
    url = settings.url + path
    async with database.begin() as tx:
        site = await _site(tx, settings.url)
        code = await sites.invite(tx, settings.url, MODERATOR)
    await _seed(database, site, article, url, file is None)
    return Demonstration(article, url, f"{settings.url}/sign-in#{code}", _routes(article, path))


async def _site(tx: Transaction, origin: str) -> Site:
    found = await sites.site_of(tx, origin)
    return found or await sites.add_site(tx, [origin], name="The demo")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "article"


def _routes(article: Article, path: str) -> list[BaseRoute]:
    async def show(_request: Request) -> Response:
        headers = {"Content-Security-Policy": article.policy, "Cache-Control": "no-cache"}
        return Response(article.html, media_type=None, headers={**headers, "Content-Type": article.content_type})

    async def style(_request: Request) -> Response:
        return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": "no-cache"})

    return [Route(path, show, name="demo.article"), Route("/demo/article.css", style, name="demo.style")]


async def _seed(database: Database, site: Site, article: Article, url: str, is_ours: bool) -> None:
    """Let the sample readers speak, once for each page, where its sections are those of our own template."""
    async with database.read() as snapshot:
        known = await reading.find_page(snapshot, site.id, page_key(url))
    if known is not None or not is_ours:
        return
    page = PageRef(key=page_key(url), url=page_url(url), title=article.title)
    outline = list(outline_of(article.html.decode()))
    written: list[tuple[str, str]] = []
    for sample in SAMPLES:
        written.append(await _say(database, site, page, outline, sample, written))


def outline_of(html: str) -> Iterator[OutlineSection]:
    """The outline that the widget finds in our own template: an introduction and the second-level headings."""
    yield OutlineSection(heading="", level=0)
    for id, heading in re.findall(r'<h2 id="([^"]*)">(.*?)</h2>', html):
        yield OutlineSection(heading=unescape(re.sub(r"<[^>]+>", "", heading)), level=2, id=unescape(id))


async def _say(
    database: Database,
    site: Site,
    page: PageRef,
    outline: list[OutlineSection],
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
    return written.comment.id, written.section.id


def _reader(site: Site, name: str) -> Viewer:
    return Viewer(site.id, author_key=hash_token(f"demo {site.id} {name}"))
