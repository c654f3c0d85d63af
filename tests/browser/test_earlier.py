"""A discussion stays with its words, as readers see it: merged, split, gone, found again."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.bees import (
    ARTICLE,
    HIVE,
    HONEY,
    JARS,
    MEAD,
    MERGED,
    PLACE,
    SPLIT,
    WINTER,
    earlier,
    edit,
    publish,
    revise,
    said,
    say,
    tab,
)
from tests.browser.stage import Reader, Stage

from postil.states import OutlineSource

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]


# Merged


def test_two_threads_stand_under_the_section_that_they_were_merged_into(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben", screen)
    ben.visit(bees)
    expect(ben.row("A place for the winter")).to_contain_text("4 comments")
    ben.discuss("A place for the winter")
    expect(ben.panel.get_by_role("tab")).to_have_count(3)
    expect(tab(ben, "All sections, 8 comments")).to_have_attribute("aria-selected", "false")
    expect(tab(ben, "This section, 2 comments")).to_have_attribute("aria-selected", "true")
    expect(said(ben).first).to_contain_text("First about Through the winter.")
    tab(ben, "From “Where to put it”, 2 comments").click()
    expect(said(ben).first).to_contain_text("First about Where to put it.")
    expect(said(ben)).to_have_count(2)

    ben.panel.locator("[data-action=next]").click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Taking the honey")
    expect(ben.panel.get_by_role("tab")).to_have_count(2)
    expect(tab(ben, "This section, 2 comments")).to_have_attribute("aria-selected", "true")


def test_what_is_new_goes_to_the_sections_own_thread_and_a_reply_where_it_belongs(
    stage: Stage, somebody: Somebody, bees: str
) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "From").click()
    ben.reply("First about Where to put it.", "Behind the barn.")
    expect(tab(ben, "From “Where to put it”, 3 comments")).to_have_attribute("aria-selected", "true")
    expect(ben.composer.locator("textarea")).to_have_attribute("placeholder", "Add your voice to this section")
    ben.post("Both matter.")
    expect(tab(ben, "This section, 3 comments")).to_have_attribute("aria-selected", "true")
    expect(said(ben)).to_have_count(3)
    expect(ben.row("A place for the winter")).to_contain_text("6 comments")


def test_tabs_are_reached_by_the_arrows(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "This section").focus()
    ben.page.keyboard.press("ArrowRight")
    expect(tab(ben, "From")).to_be_focused()
    expect(tab(ben, "From")).to_have_attribute("aria-selected", "false")
    ben.page.keyboard.press("Enter")
    expect(tab(ben, "From")).to_have_attribute("aria-selected", "true")
    expect(said(ben).first).to_contain_text("Where to put it")
    expect(ben.panel.get_by_role("tabpanel", name="From “Where to put it”")).to_be_visible()
    ben.page.keyboard.press("ArrowRight")
    expect(tab(ben, "All sections")).to_be_focused()
    ben.page.keyboard.press("ArrowRight")
    expect(tab(ben, "This section")).to_be_focused()
    ben.page.keyboard.press("Tab")
    expect(ben.panel.get_by_label("Order")).to_be_focused()


def test_the_row_counts_what_is_new_in_either_thread(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "From").click()
    expect(said(ben).first).to_contain_text("Where to put it")
    joined = str(ben.panel.locator("dialog").get_attribute("data-section"))
    ben.page.keyboard.press("Escape")
    expect(ben.row("A place for the winter")).not_to_contain_text("new")
    stage.say(joined, "One more.")
    ben.page.reload()
    expect(ben.row("A place for the winter")).to_contain_text("1 new")
    expect(ben.row("A place for the winter")).to_contain_text("5 comments")


# Split


def test_the_smaller_part_of_a_split_leads_to_the_thread_and_back(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    revise(stage, bees, SPLIT)
    ben = somebody("Ben", screen)
    ben.visit(bees)
    expect(ben.row("Taking the honey")).to_contain_text("2 comments")
    ben.discuss("Honey in jars")
    line = ben.panel.get_by_role("button", name="2 comments from when this was part of “Taking the honey”")
    expect(said(ben)).to_have_count(0)
    line.click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Taking the honey")
    expect(ben.panel.locator("[part=heading]")).to_be_focused()
    expect(said(ben)).to_have_count(2)
    ben.panel.get_by_role("button", name="Back to “Honey in jars”").click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Honey in jars")
    ben.post("Which cloth?")
    expect(ben.row("Honey in jars")).to_contain_text("1 comment")
    expect(line).to_be_visible()


# Gone


def test_a_thread_whose_words_are_gone_stands_at_the_end_of_the_page(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    ben = somebody("Ben", screen)
    ben.visit(bees)
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben)).to_have_count(0)

    revise(stage, bees, {"Choosing a hive": HIVE, "Taking the honey": HONEY + JARS, "Mead": MEAD})
    ben.page.reload()
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben).get_by_role("heading")).to_have_text("Earlier discussions")
    expect(earlier(ben).locator("blockquote").last).to_contain_text("In October the drones are thrown out")
    assert ben.page.evaluate("() => document.querySelector('postil-row:last-of-type').nextSibling.localName") == (
        "postil-earlier"
    )
    opener = earlier(ben).get_by_role("button", name="Through the winter 2 comments")
    opener.click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Through the winter")
    expect(ben.panel).to_contain_text("no longer in the article")
    ben.reply("First about Through the winter.", "I still weigh mine.")
    ben.post("Why was this taken out?")
    expect(said(ben)).to_have_count(4)
    expect(earlier(ben)).to_contain_text("4 comments")
    ben.page.keyboard.press("Escape")
    expect(earlier(ben).get_by_role("button", name="Through the winter 4 comments")).to_be_focused()


def test_they_stand_after_the_last_row_in_the_articles_column(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Choosing a hive": HIVE, "Taking the honey": HONEY + JARS})
    path = bees.removeprefix(stage.site)
    cards = stage.articles.pages[path].replace("<h2>", "<section><h2>").replace("</p>", "</p></section>")
    stage.articles.pages[path] = cards.replace("</article>", "<p>Thanks to all who helped.</p></article>")
    ben = somebody("Ben")
    ben.visit(bees)
    expect(earlier(ben).get_by_role("button")).to_have_count(2)
    beside = "() => [...document.querySelector('article').children].map((child) => child.localName)"
    assert ben.page.evaluate(beside) == [
        *("h1", "section", "postil-row", "section", "p", "postil-row", "postil-earlier")
    ]


def test_many_are_put_away_behind_their_heading(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Mead": MEAD, "Vinegar": "What went wrong with the mead is not lost. " + MEAD[::-1]})
    ben = somebody("Ben")
    ben.visit(bees)
    opener = earlier(ben).get_by_role("button", name="Taking the honey")
    expect(earlier(ben).get_by_role("heading")).to_have_text("Earlier discussions 4")
    expect(opener).not_to_be_visible()
    earlier(ben).locator("summary").press("Enter")
    expect(opener).to_be_visible()


def test_a_locked_discussion_is_only_read(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Choosing a hive": HIVE, "Mead": MEAD, "Taking the honey": HONEY + JARS, "Winter": WINTER})
    ben = somebody("Ben")
    ben.visit(bees)
    opener = earlier(ben).get_by_role("button", name="Where to put it")
    opener.click()
    expect(said(ben)).to_have_count(2)
    expect(ben.composer).to_be_visible()
    stage.lock(str(ben.panel.locator("dialog").get_attribute("data-section")), "locked")
    ben.page.reload()
    opener.click()
    expect(said(ben)).to_have_count(2)
    expect(ben.panel).to_contain_text("Locked: read only.")
    expect(ben.composer).to_have_count(0)
    expect(ben.panel.locator("[data-action=reply]")).to_have_count(0)


def test_old_words_are_text_and_run_their_own_way(stage: Stage, somebody: Somebody) -> None:
    hostile, hebrew = "&lt;img src=x onerror=alert(1)&gt;", "דבורים וכוורות"
    url = edit(stage, stage.article(), {hostile: f"{hostile} {PLACE}", hebrew: f"{hebrew} " * 20, "Mead": MEAD})
    for index in range(3):
        say(stage, url, index, "A word.")
    publish(stage, url)
    revise(stage, url, {"Mead": MEAD, "Choosing a hive": HIVE})
    ben = somebody("Ben")
    ben.visit(url)
    expect(earlier(ben).locator(".name").first).to_have_text("<img src=x onerror=alert(1)>")
    expect(earlier(ben).locator("blockquote").first).to_contain_text("<img src=x onerror=alert(1)> Let the entrance")
    expect(earlier(ben).locator("blockquote").last).to_have_css("direction", "rtl")
    earlier(ben).get_by_role("button").first.click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("<img src=x onerror=alert(1)>")
    assert ben.page.evaluate("() => document.querySelector('postil-earlier').shadowRoot.querySelector('img')") is None
    assert ben.page.evaluate("() => document.querySelector('postil-panel').shadowRoot.querySelector('img')") is None


# Then and now


def test_a_comment_about_an_earlier_version_shows_then_and_now(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    revise(stage, bees, ARTICLE | {"Choosing a hive": HIVE.replace("soft wood", "straw").replace("Paint", "Tar")})
    late = say(stage, bees, 0, "About the new one.")
    ben = somebody("Ben", screen)
    ben.visit(bees)
    ben.discuss("Choosing a hive")
    first = ben.comment("First about Choosing a hive.")
    label = first.get_by_role("button", name="Written about an earlier version")
    expect(label).to_have_attribute("aria-expanded", "false")
    label.click()
    expect(label).to_have_attribute("aria-expanded", "true")
    expect(first.locator("dd")).to_have_count(2)
    then, now = first.locator("dd").all()
    expect(then).to_contain_text("The first one should be of soft wood")
    expect(now).to_contain_text("The first one should be of straw")
    label.press("Enter")
    expect(first.locator("dl")).to_have_count(0)
    expect(label).to_be_focused()
    expect(ben.panel.locator(f"li[data-comment='{late}']").get_by_role("button", name="earlier version")).to_have_count(
        0
    )
    ben.page.keyboard.press("Escape")
    ben.discuss("Where to put it")
    expect(said(ben)).to_have_count(2)
    expect(ben.panel.get_by_role("button", name="earlier version")).to_have_count(0)


def test_what_the_owner_never_said_is_not_made_up(stage: Stage, somebody: Somebody, buzz: str) -> None:
    """Readers' copies made it the reference, so no old heading and no old words may be shown; control: the new ones."""
    publish(stage, buzz, OutlineSource.SEEN)
    revise(stage, buzz, {"Choosing a box": HIVE.replace("soft wood", "straw"), **MERGED, "Choosing a hive": MEAD})
    ben = somebody("Ben")
    ben.visit(buzz)
    ben.discuss("A place for the winter")
    expect(tab(ben, "From an earlier section, 2 comments")).to_be_visible()
    ben.panel.locator("[data-action=then]").first.click()
    expect(ben.panel.locator("dd")).to_have_count(2)
    then, now = ben.panel.locator("dd").all()
    expect(then).to_have_text("How it began then is not known.")
    expect(now).to_contain_text("A place for the winter")

    publish(stage, edit(stage, buzz, {"Choosing a hive": HIVE, "Mead": MEAD}))
    ben.page.reload()
    unnamed = earlier(ben).get_by_role("button", name="A section that is no longer here 2 comments")
    expect(unnamed).to_have_count(1)
    expect(earlier(ben).get_by_role("button", name="A place for the winter 2 comments")).to_have_count(1)


