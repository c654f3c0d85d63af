"""A moderator has his actions where he reads: in the article's panel, with an hour granted to the page."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect
from tests.browser.axe import findings
from tests.browser.elsewhere import Elsewhere
from tests.browser.stage import Reader, Stage
from tests.browser.test_discussion import moderate

from postil.policy import Action

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]


@pytest.fixture
def ann(stage: Stage, somebody: Somebody) -> Reader:
    reader = somebody("Ann")
    reader.visit(stage.article())
    reader.discuss("Method")
    reader.post("The first thought.")
    return reader


@pytest.fixture
def mira(stage: Stage, somebody: Somebody, screen: Any, ann: Reader) -> Reader:
    """A moderator on the page where Ann writes, at a desk and on a phone."""
    reader = somebody("Mira", screen)
    moderate(reader, stage, ann.page.url)
    return reader


@pytest.fixture
def premoderated(stage: Stage, mira: Reader) -> Iterator[None]:
    stage.premoderate(True)
    yield
    stage.premoderate(False)


def note(reader: Reader) -> Locator:
    return reader.panel.locator("[part=done]")


def section_menu(reader: Reader, state: str) -> None:
    reader.panel.locator("[data-action=menu]").click()
    reader.panel.locator(f".menu [data-action={state}]").click()


def reveal(reader: Reader, text: str) -> Locator:
    """A comment that arrived waits behind the pill."""
    reader.pill.click()
    expect(reader.comment(text)).to_be_visible()
    return reader.comment(text)


def test_hiding_takes_a_reason_of_the_site_and_is_undone_from_a_quiet_note(ann: Reader, mira: Reader) -> None:
    mira.act("The first thought.", "hide")
    form = mira.comment("The first thought.").locator("form")
    for reason in ("spam", "off topic", "personal attack", "against the law"):
        expect(form.get_by_role("radio", name=reason)).to_be_visible()
    expect(form.get_by_role("radio", name="spam")).to_be_focused()
    assert findings(mira) == []
    mira.page.keyboard.press("ArrowRight")
    mira.page.keyboard.press("Enter")
    expect(note(mira)).to_contain_text("Hidden: off topic")
    expect(mira.comment("The first thought.")).to_contain_text("Hidden from readers: off topic")
    expect(ann.comment("The first thought.")).to_contain_text("Hidden by a moderator: off topic")
    assert findings(mira) == []
    note(mira).get_by_role("button", name="Undo").click()
    expect(note(mira)).to_contain_text("Undone")
    expect(mira.comment("The first thought.")).not_to_contain_text("Hidden from readers")
    expect(ann.comment("The first thought.").locator("[data-action=reply]")).to_be_visible()


SAID_LATE = """(code) => {
  const late = Object.assign(new MessageChannel().port1, { closed: true });
  window.open = (url) => {
    const { origin, searchParams } = new URL(url);
    const data = { postil: "grant", nonce: searchParams.get("nonce"), code };
    setTimeout(() => dispatchEvent(new MessageEvent("message", { origin, source: late, data })), 700);
    return late;
  };
}"""


def test_what_the_pop_up_said_is_heard_after_it_has_closed(stage: Stage, somebody: Somebody) -> None:
    """Its last word and its end come by different ways: here the end is seen first, by a clock that stands still."""
    mira = somebody("Mira")
    mira.page.clock.install()
    mira.visit(stage.article())
    mira.discuss("Method")
    mira.page.evaluate(SAID_LATE, "c" * 32)
    mira.panel.locator("[data-action=menu]").click()
    with mira.page.expect_request("**/v1/grants/redeem") as asked:
        mira.panel.locator("[data-action=moderate]").click()
        mira.page.clock.run_for(800)
    assert asked.value.post_data_json == {"code": "c" * 32}


def test_a_form_that_is_left_gives_the_keyboard_back(mira: Reader) -> None:
    mira.act("The first thought.", "hide")
    mira.comment("The first thought.").locator("form").wait_for()
    mira.page.keyboard.press("Escape")
    expect(mira.comment("The first thought.").locator("form")).to_have_count(0)
    expect(mira.panel.locator("dialog[open]")).to_be_visible()
    inside = "() => document.querySelector('postil-panel').shadowRoot.activeElement?.closest('li')?.dataset.comment"
    assert mira.page.evaluate(inside) == mira.comment("The first thought.").get_attribute("data-comment")


@pytest.mark.usefixtures("premoderated")
def test_what_waits_says_why_and_is_approved(ann: Reader, mira: Reader) -> None:
    ann.post("May I say this?")
    item = reveal(mira, "May I say this?")
    expect(item.locator("[part=chip]").first).to_be_visible()
    assert findings(mira) == []
    mira.act("May I say this?", "approve")
    expect(note(mira)).to_contain_text("Approved")
    expect(item.locator("[part=chip]")).to_have_count(0)
    expect(ann.comment("May I say this?")).to_contain_text("A moderator approved it.")


@pytest.mark.usefixtures("premoderated")
def test_an_approval_is_of_the_text_that_was_seen(ann: Reader, mira: Reader) -> None:
    ann.post("May I say this?")
    item = reveal(mira, "May I say this?")
    id = item.get_attribute("data-comment")
    item = mira.panel.locator(f"li[data-comment='{id}']")

    def edit_first(route: Route) -> None:
        """The approval is on its way when the text changes."""
        ann.act("May I say this?", "edit")
        form = ann.panel.locator("li[data-comment] form")
        form.locator("textarea").fill("Buy my pills!")
        form.locator("[part=post]").click()
        expect(ann.comment("Buy my pills!")).to_contain_text("edited")
        route.continue_()

    mira.page.route("**/approve", edit_first)
    item.locator("[data-action=approve]").click()
    expect(item.get_by_role("alert")).to_contain_text("It was changed meanwhile")
    expect(item.locator("[part=body]")).to_have_text("Buy my pills!")
    expect(ann.comment("Buy my pills!")).to_contain_text("Waits for a moderator")


def test_a_held_edit_stands_beside_what_readers_see_and_is_refused(stage: Stage, ann: Reader, mira: Reader) -> None:
    stage.premoderate(True)
    try:
        ann.act("The first thought.", "edit")
        form = ann.panel.locator("li[data-comment] form")
        form.locator("textarea").fill("A second thought.")
        form.locator("[part=post]").click()
        expect(ann.comment("The first thought.")).to_contain_text("Your edit waits")
    finally:
        stage.premoderate(False)
    item = mira.comment("The first thought.")
    expect(item.locator("[part=desk]")).to_contain_text("A second thought.")
    expect(item.locator("[part=body]").first).to_have_text("The first thought.")
    assert findings(mira) == []
    item.locator("[data-action=refuse]").click()
    expect(note(mira)).to_contain_text("The edit is refused")
    expect(item.locator("[part=desk]")).to_have_count(0)
    note(mira).get_by_role("button", name="Undo").click()
    expect(item.locator("[part=desk]")).to_contain_text("A second thought.")
    item.locator("[data-action=approve]").click()
    expect(mira.comment("A second thought.").locator("[part=desk]")).to_have_count(0)
    expect(ann.comment("A second thought.")).to_contain_text("A moderator approved your edit.", timeout=10_000)


def test_an_appeal_is_read_and_refused_or_granted(stage: Stage, ann: Reader, mira: Reader) -> None:
    Elsewhere(stage).decide(ann.comment("The first thought."), Action.HIDE, "off topic")
    ann.comment("The first thought.").locator("[data-action=appeal]").click()
    ann.comment("The first thought.").locator("form textarea").fill("It is the very topic.")
    ann.comment("The first thought.").locator("form").get_by_role("button", name="Ask again").click()
    item = mira.comment("The first thought.")
    expect(item.locator("[part=desk]")).to_contain_text("It is the very topic.")
    item.locator("[data-action=hide]").click()
    item.locator("form").get_by_role("button", name="Keep it hidden").click()
    expect(item.locator("[part=desk]")).to_have_count(0)
    expect(ann.comment("The first thought.")).to_contain_text("it stays hidden", timeout=10_000)
    mira.act("The first thought.", "restore")
    expect(note(mira)).to_contain_text("Restored")
    expect(ann.comment("The first thought.").locator("[data-action=reply]")).to_be_visible()


def test_flags_are_shown_and_answered(somebody: Somebody, ann: Reader, mira: Reader) -> None:
    ben = somebody("Ben")
    ben.visit(ann.page.url)
    ben.discuss("Method")
    ben.post("Hello.")
    ben.act("The first thought.", "flag")
    ben.comment("The first thought.").locator("form").get_by_role("button", name="Send").click()
    item = mira.comment("The first thought.")
    expect(item.locator("[part=chip]").first).to_contain_text("1 report")
    item.locator("[data-action=approve]").click()
    expect(item.locator("[part=chip]")).to_have_count(0)


def test_a_ban_says_how_many_were_hidden_and_undo_brings_all_back(ann: Reader, mira: Reader) -> None:
    ann.post("A second one.")
    reveal(mira, "A second one.")
    mira.act("A second one.", "ban")
    form = mira.comment("A second one.").locator("form")
    expect(form).to_contain_text("Ban Ann")
    expect(form.get_by_role("radio", name="This author")).to_be_focused()
    assert findings(mira) == []
    form.get_by_role("radio", name="A day").check()
    form.get_by_role("radio", name="spam").check()
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Ban").click()
    expect(note(mira)).to_contain_text("Banned. 2 comments are hidden")
    expect(mira.comment("The first thought.")).to_contain_text("Hidden from readers")
    ann.write("And another.")
    ann.composer.locator("[part=post]").click()
    expect(ann.composer.get_by_role("alert")).to_contain_text("Why: spam.")
    note(mira).get_by_role("button", name="Undo").click()
    expect(note(mira)).to_contain_text("Undone")
    expect(mira.comment("The first thought.")).not_to_contain_text("Hidden from readers")
    ann.composer.locator("[part=post]").click()
    expect(ann.comment("And another.")).to_be_visible()


def test_the_section_is_slowed_closed_locked_and_opened(ann: Reader, mira: Reader) -> None:
    mira.panel.locator("[data-action=menu]").click()
    expect(mira.panel.locator(".menu [data-action=open]")).to_have_attribute("aria-pressed", "true")
    assert findings(mira) == []
    mira.panel.locator(".menu select").select_option("10")
    mira.panel.locator(".menu [data-action=slow]").click()
    expect(note(mira)).to_contain_text("The section is slow: one comment every 10 min")
    expect(ann.composer.locator("textarea")).to_have_attribute("placeholder", "One comment every 10 minutes")
    expect(mira.panel.locator("[data-action=menu]")).to_be_focused()
    section_menu(mira, "closed")
    expect(ann.panel.locator(".foot")).to_have_text("Takes replies, no new threads.")
    section_menu(mira, "locked")
    expect(ann.panel.locator(".foot")).to_have_text("Locked: read only.")
    note(mira).get_by_role("button", name="Undo").click()
    expect(ann.panel.locator(".foot")).to_have_text("Takes replies, no new threads.")
    section_menu(mira, "open")
    expect(ann.composer.locator("textarea")).to_be_visible()


def test_what_needs_the_service_is_a_link_to_its_queue(stage: Stage, mira: Reader) -> None:
    item = mira.comment("The first thought.")
    item.locator("[data-action=more]").click()
    link = item.get_by_role("link", name="In the queue")
    id = item.get_attribute("data-comment")
    expect(link).to_have_attribute("href", f"{stage.service}/moderate?view=all&item={id}")
    expect(item.locator("[data-action=purge]")).to_have_count(0)


def test_readers_load_nothing_of_it(stage: Stage, somebody: Somebody) -> None:
    ben = somebody("Ben")
    asked: list[str] = []
    ben.page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    ben.visit(stage.article())
    ben.discuss("Method")
    ben.post("Hello.")
    assert {"desk.js", "moderate.js", "desk-forms.js", "standing.js"} & set(asked) == set()
