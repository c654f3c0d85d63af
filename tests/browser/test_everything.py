"""All sections: what is newest across the article, with its section's name."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect
from tests.browser.bees import ARTICLE, say, tab
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]


def shown(reader: Reader) -> Locator:
    return reader.panel.locator("[part=all] li[data-comment]")


def test_the_newest_of_all_sections_leads_to_its_thread_and_what_arrives_waits(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    late = say(stage, bees, 2, "The last word.")
    ben = somebody("Ben", screen)
    ben.visit(bees)
    ben.discuss("Choosing a hive")
    expect(tab(ben, "This section, 2 comments")).to_have_attribute("aria-selected", "true")
    tab(ben, "All sections, 9 comments").click()
    expect(shown(ben)).to_have_count(9)
    expect(shown(ben).first).to_contain_text("The last word.")
    expect(ben.panel.get_by_role("tabpanel", name="All sections")).to_be_visible()
    expect(ben.composer).not_to_be_visible()

    heights = "(node) => [...node.querySelectorAll('li')].map((item) => Math.round(item.getBoundingClientRect().top))"
    node = ben.panel.locator("[part=all]")
    before = node.evaluate(heights)
    newer = say(stage, bees, 1, "And one after it.")
    expect(ben.pill).to_have_text("1 new comment")
    assert node.evaluate(heights) == before
    ben.pill.click()
    expect(shown(ben).first).to_have_attribute("data-comment", newer)
    expect(shown(ben).first.get_by_role("button", name="Where to put it")).to_be_focused()
    expect(ben.pill).not_to_be_visible()

    shown(ben).filter(has_text="The last word.").get_by_role("button", name="Through the winter").click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Through the winter")
    expect(ben.panel.locator("[part=thread] li[data-focus]")).to_have_attribute("data-comment", late)
    expect(tab(ben, "This section, 3 comments")).to_have_attribute("aria-selected", "true")
    expect(ben.composer).to_be_visible()


def test_older_ones_come_on_scrolling(stage: Stage, somebody: Somebody, bees: str) -> None:
    for number in range(30):
        say(stage, bees, number % 4, f"Point {number}.")
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Choosing a hive")
    tab(ben, "All sections").click()
    expect(shown(ben)).to_have_count(30)
    shown(ben).last.scroll_into_view_if_needed()
    expect(shown(ben)).to_have_count(38)
    expect(shown(ben).last).to_contain_text(f"First about {next(iter(ARTICLE))}.")


def test_a_thread_that_began_meanwhile_is_found_again(stage: Stage, somebody: Somebody) -> None:
    ben = somebody("Ben")
    ben.visit(stage.article())
    ben.discuss("Method")
    ben.post("The first word.")
    tab(ben, "All sections, 1 comment").click()
    expect(shown(ben)).to_have_count(1)
    tab(ben, "This section, 1 comment").click()
    expect(ben.panel.locator("[part=thread] li[data-comment]")).to_contain_text("The first word.")


def test_what_is_told_while_the_first_are_asked_for_is_one_of_them(stage: Stage, somebody: Somebody) -> None:
    ben = somebody("Ben")
    frames: list[str] = []
    ben.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    ben.visit(stage.article())
    ben.discuss("Method")
    ben.post("The first word.")
    section = str(ben.panel.locator("dialog").get_attribute("data-section"))
    asked: list[Route] = []
    ben.page.route("**/page/recent**", lambda route: asked.append(route))
    watched = len([frame for frame in frames if "watching" in frame])
    tab(ben, "All sections, 1 comment").click()
    while not asked or len([frame for frame in frames if "watching" in frame]) == watched:
        ben.page.wait_for_timeout(20)
    stage.say(section, "Quicker than the answer.")
    while not any("Quicker" in frame for frame in frames):
        ben.page.wait_for_timeout(20)
    expect(ben.pill).to_be_hidden()
    asked[0].continue_()
    expect(shown(ben)).to_have_count(2)
    expect(ben.pill).to_be_hidden()


def test_a_page_with_one_section_has_no_tabs(stage: Stage, somebody: Somebody) -> None:
    ben = somebody("Ben")
    ben.visit(stage.article(sections=()))
    ben.rows.first.get_by_role("button").click()
    ben.panel.locator("dialog[open]").wait_for()
    ben.post("The only place to speak.")
    expect(ben.panel.get_by_role("tab")).to_have_count(0)
