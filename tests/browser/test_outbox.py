"""What cannot be sent is kept, told of, and sent exactly once: through tunnels, lost answers, tabs and killed pages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

POST = "**/v1/comments"
UNSENT = "() => Object.keys(localStorage).filter(key => key.startsWith('postil:unsent:')).length"


@pytest.fixture
def ann(stage: Stage, somebody: Somebody) -> Reader:
    """Somebody who has posted before, so that her name is known."""
    reader = somebody("Ann")
    reader.visit(stage.article())
    reader.discuss("Method")
    reader.post("Here I am.")
    return reader


def unsent(reader: Reader) -> Locator:
    return reader.panel.locator("[data-unsent]")


def send(reader: Reader, text: str) -> None:
    reader.write(text)
    reader.composer.locator("[part=post]").click()


def said(reader: Reader, text: str) -> int:
    """How often somebody else reads it."""
    other = Reader(reader.context.browser.new_context(), "Ben")  # type: ignore[union-attr]
    try:
        other.visit(reader.page.url)
        other.discuss("Method")
        expect(other.comment("Here I am.")).to_be_visible()
        other.drawn()
        return other.panel.locator("li[data-comment] [part=body]").filter(has_text=text).count()
    finally:
        other.context.close()


def fetch(route: Route) -> int:
    """Let it through to the service; what that answers."""
    # Only the browser knows the service by its name.
    return route.fetch(url=route.request.url.replace("talk.localhost", "127.0.0.1")).status


def swallow(reader: Reader) -> list[int]:
    """The service takes a post, and the answer is lost on the way. What it answered."""
    answers: list[int] = []

    def lose(route: Route) -> None:
        answers.append(fetch(route))
        route.abort()

    reader.context.route(POST, lose)
    return answers


def test_offline_it_says_so_keeps_the_words_and_sends_them_once_by_itself(stage: Stage, ann: Reader) -> None:
    ann.context.set_offline(True)
    send(ann, "From a tunnel.")
    expect(unsent(ann)).to_contain_text("Not sent. From a tunnel.")
    expect(unsent(ann).get_by_role("button", name="Try again")).to_be_visible()
    expect(ann.composer.locator("textarea")).to_have_value("")
    send(ann, "And a second one.")
    expect(unsent(ann)).to_have_count(2)
    ann.context.set_offline(False)
    expect(ann.comment("From a tunnel.")).to_be_visible()
    expect(ann.comment("And a second one.")).to_be_visible()
    expect(unsent(ann)).to_have_count(0)
    order = ann.panel.locator("li[data-comment] [part=body]").all_inner_texts()
    assert order == ["Here I am.", "From a tunnel.", "And a second one."]
    assert said(ann, "From a tunnel.") == 1
    assert ann.page.evaluate(UNSENT) == 0


def test_an_answer_that_is_lost_after_the_commit_does_not_double_the_post(stage: Stage, ann: Reader) -> None:
    answers = swallow(ann)
    send(ann, "Once and for all.")
    expect(unsent(ann)).to_be_visible(timeout=20_000)
    assert answers[0] == 201
    assert set(answers[1:]) <= {200}
    ann.context.unroute(POST)
    unsent(ann).get_by_role("button", name="Try again").click()
    expect(unsent(ann)).to_have_count(0)
    expect(ann.panel.locator("li[data-comment]").filter(has_text="Once and for all.")).to_have_count(1)
    assert said(ann, "Once and for all.") == 1


def test_a_page_that_is_killed_while_it_sends_sends_at_the_next_visit(stage: Stage, ann: Reader) -> None:
    """The service has it or has it not: nobody knows, and it is there once."""
    url = ann.page.url

    def hang(route: Route) -> None:
        fetch(route)

    ann.context.route(POST, hang)
    with ann.page.expect_request(POST):
        send(ann, "My last words.")
    ann.page.wait_for_timeout(200)
    ann.page.close(run_before_unload=False)
    ann.context.unroute_all(behavior="ignoreErrors")
    ann.page = ann.context.new_page()
    ann.visit(url)
    ann.page.wait_for_function(f"{UNSENT.replace('() =>', '() => !')}")
    ann.discuss("Method")
    expect(ann.panel.locator("li[data-comment]").filter(has_text="My last words.")).to_have_count(1)
    expect(ann.composer.locator("textarea")).to_have_value("")
    assert said(ann, "My last words.") == 1


def test_two_tabs_send_it_once(stage: Stage, ann: Reader) -> None:
    second = Reader(ann.context, "Ann")
    second.visit(ann.page.url)
    second.discuss("Method")
    expect(second.comment("Here I am.")).to_be_visible()
    ann.context.set_offline(True)
    send(ann, "From one of two tabs.")
    expect(unsent(ann)).to_be_visible()
    # The other tab shows it as well, once it knows that things can be unsent.
    second.composer.locator("textarea").focus()
    ann.context.set_offline(False)
    expect(ann.comment("From one of two tabs.")).to_be_visible()
    expect(unsent(ann)).to_have_count(0)
    expect(unsent(second)).to_have_count(0)
    assert said(ann, "From one of two tabs.") == 1


@pytest.mark.parametrize("opened", ["before", "after"])
def test_what_is_refused_later_is_told_with_the_words_kept(stage: Stage, ann: Reader, opened: str) -> None:
    """They are taken back before the section is opened again, or after: they stand in its composer then."""
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    ann.context.set_offline(True)
    send(ann, "Too late.")
    expect(unsent(ann)).to_be_visible()
    stage.lock(section, "locked")
    ann.context.set_offline(False)
    expect(unsent(ann)).to_contain_text("locked")
    expect(unsent(ann)).to_contain_text("Too late.")
    composer = ann.panel.locator("form[part=composer]")
    if opened == "after":
        unsent(ann).get_by_role("button", name="Edit").click()
    stage.lock(section, "open")
    expect(composer).to_have_count(1)
    if opened == "before":
        unsent(ann).get_by_role("button", name="Edit").click()
    expect(ann.composer.locator("textarea")).to_have_value("Too late.")
    expect(unsent(ann)).to_have_count(0)
    ann.composer.locator("[part=post]").click()
    expect(ann.comment("Too late.")).to_be_visible()


def test_what_is_not_sent_can_be_thrown_away(stage: Stage, ann: Reader) -> None:
    ann.context.set_offline(True)
    send(ann, "Better not.")
    unsent(ann).get_by_role("button", name="Discard").click()
    expect(unsent(ann)).to_have_count(0)
    ann.context.set_offline(False)
    ann.post("Something else.")
    assert said(ann, "Better not.") == 0
