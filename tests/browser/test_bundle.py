"""The widget as a wheel carries it, joined and minified, does what its sources do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.bees import ARTICLE, HIVE, MEAD, edit, publish, revise, say
from tests.browser.stage import Reader, Stage, open_stage
from tests.browser.test_discussion import moderate
from tests.bundling import bundling

from postil.web.static import Widget

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def widget(bundle: Path) -> Widget:
    return Widget(bundle)


@pytest.fixture(scope="module")
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory, widget: Widget) -> Iterator[Stage]:
    stage = open_stage(tmp_path_factory.mktemp("stage"), widget)
    yield stage
    stage.close()


def test_the_bundle_lets_readers_talk_and_a_moderator_hide(stage: Stage, somebody: Callable[..., Reader]) -> None:
    url = stage.article()
    ann, ben, mira = somebody("Ann"), somebody("Ben"), somebody("Mira")
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.url))
    ann.visit(url)
    expect(ann.page.locator("[data-postil-views]")).not_to_have_text("0")
    scripts = [each for each in asked if each.endswith(".js")]
    assert len(scripts) == 1, "one script until a reader shows interest"

    ann.discuss("Method")
    ann.post("Buy my pills.")
    ben.visit(url)
    ben.discuss("Method")
    ben.reply("Buy my pills.", "No.")
    moderate(mira, stage, url)
    mira.act("Buy my pills.", "hide")
    mira.comment("Buy my pills.").locator("form").first.get_by_role("button", name="Hide").click()
    expect(ben.panel.locator("[part=tombstone]")).to_contain_text("Hidden by a moderator")
    expect(ben.panel).not_to_contain_text("pills")


def test_two_requests_until_a_reader_shows_interest(stage: Stage, somebody: Callable[..., Reader]) -> None:
    """The script, and the page's answer: with counts, words, and the view counted. On http, as here, by POST."""
    url = edit(stage, stage.article(), ARTICLE)
    say(stage, url, 1, "Behind the barn.")
    ann = somebody("Ann")
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.url.removeprefix(stage.service)))
    ann.visit(url)
    expect(ann.row("Where to put it")).to_contain_text("1 comment")
    ann.page.wait_for_load_state("networkidle")
    assert [path for path in asked if not path.startswith("http")] == ["/postil.js", "/v1/outline"]

    with ann.page.expect_request("**/panel.js"):
        ann.row("Where to put it").get_by_role("button").hover()
    expect(ann.page.locator("postil-bubble").first).to_be_attached()


def test_the_bundle_shows_what_is_no_longer_in_the_article(stage: Stage, somebody: Callable[..., Reader]) -> None:
    url = edit(stage, stage.article(), ARTICLE)
    say(stage, url, 1, "Behind the barn.")
    publish(stage, url)
    revise(stage, url, {"Choosing a hive": HIVE * 4, "Mead": MEAD})
    ben = somebody("Ben", {"width": 1360, "height": 300})
    asked: list[str] = []
    ben.page.on("request", lambda request: asked.append(request.url))
    ben.visit(url)
    ben.page.wait_for_load_state("networkidle")
    assert len([each for each in asked if each.endswith(".js")]) == 1, "the rest comes with who reads to the end"
    ben.rows.last.scroll_into_view_if_needed()
    ben.page.locator("postil-earlier").get_by_role("button", name="Where to put it 1 comment").click()
    expect(ben.comment("Behind the barn.")).to_be_visible()


def test_every_part_of_the_bundle_can_be_loaded(stage: Stage, widget: Widget, somebody: Callable[..., Reader]) -> None:
    """A name that the minifier has moved before what it is made of is found when its file is run, and only then."""
    ann = somebody("Ann")
    ann.visit(stage.article())
    base = f"{stage.service}/w/{widget.version}/"
    own_pages = {"sign-in.js", "anchors.js", "queue.js"}
    parts = sorted({name for name in widget.files if name.endswith(".js")} - own_pages - {bundling().LOADER})
    for part in parts:
        given = ann.page.evaluate("async (part) => Object.keys(await import(part))", base + part)
        assert set(given) - {"shared"}, part

    broken: list[str] = []
    ann.page.on("pageerror", lambda error: broken.append(str(error)))
    for page in sorted(own_pages):
        ann.page.goto(f"{stage.service}/{page.removesuffix('.js')}", wait_until="networkidle")
        assert broken == [], page


def test_every_part_that_is_asked_for_later_is_a_file_of_the_bundle(widget: Widget) -> None:
    bundler = bundling()
    sources = {path.name: path.read_text() for path in bundler.SOURCES.glob("*.js")}
    asked = {name for text in sources.values() for name in bundler._LATER.findall(text)}
    assert asked - widget.files.keys() == set()


def test_modules_that_would_clash_are_not_joined() -> None:
    bundler = bundling()
    sources = {
        "a.js": "export const one = 1;\n",
        "b.js": "const { two, three: one } = {};\n",
        "c.js": 'import { one } from "./a.js";\nimport {} from "./b.js";\nexport const c = one;\n',
    }
    with pytest.raises(bundler.CannotBundle, match=r"a\.js, b\.js, c\.js: one stands in two of them"):
        bundler._as_module("c.js", sources)


def test_what_is_a_file_of_its_own_stands_in_no_other() -> None:
    """Two copies of it would be sent twice, and each would remember things of its own."""
    bundler = bundling()
    sources = {
        "panel.js": 'export const panel = () => [import("./one.js"), import("./two.js")];\n',
        "one.js": 'import { two } from "./two.js";\n\nexport const one = () => `${two()} and the first`;\n',
        "two.js": 'export const two = () => "the second";\n',
    }
    one = bundler._as_part("one.js", "panel.js", sources)
    assert "the second" not in one
    assert 'import { two } from "./two.js";' in one
    assert "the second" in bundler._as_part("two.js", "panel.js", sources)
