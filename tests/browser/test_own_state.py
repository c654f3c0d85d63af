"""An author always sees the true state of his own comment; what a moderator decides meanwhile changes it in place."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Request, WebSocketRoute, expect
from tests.browser.axe import findings
from tests.browser.elsewhere import Elsewhere
from tests.browser.stage import Reader, Stage
from tests.browser.test_discussion import SHIFTS

from postil.policy import Action
from postil.states import SectionState

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

PENDING = "Waits for a moderator. Only you see it."
HELD = "Your edit waits for a moderator; readers see the text before it."
FILLER = "It takes a few lines to say. " * 4


@pytest.fixture
def olga(stage: Stage) -> Elsewhere:
    return Elsewhere(stage)


@pytest.fixture
def premoderated(stage: Stage) -> Iterator[None]:
    stage.premoderate(True)
    yield
    stage.premoderate(False)


@pytest.fixture
def ann(stage: Stage, somebody: Somebody, screen: Any) -> Reader:
    """Somebody at an article's second section, on a desk and on a phone."""
    reader = somebody("Ann", screen)
    reader.visit(stage.article())
    reader.discuss("Method")
    return reader


def watch(reader: Reader) -> None:
    """Measure from now on what moves by itself in the panel; the article's rows only say another count."""
    reader.page.evaluate(
        "() => document.querySelectorAll('postil-row').forEach((row) => (row.style.visibility = 'hidden'))"
    )
    reader.page.wait_for_timeout(700)  # what the reader himself caused is not counted for half a second
    reader.page.evaluate(SHIFTS)


def moved(reader: Reader) -> Any:
    reader.page.wait_for_timeout(300)
    return reader.page.evaluate("() => window.shifted")


def edit(reader: Reader, text: str, to: str) -> None:
    reader.act(text, "edit")
    form = reader.panel.locator("li[data-comment] form")
    form.locator("textarea").fill(to)
    form.locator("[part=post]").click()


def appeal(reader: Reader, text: str, why: str) -> None:
    reader.comment(text).locator("[data-action=appeal]").click()
    form = reader.comment(text).locator("form")
    form.locator("textarea").fill(why)
    form.get_by_role("button", name="Ask again").click()


@pytest.mark.usefixtures("premoderated")
def test_a_pending_comment_says_so_and_changes_in_place_when_it_is_approved(ann: Reader, olga: Elsewhere) -> None:
    ann.post(f"May I say this? {FILLER}")
    ann.post(f"And this? {FILLER}")
    expect(ann.comment("May I say this?").locator("[part=state]")).to_have_text(PENDING)
    assert findings(ann) == []
    watch(ann)
    olga.decide(ann.comment("May I say this?"), Action.APPROVE)
    expect(ann.comment("May I say this?").locator("[part=state]")).to_have_text("A moderator approved it.")
    expect(ann.comment("May I say this?").locator("[data-action=reply]")).to_be_visible()
    assert moved(ann) == 0
    expect(ann.comment("And this?").locator("[part=state]")).to_have_text(PENDING)


@pytest.mark.usefixtures("premoderated")
def test_a_pending_comment_that_is_hidden_says_why_though_no_reader_ever_saw_it(ann: Reader, olga: Elsewhere) -> None:
    ann.post(f"Buy my pills. {FILLER}")
    ann.post(f"And my soap. {FILLER}")
    watch(ann)
    olga.decide(ann.comment("Buy my pills."), Action.HIDE, "spam")
    expect(ann.comment("Buy my pills.").locator("[part=state]")).to_have_text("Hidden by a moderator: spam")
    assert moved(ann) == 0


def test_a_comment_that_is_hidden_meanwhile_stays_with_its_author_and_moves_nothing(
    stage: Stage, ann: Reader, olga: Elsewhere, somebody: Somebody
) -> None:
    ann.post(f"You are all fools. {FILLER}")
    ann.post(f"Or most. {FILLER}")
    ben = somebody("Ben")
    ben.visit(ann.page.url)
    ben.discuss("Method")
    expect(ben.comment("You are all fools.")).to_be_visible()
    watch(ann)
    olga.decide(ann.comment("You are all fools."), Action.HIDE, "off topic")
    state = ann.comment("You are all fools.").locator("[part=state]")
    expect(state).to_have_text("Hidden by a moderator: off topic")
    expect(state).to_be_visible()
    expect(ann.panel.get_by_role("status")).to_have_text("Hidden by a moderator: off topic", timeout=15_000)
    expect(ann.comment("You are all fools.").locator("[data-action=reply]")).to_have_count(0)
    assert moved(ann) == 0
    expect(ben.comment("You are all fools.")).to_have_count(0)
    assert findings(ann) == []

    ann.page.reload()
    ann.discuss("Method")
    first = ann.panel.locator("li[data-comment]").first
    expect(first).to_contain_text("You are all fools.")
    expect(first).to_contain_text("Hidden by a moderator: off topic")


