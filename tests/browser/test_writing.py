"""What a writer has: a toolbar, a preview, drafts that outlive everything, a count, quotations, the time to edit."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.axe import findings
from tests.browser.conftest import NARROW
from tests.browser.stage import Reader, Stage
from tests.browser.test_discussion import SHIFTS

from postil.rendered import MAX_SOURCE

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

DRAFTS = "() => Object.keys(localStorage).filter(key => key.startsWith('postil:draft:'))"
CHOOSE = """([from, start, to, end]) => {
  const paragraphs = document.querySelectorAll("article p");
  getSelection().setBaseAndExtent(paragraphs[from].firstChild, start, paragraphs[to].firstChild, end);
}"""
FIRST_OF_METHOD, LAST_OF_METHOD = 5, 7


@pytest.fixture
def ann(stage: Stage, somebody: Somebody) -> Reader:
    """Somebody at an article's third section, where nobody has spoken."""
    reader = somebody("Ann")
    reader.visit(stage.article())
    reader.discuss("Method")
    return reader


def field(reader: Reader) -> Locator:
    return reader.composer.locator("textarea")


def begin(reader: Reader, text: str = "") -> Locator:
    """Write, with the toolbar there, and all of it chosen."""
    field(reader).fill(text)
    reader.composer.get_by_role("toolbar").wait_for()
    field(reader).press("Control+a")
    return field(reader)


def press(reader: Reader, name: str) -> None:
    reader.composer.get_by_role("button", name=name, exact=True).click()


def chosen(field: Locator) -> Any:
    return field.evaluate("text => text.value.slice(text.selectionStart, text.selectionEnd)")


def kept(reader: Reader) -> Locator:
    return reader.composer.locator(".kept")


@pytest.mark.parametrize(
    ("tool", "words", "marked"),
    [
        ("Bold", "bold words", "**bold words**"),
        ("Italic", "one\n\ntwo", "_one_\n\n_two_"),
        ("Link", "the study", "[the study](https://)"),
        ("Quote", "one\n\ntwo", "> one\n>\n> two"),
        ("List", "one\ntwo", "- one\n- two"),
        ("Code", "x = 1", "`x = 1`"),
        ("Code", "x = 1\ny = 2", "```\nx = 1\ny = 2\n```"),
    ],
)
def test_a_tool_marks_what_is_chosen_and_a_second_press_takes_it_away(
    ann: Reader, tool: str, words: str, marked: str
) -> None:
    text = begin(ann, words)
    press(ann, tool)
    expect(text).to_have_value(marked)
    expect(text).to_be_focused()
    if tool == "Link":
        assert chosen(text) == "https://"
    press(ann, tool)
    expect(text).to_have_value(words)


def test_the_tools_have_keys_and_the_browser_can_take_back_what_they_did(ann: Reader) -> None:
    text = begin(ann, "words")
    for key, marked in (("b", "**words**"), ("i", "_words_"), ("k", "[words](https://)")):
        text.press("Control+a")
        text.press(f"Control+{key}")
        expect(text).to_have_value(marked)
        text.press("Control+z")
        expect(text).to_have_value("words")
    text.evaluate("text => text.setSelectionRange(2, 2)")
    text.press("Control+Shift+Period")
    expect(text).to_have_value("> words")

    tools = ann.composer.get_by_role("toolbar", name="Formatting").get_by_role("button")
    assert tools.evaluate_all("all => all.filter(tool => tool.tabIndex === 0).length") == 1
    tools.first.focus()
    ann.page.keyboard.press("ArrowRight")
    expect(ann.composer.get_by_role("button", name="Italic")).to_be_focused()
    ann.page.keyboard.press("Home")
    ann.page.keyboard.press("ArrowLeft")
    expect(ann.composer.get_by_role("button", name="List")).to_be_focused()
    ann.page.keyboard.press("Enter")
    expect(text).to_have_value("- > words")


