"""<postil-count> and <postil-views>: a listing says how much is talked about, with one request, in its own style."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect
from tests.browser.conftest import NARROW
from tests.browser.stage import Reader, Stage

from postil.article import snippet

pytestmark = pytest.mark.browser

LISTING = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Essays</title>
<link rel="stylesheet" href="/style.css"></head><body><main data-postil-ignore><h1>Essays</h1>{items}</main>
{snippet}</body></html>"""


@pytest.fixture
def talked(stage: Stage, somebody: Callable[..., Reader]) -> Iterator[str]:
    """The path of an essay with two comments."""
    url = stage.article()
    ann = somebody("Ann")
    ann.visit(url)
    ann.discuss("Method")
    ann.post("One.")
    section = ann.panel.locator("dialog").get_attribute("data-section")
    assert section
    stage.say(section, "Two.")
    ann.page.close()
    yield urlsplit(url).path


def listing(stage: Stage, items: str, lang: str = "en") -> str:
    stage.pages += 1
    path = f"/listing-{stage.pages}"
    stage.articles.pages[path] = LISTING.format(lang=lang, items=items, snippet=snippet(stage.service))
    return stage.site + path


def questions(page: Page) -> list[dict[str, list[str]]]:
    """What is asked for counts from now on, filled as it is asked."""
    asked: list[dict[str, list[str]]] = []

    def note(request: Request) -> None:
        if "/v1/counts" in request.url:
            asked.append(parse_qs(urlsplit(request.url).query))

    page.on("request", note)
    return asked


def test_a_listing_asks_once_for_all_its_counts(stage: Stage, talked: str, somebody: Callable[..., Reader]) -> None:
    quiet = [f"/quiet-{n}/" for n in range(20)]
    items = "".join(
        f'<p><a href="{path}">Essay</a> <postil-count page="{path}">…</postil-count>'
        f' <postil-views page="{path}"></postil-views></p>'
        for path in (talked, *quiet)
    )
    reader = somebody("Ben", NARROW)
    asked = questions(reader.page)
    reader.page.goto(listing(stage, items))
    counts, views = reader.page.locator("postil-count"), reader.page.locator("postil-views")
    expect(counts.first).to_have_text("2 comments")
    expect(views.first).to_have_text("1 view")
    expect(counts.last).to_have_text("0 comments")
    assert len(asked) == 1
    assert [urlsplit(url).path for url in asked[0]["url"]] == [talked, *quiet]
    assert asked[0]["lang"] == ["en"]
    # Plain text of the page: its style, and what a screen reader reads on.
    assert counts.first.evaluate("node => [node.shadowRoot, node.childElementCount, node.lang, node.value]") == [
        None,
        0,
        "",
        2,
    ]
    assert counts.first.evaluate("node => getComputedStyle(node).font === getComputedStyle(node.parentNode).font")
    # A listing with `data-postil-ignore` is no article.
    expect(reader.rows).to_have_count(0)


def test_more_pages_than_are_answered_at_once_are_asked_for_in_batches(
    stage: Stage, talked: str, somebody: Callable[..., Reader]
) -> None:
    paths = [f"/many-{n}/" for n in range(50)] + [f"/{'long-' * 100}{n}/" for n in range(20)] + [talked]
    reader = somebody("Ben")
    asked = questions(reader.page)
    reader.page.goto(listing(stage, "".join(f'<p><postil-count page="{path}"></postil-count></p>' for path in paths)))
    expect(reader.page.locator("postil-count").last).to_have_text("2 comments")
    expect(reader.page.locator("postil-count:empty")).to_have_count(0)
    assert [len(each["url"]) for each in asked] == [50, 11, 10]
    assert max(sum(len(url) for url in each["url"]) for each in asked) < 6000, "proxies take it"


def test_an_element_may_come_late_move_and_change_its_page(
    stage: Stage, talked: str, somebody: Callable[..., Reader]
) -> None:
    reader = somebody("Ben")
    page = reader.page
    page.goto(listing(stage, '<p><postil-count page="/quiet/"></postil-count></p>'))
    count = page.locator("postil-count").first
    expect(count).to_have_text("0 comments")
    asked = questions(page)
    page.evaluate(
        """() => {
          window.told = [];
          document.addEventListener("postil:count", (event) =>
            told.push([event.target.localName, event.detail.comments]));
        }"""
    )
    count.evaluate("(node, path) => node.setAttribute('page', path)", talked)
    expect(count).to_have_text("2 comments")
    # One that was made apart says nothing until it stands somewhere; what is known is not asked again.
    page.evaluate(
        """path => {
          const made = document.createElement("postil-views");
          made.page = path;
          made.textContent = "some";
          document.querySelector("main").append(made);
          document.querySelector("main").prepend(document.querySelector("postil-count"));
        }""",
        talked,
    )
    expect(page.locator("postil-views")).to_have_text("1 view")
    expect(count).to_have_text("2 comments")
    assert len(asked) == 1
    assert page.evaluate("told")[0] == ["postil-count", 2]


def test_what_cannot_be_counted_keeps_what_the_page_says(stage: Stage, somebody: Callable[..., Reader]) -> None:
    reader = somebody("Ben")
    reader.page.add_init_script("addEventListener('postil:error', ({ detail }) => (window.failed = detail.code), true)")
    reader.page.route("**/v1/counts?*", lambda route: route.abort())
    items = '<p><postil-count page="/a/">Comments</postil-count><postil-count page="https://[">?</postil-count></p>'
    reader.page.goto(listing(stage, items))
    reader.page.wait_for_function("() => window.failed === 'network'")
    assert reader.page.locator("postil-count").all_inner_texts() == ["Comments", "?"]


def test_a_page_without_such_elements_does_not_load_them(stage: Stage, somebody: Callable[..., Reader]) -> None:
    reader = somebody("Ben")
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    reader.visit(stage.article())
    reader.page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "elements" in url or "counts" in url]
