"""Pages whose CSS is at war with everything: row, bubble and panel keep their size, place and looks, by measurement."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import NARROW, WIDE
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser

LOUD = (
    "* { box-sizing: content-box; letter-spacing: .3em; word-spacing: 2em; line-height: 3; text-transform: uppercase; "
    "text-indent: 3em; text-align: center; color: red !important; float: left; position: relative; "
    "direction: rtl; white-space: pre; visibility: visible; text-shadow: 2px 2px red; cursor: wait; opacity: .9 }"
)
RESETS = (
    "button, input, select, textarea { all: unset; border: 9px solid red; padding: 40px; font: 40px serif } "
    "dialog { display: none !important; width: 90vw; background: red } svg { display: none; width: 300px } "
    "article, header, form, ol, li, p, h2, span, div { margin: 40px; padding: 40px; border: 5px solid red } "
    "[hidden] { display: block !important } :focus-visible { outline: none !important }"
)
# What a page does to us, and whether the article itself moves by it.
PAGES = {
    "unset": (
        "* { all: unset } style, script, head, noscript, title { display: none } "
        "html, body, article, p, h1, h2 { display: block }"
    ),
    "unset, and meant": (
        "* { all: unset !important } style, script, head, noscript, title { display: none !important } "
        "article, p, h1, h2, body, html { display: block !important }"
    ),
    "a huge rem": "html { font-size: 60px } body { font: 18px/1.6 serif }",
    "resets": RESETS,
    "loud": LOUD,
    "hosts": (
        "postil-row { display: inline; float: left; position: absolute; font: 50px/3 serif; letter-spacing: 9px } "
        "postil-panel { display: inline; float: left; position: absolute; width: 40px; "
        "height: 9px; overflow: hidden; font: 50px/3 serif; letter-spacing: 9px; opacity: .1; transform: scale(2) }"
    ),
    "a war of layers": (".war { position: fixed; inset: 0; z-index: 2147483647; background: red; opacity: .5 } "),
    "a body that moves": "body { transform: translateX(0); overflow: hidden; will-change: transform }",
    "a filter": "body { filter: saturate(1); contain: paint; perspective: 100px }",
}

# What is looked at: of each thing its box where it must stand, and how it is written.
MEASURE = """() => {
  const STYLES = ["fontSize", "fontWeight", "letterSpacing", "wordSpacing", "textTransform", "textIndent", "textAlign",
    "color", "boxSizing", "float", "position", "direction", "textShadow", "cursor", "whiteSpace", "opacity"];
  const shown = (host, names) => Object.fromEntries(names.map((name) => {
    const node = document.querySelector(host)?.shadowRoot.querySelector(name);
    if (!node) return [`${host} ${name}`, null];
    const { x, y, width, height } = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    const styles = Object.fromEntries(STYLES.map((each) => [each, style[each]]));
    return [`${host} ${name}`, { box: { x, y, width, height }, style: styles }];
  }));
  return {
    ...shown("postil-row", [".row", ".say"]),
    ...shown("postil-panel", ["dialog", "[part=heading]", "[part=comment]", "[part=body]", "[part=author]",
      "[part=input]", "[data-action=close]", "[data-action=close] svg", "[data-action=reply]"]),
  };
}"""


@pytest.fixture(scope="module")
def talked(stage: Stage) -> dict[str, str]:
    """Addresses of one article, by what its page does."""
    url = stage.article()
    path = url.removeprefix(stage.site)
    html = stage.articles.pages[path]
    found = {"plain": url}
    for at, (name, css) in enumerate(PAGES.items()):
        stage.articles.pages[f"/hostile-{at}.css"] = css
        more = f'<link rel="canonical" href="{url}"><link rel="stylesheet" href="/hostile-{at}.css">'
        stage.articles.pages[f"/hostile-{at}"] = html.replace("</head>", more + "</head>").replace(
            "</article>", '</article><div class="war"></div>'
        )
        found[name] = f"{stage.site}/hostile-{at}"
    return found


def measured(reader: Reader, url: str) -> dict[str, Any]:
    reader.visit(url)
    reader.page.locator("postil-row").nth(1).get_by_role("button").dispatch_event("click")
    reader.panel.locator("li[data-comment]").first.wait_for()
    expect(reader.panel.locator(".live")).to_have_attribute("data-state", "live")
    found: dict[str, Any] = reader.page.evaluate(MEASURE)
    return found


@pytest.fixture(scope="module")
def plain(stage: Stage, talked: dict[str, str], chromium: Any) -> dict[str, dict[str, Any]]:
    """What a friendly page shows, wide and narrow; its second section has a comment."""
    found = {}
    for name, screen in (("wide", WIDE), ("narrow", NARROW)):
        context = chromium.new_context(viewport=screen, reduced_motion="reduce")
        context.set_default_timeout(10_000)
        ann = Reader(context, "Ann")
        ann.visit(talked["plain"])
        if name == "wide":
            ann.discuss("Origins")
            ann.post("Said in peace.")
        found[name] = measured(ann, talked["plain"])
        context.close()
    return found


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    told = []
    for name, thing in wanted.items():
        assert thing is not None, name
        if found[name] is None:
            told.append(f"{name} is gone")
            continue
        for side, length in thing["box"].items():
            # The row goes with the article, which is where the page wants it.
            loose = name.startswith("postil-row") and (side in "xy" or side == "width")
            if not loose and abs(found[name]["box"][side] - length) > 1:
                told.append(f"{name} {side}: {found[name]['box'][side]:.0f}, not {length:.0f}")
        for key, value in thing["style"].items():
            if found[name]["style"][key] != value:
                told.append(f"{name} {key}: {found[name]['style'][key]}, not {value}")
    return told


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_changes_nothing_of_ours(
    stage: Stage, talked: dict[str, str], plain: dict[str, Any], somebody: Callable[..., Reader], name: str
) -> None:
    for size, screen in (("wide", WIDE), ("narrow", NARROW)):
        ann = somebody("Ann", screen, reduced_motion="reduce")
        found = measured(ann, talked[name])
        assert differences(found, plain[size]) == [], size
        if size == "wide":
            # Nothing of the page lies over it, and the row is as wide as the text.
            on_top = "([x, y]) => document.elementFromPoint(x, y)?.localName"
            assert ann.page.evaluate(on_top, [WIDE["width"] - 200, 450]) == "postil-panel"
        ann.page.close()


def test_a_page_that_is_zoomed_as_a_whole_keeps_the_panel_on_the_screen(
    stage: Stage, talked: dict[str, str], plain: dict[str, Any], somebody: Callable[..., Reader]
) -> None:
    stage.articles.pages["/zoom.css"] = ":root { zoom: 1.5 }"
    path = talked["plain"].removeprefix(stage.site)
    html = stage.articles.pages[path].replace("</head>", '<link rel="stylesheet" href="/zoom.css"></head>')
    stage.articles.pages["/zoomed"] = html
    for screen in (WIDE, NARROW):
        ann = somebody("Ann", screen, reduced_motion="reduce")
        ann.visit(f"{stage.site}/zoomed")
        ann.rows.nth(1).get_by_role("button").click()
        ann.panel.locator("dialog[open]").wait_for()
        ann.page.wait_for_function(
            """() => {
              const dialog = document.querySelector("postil-panel").shadowRoot.querySelector("dialog");
              const { left, right, top, bottom } = dialog.getBoundingClientRect();
              return left >= -1 && right <= innerWidth + 1 && top >= -1 && bottom <= innerHeight + 1;
            }"""
        )
