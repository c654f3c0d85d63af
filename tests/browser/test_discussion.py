"""Two readers and a moderator, each in a browser of his own, on a page of another origin under a strict policy."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]


def test_a_reply_posted_in_one_window_arrives_in_the_other(stage: Stage, somebody: Somebody, screen: Any) -> None:
    url = stage.article()
    ann, ben = somebody("Ann", screen), somebody("Ben", screen)
    for reader in (ann, ben):
        reader.visit(url)
        reader.discuss("Method")
    ann.post("How was this *measured*?")
    expect(ann.comment("How was this measured?").locator("em")).to_have_text("measured")

    expect(ben.pill).to_be_visible()
    expect(ben.panel.locator("li[data-comment]")).to_have_count(0)
    ben.pill.click()
    expect(ben.comment("How was this measured?")).to_be_visible()

    ben.reply("How was this measured?", "With a ruler.")
    expect(ann.pill).to_contain_text("1 new reply")
    ann.pill.click()
    expect(ann.comment("With a ruler.")).to_be_visible()
    expect(ann.comment("With a ruler.")).to_have_attribute("data-depth", "1")


def test_the_counts_at_the_rows_follow(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann, ben = somebody("Ann"), somebody("Ben")
    ann.visit(url)
    ben.visit(url)
    ben.discuss("Results")
    ann.discuss("Origins")
    ann.post("First.")
    expect(ann.row("Origins")).to_contain_text("1 comment")
    expect(ben.row("Origins")).to_contain_text("1 comment")
    expect(ben.row("Results")).to_contain_text("Discuss this section")


def test_a_moderator_hides_and_it_is_gone_from_both(stage: Stage, somebody: Somebody, screen: Any) -> None:
    url = stage.article()
    ann, ben, mira = somebody("Ann", screen), somebody("Ben", screen), somebody("Mira", screen)
    ann.visit(url)
    ann.discuss("Method")
    ann.post("Buy my pills.")
    ben.visit(url)
    ben.discuss("Method")
    expect(ben.comment("Buy my pills.")).to_be_visible()

    moderate(mira, stage, url)
    mira.act("Buy my pills.", "hide")
    mira.comment("Buy my pills.").locator("form").get_by_role("button", name="Hide").click()

    expect(ben.comment("Buy my pills.")).to_have_count(0)
    expect(ann.comment("Buy my pills.")).to_contain_text("Hidden by a moderator: spam")
    expect(mira.comment("Buy my pills.")).to_contain_text("Hidden from readers")

    mira.act("Buy my pills.", "restore")
    expect(ben.panel.locator("li[data-comment], [part=pill]").first).to_be_visible()


def moderate(reader: Reader, stage: Stage, url: str) -> None:
    """Open the one-time link, then choose “Moderate” in the panel of a page of the site."""
    reader.page.goto(stage.sign_in_link(reader.name))
    expect(reader.page.get_by_role("status")).to_contain_text(reader.name)
    reader.visit(url)
    reader.discuss("Method")
    reader.panel.locator("[data-action=menu]").click()
    with reader.page.expect_popup() as popup:
        reader.panel.locator("[data-action=moderate]").click()
    if not popup.value.is_closed():
        popup.value.wait_for_event("close")
    expect(reader.panel.locator("li[data-comment] [data-action=hide]").first).to_be_attached()


def test_a_hidden_comment_with_replies_leaves_an_honest_tombstone(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann, ben, mira = somebody("Ann"), somebody("Ben"), somebody("Mira")
    ann.visit(url)
    ann.discuss("Method")
    ann.post("You are all fools.")
    ben.visit(url)
    ben.discuss("Method")
    ben.reply("You are all fools.", "Speak for yourself.")
    moderate(mira, stage, url)
    mira.act("You are all fools.", "hide")
    form = mira.comment("You are all fools.").locator("form").first
    form.get_by_role("radio", name="personal attack").check()
    form.get_by_role("button", name="Hide").click()

    expect(ben.panel.locator("[part=tombstone]")).to_have_text("Hidden by a moderator: personal attack")
    expect(ben.comment("Speak for yourself.")).to_be_visible()
    expect(ben.panel).not_to_contain_text("fools")


def test_what_one_wrote_is_there_after_a_reload(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann = somebody("Ann")
    ann.visit(url)
    ann.discuss("Method")
    ann.write("A thought that is not finished")
    ann.page.reload()
    ann.discuss("Method")
    expect(ann.composer.locator("textarea")).to_have_value("A thought that is not finished")
    expect(ann.panel).to_contain_text("Draft kept")
    ann.post("A thought that is finished")
    ann.page.reload()
    ann.discuss("Method")
    expect(ann.composer.locator("textarea")).to_have_value("")


def test_one_edits_and_removes_and_supports_ones_own_way(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann, ben = somebody("Ann"), somebody("Ben")
    ann.visit(url)
    ann.discuss("Method")
    ann.post("Frist.")
    ann.act("Frist.", "edit")
    form = ann.panel.locator("li[data-comment] form")
    form.locator("textarea").fill("First.")
    form.locator("[part=post]").click()
    expect(ann.comment("First.")).to_contain_text("edited")

    ben.visit(url)
    ben.discuss("Method")
    ben.act("First.", "support")
    expect(ben.comment("First.")).to_contain_text("Support 1")
    expect(ann.comment("First.")).to_contain_text("Support 1")
    expect(ben.comment("First.").locator("[data-action=edit]")).to_have_count(0)

    ann.act("First.", "remove")
    ann.comment("First.").locator("form").get_by_role("button", name="Remove").click()
    expect(ann.panel.locator("li[data-comment]")).to_have_count(0)
    expect(ben.panel.locator("li[data-comment]")).to_have_count(0)


def test_a_permalink_opens_scrolls_and_marks(stage: Stage, somebody: Somebody, screen: Any) -> None:
    url = stage.article()
    ann, ben = somebody("Ann", screen), somebody("Ben", screen)
    ann.visit(url)
    ann.discuss("Results")
    for number in range(8):
        ann.post(f"Point {number}. " + "It takes a few lines to make. " * 6)
    id = ann.comment("Point 6.").get_attribute("data-comment")
    ben.visit(f"{url}#postil-{id}")
    focused = ben.panel.locator("li[data-focus]")
    expect(focused).to_contain_text("Point 6.")
    expect(focused).to_be_in_viewport()


def test_a_held_comment_is_seen_by_its_author_and_the_moderator_alone(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann, ben, mira = somebody("Ann"), somebody("Ben"), somebody("Mira")
    stage.premoderate(True)
    try:
        ann.visit(url)
        ann.discuss("Method")
        ann.post("May I say this?")
        expect(ann.comment("May I say this?")).to_contain_text("Waits for a moderator")
        ben.visit(url)
        ben.discuss("Method")
        expect(ben.panel.locator("li[data-comment]")).to_have_count(0)
        moderate(mira, stage, url)
        mira.act("May I say this?", "approve")
        expect(ben.pill).to_be_visible()
        expect(ann.comment("May I say this?")).not_to_contain_text("Waits for a moderator")
    finally:
        stage.premoderate(False)


def test_all_of_it_by_keyboard(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann = somebody("Ann")
    ann.visit(url)
    row = ann.row("Method").get_by_role("button")
    row.focus()
    ann.page.keyboard.press("Enter")
    ann.panel.locator("dialog[open]").wait_for()
    inside = "() => document.querySelector('postil-panel').shadowRoot.activeElement !== null"
    assert ann.page.evaluate(inside)
    ann.page.keyboard.press("Escape")
    expect(ann.panel.locator("dialog[open]")).to_have_count(0)
    assert ann.page.evaluate("() => document.activeElement.localName") == "postil-row"


def test_the_view_is_counted_once_for_a_browser_and_a_day(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann, ben = somebody("Ann"), somebody("Ben")
    ann.visit(url)
    expect(ann.page.locator("[data-postil-views]")).to_have_text("1")
    ann.page.reload()
    expect(ann.page.locator("[data-postil-views]")).to_have_text("1")
    ben.visit(url)
    expect(ben.page.locator("[data-postil-views]")).to_have_text("2")


def test_the_composer_keeps_its_text_through_every_refusal(stage: Stage, somebody: Somebody) -> None:
    url = stage.article()
    ann, ben = somebody("Ann"), somebody("Mira")
    stage.sign_in_link("Mira")
    ben.visit(url)
    ben.discuss("Method")
    ben.write("I am not she.")
    ben.composer.locator("[part=post]").click()
    expect(ben.panel.get_by_role("alert").filter(has_text="name")).to_be_visible()
    expect(ben.composer.locator("textarea")).to_have_value("I am not she.")

    ann.visit(url)
    ann.discuss("Origins")
    ann.post("Here we are.")
    stage.lock(str(ann.panel.locator("dialog").get_attribute("data-section")), "locked", told=False)
    ann.write("And here we stay.")
    ann.composer.locator("[part=post]").click()
    expect(ann.panel.get_by_role("alert").filter(has_text="locked").first).to_be_visible()
    expect(ann.composer.locator("textarea")).to_have_value("And here we stay.")


SHIFTS = """() => { window.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: false }); }"""


INSERT_AT_ONCE = """() => {
  const first = document.querySelector("postil-panel").shadowRoot.querySelector("li[data-comment]");
  const item = document.createElement("li");
  item.textContent = "An answer high up. ".repeat(40);
  first.before(item);
}"""


def test_what_arrives_moves_nothing(stage: Stage, somebody: Somebody, screen: Any) -> None:
    """House, law 8; the control is the same reply put in at once, which the browser's own measure must see."""
    url = stage.article()
    ann, ben = somebody("Ann", screen), somebody("Ben", screen)
    ann.visit(url)
    ann.discuss("Method")
    for number in range(5):
        ann.post(f"Point {number}. " + "It takes a few lines to make. " * 4)
    ben.visit(url)
    ben.discuss("Method")
    expect(ben.panel.locator("li[data-comment]")).to_have_count(5)
    ben.page.wait_for_timeout(700)  # what the reader himself caused is not counted for half a second
    ben.page.evaluate(SHIFTS)
    ann.reply("Point 0.", "An answer high up. " * 10)
    expect(ben.pill).to_be_visible()
    ann.post("And one at the end.")
    expect(ben.pill).to_contain_text("2 new")
    ben.page.wait_for_timeout(300)
    assert ben.page.evaluate("() => window.shifted") == 0

    ben.page.evaluate(INSERT_AT_ONCE)
    ben.page.wait_for_timeout(300)
    assert ben.page.evaluate("() => window.shifted") > 0
