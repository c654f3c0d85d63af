"""Too much has changed to be told, as after a restart: what is the same on the screen stays as it is, to the node."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import WebSocketRoute, expect
from tests.browser.stage import Reader, Stage
from tests.browser.test_calm import edit

from postil import discussion, reading
from postil.cursors import MOST_BEHIND
from postil.ids import hash_token
from postil.viewer import Viewer

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

ROOT = 'document.querySelector("postil-panel").shadowRoot'
# Of each comment on show: whether it is drawn as it was when it was marked.
MARK = f"() => {ROOT}.querySelectorAll('li[data-comment] *').forEach((node) => (node.stays = true))"
STAYS = f"""() => Object.fromEntries([...{ROOT}.querySelectorAll("li[data-comment]")].map((item) =>
  [item.dataset.comment, [...item.querySelectorAll("*")].every(({{ stays }}) => stays)]))"""
CHOOSE = """(item) => getSelection().setBaseAndExtent(
  item.querySelector(".body p").firstChild, 6, item.querySelector(".body em").firstChild, 4)"""
CHOSEN = f"() => String({ROOT}.getSelection())"
KEYBOARD = f"() => [{ROOT}.activeElement.dataset.action, !!{ROOT}.activeElement.stays]"


class Line:
    """A reader's socket. While it is away he hears nothing; it comes back by itself."""

    def __init__(self, reader: Reader) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.is_away = False
        reader.page.route_web_socket("**/v1/live", self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        if not self.is_away:
            socket.connect_to_server()

    def leave(self) -> None:
        self.is_away = True
        self.sockets[-1].close(code=1012)

    def come_back(self) -> None:
        self.is_away = False
        self.sockets[-1].close(code=1012)


def miss(stage: Stage, section: str, comment: str) -> None:
    """More changes of a comment than are ever told, with no trace of them left."""

    async def work() -> None:
        async with stage.resources.database.begin() as tx:
            viewer = Viewer((await reading.find_section(tx, section))[1].site_id, author_key=hash_token("Fickle"))
            for number in range(MOST_BEHIND + 2):
                await discussion.support(tx, viewer, comment, on=not number % 2)

    stage.loop.run(work())


@pytest.fixture
def thread(stage: Stage, somebody: Somebody, screen: Any) -> tuple[Reader, Line, str, list[str]]:
    """Somebody who reads a thread with a comment of his own in it, which he has just posted."""
    ann = somebody("Ann", screen)
    line = Line(ann)
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("My own.")
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    ids = [str(ann.comment("My own.").get_attribute("data-comment"))]
    ids += [stage.say(section, f"Point {n}, to be *read*.", parent=None if n == 3 else ids[0]) for n in range(4)]
    expect(ann.pill).to_contain_text("4 new")
    ann.pill.click()
    expect(ann.panel.locator("li[data-comment]")).to_have_count(5)
    expect(ann.panel.locator(".live")).to_have_attribute("data-state", "live")
    ann.drawn()
    return ann, line, section, ids


def read_afresh(stage: Stage, thread: tuple[Reader, Line, str, list[str]]) -> None:
    """Too much changes while the socket is away; of what is left of it one comment is edited and another is new."""
    ann, line, section, ids = thread
    ann.page.evaluate(MARK)
    line.leave()
    miss(stage, section, ids[1])
    edit(stage, section, ids[4], "Another point.")
    stage.say(section, "What is new.")
    with ann.page.expect_response(re.compile(r"/sections/[^/]+/comments\?"), timeout=20_000):
        line.come_back()
    expect(ann.pill).to_contain_text("1 new reply")
    expect(ann.comment("Another point.")).to_be_attached()
    ann.drawn()


def test_words_that_are_chosen_and_a_menu_that_is_open_stay(
    stage: Stage, thread: tuple[Reader, Line, str, list[str]]
) -> None:
    ann, _, _, ids = thread
    ann.act("My own.", "edit")
    form = ann.comment("My own.").locator("form")
    form.locator("textarea").fill("My own, and")
    ann.panel.locator(f'li[data-comment="{ids[3]}"] [data-action=more]').click()
    extra = ann.panel.locator(f'li[data-comment="{ids[3]}"] .extra')
    extra.wait_for()
    ann.panel.locator(f'li[data-comment="{ids[2]}"]').evaluate(CHOOSE)
    assert ann.page.evaluate(CHOSEN) == "1, to be read"
    read_afresh(stage, thread)
    assert ann.page.evaluate(CHOSEN) == "1, to be read"
    assert ann.page.evaluate(STAYS) == {id: id != ids[4] for id in ids}
    assert form.locator("textarea").input_value() == "My own, and"
    expect(extra).to_be_visible()


@pytest.mark.parametrize("action", ["reply", "support", "fold"])
def test_the_keyboard_stays_on_the_button_itself(
    stage: Stage, thread: tuple[Reader, Line, str, list[str]], action: str
) -> None:
    ann, _, _, ids = thread
    ann.panel.locator(f'li[data-comment="{ids[0]}"] [data-action={action}]').focus()
    read_afresh(stage, thread)
    assert ann.page.evaluate(KEYBOARD) == [action, True]
