"""What arrives by itself moves nothing that is in sight, by the browser's own measure of layout shift."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.elsewhere import Elsewhere
from tests.browser.stage import Reader, Stage
from tests.browser.test_discussion import INSERT_AT_ONCE

from postil import discussion, reading
from postil.ids import hash_token
from postil.markup import render
from postil.policy import Action
from postil.states import SectionState
from postil.viewer import Viewer

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

LINE = "It takes a few lines to make. "
# What the browser counts, and where; the bar above the list has its own test.
WATCH = """() => { window.shifts = [];
const list = document.querySelector("postil-panel").shadowRoot.querySelector("[part=thread]");
const { top } = list.getBoundingClientRect();
const told = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
new PerformanceObserver((entries) => {
  for (const { value, hadRecentInput, sources } of entries.getEntries()) {
    if (hadRecentInput || sources.every(({ previousRect }) => previousRect.y <= top)) continue;
    const moves = sources.map(({ previousRect, currentRect }) => told(previousRect) + " to " + told(currentRect));
    window.shifts.push([value, ...moves]);
  }
}).observe({ type: "layout-shift" }); }"""


def watch(reader: Reader) -> None:
    reader.page.wait_for_timeout(700)  # what the reader himself caused is not counted for half a second
    reader.page.evaluate(WATCH)


def moved(reader: Reader) -> Any:
    """What moved since; two frames later, as a shift is told with the frame that it was in."""
    reader.page.evaluate(
        "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(go, 50))))"
    )
    return reader.page.evaluate("() => window.shifts.splice(0)")


def edit(stage: Stage, section: str, comment: str, text: str, name: str = "Somebody") -> None:
    """Edit from elsewhere, straight through the verb."""

    async def work() -> None:
        async with stage.resources.database.begin() as tx:
            site = (await reading.find_section(tx, section))[1].site_id
            await discussion.edit(tx, Viewer(site, author_key=hash_token(name)), comment, text, render(text))

    stage.loop.run(work())


def support(stage: Stage, section: str, comment: str, names: list[str]) -> None:
    async def work() -> None:
        async with stage.resources.database.begin() as tx:
            site = (await reading.find_section(tx, section))[1].site_id
            for name in names:
                await discussion.support(tx, Viewer(site, author_key=hash_token(name)), comment, on=True)

    stage.loop.run(work())


@pytest.fixture
def ids(stage: Stage, somebody: Somebody, screen: Any) -> tuple[Reader, str, list[str]]:
    """Somebody who reads the middle of a thread."""
    ann = somebody("Ann", screen)
    url = stage.article()
    path = url.removeprefix(stage.site)
    stage.articles.pages[path] = stage.articles.pages[path].replace("<script async", "<script async data-presence")
    ann.page.clock.install()
    ann.visit(url)
    ann.discuss("Method")
    ann.post("The first. " + LINE * 3)
    section = str(ann.panel.locator("dialog").get_attribute("data-section"))
    first = str(ann.comment("The first.").get_attribute("data-comment"))
    found = [first, *[stage.say(section, f"Point {number}. {LINE * 4}") for number in range(8)]]
    ann.page.reload()
    ann.discuss("Method")
    expect(ann.panel.locator("li[data-comment]")).to_have_count(9)
    return ann, section, found


def test_whatever_arrives_by_itself_moves_nothing(
    stage: Stage, ids: tuple[Reader, str, list[str]], somebody: Somebody
) -> None:
    ann, section, (_, *points) = ids
    olga = Elsewhere(stage)
    item = ann.panel.locator(f'li[data-comment="{points[1]}"]')
    item.scroll_into_view_if_needed()
    watch(ann)
    stage.say(section, "A reply. " + LINE, parent=points[1])
    expect(item.locator("[data-action=news]")).to_have_text("1 new reply")
    stage.say(section, "Another thread.")
    expect(ann.pill).to_contain_text("2 new")
    assert moved(ann) == [], "new replies"

    edit(stage, section, points[1], "Longer. " + LINE * 12)
    expect(item).to_contain_text("Longer.")
    assert moved(ann) == [], "an edit that gets longer"
    edit(stage, section, points[1], "Short.")
    expect(item).to_contain_text("Short.")
    assert moved(ann) == [], "an edit that gets shorter"
    edit(stage, section, points[0], "Shorter above.")
    expect(ann.panel.locator(f'li[data-comment="{points[0]}"]')).to_contain_text("Shorter above.")
    assert moved(ann) == [], "an edit above"

    olga.set_section(ann, SectionState.LOCKED)
    expect(item.locator("[data-action=reply]")).to_have_count(0)
    olga.set_section(ann, SectionState.OPEN)
    expect(item.locator("[data-action=reply]")).to_have_count(1)
    assert moved(ann) == [], "the section is locked and opened"

    gone = ann.panel.locator(f'li[data-comment="{points[2]}"]')
    gone.scroll_into_view_if_needed()  # on a phone it stands below what is in sight
    moved(ann)
    olga.decide(gone, Action.HIDE, "off topic")
    expect(gone).to_have_count(0)
    expect(ann.panel.locator("li.gap")).to_have_count(1)
    assert moved(ann) == [], "a comment is hidden"

    ann.page.evaluate(INSERT_AT_ONCE)  # the control
    assert moved(ann) != [], "the same put in at once is measured"


def test_a_tombstone_and_its_restoring_move_nothing(stage: Stage, ids: tuple[Reader, str, list[str]]) -> None:
    ann, section, (_, *points) = ids
    olga = Elsewhere(stage)
    stage.say(section, "A reply.", parent=points[1])
    ann.pill.click()
    item = ann.panel.locator(f'li[data-comment="{points[1]}"]')
    item.scroll_into_view_if_needed()
    ann.page.wait_for_timeout(2500)  # what he has touched himself may move
    watch(ann)
    decision = olga.decide(item, Action.HIDE, "off topic")
    assert decision
    expect(item.locator("[part=tombstone]")).to_contain_text("Hidden by a moderator: off topic")
    assert moved(ann) == []
    olga.decide(item, Action.RESTORE)
    expect(item).to_contain_text("Point 1.")
    assert moved(ann) == []


def test_what_is_counted_told_and_decided_moves_nothing(
    stage: Stage, ids: tuple[Reader, str, list[str]], somebody: Somebody
) -> None:
    ann, section, (mine, *points) = ids
    olga = Elsewhere(stage)
    item, own = (ann.panel.locator(f'li[data-comment="{id}"]') for id in (points[0], mine))
    edit(stage, section, points[0], "Said better. " + LINE * 3)
    expect(item).to_contain_text("edited")
    watch(ann)
    for names, told in ((["N0"], "Support 1"), ([f"N{number}" for number in range(1, 12)], "Support 12")):
        for name in names:
            stage.say(section, "I support.", name=name)
        support(stage, section, points[0], names)
        expect(item.locator("[data-action=support]")).to_contain_text(told)
    assert moved(ann) == [], "support is counted"

    ben = somebody("Ben")
    ben.visit(ann.page.url)
    ben.discuss("Method")
    expect(ann.panel.locator("[part=presence]")).to_have_text("2 reading", timeout=12_000)
    assert moved(ann) == [], "somebody else reads"

    time = item.locator("time")
    before = time.text_content()
    ann.page.clock.fast_forward("11:00")
    expect(time).not_to_have_text(str(before))
    expect(time).to_contain_text("edited")
    assert moved(ann) == [], "the time goes"

    olga.decide(own, Action.HIDE, "off topic")
    expect(own).to_contain_text("Hidden by a moderator: off topic", timeout=12_000)
    assert moved(ann) == [], "a moderator hides one's own"
    olga.decide(own, Action.RESTORE)
    expect(own).not_to_contain_text("Hidden by a moderator: off topic", timeout=12_000)
    assert moved(ann) == [], "and restores it"

    fresh = stage.say(section, "Unread when it comes.")
    expect(ann.pill).to_contain_text("13 new")  # with the twelve who said that they support it
    ann.pill.click()
    expect(ann.panel.locator(f'li[data-comment="{fresh}"]')).to_be_visible()
    assert moved(ann) == [], "what is new is marked"


@pytest.mark.parametrize("width", [320, 1280])
def test_what_is_not_answered_yet_makes_no_page_wider(stage: Stage, somebody: Somebody, width: int) -> None:
    """Whether a bubble has room in the margin is known with the first answer; a service that is away gives none."""
    ben = somebody("Ben")
    ben.page.set_viewport_size({"width": width, "height": 640})
    ben.page.route("**/v1/page?*", lambda route: route.abort())
    ben.visit(stage.article())
    assert ben.page.locator("postil-bubble").count() > 1
    assert ben.page.evaluate("document.documentElement.scrollWidth") == width
