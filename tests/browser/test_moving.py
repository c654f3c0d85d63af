"""Threads move while readers read: they keep their place and their words, and hear of all that comes."""

import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, WebSocketRoute, expect
from tests.browser.bees import (
    ARTICLE,
    HIVE,
    HONEY,
    JARS,
    MEAD,
    MERGED,
    asked,
    earlier,
    edit,
    forget,
    keep_apart,
    publish,
    revise,
    said,
    say,
    tab,
)
from tests.browser.stage import Reader, Stage, open_stage
from tests.browser.test_discussion import INSERT_AT_ONCE, SHIFTS
from tests.browser.test_place import PLACES

from postil.states import Anchor

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]


# The reader's place


def test_threads_that_move_meanwhile_leave_the_reader_where_he_is(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    """House, law 8; the control is a comment put in at once, which the browser's own measure must see."""
    for number in range(8):
        say(stage, bees, 1, f"Point {number}. " + "It takes a few lines to make. " * 6)
    decided = revise(stage, bees, MERGED)
    ben = somebody("Ben", screen)
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "From “Where to put it”").click()
    expect(said(ben)).to_have_count(10)
    ben.write("A sentence begun")
    ben.comment("Point 3.").scroll_into_view_if_needed()
    section = ben.panel.locator("dialog").get_attribute("data-section")
    before = ben.page.evaluate(PLACES)
    ben.page.wait_for_timeout(700)  # what the reader himself caused is not counted for half a second
    ben.page.evaluate(SHIFTS)

    keep_apart(stage, decided[Anchor.MERGED])
    expect(ben.row("A place for the winter")).to_contain_text("2 comments")
    stage.say(str(section), "Said after the move.")
    expect(ben.pill).to_contain_text("1 new reply")
    assert ben.page.evaluate(PLACES) == before
    assert ben.page.evaluate("() => window.shifted") < 0.001, "the row's own words, by the width of a digit"
    assert ben.panel.locator("dialog").get_attribute("data-section") == section
    expect(ben.panel.locator("[part=heading]")).to_have_text("A place for the winter")
    assert ben.composer.locator("textarea").input_value() == "A sentence begun"

    ben.reply("Point 3.", "And a reply.")
    assert ben.panel.locator("dialog").get_attribute("data-section") == section
    ben.composer.locator("[part=post]").click()
    expect(tab(ben, "This section, 3 comments")).to_have_attribute("aria-selected", "true")
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben).get_by_role("button")).to_contain_text("Where to put it")
    ben.page.wait_for_timeout(700)
    ben.page.evaluate("() => { window.shifted = 0 }")
    ben.page.evaluate(INSERT_AT_ONCE)
    ben.page.wait_for_timeout(300)
    assert ben.page.evaluate("() => window.shifted") > 0.01


