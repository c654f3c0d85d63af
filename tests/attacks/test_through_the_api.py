"""The whole way: hostile strings in every field of the API, then the real widget on another origin's page, and the
service's own page without JavaScript."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlmodel import col
from tests.attacks.corpora import EVERYTHING, HERE, strings
from tests.attacks.flood import Flood
from tests.attacks.harness import assault
from tests.attacks.witness import Witness, attempts
from tests.browser.stage import Reader, Stage, open_stage

from postil import publishing, sites
from postil.discussion import PageRef
from postil.models import Section
from postil.outline import OutlineSection
from postil.publishing import Publication
from postil.reference import Given
from postil.states import OutlineSource
from postil.urls import page_key, page_url

pytestmark = pytest.mark.browser

HEADINGS = tuple(f"Part {number:02}" for number in range(1, 6))
# Every string is a comment and an address, and every fourth has a page of its own besides.
PAGES_OF = 4
# Goes through all sections by the widget's own buttons, and says what stands there at the end of each.
READ_ALL = """async () => {
  const until = async (ready) => {
    for (const end = Date.now() + 60000; !ready(); await new Promise((go) => setTimeout(go, 10)))
      if (Date.now() > end) throw new Error(`Waited in vain: ${ready}`);
  };
  const root = document.querySelector("postil-panel").shadowRoot;
  const find = (what) => root.querySelector(what);
  const all = () => [...root.querySelectorAll("li[data-comment]")];
  const [seen, list] = [{}, find("[part=thread]")];
  const read = (item) => {
    const [name, body] = [item.querySelector("bdi"), item.querySelector(".body")];
    seen[item.dataset.comment] ??= {
      name: name.textContent, elements: name.childElementCount, offences: witness.offences(body, "_blank"),
      links: body.querySelectorAll("a[href]").length,
    };
  };
  // Only what is near is drawn: walk to the end, and once more where something was passed too fast.
  const walk = async () => {
    for (const end = Date.now() + 60000; Date.now() < end; list.scrollTop += 500) {
      await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 20)));
      all().filter((item) => item.firstChild).forEach(read);
      if (list.scrollTop + list.clientHeight < list.scrollHeight - 2 || find("[data-action=load]")) continue;
      if (all().every(({ dataset }) => dataset.comment in seen)) return;
      list.scrollTop = 0;
    }
    throw new Error("It has no end.");
  };
  for (;;) {
    await until(() => all().length);
    await walk();
    const next = find("[data-action=next]");
    if (next.ariaDisabled === "true") return seen;
    const section = find("dialog").dataset.section;
    next.click();
    await until(() => find("dialog").dataset.section !== section);
  }
}"""

# Follows links to comments whose sections are on no page here: their headings are what an owner published.
READ_HEADINGS = """async (ids) => {
  const heads = [];
  for (const id of ids) {
    location.hash = `postil-${id}`;
    const item = () => document.querySelector("postil-panel")?.shadowRoot.querySelector(`li[data-comment="${id}"]`);
    for (const end = Date.now() + 30000; !item() && Date.now() < end; ) await new Promise((go) => setTimeout(go, 10));
    const heading = item().getRootNode().querySelector("h2");
    heads.push([heading.textContent, heading.childElementCount]);
  }
  return heads;
}"""


@dataclass
class Scene:
    stage: Stage
    url: str
    texts: dict[str, str]
    comments: Flood
    pages: Flood
    addresses: Flood


@pytest.fixture(scope="module", params=[pytest.param(HERE, id="the fifth"), EVERYTHING])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A service of its own, flooded."""
    stage = open_stage(tmp_path_factory.mktemp("flood"))
    try:
        url, texts = stage.article(sections=HEADINGS), strings(request.param)
        scene = Scene(stage, url, texts, *(Flood(stage, url, HEADINGS) for _ in range(3)))
        scene.comments.run("comment", texts.items())
        scene.pages.run("page", list(texts.items())[::PAGES_OF])
        scene.addresses.run("address", texts.items())
        yield scene
    finally:
        stage.close()


@pytest.fixture
def witness(scene: Scene, chromium: Browser) -> Iterator[Witness]:
    context = chromium.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(30_000)
    yield Witness(context, home=[scene.stage.service, scene.stage.site])
    context.close()


def test_every_string_is_taken_or_refused_in_words(scene: Scene) -> None:
    answers = scene.comments.statuses + scene.pages.statuses + scene.addresses.statuses

    assert answers.keys() <= {201, 400, 403, 409, 422, 429}
    # Many a string, as a path, leads to one page, which a network may show in a few versions only.
    assert answers[429] == scene.pages.counts["path 429"]
    assert len(scene.comments.told) > 0.96 * len(scene.texts)
    assert len(scene.addresses.told) == 0
    for flood in (scene.comments, scene.pages, scene.addresses):
        print(dict(sorted(flood.counts.items())), f"{flood.statuses[422] / flood.statuses.total():.0%} were 422")


