"""Every state of the widget, measured: axe, targets, reflow, large text, forced colours, motion, the keyboard alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.axe import RUN, findings
from tests.browser.stage import Reader, Stage
from tests.browser.states import HEBREW, STATES, Scene

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

# Everything that can be pressed, smaller than 24 by 24: WCAG 2.2, 2.5.8, which excepts links within a sentence.
SMALL = """() => ["postil-row", "postil-earlier", "postil-panel"].flatMap((tag) => [...document.querySelectorAll(tag)])
  .flatMap((host) => [...host.shadowRoot.querySelectorAll("button, select, input, textarea, summary, a.act")])
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".trap, .unseen"))
  .map((one) => [one, one.closest("label") ?? one])
  .map(([one, hit]) => [one.outerHTML.slice(0, 120), hit.getBoundingClientRect()])
  .filter(([, { width, height }]) => width && Math.min(width, height) < 23.9)
  .map(([html, { width, height }]) => `${width.toFixed()} x ${height.toFixed()} ${html}`)"""

# What reaches out of the panel or the page, and what is cut off. What scrolls on purpose is apart, and what is cut
# with dots and told whole by its title.
WIDE = """() => {
  const hosts = [...document.querySelectorAll("postil-row, postil-earlier, postil-panel")];
  const all = hosts.flatMap((host) => [...host.shadowRoot.querySelectorAll("*")]);
  const over = all.filter((one) => {
    if (!one.checkVisibility() || one.closest("pre, .bar-of-tools, .unseen, .trap, select, textarea, input, svg"))
      return false;
    const style = getComputedStyle(one);
    if (one.parentElement && getComputedStyle(one.parentElement).textOverflow === "ellipsis") return false;
    const within = (one.closest("dialog") ?? document.documentElement).getBoundingClientRect();
    const { left, right, width } = one.getBoundingClientRect();
    const cuts = style.overflowX !== "visible" && style.textOverflow !== "ellipsis" && style.webkitLineClamp === "none";
    const cut = cuts && one.scrollWidth > one.clientWidth + 1;
    return width && (left < within.left - 1 || right > within.right + 1 || cut);
  }).map((one) => one.outerHTML.slice(0, 160));
  const page = document.scrollingElement;
  return page.scrollWidth > innerWidth ? [`page ${page.scrollWidth} > ${innerWidth}`, ...over] : over;
}"""
# The panel has taken the shape of the screen, and nothing moves in any more.
SETTLED = """() => {
  const dialog = document.querySelector("postil-panel")?.shadowRoot.querySelector("dialog[open]");
  const fits = !dialog || dialog.dataset.shape === (innerWidth < 920 ? "sheet" : "drawer");
  return fits && document.getAnimations({ subtree: true }).every((each) => each.playState !== "running");
}"""


@pytest.fixture
def scene(stage: Stage, somebody: Somebody) -> Iterator[Scene]:
    here = Scene(stage, somebody)
    yield here
    here.end()


def settle(reader: Reader) -> None:
    size = reader.page.viewport_size
    assert size is not None
    reader.page.wait_for_function("(width) => innerWidth === width", arg=size["width"])
    # The page hears of its new size with the next frame.
    reader.page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    reader.page.wait_for_function(SETTLED)


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_and_all_can_be_pressed_and_read_on_a_narrow_screen(scene: Scene, name: str) -> None:
    reader = STATES[name](scene)
    page = reader.page
    if reader.panel.locator("dialog[open]").count():
        assert findings(reader) == []
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(RUN, "postil-panel") == []
    assert page.evaluate(SMALL) == []

    page.set_viewport_size({"width": 320, "height": 640})
    settle(reader)
    assert page.evaluate(WIDE) == []
    assert page.evaluate(SMALL) == []


def test_text_at_twice_its_size_is_not_cut(scene: Scene) -> None:
    """As by a browser's zoom of text: what the page says of its font is what the widget follows."""
    reader = scene.reading()
    page = reader.page
    # 1360 by 900 at 200 % is a viewport of half of it.
    page.set_viewport_size({"width": 680, "height": 450})
    page.evaluate("() => document.documentElement.style.setProperty('--postil-font-size', '30px')")
    settle(reader)
    assert page.evaluate(WIDE) == []
    page.set_viewport_size({"width": 1360, "height": 900})
    settle(reader)
    assert page.evaluate(WIDE) == []


def test_who_wants_no_motion_sees_none(scene: Scene) -> None:
    url = scene.thread()
    reader = scene.visit(url)
    reader.page.emulate_media(reduced_motion="reduce")
    reader.page.evaluate(
        """() => {
          window.ran = [];
          for (const type of ["animationstart", "transitionrun"])
            document.addEventListener(type, ({ target }) => ran.push(`${type} ${target.tagName}`), true);
        }"""
    )
    scene.open(reader)
    reader.panel.locator("li[data-comment]").first.wait_for()
    assert reader.page.evaluate("() => document.getAnimations({ subtree: true }).length") == 0
    reader.panel.locator("[data-action=close]").click()
    assert reader.page.evaluate("() => ran") == []