def test_what_arrives_while_the_thread_is_read_afresh_is_not_lost(stage: Stage, somebody: Somebody, bees: str) -> None:
    """The answer is held back until a comment that it does not know of yet has come by the socket."""
    decided = revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    expect(said(ben)).to_have_count(2)
    section = str(ben.panel.locator("dialog").get_attribute("data-section"))
    held: list[tuple[Route, bytes]] = []
    ben.page.route(f"**/sections/{section}/comments?*", lambda route: held.append((route, _answer(route.request.url))))

    keep_apart(stage, decided[Anchor.MERGED])
    while not held:
        ben.page.wait_for_timeout(20)
    stage.say(section, "Said in between.")
    expect(ben.pill).to_contain_text("1 new reply")
    for route, body in held:
        assert b"Said in between." not in body
        route.fulfill(body=body, headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"})
    ben.page.wait_for_timeout(500)
    ben.pill.click()
    expect(ben.comment("Said in between.")).to_be_visible()


def _answer(url: str) -> bytes:
    """What the service answers now."""
    local = urllib.request.Request(url.replace("talk.localhost", "127.0.0.1"), headers={"Host": url.split("/")[2]})
    with urllib.request.urlopen(local) as response:
        body: bytes = response.read()
    return body


def test_a_post_that_takes_long_does_not_call_the_reader_back(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Choosing a hive": HIVE, "Taking the honey": HONEY + JARS})
    ben = somebody("Ben")
    ben.visit(bees)
    earlier(ben).get_by_role("button", name="Where to put it").click()
    expect(said(ben)).to_have_count(2)
    held: list[Route] = []
    ben.page.route("**/v1/comments", lambda route: held.append(route))
    ben.write("Behind the barn.")
    ben.composer.locator("[part=post]").click()
    while not held:
        ben.page.wait_for_timeout(20)
    earlier(ben).get_by_role("button", name="Through the winter").click()
    expect(said(ben).first).to_contain_text("Through the winter")
    held[0].continue_()
    expect(earlier(ben)).to_contain_text("3 comments")
    expect(said(ben)).to_have_count(2)
    expect(ben.panel.locator("[part=heading]")).to_have_text("Through the winter")


def test_a_reader_who_cannot_be_told_afresh_is_told_later(stage: Stage, somebody: Somebody, bees: str) -> None:
    decided = revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    expect(said(ben)).to_have_count(2)
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        refused.append(route)
        route.fulfill(status=503)

    ben.page.route("**/v1/page?*", refuse, times=1)
    keep_apart(stage, decided[Anchor.MERGED])
    expect(ben.row("A place for the winter")).to_contain_text("2 comments", timeout=20_000)
    assert refused


def test_a_draft_goes_with_its_section(stage: Stage, somebody: Somebody, bees: str) -> None:
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Where to put it")
    ben.write("A thought that is not finished")
    revise(stage, bees, {"Under the hedge" if at == "Where to put it" else at: text for at, text in ARTICLE.items()})
    ben.page.reload()
    ben.discuss("Under the hedge")
    expect(ben.composer.locator("textarea")).to_have_value("A thought that is not finished")
    ben.post("A thought that is finished")
    ben.page.reload()
    ben.discuss("Under the hedge")
    expect(ben.composer.locator("textarea")).to_have_value("")


# What is sent


@pytest.fixture
def secure(chromium: Browser, tmp_path: Path) -> Iterator[Stage]:
    """A site where a page can compute a hash: by https or, as here, under .localhost."""
    stage = open_stage(tmp_path, host="blog.localhost")
    yield stage
    stage.close()


def test_an_outline_is_sent_by_its_name_and_whole_only_where_it_is_not_known(secure: Stage, somebody: Somebody) -> None:
    url = edit(secure, secure.article(), ARTICLE)
    say(secure, url, 0, "Of wood, or of straw?")
    publish(secure, url)
    ann, ben = somebody("Ann"), somebody("Ben")
    known = asked(ann)
    ann.visit(url)
    expect(ann.row("Choosing a hive")).to_contain_text("1 comment")
    ann.page.wait_for_load_state("networkidle")
    assert [each.split("?")[0].split(" {")[0] for each in known] == ["GET page"]
    assert re.search(r"outline=[0-9a-f]{32}&", known[0])

    edit(secure, url, ARTICLE | {"Mead": MEAD})
    unknown = asked(ben)
    ben.visit(url)
    expect(ben.row("Choosing a hive")).to_contain_text("1 comment")
    ben.page.wait_for_load_state("networkidle")
    assert [each.split("?")[0].split(" {")[0] for each in unknown] == ["GET page", "POST outline"]
    assert "Three parts of water" not in unknown[1], "the article itself stays in the browser"
    assert re.search(r'"hash":"[0-9a-f]{32}"', unknown[1])


def test_a_service_that_has_forgotten_the_outline_is_told_again(stage: Stage, somebody: Somebody, bees: str) -> None:
    edit(stage, bees, ARTICLE | {"Mead": MEAD})
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Mead")
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    forget(stage)
    sent = asked(ben)
    ben.post("With yeast or without?")
    posts = [each.removeprefix("POST comments ") for each in sent if each.startswith("POST comments")]
    assert len(posts) == 2
    assert '"sections"' not in posts[0]
    assert '"sections"' in posts[1]
    assert len({re.search(r'"nonce":"([^"]+)"', each)[1] for each in posts}) == 1  # type: ignore[index]
    expect(said(ben)).to_have_count(1)


def test_a_reader_whose_service_restarts_goes_on_hearing(stage: Stage, somebody: Somebody, bees: str) -> None:
    """Of a section, too, that only his unpublished copy of the article has."""
    edit(stage, bees, ARTICLE | {"Mead": MEAD})
    ben = somebody("Ben")
    sockets: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    ben.page.route_web_socket(re.compile("/v1/live$"), route)
    ben.visit(bees)
    ben.discuss("Mead")
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    forget(stage)
    sent = asked(ben)
    with ben.page.expect_response("**/v1/outline"):
        sockets[0].close(code=1012)
    assert [each.split("?")[0].split(" {")[0] for each in sent] == ["GET page", "POST outline"]
    say(stage, bees, 4, "With yeast or without?")
    expect(ben.pill).to_contain_text("1 new reply")