def test_the_widget_shows_every_comment_and_nothing_of_it_happens(scene: Scene, witness: Witness) -> None:
    reader = Reader(witness.context, "Rosa")
    reader.visit(scene.url)
    reader.discuss("Part 01")
    seen: dict[str, dict[str, Any]] = reader.page.evaluate(READ_ALL)

    told = {one["comment"]["id"]: one["comment"]["author"] for one in scene.comments.told.values()}
    assert {id: one["name"] for id, one in seen.items()} == told
    assert [one for one in seen.values() if one["elements"] or one["offences"]] == []
    assert sum(one["links"] for one in seen.values()) > 30
    assert harmless(reader.page, witness)
    assert reader.failures == []


def test_a_strangers_heading_is_told_to_nobody(scene: Scene) -> None:
    assert len(scene.pages.told) > 60
    assert not any("heading" in one["section"] for one in scene.pages.told.values())


def test_what_an_owner_calls_a_section_is_text_in_the_widget(scene: Scene, witness: Witness) -> None:
    told = dict(list(scene.pages.told.items())[:20])
    published = [publish(scene.stage, one["url"], scene.texts[key]) for key, one in told.items()]
    reader = Reader(witness.context, "Rosa")
    reader.visit(scene.url)
    heads = reader.page.evaluate(READ_HEADINGS, [one["comment"]["id"] for one in told.values()])

    assert [" ".join(text.split()) for text, _ in heads] == [" ".join(heading.split()) for heading in published]
    assert not any(elements for _, elements in heads)
    assert harmless(reader.page, witness)


def publish(stage: Stage, url: str, text: str) -> str:
    """Let the very page that a string was posted on be its owner's: the heading that readers are then told."""
    section = OutlineSection(heading=text[:300], level=2, id=text[:200], key=text[:200])

    async def work() -> str:
        async with stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, stage.site)
            assert site is not None
            given = Given((section,), OutlineSource.PUBLISHED, (text[:240],))
            done = await publishing.publish(
                tx, site.id, Publication(PageRef(page_key(url), page_url(url)), given, tx.now)
            )
            rows = await tx.scalars(select(Section).where(col(Section.page_id) == done.page.id))
            return rows.one().heading or "A section that is no longer here"

    return stage.loop.run(work())


def test_the_page_without_javascript_is_as_harmless(scene: Scene, witness: Witness) -> None:
    page = witness.context.new_page()
    page.goto(f"{scene.stage.service}/here?url={scene.url}")
    shown = page.locator("article").evaluate_all(
        """(articles) => articles.map((article) => [
          article.querySelector("bdi").childElementCount, witness.offences(article.querySelector(".body"), ""),
        ])"""
    )

    assert len(shown) == min(50 * len(HEADINGS), len(scene.comments.told))
    assert [one for one in shown if one != [0, []]] == []
    assert harmless(page, witness)


def test_pages_with_hostile_titles_and_addresses_are_as_harmless(scene: Scene, chromium: Browser) -> None:
    shown = scene.pages.here(one["url"] for one in scene.pages.told.values())
    result = assault(chromium, {str(at): text.split("<body ")[1].partition(">")[2] for at, text in enumerate(shown)})

    assert len(shown) == len(scene.pages.told) > 60
    assert (result.attempts, result.requests) == ([], [])
    # The page's own; the bodies here are plain.
    own = {"ARTICLE", "B", "BDI", "DIV", "H1", "H2", "HEADER", "MAIN", "SECTION", "TIME", "p[class]", "svg", "path"}
    own |= {
        "rect",
        "rel=nofollow",
        "a[href]",
        "a[class,href]",
        "a[aria-label,href,rel]",
        "a[aria-label,class,href,rel]",
    }
    # Where several addresses are one page, it begins with a list of its sections.
    contents = {"NAV", "SPAN"}
    assert {what for found in result.offences.values() for what in found} <= own | contents
    assert all(contents.isdisjoint(found) for found in result.offences.values() if found.count("SECTION") < 2)
    assert all((text.count("<script"), text.count("<img")) == (1, 0) for text in shown), "JSON-LD, and nothing else"


def test_the_witness_would_have_seen_it(scene: Scene, witness: Witness) -> None:
    """The control, in the very page and panel."""
    reader = Reader(witness.context, "Rosa")
    reader.visit(scene.url)
    reader.discuss("Part 01")
    reader.panel.locator(".body").first.evaluate(
        """(body) => {
          body.append(Object.assign(new Image(), {src: "https://evil.example/x"}));
          try { body.firstElementChild.setAttribute("onclick", "1"); } catch {}
        }"""
    )
    offences = reader.panel.locator(".body").first.evaluate("(body) => witness.offences(body, '_blank')")

    assert "IMG" in offences
    assert len(attempts(reader.page)) == 2


def harmless(page: Page, witness: Witness) -> bool:
    assert attempts(page) == []
    assert witness.requests == []
    assert witness.failures == []
    return True
