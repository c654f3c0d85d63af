"""A thread of thousands: drawn in small steps it is what the plain form says, and a change costs what it changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from tests.browser.stage import MODULES, Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

PLAIN = Path(__file__).with_name("plain_list.js").read_text()

# Small numbers, so that a history comes back to the same comments; a reply is younger than what it answers.
IDS = st.integers(0, 9)
TEXT = st.integers(0, 3)
TOMBS = st.sampled_from([None, None, None, "hidden", "removed"])
STATES = st.sampled_from([None, "pending", "hidden"])


@st.composite
def comments(draw: st.DrawFn, most: int = 5, state: st.SearchStrategy[str | None] = TOMBS) -> list[dict[str, Any]]:
    """The parent of each is told by its number: the same comment never changes places."""
    ids = draw(st.lists(IDS, max_size=most, unique=True))
    return [{"id": id, "parent": parent_of(id), "text": draw(TEXT), "state": draw(state)} for id in sorted(ids)]


def parent_of(id: int) -> int | None:
    return None if id % 3 == 0 else id // 2 if id != 2 else 0


IDS_OR_NONE = st.none() | IDS
STEPS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"act": st.just("fold"), "comments": comments(), "gone": st.lists(IDS, max_size=2)}),
        st.fixed_dictionaries(
            {
                "act": st.just("load"),
                "comments": comments(8),
                "parent": IDS_OR_NONE,
                "next": st.booleans(),
                "more": st.lists(IDS, max_size=2),
            }
        ),
        st.fixed_dictionaries({"act": st.just("own"), "comments": comments(3, STATES)}),
        st.builds(
            lambda id, text, state: {"act": "mine", "id": id, "parent": parent_of(id), "text": text, "state": state},
            IDS, TEXT, st.sampled_from([None, None, "pending", "hidden", "removed"]),
        ),
        st.builds(lambda act, id: {"act": act, "id": id}, st.sampled_from(["hold", "turn"]), IDS),
        st.builds(lambda id: {"act": "reveal", "id": id}, IDS_OR_NONE),
        st.builds(lambda id, text: {"act": "support", "id": id, "text": text}, IDS, TEXT),
    ),
    max_size=12,
)  # fmt: skip
BEGINNING = st.fixed_dictionaries(
    {"act": st.just("load"), "comments": comments(10), "parent": st.none(), "next": st.booleans(), "more": st.just([])}
)
HISTORIES = st.fixed_dictionaries(
    {
        "sort": st.sampled_from(["oldest", "newest", "supported"]),
        "known": IDS,
        "steps": st.builds(lambda first, then: [first, *then], BEGINNING, STEPS),
    }
)


@pytest.fixture
def attacked(page: Page, stage: Stage) -> Page:
    """A page of the site with the plain form in it."""
    page.goto(stage.article())
    page.locator("postil-row").first.wait_for()
    page.evaluate(f"async () => {{ {PLAIN.replace('export ', '')}; window.attack = await attacker({MODULES}); }}")
    return page


# What is loaded twice moves, and what stood behind it with it.
TWICE = {
    "sort": "oldest",
    "known": 0,
    "steps": [
        {
            "act": "load",
            "comments": [{"id": id, "parent": parent_of(id), "text": 0, "state": None} for id in range(count)],
            "parent": None,
            "next": count == 2,
            "more": [],
        }
        for count in (3, 2)
    ],
}


@example(history=TWICE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES)
def test_any_history_drawn_in_steps_is_what_the_plain_form_says(attacked: Page, history: dict[str, Any]) -> None:
    assert attacked.evaluate("history => window.attack(history)", history) is None


# Whoever scrolls on comes to the end, page by page.
THREAD = "document.querySelector('postil-panel').shadowRoot.querySelector('[part=thread]')"
# Whether one comment is an empty item and another is drawn, and few are.
AWAY = f"""([away, here]) => {{
  const items = [...{THREAD}.querySelectorAll("li[data-comment]")];
  const drawn = items.filter((item) => item.firstChild);
  return !drawn.includes(items.at(away)) && drawn.includes(items.at(here)) && drawn.length < 80;
}}"""
ON_TO = f"""(id) => {{
  {THREAD}.scrollBy(0, 200);
  return {THREAD}.querySelector(`li[data-comment="${{id}}"]`);
}}"""
TO_THE_END = """() => {
  const list = document.querySelector("postil-panel").shadowRoot.querySelector("[part=thread]");
  list.scrollTo(0, list.scrollHeight);
  return !list.querySelector("ol.list>li:not([data-comment])");
}"""
# Once nothing more has been drawn for a while.
QUIET = f"""() => new Promise((go) => {{
  let timer = setTimeout(go, 400);
  const again = () => (clearTimeout(timer), (timer = setTimeout(go, 400)));
  new MutationObserver(again).observe({THREAD}, {{ childList: true, subtree: true }});
}})"""
# How often the list changes in the frame that scrolls it.
IN_THE_FRAME = f"""() => new Promise((go) => {{
  let changes = 0;
  const observer = new MutationObserver((records) => (changes += records.length));
  observer.observe({THREAD}, {{ childList: true, subtree: true }});
  {THREAD}.scrollTop = {THREAD}.scrollHeight / 2;
  requestAnimationFrame(() => go(changes + observer.takeRecords().length));
}})"""
COUNT_WORK = """() => {
  window.work = { nodes: 0, drawn: 0 };
  const list = document.querySelector("postil-panel").shadowRoot.querySelector("ol.list");
  new MutationObserver((records) => {
    for (const { addedNodes, target } of records) {
      work.nodes += addedNodes.length;
      if (target.nodeName === "LI") work.drawn++;
    }
    }).observe(list, { childList: true, subtree: true });
}"""


def test_more_comes_as_the_reader_comes_near_and_a_change_draws_what_it_changes(
    stage: Stage, somebody: Somebody
) -> None:
    ann = somebody("Ann")
    ann.visit(stage.article())
    ann.discuss("Method")
    ann.post("The first.")
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    ids = [stage.say(section, f"Point {number}.") for number in range(130)]
    replies = [stage.say(section, f"Reply {number}.", parent=ids[0]) for number in range(40)]
    ann.page.reload()
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.url) if "/comments?" in request.url else None)
    ann.discuss("Method")
    # By their ids: of what is far away the words may not be drawn.
    expect(ann.panel.locator(f"li[data-comment='{replies[19]}']")).to_be_attached()
    expect(ann.comment("Point 129.")).to_have_count(0)
    ann.page.wait_for_function(ON_TO, arg=replies[39])
    ann.page.wait_for_function(TO_THE_END)
    expect(ann.panel.locator("li[data-comment]")).to_have_count(171)
    # Each window was asked for once.
    assert len(asked) == len(set(asked))

    ann.page.wait_for_function(AWAY, arg=[0, -1])
    ann.page.evaluate(QUIET)
    ann.page.evaluate(COUNT_WORK)
    stage.say(section, "Another.")
    stage.say(section, "A reply far away.", parent=replies[3])
    stage.say(section, "A reply.", parent=ids[-1])
    expect(ann.pill).to_contain_text("3 new")
    # The thread in sight says that a reply waits in it; nothing else is drawn.
    assert ann.page.evaluate("() => window.work") == {"nodes": 1, "drawn": 1}

    # What is far away has no box; what the reader comes near to is there again.
    ann.page.wait_for_function(AWAY, arg=[0, -1])
    ann.page.evaluate(f"() => void ({THREAD}.scrollTop = 0)")
    expect(ann.comment("The first.")).to_be_in_viewport()
    ann.page.wait_for_function(AWAY, arg=[120, 0])

    # What comes near is not drawn in the frame that has to be laid out and painted for scrolling, but after it.
    ann.page.evaluate(QUIET)
    assert ann.page.evaluate(IN_THE_FRAME) == 0
    ann.page.wait_for_function(AWAY, arg=[0, 85])
