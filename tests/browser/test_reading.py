"""The panel beside the article: it makes room, covers nothing unasked, and is left as it was entered."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bees import say
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

# How far the article reaches under the panel, in pixels.
COVERED = """() => {
  const box = (node) => node.getBoundingClientRect();
  const panel = box(document.querySelector("postil-panel").shadowRoot.querySelector("dialog"));
  return [...document.querySelectorAll("article p")].map(box).filter((p) =>
    p.bottom > panel.top && p.top < panel.bottom && p.right > panel.left && p.left < panel.right).length;
}"""
TOP = "() => document.querySelector('postil-panel').shadowRoot.querySelector('dialog').getBoundingClientRect().top"
READ = "(node) => Math.round(node.getBoundingClientRect().top)"
SHIFTS = """() => { window.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: false }); }"""


@pytest.mark.parametrize("width", [1360, 1000])
def test_the_drawer_makes_room_and_what_is_read_stays(stage: Stage, somebody: Somebody, width: int) -> None:
    ben = somebody("Ben", {"width": width, "height": 900})
    ben.visit(stage.article())
    ben.row("Method").scroll_into_view_if_needed()
    row = ben.row("Method")
    before = row.evaluate(READ)
    ben.discuss("Method")
    expect(ben.panel.locator("dialog")).to_have_attribute("data-shape", "drawer")
    expect(ben.panel.locator("dialog")).to_have_attribute("aria-modal", "false")
    ben.still()
    assert ben.page.evaluate(COVERED) == 0
    if width == 1360:  # where nothing was broken into other lines
        assert abs(row.evaluate(READ) - before) <= 1
    ben.page.keyboard.press("Escape")
    assert ben.page.evaluate("() => document.documentElement.style.paddingInlineEnd") == ""
    assert abs(row.evaluate(READ) - before) <= 1
    expect(row.get_by_role("button")).to_be_focused()


def test_the_sheet_is_modal_and_leaves_the_article_in_sight(stage: Stage, somebody: Somebody) -> None:
    ben = somebody("Ben", {"width": 360, "height": 740})
    ben.visit(stage.article())
    ben.discuss("Method")
    dialog = ben.panel.locator("dialog")
    expect(dialog).to_have_attribute("aria-modal", "true")
    expect(ben.panel.locator("[part=heading]")).to_be_focused()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Method")
    handle = ben.panel.get_by_role("button", name="Full height")
    ben.still()  # it has come up
    assert top(ben.page) == pytest.approx(740 * 0.18, abs=2)
    for action in ("previous", "next", "menu", "close", "height"):
        box = ben.panel.locator(f"[data-action={action}]").bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, action

    handle.click()
    ben.page.wait_for_function(f"({TOP})() === 0")
    ben.panel.get_by_role("button", name="Less height").click()
    ben.panel.locator("[data-action=next]").click()
    expect(ben.panel.locator("[part=where]")).to_have_text("Section 4 of 4")
    ben.still()
    pull(ben, handle.bounding_box(), 200)
    expect(dialog).not_to_be_visible()
    expect(ben.row("Results").get_by_role("button")).to_be_focused()


def top(page: Page) -> float:
    found: float = page.evaluate(TOP)
    return found


def pull(reader: Reader, box: Any, down: int) -> None:
    mouse = reader.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + 10 + down, steps=4)
    mouse.up()


@pytest.mark.parametrize(("width", "size"), [(320, "15px"), (1360, "30px"), (680, "15px")])
def test_small_screens_and_large_type_lose_nothing(stage: Stage, somebody: Somebody, width: int, size: str) -> None:
    """320 pixels, 200 % by the page's own size, and what a browser's zoom of 2 makes of a desk."""
    ben = somebody("Ben", {"width": width, "height": 700})
    ben.visit(stage.article())
    ben.page.evaluate("(size) => document.documentElement.style.setProperty('--postil-font-size', size)", size)
    ben.discuss("Method")
    ben.post("A word that is as long as Donaudampfschifffahrtsgesellschaftskapitänswitwe.")
    dialog = ben.panel.locator("dialog")
    assert dialog.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    over = """(node) => [...node.querySelectorAll(".head,.strip,.bar,article,.foot")]
      .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className || one.localName)"""
    assert dialog.evaluate(over) == []
    section = str(dialog.get_attribute("data-section"))
    stage.say(section, "An arrival.")
    expect(ben.pill).to_be_visible()
    for target in [*ben.panel.get_by_role("tab").all(), ben.pill, ben.panel.get_by_label("Order")]:
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_right_to_left_it_stands_on_the_left(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    path = url.removeprefix(stage.site)
    page = stage.articles.pages[path]
    stage.articles.pages[path] = page.replace('<html lang="en">', '<html lang="he" dir="rtl">')
    ben = somebody("Ben")
    ben.visit(url)
    ben.discuss("Method")
    ben.still()
    box = ben.panel.locator("dialog").bounding_box()
    right = ben.panel.locator("dialog").get_attribute("dir") != "rtl"
    assert box is not None
    assert box["x"] == (1360 - box["width"] if right else 0)
    assert ben.page.evaluate(COVERED) == 0


def test_others_are_counted_only_where_the_owner_asks(stage: Stage, somebody: Somebody, screen: Any) -> None:
    url, quiet = stage.article(), stage.article()
    path = url.removeprefix(stage.site)
    stage.articles.pages[path] = stage.articles.pages[path].replace("<script async", "<script async data-presence")
    ann, ben = somebody("Ann", screen), somebody("Ben", screen)
    ann.visit(url)
    ann.discuss("Method")
    ann.post("One.")
    ben.visit(url)
    ben.discuss("Method")
    expect(ann.panel.locator("[part=presence]")).to_have_text("2 reading", timeout=12_000)
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    ann.page.evaluate(SHIFTS)
    ben.composer.locator("textarea").press_sequentially("Let me think", delay=600)
    expect(ann.panel.locator("[part=presence]")).to_have_text("someone is replying", timeout=12_000)
    assert ann.page.evaluate("() => window.shifted") == 0
    expect(ann.panel.get_by_role("status")).not_to_contain_text("replying")

    ben.visit(quiet)
    ben.discuss("Method")
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    expect(ben.panel.locator("[part=presence]")).to_be_empty()


def test_a_screen_reader_is_told_at_most_every_ten_seconds(stage: Stage, somebody: Somebody, bees: str) -> None:
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Where to put it")
    expect(ben.panel.locator("li[data-comment]")).to_have_count(2)
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    ben.page.evaluate("""() => { window.told = [];
      const status = document.querySelector("postil-panel").shadowRoot.querySelector("[role=status]");
      const hear = () => window.told.push([status.textContent, performance.now()]);
      new MutationObserver(hear).observe(status, { childList: true });
    }""")
    for number in range(3):
        say(stage, bees, 1, f"News {number}.")
        expect(ben.pill).to_contain_text(f"{number + 1} new")
    ben.page.wait_for_function("() => window.told.at(-1)?.[0].startsWith('3 new')", timeout=25_000)
    told = ben.page.evaluate("() => window.told")
    assert told[0][0] == "1 new reply in Where to put it"
    assert told[-1][0] == "3 new replies in Where to put it"
    # Two of them, but where the three came in more than ten seconds.
    assert min(later[1] - earlier[1] for earlier, later in pairwise(told)) > 9_500


def test_nothing_of_it_is_printed(stage: Stage, somebody: Somebody) -> None:
    ben = somebody("Ben")
    ben.visit(stage.article())
    ben.discuss("Method")
    ben.page.emulate_media(media="print")
    expect(ben.panel.locator("dialog")).not_to_be_visible()