def test_one_that_was_answered_shows_its_author_his_text_where_readers_see_a_tombstone(
    ann: Reader, olga: Elsewhere, somebody: Somebody
) -> None:
    ann.post("You are all fools.")
    ben = somebody("Ben")
    ben.visit(ann.page.url)
    ben.discuss("Method")
    ben.reply("You are all fools.", "Speak for yourself.")
    olga.decide(ann.comment("You are all fools."), Action.HIDE, "personal attack")
    expect(ben.panel.locator("[part=tombstone]")).to_have_text("Hidden by a moderator: personal attack")
    own = ann.panel.locator("li[data-comment]").filter(has_text="You are all fools.").first
    expect(own.locator("[part=state]")).to_have_text("Hidden by a moderator: personal attack")
    expect(ann.panel.locator("[part=tombstone]")).to_have_count(0)


def test_one_asks_again_once_and_hears_what_came_of_it(ann: Reader, olga: Elsewhere) -> None:
    ann.post(f"It was meant as a joke. {FILLER}")
    ann.post(f"The next. {FILLER}")
    olga.decide(ann.comment("meant as a joke"), Action.HIDE, "personal attack")
    ann.comment("meant as a joke").locator("[data-action=appeal]").click()
    form = ann.comment("meant as a joke").locator("form")
    expect(form).to_contain_text("about this decision you can ask once")
    expect(form.locator("textarea")).to_be_focused()
    expect(form.locator("textarea")).to_have_attribute("maxlength", "1000")
    assert findings(ann) == []
    form.locator("textarea").fill("Everybody laughed, he did too.")
    form.get_by_role("button", name="Ask again").click()
    expect(ann.comment("meant as a joke")).to_contain_text("You asked again; a moderator will look.")
    expect(ann.comment("meant as a joke").locator("[data-action=appeal]")).to_have_count(0)
    watch(ann)
    olga.decide(ann.comment("meant as a joke"), Action.HIDE)
    expect(ann.comment("meant as a joke")).to_contain_text("A moderator looked again: it stays hidden.", timeout=10_000)
    expect(ann.comment("meant as a joke").locator("[data-action=appeal]")).to_have_count(0)
    assert moved(ann) == 0


def test_one_that_is_shown_again_says_so(ann: Reader, olga: Elsewhere) -> None:
    ann.post(f"It was meant as a joke. {FILLER}")
    ann.post(f"The next. {FILLER}")
    olga.decide(ann.comment("meant as a joke"), Action.HIDE, "personal attack")
    appeal(ann, "meant as a joke", "Everybody laughed.")
    expect(ann.comment("meant as a joke")).to_contain_text("You asked again")
    watch(ann)
    olga.decide(ann.comment("meant as a joke"), Action.RESTORE)
    state = ann.comment("meant as a joke").locator("[part=state]")
    expect(state).to_have_text("A moderator looked again: it is shown.")
    assert moved(ann) == 0


def test_an_appeal_that_was_begun_is_there_after_a_reload(ann: Reader, olga: Elsewhere) -> None:
    ann.post("It was meant as a joke.")
    olga.decide(ann.comment("meant as a joke"), Action.HIDE, "personal attack")
    ann.comment("meant as a joke").locator("[data-action=appeal]").click()
    ann.comment("meant as a joke").locator("form textarea").fill("Everybody")
    ann.page.reload()
    ann.discuss("Method")
    ann.comment("meant as a joke").locator("[data-action=appeal]").click()
    expect(ann.comment("meant as a joke").locator("form textarea")).to_have_value("Everybody")
    ann.page.keyboard.press("Escape")
    expect(ann.comment("meant as a joke").locator("form")).to_have_count(0)
    expect(ann.panel.locator("dialog[open]")).to_be_visible()


def held_edit(stage: Stage, ann: Reader) -> Locator:
    """Her first comment, whose edit waits."""
    stage.premoderate(True)
    item = ann.panel.locator("li[data-comment]").first
    try:
        edit(ann, "The earth is flat.", "The earth is round.")
        expect(item.locator("[part=state]")).to_contain_text(HELD)
    finally:
        stage.premoderate(False)
    return item


