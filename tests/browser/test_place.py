"""House, law 8, by random arrivals: the reader's place is never moved, and a draft is never lost."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser

# Each arrival: under which of the comments on show (or at the top), and how long.
ARRIVALS = st.lists(st.tuples(st.integers(-1, 5), st.integers(1, 60)), min_size=1, max_size=5)
PLACES = """() => [...document.querySelector("postil-panel").shadowRoot.querySelectorAll("li[data-comment]")]
  .map((item) => [item.dataset.comment, Math.round(item.getBoundingClientRect().top)])"""


@pytest.fixture
def reading(stage: Stage, somebody: Callable[..., Reader]) -> tuple[Reader, str, list[str]]:
    """A reader in the middle of a thread with a sentence begun."""
    ann = somebody("Ann")
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("The first. " * 12)
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    ids = [str(ann.comment("The first.").get_attribute("data-comment"))]
    for number in range(5):
        ids.append(stage.say(section, f"Point {number}. " * 20, parent=ids[number // 2] if number % 2 else None))
    ann.page.reload()
    ann.discuss("Method")
    expect(ann.panel.locator("li[data-comment]")).to_have_count(6)
    ann.write("A sentence begun")
    return ann, section, ids


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=ARRIVALS)
def test_whatever_arrives_waits(
    stage: Stage, reading: tuple[Reader, str, list[str]], arrivals: list[tuple[int, int]]
) -> None:
    ann, section, ids = reading
    ann.comment("Point 3.").scroll_into_view_if_needed()
    before = ann.page.evaluate(PLACES)
    arrived = []
    for under, length in arrivals:
        parent = ids[under] if under >= 0 else None
        arrived.append(stage.say(section, "An arrival. " * length, parent=parent))
    word = "reply" if len(arrived) == 1 else "replies"
    expect(ann.pill).to_contain_text(f"{len(arrived)} new {word}")
    assert ann.page.evaluate(PLACES) == before
    assert ann.composer.locator("textarea").input_value() == "A sentence begun"

    ann.pill.click()
    for id in arrived:
        expect(ann.panel.locator(f'li[data-comment="{id}"]')).to_be_attached()
    shown = [id for id, _ in ann.page.evaluate(PLACES)]
    assert [id for id in shown if id in dict(before)] == [id for id, _ in before], "what was there keeps its order"
    assert ann.composer.locator("textarea").input_value() == "A sentence begun"
