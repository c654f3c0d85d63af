"""Pages of all kinds: several articles, swapped and redrawn ones, late ones, a tag that stands twice, paper."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.stage import ARTICLE, Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

WORDS = "<p>What is said here takes a few lines to say, and is said once more.</p>"
SWAP = """([title, ...headings]) => {
  const article = document.createElement("article");
  const part = (tag, text) => article.append(Object.assign(document.createElement(tag), { textContent: text }));
  part("h1", title);
  document.title = title;
  for (const heading of headings) part("h2", heading), part("p", "What is said here takes a few lines. ".repeat(9));
  document.querySelector("article").replaceWith(article);
}"""


def page(stage: Stage, body: str) -> str:
    """A page of the site with this in place of the usual article."""
    url = stage.article()
    path = url.removeprefix(stage.site)
    head, _, rest = stage.articles.pages[path].partition("<article>")
    stage.articles.pages[path] = head + body + rest.partition("</article>")[2]
    return url


def test_an_application_turns_its_page(stage: Stage, somebody: Somebody) -> None:
    url, ann = stage.article(), somebody("Ann")
    ann.visit(url)
    ann.discuss("Method")
    ann.post("About the method.")
    ann.page.evaluate("history.pushState(null, '', '/essay-elsewhere')")
    ann.page.evaluate(SWAP, ["Another essay", "Bread", "Salt"])
    expect(ann.row("Bread")).to_be_visible()
    expect(ann.rows).to_have_count(2)
    expect(ann.rows.filter(has_text="comment")).to_have_count(0)
    expect(ann.panel.locator("dialog[open]"), "the discussion of the page that was left is closed").to_have_count(0)

    ann.page.evaluate("history.back()")
    ann.page.evaluate(SWAP, ["An essay", "Origins", "Method", "Results"])
    expect(ann.row("Method")).to_contain_text("1 comment")


def test_an_article_that_is_drawn_anew_has_its_rows_again(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.write("Half a thou")
    rerender = "for (const el of document.querySelectorAll('article')) el.replaceWith(el.cloneNode(true))"
    ann.page.evaluate(f"() => {{ {rerender} }}")
    expect(ann.row("Method").get_by_role("button")).to_be_visible()
    expect(ann.rows).to_have_count(4)
    expect(ann.composer.locator("textarea"), "a draft stays where it is").to_have_value("Half a thou")


def test_a_late_article_is_found_and_a_busy_page_costs_nothing(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.visit(page(stage, "<article><p>Loading…</p></article>"))
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.url))
    with ann.page.expect_response("**/v1/outline"):
        ann.page.evaluate(SWAP, ["An essay", "Bread", "Salt"])
    expect(ann.row("Salt").get_by_role("button")).to_be_visible()

    before = len(asked)
    looks, took = ann.page.evaluate("""async () => {
      const box = document.body.appendChild(document.createElement("div"));
      const { querySelectorAll } = document;
      const start = performance.now();
      let looks = 0;
      document.querySelectorAll = function (what) {
        looks++;
        return querySelectorAll.call(this, what);
      };
      for (let i = 0; i < 600; i++) {
        box.replaceChildren(document.createElement("p"), `${i}`);
        if (i % 10 === 0) await new Promise(requestAnimationFrame);
      }
      return [looks, performance.now() - start];
    }""")
    assert looks <= took / 200 + 1, f"{looks} looks in {took} ms at a page that changes all the time"
    assert len(asked) == before, "nothing of it is asked"


def test_each_of_several_articles_is_a_page_of_its_own(stage: Stage, somebody: Somebody) -> None:
    part = "<h2>{0} one</h2>" + WORDS * 3 + "<h2>{0} two</h2>" + WORDS * 3
    keyed = '<article data-postil-root data-postil-page="first"><h1>A</h1>' + part.format("A") + "</article>"
    linked = '<article data-postil-root><h1><a rel="bookmark" href="/b">B</a></h1>' + part.format("B") + "</article>"
    url, ann, ben = page(stage, keyed + linked), somebody("Ann"), somebody("Ben")
    ann.visit(url)
    expect(ann.rows).to_have_count(4)
    ann.discuss("B one")
    ann.post("About the second article.")
    expect(ann.row("B one")).to_contain_text("1 comment")
    expect(ann.row("A one")).not_to_contain_text("comment")

    path = "/b"
    stage.articles.pages[path] = ARTICLE.format(sections=part.format("B"), snippet="").replace(
        "</article>", f'</article><script async src="{stage.service}/postil.js"></script>'
    )
    ben.visit(stage.site + path)
    expect(ben.row("B one"), "and by its permalink it is the same page").to_contain_text("1 comment")


def test_a_tag_that_stands_twice_draws_once(stage: Stage, somebody: Somebody) -> None:
    url, ann = stage.article(), somebody("Ann")
    path = url.removeprefix(stage.site)
    tag = f'<script async src="{stage.service}/postil.js"></script>'
    stage.articles.pages[path] = stage.articles.pages[path].replace("</body>", tag + tag + "</body>")
    ann.visit(url)
    ann.page.evaluate("Postil.ready")
    ann.page.wait_for_load_state("networkidle")
    expect(ann.rows).to_have_count(4)
    expect(ann.page.locator("postil-bubble")).to_have_count(3)


def test_no_bubble_stands_over_what_the_page_has_in_its_margin(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    path = url.removeprefix(stage.site)
    stage.articles.pages[path] = stage.articles.pages[path].replace("</body>", "<nav>On this page: Method</nav></body>")
    reader = somebody("Ann")
    reader.visit(url)
    reader.discuss("Method")
    reader.post("Hello.")
    reader.page.keyboard.press("Escape")
    bubble = reader.page.locator("postil-bubble button", has_text="1")
    expect(bubble).to_be_visible()
    place = """(side) => { const nav = document.querySelector("nav");
      const { left, right } = document.querySelector("article").getBoundingClientRect();
      Object.assign(nav.style, { position: "fixed", top: "40px", width: "120px", left: "", right: "" });
      nav.style[side] = `${side === "left" ? right + 30 : innerWidth - left + 30}px`;
      dispatchEvent(new Event("resize")); }"""
    reader.page.evaluate(place, "left")
    expect(bubble).to_be_hidden()
    reader.page.evaluate(place, "right")
    expect(bubble).to_be_visible()


def test_nothing_of_ours_is_printed(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.page.emulate_media(media="print")
    for host in ("postil-row", "postil-bubble", "postil-panel"):
        expect(ann.page.locator(host).first).to_be_hidden()