# Links


@pytest.mark.parametrize(
    ("index", "after", "heading"),
    [
        (0, {"Mead": MEAD, "A box for bees": HIVE, "Taking the honey": HONEY + JARS}, "A box for bees"),
        (1, MERGED, "A place for the winter"),
        (2, {"Choosing a hive": HIVE, "Mead": MEAD}, "Through the winter"),
    ],
    ids=["in its place", "among those merged", "in the earlier discussions"],
)
def test_a_link_leads_to_its_comment_wherever_the_section_went(
    stage: Stage, somebody: Somebody, bees: str, index: int, after: dict[str, str], heading: str
) -> None:
    id = say(stage, bees, index, "This very one.")
    revise(stage, bees, after)
    ben = somebody("Ben")
    ben.visit(f"{bees}#postil-{id}")
    focused = ben.panel.locator("li[data-focus]")
    expect(focused).to_contain_text("This very one.")
    expect(focused).to_be_in_viewport()
    expect(ben.panel.locator("[part=heading]")).to_have_text(heading)
    if index == 1:
        expect(tab(ben, "From “Where to put it”")).to_have_attribute("aria-selected", "true")


# Small screens


def test_everything_fits_a_small_screen_and_a_thumb(stage: Stage, somebody: Somebody, bees: str) -> None:
    long = "Where to put it when there is neither garden nor roof nor any understanding neighbour at all"
    revise(stage, bees, {long if heading == "Where to put it" else heading: text for heading, text in ARTICLE.items()})
    revise(stage, bees, {"A place for the winter": f"{PLACE} {WINTER}", "Mead": MEAD})
    ben = somebody("Ben", {"width": 360, "height": 740})
    ben.visit(bees)
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben).get_by_role("button")).to_have_count(2)
    assert ben.page.evaluate("() => document.documentElement.scrollWidth") <= 360
    targets = earlier(ben).get_by_role("button").all()
    assert min(target.bounding_box()["height"] for target in targets) >= 24  # type: ignore[index]
    ben.discuss("A place for the winter")
    for target in ben.panel.get_by_role("tab").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    label = ben.panel.locator("[data-action=then]").first
    assert label.bounding_box()["height"] >= 24  # type: ignore[index]