@pytest.mark.parametrize(
    ("action", "says", "text"),
    [
        (Action.APPROVE, "A moderator approved your edit.", "The earth is round."),
        (Action.REFUSE, "A moderator kept the text before your edit.", "The earth is flat."),
    ],
)
def test_an_edit_that_is_held_is_there_beside_what_readers_see(
    stage: Stage, ann: Reader, olga: Elsewhere, action: Action, says: str, text: str
) -> None:
    ann.post("The earth is flat.")
    ann.post(f"The next. {FILLER}")
    item = held_edit(stage, ann)
    expect(item.locator("[part=body]")).to_have_text("The earth is flat.")
    item.locator("[data-action=held]").click()
    expect(item).to_contain_text("The earth is round.")
    expect(item.locator("[data-action=held]")).to_be_focused()
    assert findings(ann) == []
    item.locator("[data-action=held]").click()
    expect(item).not_to_contain_text("The earth is round.")
    watch(ann)
    olga.decide(item, action)
    expect(item.locator("[part=state]")).to_have_text(says, timeout=10_000)
    expect(item.locator("[part=body]")).to_have_text(text)
    assert moved(ann) == 0


def test_a_refusal_that_was_taken_back_is_not_what_stays_to_be_read(stage: Stage, ann: Reader, olga: Elsewhere) -> None:
    ann.post("The earth is flat.")
    item = held_edit(stage, ann)
    refused = olga.decide(item, Action.REFUSE)
    expect(item.locator("[part=state]")).to_have_text("A moderator kept the text before your edit.", timeout=10_000)
    olga.undo(refused)
    olga.decide(item, Action.APPROVE)
    expect(item.locator("[part=body]")).to_have_text("The earth is round.")
    expect(item.locator("[part=state]")).to_have_text("A moderator approved your edit.")


# At the composer


def test_whoever_is_banned_is_told_until_when_and_why_and_keeps_his_words(ann: Reader, olga: Elsewhere) -> None:
    ann.post("Buy my pills.")
    olga.ban(ann.comment("Buy my pills."), until=int(time.time()) + 7 * 86400, reason="spam")
    ann.write("Buy more of them.")
    ann.composer.locator("[part=post]").click()
    alert = ann.composer.get_by_role("alert")
    expect(alert).to_contain_text("You can still read. Why: spam.")
    expect(alert).to_contain_text(f"It ends on {time.strftime('%B', time.gmtime(time.time() + 7 * 86400))}")
    expect(ann.composer.locator("textarea")).to_have_value("Buy more of them.")


def test_a_slow_section_says_so_and_counts_down(ann: Reader, olga: Elsewhere) -> None:
    ann.post(f"First. {FILLER}")
    watch(ann)
    olga.set_section(ann, SectionState.SLOW, 5)
    field = ann.composer.locator("textarea")
    expect(field).to_have_attribute("placeholder", "One comment every 5 minutes")
    assert moved(ann) == 0
    ann.write("Second.")
    expect(ann.composer.locator(".kept")).to_have_text("One every 5 minutes")
    button = ann.composer.locator("[part=post]")
    button.click()
    alert = ann.composer.get_by_role("alert")
    expect(alert).to_contain_text("Not yet: wait 5 minutes")
    expect(alert).to_contain_text(re.compile(r"You can send it in 4:\d\d"))
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(field).to_have_value("Second.")
    assert findings(ann) == []
    first = alert.inner_text()
    expect(alert).not_to_have_text(first)


def test_when_the_time_is_over_it_can_be_sent(stage: Stage, somebody: Somebody, olga: Elsewhere) -> None:
    ann = somebody("Ann")
    ann.page.clock.install()
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("First.")
    olga.set_section(ann, SectionState.SLOW, 1)
    ann.write("Second.")
    button = ann.composer.locator("[part=post]")
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(ann.composer.get_by_role("alert")).to_contain_text("Not yet")
    ann.page.clock.fast_forward(61_000)
    expect(ann.composer.get_by_role("alert")).to_have_text("You can send it now.")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    olga.set_section(ann, SectionState.OPEN)  # the service's own minute has not passed
    button.click()
    expect(ann.comment("Second.")).to_be_visible()


def test_a_section_that_is_locked_and_opened_again_is_followed(ann: Reader, olga: Elsewhere) -> None:
    ann.post(f"First. {FILLER}")
    watch(ann)
    foot = ann.panel.locator(".foot")
    olga.set_section(ann, SectionState.LOCKED)
    expect(foot).to_have_text("Locked: read only.")
    expect(ann.comment("First.").locator("[data-action=reply]")).to_have_count(0)
    olga.set_section(ann, SectionState.CLOSED)
    expect(foot).to_have_text("Takes replies, no new threads.")
    expect(ann.comment("First.").locator("[data-action=reply]")).to_be_visible()
    olga.set_section(ann, SectionState.OPEN)
    expect(ann.composer.locator("textarea")).to_be_visible()
    assert moved(ann) == 0


