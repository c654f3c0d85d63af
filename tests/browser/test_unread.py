"""What is new since the last visit: told by section and by comment, and walked by keys and by thumb."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.bees import say
from tests.browser.stage import MODULES, Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]
A_SECOND = 1100  # times are kept in seconds: what comes in the same one as the last that was read is not told apart


def back(stage: Stage, somebody: Somebody, bees: str) -> Reader:
    """A reader who was here, and comes again after one comment more."""
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Where to put it")
    expect(ben.panel.locator("li[data-comment]")).to_have_count(2)
    ben.page.keyboard.press("Escape")
    ben.page.wait_for_timeout(A_SECOND)
    say(stage, bees, 1, "News.")
    ben.page.reload()
    ben.discuss("Where to put it")
    return ben


def test_the_unread_are_walked_across_sections(stage: Stage, somebody: Somebody, bees: str) -> None:
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Choosing a hive")
    expect(ben.panel.locator("li[data-comment]")).to_have_count(2)
    expect(ben.panel.locator("[part=unread]")).to_have_count(0)
    ben.page.keyboard.press("Escape")
    ben.page.wait_for_timeout(A_SECOND)
    news = [say(stage, bees, index, f"News {index}.") for index in (0, 0, 2)]
    ben.page.reload()
    expect(ben.row("Choosing a hive")).to_contain_text("2 new")
    expect(ben.row("Through the winter")).to_contain_text("1 new")

    ben.discuss("Choosing a hive")
    button = ben.panel.locator("[part=unread]")
    expect(button).to_have_text("3 unread")
    focused = ben.panel.locator("li[data-focus]")
    ben.page.keyboard.press("n")
    expect(focused).to_have_attribute("data-comment", news[0])
    button.click()
    expect(focused).to_have_attribute("data-comment", news[1])
    expect(button).to_have_text("1 unread")
    ben.page.keyboard.press("p")
    expect(focused).to_have_attribute("data-comment", news[0])
    ben.page.keyboard.press("n")
    expect(focused).to_have_attribute("data-comment", news[1])
    ben.page.keyboard.press("n")
    expect(ben.panel.locator("[part=heading]")).to_have_text("Through the winter")
    expect(focused).to_have_attribute("data-comment", news[2])
    expect(button).not_to_be_visible()
    expect(ben.panel.get_by_role("status")).to_have_text("Unread comments in Through the winter")

    ben.page.keyboard.press("Escape")
    expect(ben.row("Through the winter")).not_to_contain_text("new")
    ben.page.reload()
    expect(ben.row("Choosing a hive")).to_contain_text("4 comments")
    expect(ben.row("Choosing a hive")).not_to_contain_text("new")


def test_keys_are_listed_and_switched_off_and_never_taken_from_a_field(
    stage: Stage, somebody: Somebody, bees: str
) -> None:
    ben = back(stage, somebody, bees)
    expect(ben.panel.locator("[part=unread]")).to_be_visible()
    ben.composer.locator("textarea").press_sequentially("nap?")
    expect(ben.composer.locator("textarea")).to_have_value("nap?")
    expect(ben.panel.locator("li[data-focus]")).to_have_count(0)

    ben.panel.locator("[part=heading]").focus()
    ben.page.keyboard.press("?")
    switch = ben.panel.get_by_role("checkbox", name="Use the keys n and p")
    expect(switch).to_be_focused()
    expect(ben.panel.locator("[part=menu] kbd").first).to_have_text("n")
    switch.uncheck()
    ben.page.keyboard.press("Escape")
    expect(ben.panel.locator("[data-action=menu]")).to_be_focused()
    ben.page.keyboard.press("n")
    ben.page.reload()
    ben.discuss("Where to put it")
    expect(ben.panel.locator("[part=unread]")).to_be_visible()
    ben.page.keyboard.press("n")
    expect(ben.panel.locator("li[data-focus]")).to_have_count(0)

    ben.panel.locator("[data-action=menu]").click()
    ben.panel.locator("[data-action=keys]").click()
    switch.check()
    ben.page.keyboard.press("Escape")
    ben.page.keyboard.press("n")
    expect(ben.panel.locator("li[data-focus]")).to_contain_text("News.")


def test_what_waits_behind_the_pill_is_still_unread_next_time(stage: Stage, somebody: Somebody, bees: str) -> None:
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Where to put it")
    expect(ben.panel.locator("li[data-comment]")).to_have_count(2)
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    ben.page.wait_for_timeout(A_SECOND)
    say(stage, bees, 1, "Too late to be read.")
    expect(ben.pill).to_be_visible()
    ben.page.keyboard.press("Escape")
    expect(ben.row("Where to put it")).to_contain_text("1 new")
    ben.discuss("Where to put it")
    expect(ben.panel.locator("[part=unread]")).to_have_text("1 unread")


COUNT_WALKS = f"""async () => {{
  const {{ Store }} = await import({MODULES} + "store.js");
  const {{ order }} = Store.prototype;
  window.walks = 0;
  Store.prototype.order = function (...what) {{ window.walks++; return order.apply(this, what); }};
}}"""


def test_what_is_unread_is_counted_without_walking_the_thread(stage: Stage, somebody: Somebody, bees: str) -> None:
    ben = back(stage, somebody, bees)
    unread = ben.panel.locator("[part=unread]")
    expect(unread).to_have_text("1 unread")
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    ben.page.evaluate(COUNT_WALKS)
    say(stage, bees, 1, "More news.")
    expect(ben.pill).to_be_visible()
    expect(unread).not_to_be_visible()
    ben.pill.click()
    expect(unread).to_have_text("2 unread")
    assert ben.page.evaluate("() => window.walks") == 0
    ben.page.keyboard.press("n")
    expect(unread).to_have_text("1 unread")
    assert ben.page.evaluate("() => window.walks") > 0