def test_forced_colours_keep_what_colour_alone_had_told(scene: Scene) -> None:
    reader = scene.reading()
    reader.page.emulate_media(forced_colors="active")
    scene.say(reader.page.url, 0, 3)
    reader.pill.wait_for()
    bordered = "(one) => parseFloat(getComputedStyle(one).borderTopWidth) > 0"
    for part in ("[part=pill]", "[part=panel]", "form[part=composer] .box", "[part=post]"):
        assert reader.panel.locator(part).first.evaluate(bordered), part
    chosen, other = (
        reader.panel.locator(f"[role=tab][aria-selected={is_chosen}]").first.evaluate(
            "(one) => getComputedStyle(one).borderBottomColor"
        )
        for is_chosen in ("true", "false")
    )
    assert chosen != other


STOP = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const ringed = (one) => { const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none"; };
  return { what: at.dataset?.action ?? at.getAttribute?.("part") ?? at.className ?? at.tagName, tag: at.tagName,
    ring: ringed(at) || !!at.closest?.(".box") && ringed(at.closest(".box")) };
}"""


def tab_to(reader: Reader, what: str, most: int = 60) -> None:
    """Press Tab until the keyboard is there; each stop on the way shows where it is."""
    for _ in range(most):
        reader.page.keyboard.press("Tab")
        stop: dict[str, Any] = reader.page.evaluate(STOP)
        if stop["tag"] in {"BODY", "HTML"}:
            continue
        assert stop["ring"], stop
        if what in str(stop["what"]).split():
            return
    raise AssertionError(f"Tab does not lead to {what}.")


def test_all_is_done_by_keyboard_and_the_focus_is_seen_and_comes_back(scene: Scene) -> None:
    reader = scene.visit(scene.thread())
    press = reader.page.keyboard.press
    tab_to(reader, "row")
    press("Enter")
    reader.panel.locator("dialog[open]").wait_for()
    reader.panel.locator("li[data-comment]").nth(4).wait_for()
    expect(reader.panel.locator("[part=heading]")).to_be_focused()

    tab_to(reader, "reply")
    press("Enter")
    form = reader.panel.locator("li[data-comment] form")
    expect(form.locator("textarea")).to_be_focused()
    reader.page.keyboard.type("By keyboard alone.")
    form.locator("input.name").wait_for()
    tab_to(reader, "name")
    reader.page.keyboard.type("Lena")
    form.locator("textarea").focus()
    press("Control+Enter")
    written = reader.comment("By keyboard alone.")
    written.locator("[data-action=more]").wait_for()

    tab_to(reader, "more")
    press("Enter")
    expect(reader.panel.locator("li[data-open] .extra .act").first).to_be_focused()

    press("Escape")
    reader.panel.locator("dialog:not([open])").wait_for(state="attached")
    assert reader.page.evaluate(STOP)["what"] == "row"


def test_a_screen_reader_is_told_at_most_every_ten_seconds(scene: Scene) -> None:
    url = scene.thread()
    reader = scene.make("Lena")
    reader.page.clock.install()
    reader.visit(url)
    scene.open(reader)
    reader.panel.locator("li[data-comment]").nth(4).wait_for()
    status = reader.panel.locator("[role=status]")
    reader.page.clock.run_for(11_000)
    status.evaluate(
        """(status) => {
          window.told = [];
          // The last time that was asked for before is when: an observer may hear of it a moment later.
          let asked;
          const now = Date.now.bind(Date);
          Date.now = () => (asked = now());
          new MutationObserver(() => told.push([status.textContent, asked])).observe(status, { childList: true });
        }"""
    )
    scene.say(url, 0, 2)
    expect(reader.pill).to_contain_text("1")
    reader.page.clock.run_for(100)
    expect(status).to_contain_text("1 new reply")
    scene.say(url, 0, 3)
    expect(reader.pill).to_contain_text("2")
    # The clock goes on by itself as well, so it is asked when each was told.
    for _ in range(21):
        reader.page.clock.run_for(500)
    expect(status).to_contain_text("2 new replies")
    (_, earlier), (_, later) = reader.page.evaluate("() => told")
    assert later - earlier >= 10_000


def test_a_page_from_right_to_left_has_the_panel_on_its_left_and_each_comment_its_own_direction(
    stage: Stage, somebody: Somebody
) -> None:
    scene = Scene(stage, somebody, "he", HEBREW)
    reader = scene.reading()
    dialog = reader.panel.locator("dialog")
    expect(dialog).to_have_attribute("dir", "rtl")
    expect(dialog).to_have_attribute("lang", "he")
    settle(reader)
    box = dialog.bounding_box()
    assert box is not None and box["x"] == 0
    directions = reader.panel.locator("li[data-comment] .body").evaluate_all(
        "(bodies) => bodies.map((one) => [one.dir, getComputedStyle(one).direction])"
    )
    assert {dir for dir, _ in directions} == {"auto"}
    assert [computed for _, computed in directions].count("ltr") == 1  # the English one
    assert reader.page.evaluate(WIDE) == []
