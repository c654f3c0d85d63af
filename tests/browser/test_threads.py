"""What a reader makes of a thread on his device: replies put away, authors muted, the way to what is answered."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.axe import findings
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]


def test_replies_stay_away_indents_end_and_the_name_leads_to_what_is_answered(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("The first.")
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    parent = str(ann.comment("The first.").get_attribute("data-comment"))
    for number in range(5):
        parent = stage.say(section, f"Deeper {number}.", parent=parent, name=f"Reader {number}")
    expect(ann.pill).to_contain_text("5 new")
    ann.pill.click()
    deepest = ann.comment("Deeper 4.")
    expect(deepest.locator(".to")).to_have_text("in reply to Reader 3")
    lefts = [ann.comment(f"Deeper {n}.").locator("article").bounding_box() for n in range(5)]
    assert [round(box["x"]) for box in lefts if box][2:] == [round(lefts[2]["x"])] * 3 if lefts[2] else False

    deepest.locator("[data-action=up]").click()
    expect(ann.comment("Deeper 3.")).to_have_attribute("data-focus", "")
    assert findings(ann) == []
    ann.comment("Deeper 3.").locator("[data-action=down]").click()
    expect(deepest).to_have_attribute("data-focus", "")
    assert ann.page.evaluate("() => location.hash") == "", "a reload would open the panel, and show what is put away"

    ann.comment("The first.").locator("[data-action=fold]").click()
    expect(ann.panel.locator("li[data-comment]")).to_have_count(1)
    ann.page.reload()
    ann.discuss("Method")
    expect(ann.comment("The first.")).to_contain_text("Show 5 replies")
    expect(ann.panel.locator("li[data-comment]")).to_have_count(1)


def test_one_who_is_muted_is_a_line_and_no_news_until_he_is_heard_again(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("The first.")
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    loud = stage.say(section, "Loud words.", name="Bob")
    stage.say(section, "An answer.", parent=loud, name="Carla")
    expect(ann.pill).to_contain_text("2 new")
    ann.pill.click()
    item = ann.panel.locator(f'li[data-comment="{loud}"]')
    item.locator("[data-action=more]").click()
    item.locator("[data-action=mute]").click()
    expect(item).to_contain_text("Muted: Bob")
    expect(item).not_to_contain_text("Loud words.")
    expect(ann.comment("An answer.")).to_be_visible()
    assert findings(ann) == []

    stage.say(section, "More loud words.", name="bob")
    stage.say(section, "A quiet word.", name="Carla")
    expect(ann.pill).to_contain_text("1 new reply")
    ann.page.reload()
    ann.discuss("Method")
    expect(item).to_contain_text("Muted: Bob")
    item.locator("[data-action=hear]").click()
    expect(item).to_contain_text("Loud words.")

    ann.panel.locator("[data-action=menu]").click()
    ann.panel.locator("[data-action=unmute]").click()
    expect(ann.panel.locator("[part=body]", has_text="More loud words.")).to_be_visible()


def test_a_menu_at_the_lower_edge_is_seen_whole(stage: Stage, somebody: Somebody, screen: Any) -> None:
    ann = somebody("Ann", screen)
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("The first.")
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    for number in range(12):
        stage.say(section, f"Point {number}.", name="Bartholomew of Brandenburg")
    ann.visit(ann.page.url)
    ann.discuss("Method")
    ann.drawn()
    item = ann.comment("Point 11.")
    item.locator("[data-action=more]").evaluate("(button) => button.scrollIntoView({ block: 'end' })")
    item.locator("[data-action=more]").click()
    expect(item.locator("[data-action=copy]")).to_be_focused()
    lower = "(node) => node.getBoundingClientRect().bottom"
    assert item.locator("[data-action=mute]").evaluate(lower) <= ann.panel.locator("[part=thread]").evaluate(lower)