def test_words_that_were_begun_stay_where_the_section_is_locked_meanwhile(ann: Reader, olga: Elsewhere) -> None:
    ann.post("First.")
    ann.act("First.", "reply")
    ann.comment("First.").locator("form textarea").fill("A reply")
    ann.panel.locator(".foot textarea").fill("A thought")
    olga.set_section(ann, SectionState.LOCKED)
    for form in (ann.panel.locator(".foot form"), ann.comment("First.").locator("form")):
        expect(form.locator(".kept")).to_have_text("Locked: read only.")
        expect(form.locator("[part=post]")).to_have_attribute("aria-disabled", "true")
        expect(form.locator("textarea")).not_to_have_value("")
    olga.set_section(ann, SectionState.CLOSED)
    reply = ann.comment("First.").locator("form [part=post]")
    expect(reply).not_to_have_attribute("aria-disabled", "true")
    expect(ann.panel.locator(".foot form .kept")).to_have_text("Takes replies, no new threads.")


# Signs of spam


def test_nobody_sees_reaches_or_hears_the_trap(ann: Reader) -> None:
    trap = ann.composer.locator("input[name=website]")
    expect(trap).to_have_attribute("autocomplete", "off")
    assert not ann.page.evaluate(
        """() => {
          const trap = document.querySelector("postil-panel").shadowRoot.querySelector("input[name=website]");
          const { left, right } = trap.getBoundingClientRect();
          return right > 0 && left < innerWidth;
        }"""
    )
    ann.composer.locator("textarea").focus()
    ann.composer.get_by_role("toolbar").wait_for()
    assert ann.panel.get_by_role("textbox").count() == ann.composer.locator("textarea, input.name").count()
    for _ in range(9):
        ann.page.keyboard.press("Tab")
        assert not trap.evaluate("trap => trap.getRootNode().activeElement === trap")


def test_what_fills_in_the_trap_and_how_long_the_writing_took_is_sent(ann: Reader) -> None:
    sent: list[Request] = []

    def keep(request: Request) -> None:
        sent.append(request)

    ann.page.on("request", keep)
    began = time.monotonic()
    ann.write("Two words.")
    ann.page.wait_for_timeout(1600)
    ann.composer.locator("[part=post]").click()
    ann.comment("Two words.").wait_for()
    since = time.monotonic()
    longest = since - began + 1
    ann.composer.locator("input[name=website]").evaluate("trap => { trap.value = 'http://pills.example' }")
    ann.write("More words.")
    ann.composer.locator("[part=post]").click()
    expect(ann.composer.locator("textarea")).to_have_value("")
    posts: list[Any] = [
        request.post_data_json for request in sent if request.method == "POST" and request.url.endswith("/v1/comments")
    ]
    first, second = ({post["source"]: post for post in posts}[source] for source in ("Two words.", "More words."))
    assert "trap" not in first
    assert 1 <= first["took"] <= longest
    assert second["trap"] == "http://pills.example"
    assert second["took"] <= time.monotonic() - since + 1, "counted anew after each comment"


def test_a_draft_that_is_restored_counts_from_its_restoring(ann: Reader) -> None:
    ann.write("A thought that is not finished")
    ann.page.reload()
    ann.discuss("Method")
    ann.page.wait_for_timeout(1600)
    ann.composer.locator("textarea").focus()
    ann.composer.get_by_role("toolbar").wait_for()  # with it comes the name
    with ann.page.expect_request("**/v1/comments") as sent:
        name = ann.composer.locator("input.name")
        if name.is_visible():
            name.fill("Ann")
        ann.composer.locator("[part=post]").click()
    posted = sent.value.post_data_json
    assert posted and posted["took"] >= 1


def test_what_is_taken_down_before_readers_hear_of_it_is_told_to_its_author(
    stage: Stage, somebody: Somebody, olga: Elsewhere
) -> None:
    """His socket is away from before the post until after the decision: between the two, there was nothing."""
    ann = somebody("Ann")
    sockets: list[WebSocketRoute] = []
    is_open = True

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if is_open:
            socket.connect_to_server()
        else:
            socket.close()

    ann.page.route_web_socket("**/v1/live", connect)
    ann.visit(stage.article())
    ann.discuss("Method")
    expect(ann.panel.locator(".live")).to_have_attribute("data-state", "live")
    is_open = False
    sockets[-1].close()
    ann.post("Gone in a moment.")
    item = ann.panel.locator("li[data-comment]")
    olga.decide(item, Action.HIDE, "off topic")
    is_open = True
    expect(item).to_contain_text("Hidden by a moderator: off topic", timeout=15_000)
    expect(item.locator("[data-action=appeal]")).to_be_visible()