def test_the_toolbar_comes_and_moves_nothing(ann: Reader, stage: Stage) -> None:
    """The control: the same tools with room taken for them, which the browser's own measure must see."""
    ann.post("Something to see.")
    ann.page.reload()
    ann.discuss("Method")
    expect(ann.comment("Something to see.")).to_be_visible()
    ann.page.wait_for_timeout(700)
    ann.page.evaluate(SHIFTS)
    tools = "document.querySelector('postil-panel').shadowRoot.querySelector('.foot .tools')"
    ann.page.evaluate("() => document.querySelector('postil-panel').shadowRoot.querySelector('.foot textarea').focus()")
    before = ann.page.evaluate(f"() => {tools}.getBoundingClientRect().top")
    ann.composer.get_by_role("toolbar").wait_for()
    ann.page.wait_for_timeout(300)
    assert ann.page.evaluate(f"() => {tools}.getBoundingClientRect().top") == before
    ann.page.evaluate(f"() => {tools}.style.height = '90px'")
    assert ann.page.evaluate(f"() => {tools}.getBoundingClientRect().top") != before


def test_the_preview_is_what_the_service_makes_of_it(ann: Reader) -> None:
    source = "**Bold**, [a link](https://example.org/) and <b>no tags</b>\n\n> quoted\n\n- listed"
    text = begin(ann, source)
    height = text.bounding_box()
    press(ann, "Preview")
    page = ann.composer.get_by_role("region", name="Preview")
    expect(page.locator("strong")).to_have_text("Bold")
    expect(page.locator("blockquote")).to_have_text("quoted")
    expect(page.get_by_role("link", name="a link")).to_have_attribute("rel", "nofollow ugc noopener noreferrer")
    expect(page).to_contain_text("<b>no tags</b>")
    expect(page.locator("li")).to_have_css("display", "list-item")
    shown = page.bounding_box()
    assert height and shown and shown["height"] >= height["height"]
    expect(ann.composer.get_by_role("button", name="Write")).to_be_focused()
    assert findings(ann) == []
    ann.page.keyboard.press("Escape")
    expect(text).to_be_focused()
    expect(text).to_have_value(source)

    ann.context.set_offline(True)
    press(ann, "Preview")
    expect(ann.composer.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(text).to_have_value(source)


def test_a_draft_outlives_a_page_that_is_killed_while_it_is_written(stage: Stage, ann: Reader) -> None:
    begin(ann)
    field(ann).press_sequentially("A thought that is not fin")
    url = ann.page.url
    ann.page.close(run_before_unload=False)
    ann.page = ann.context.new_page()
    ann.visit(url)
    ann.discuss("Method")
    expect(field(ann)).to_have_value("A thought that is not fin")
    expect(kept(ann)).to_contain_text("Draft kept")


def test_a_draft_is_one_in_two_tabs_and_the_later_words_win(stage: Stage, ann: Reader) -> None:
    begin(ann, "Begun in one tab")
    second = Reader(ann.context, "Ann")
    second.visit(ann.page.url)
    second.discuss("Method")
    expect(field(second)).to_have_value("Begun in one tab")
    field(second).fill("Begun in one tab, ended in another")
    expect(field(ann)).to_have_value("Begun in one tab, ended in another")
    expect(kept(ann)).to_have_text("Changed in another tab")
    second.post("Begun in one tab, ended in another")
    expect(field(ann)).to_have_value("")


def test_a_draft_is_discarded_and_that_can_be_undone(ann: Reader) -> None:
    begin(ann, "Not so good")
    kept(ann).get_by_role("button", name="Discard").click()
    expect(field(ann)).to_have_value("")
    assert ann.page.evaluate(DRAFTS) == []
    kept(ann).get_by_role("button", name="Undo").click()
    expect(field(ann)).to_have_value("Not so good")
    assert len(ann.page.evaluate(DRAFTS)) == 1


def test_drafts_of_replies_and_edits_are_told_of_and_opened_again(ann: Reader) -> None:
    ann.post("A point.")
    ann.post("Another.")
    ann.act("A point.", "reply")
    reply = ann.comment("A point.").locator("form")
    reply.locator("textarea").fill("Half a reply")
    reply.get_by_role("button", name="Cancel").click()
    ann.act("Another.", "edit")
    ann.comment("Another.").locator("form textarea").fill("Another, mended")
    ann.page.reload()
    ann.discuss("Method")
    shelf = ann.panel.get_by_role("group", name="Not sent, and drafts")
    expect(shelf).to_contain_text("Draft: reply to Ann. Half a reply")
    expect(shelf).to_contain_text("Draft of an edit. Another, mended")
    assert findings(ann) == []
    shelf.locator(".draft").filter(has_text="reply to Ann").get_by_role("button", name="Go on").click()
    expect(ann.comment("A point.").locator("form textarea")).to_have_value("Half a reply")
    expect(shelf.locator(".draft")).to_have_count(1)
    shelf.get_by_role("button", name="Discard").click()
    expect(shelf).to_have_count(0)
    expect(ann.comment("Another.")).to_be_visible()


def test_drafts_left_longest_ago_go_so_that_they_stay_few(ann: Reader) -> None:
    ann.page.evaluate("""() => {
      const day = 86400000;
      for (let i = 0; i < 70; i++)
        localStorage[`postil:draft:elsewhere ${i} `] = JSON.stringify({ text: "x", at: Date.now() - i * 1000 });
      localStorage["postil:draft:elsewhere old "] = JSON.stringify({ text: "x", at: Date.now() - 31 * day });
    }""")
    begin(ann, "A new one")
    names = ann.page.evaluate(DRAFTS)
    assert len(names) <= 51
    assert "postil:draft:elsewhere 0 " in names
    assert "postil:draft:elsewhere 69 " not in names
    assert "postil:draft:elsewhere old " not in names


def test_a_browser_that_has_no_room_left_posts_all_the_same(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }")
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("Nothing is kept here.")
    expect(field(ann)).to_have_value("")


def test_characters_are_counted_near_the_limit_and_too_many_are_kept(ann: Reader) -> None:
    text = begin(ann, "x" * (MAX_SOURCE - 501))
    expect(kept(ann)).to_contain_text("Draft kept")
    text.fill("x" * (MAX_SOURCE - 500))
    expect(kept(ann)).to_have_text("500 characters left")
    # What is one character to the service are two units here.
    text.fill("𝕩" * (MAX_SOURCE - 1))
    expect(kept(ann)).to_have_text("1 character left")
    text.fill("𝕩" * (MAX_SOURCE + 3))
    expect(kept(ann)).to_have_text("3 characters too many")
    expect(text).to_have_attribute("aria-invalid", "true")
    described = text.get_attribute("aria-describedby")
    expect(ann.panel.locator(f"#{described}")).to_have_text("3 characters too many")
    ann.composer.locator("[part=post]").click()
    expect(ann.composer.get_by_role("alert")).to_have_text("Shorten it by 3 characters, then send it.")
    expect(text).to_be_focused()
    assert len(text.input_value()) == MAX_SOURCE + 3
    text.fill("Short.")
    expect(text).not_to_have_attribute("aria-invalid", "true")
    expect(ann.composer.locator(".error")).to_be_hidden()


def test_what_stands_under_a_first_reply_is_one_line_on_a_phone(stage: Stage, somebody: Somebody) -> None:
    stranger = somebody("Ben", NARROW)
    url = stage.article()
    first = somebody("Ann")
    first.visit(url)
    first.discuss("Method")
    first.post("A claim.")
    stranger.visit(url)
    stranger.discuss("Method")
    stranger.comment("A claim.").locator("[data-action=reply]").click()
    form = stranger.panel.locator("li[data-comment] form")
    form.locator("textarea").fill("An answer.")
    parts = [form.locator("input.name"), *(form.get_by_role("button", name=name) for name in ("Discard", "Cancel"))]
    for part in parts:
        part.wait_for()
    boxes = [box for part in parts if (box := part.bounding_box())]
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert len(boxes) == 3 and max(middles) - min(middles) < 4, boxes


def test_a_name_is_asked_for_where_it_is_missing_and_can_be_changed(ann: Reader) -> None:
    begin(ann, "Who am I?")
    ann.composer.locator("[part=post]").click()
    name = ann.composer.get_by_role("textbox", name="Your name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Please give a name.")
    name.fill("Lena")
    name.press("Enter")
    expect(ann.comment("Who am I?").locator("[part=author]")).to_have_text("Lena")
    field(ann).focus()
    expect(ann.composer.locator(".who")).to_contain_text("as Lena")
    press(ann, "change")
    name.fill("Magdalena")
    field(ann).fill("And now?")
    expect(ann.composer.locator(".who")).to_contain_text("as Magdalena")
    field(ann).press("Control+Enter")
    expect(ann.comment("And now?").locator("[part=author]")).to_have_text("Magdalena")


def test_what_is_chosen_in_the_article_is_quoted_and_only_of_this_section(stage: Stage, ann: Reader) -> None:
    quote = ann.composer.get_by_role("button", name="Quote selection")
    ann.page.evaluate(CHOOSE, [FIRST_OF_METHOD - 1, 0, FIRST_OF_METHOD, 12])
    expect(quote).to_be_visible()
    assert findings(ann) == []
    quote.click()
    expect(field(ann)).to_have_value("> Method\n>\n> What is said\n\n")
    expect(field(ann)).to_be_focused()
    expect(quote).to_have_count(0)

    ann.page.evaluate(CHOOSE, [LAST_OF_METHOD + 1, 0, LAST_OF_METHOD + 1, 12])
    expect(quote).to_have_count(0)

    # By keyboard; a long one ends with a sentence.
    field(ann).fill("Look:")
    ann.page.evaluate(CHOOSE, [FIRST_OF_METHOD, 0, LAST_OF_METHOD, 200])
    expect(quote).to_be_visible()
    field(ann).focus()
    field(ann).press("Control+Shift+Period")
    value = field(ann).input_value()
    assert value.startswith("Look:\n\n> What is said here")
    assert value.endswith("to say. …\n\n")
    assert len(value) < 650


def test_on_a_phone_what_was_chosen_before_the_sheet_opened_is_quoted(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann", NARROW, has_touch=True, is_mobile=True)
    ann.visit(stage.article())
    ann.page.evaluate(CHOOSE, [FIRST_OF_METHOD, 0, FIRST_OF_METHOD, 12])
    ann.row("Method").get_by_role("button").tap()
    quote = ann.composer.get_by_role("button", name="Quote selection")
    quote.tap()
    expect(field(ann)).to_have_value("> What is said\n\n")


def test_words_of_a_comment_that_are_chosen_go_into_the_reply(ann: Reader) -> None:
    ann.write("It was 1 * 2 * 3 and nothing else.")
    ann.composer.locator("[part=post]").click()
    ann.comment("It was").locator("[part=body] p").select_text()
    ann.act("It was", "reply")
    expect(ann.comment("It was").locator("form textarea")).to_have_value("> It was 1 \\* 2 \\* 3 and nothing else.\n\n")


def test_an_edit_says_how_long_it_may_take_and_ends_by_itself(ann: Reader) -> None:
    ann.page.clock.install()
    ann.page.reload()
    ann.page.locator("postil-row").first.wait_for()
    ann.discuss("Method")
    ann.post("Frist.")
    item = ann.comment("Frist.")
    item.locator("[data-action=more]").click()
    edit = item.locator("[data-action=edit]")
    expect(edit).to_contain_text("Edit 14:")
    expect(edit).to_have_accessible_name("Edit")
    ann.page.clock.fast_forward("10:00")
    expect(edit).to_contain_text("Edit 4:")
    edit.click()
    form = item.locator("form")
    expect(form.locator(".kept")).to_contain_text("left to edit")
    form.locator("textarea").fill("First.")
    ann.page.clock.fast_forward("06:00")
    expect(form.locator(".kept")).to_have_text("The time to edit is over")
    expect(form.locator("textarea")).to_have_value("First.")
    form.get_by_role("button", name="Cancel").click()
    expect(item.locator("[data-action=edit]")).to_have_count(0)


KEYBOARD = """height => {
  Object.defineProperty(visualViewport, "height", { configurable: true, get: () => height });
  visualViewport.dispatchEvent(new Event("resize"));
}"""


def test_on_a_phone_the_fields_are_large_enough_and_stay_above_the_keyboard(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann", NARROW, has_touch=True, is_mobile=True)
    ann.visit(stage.article())
    ann.discuss("Method")
    field(ann).tap()
    ann.composer.get_by_role("toolbar").wait_for()
    sizes = ann.composer.locator("textarea, input.name").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 16  # below that a phone zooms in
    ann.page.evaluate(KEYBOARD, 400)
    under = ann.composer.locator(".under").bounding_box()
    assert under and under["y"] + under["height"] <= 400
    assert too_small(ann.page) == []
    assert findings(ann) == []
    ann.page.evaluate(KEYBOARD, 740)
    under = ann.composer.locator(".under").bounding_box()
    assert under and under["y"] > 400


def too_small(page: Page) -> Any:
    """Buttons of the composer that are no target for a finger."""
    return page.evaluate("""() =>
      [...document.querySelector("postil-panel").shadowRoot.querySelectorAll(".composer button")]
      .map(one => [one.ariaLabel || one.textContent, one.getBoundingClientRect()])
      .filter(([, { width, height }]) => width && (width < 24 || height < 24)).map(([name]) => name)""")
