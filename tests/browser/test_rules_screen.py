"""The rules screen, without JavaScript, on a desk and on a phone, light and dark; and what axe finds there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlmodel import col
from tests.browser.conftest import NARROW, WIDE
from tests.browser.stage import Reader, Stage, open_stage

from postil import rulebook, sites
from postil.kinds import DEFAULTS
from postil.models import Comment
from postil.viewer import Role

pytestmark = pytest.mark.browser
Desk = Callable[..., Page]

AXE = """axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`))"""


@pytest.fixture(scope="module")
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = open_stage(tmp_path_factory.mktemp("rules"))

    async def begin() -> None:
        async with stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, stage.site)
            assert site is not None
            await rulebook.begin_with(tx, site.id, DEFAULTS)

    stage.loop.run(begin())
    yield stage
    stage.close()


@pytest.fixture
def desk(stage: Stage, somebody: Callable[..., Reader]) -> Desk:
    """Somebody's browser, signed in at the service."""

    def arrive(role: Role = Role.OWNER, screen: dict[str, int] = WIDE, **options: Any) -> Page:
        person = somebody(f"{role.title()} Olga", screen, **options)

        async def invite() -> str:
            async with stage.resources.database.begin() as tx:
                return await sites.invite(tx, stage.site, person.name, role)

        person.page.goto(f"{stage.service}/sign-in")
        person.page.get_by_label("Or paste the one-time link").fill(
            f"{stage.service}/sign-in#{stage.loop.run(invite())}"
        )
        person.page.get_by_role("button", name="Use the link").click()
        expect(person.page.get_by_role("button", name="Use the link")).to_have_count(0)
        return person.page

    return arrive


@pytest.fixture
def essay(stage: Stage, somebody: Callable[..., Reader]) -> str:
    """An article with a few comments, of which two are rude."""
    url = stage.article()
    reader = somebody("Rosa")
    reader.visit(url)
    reader.discuss("Method")
    reader.post("A first thought about it.")
    section = stage.loop.run(_section(stage))
    for text in ("What an idiot wrote this?", "You 1d10t!", "I see it otherwise.", "So do I."):
        stage.say(section, text)
    return url


async def _section(stage: Stage) -> str:
    async with stage.resources.database.read() as snapshot:
        latest = await snapshot.scalars(select(Comment).order_by(col(Comment.id).desc()).limit(1))
        return latest.one().section_id


def wide_enough(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def findings(page: Page) -> list[str]:
    """What axe finds, put in past the page's policy, as a browser's extension is."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE_FILE_PATH.read_text()})
    found = session.send("Runtime.evaluate", {"expression": AXE, "awaitPromise": True, "returnByValue": True})
    return list(found["result"]["value"])


def test_a_rule_is_tried_and_switched_on_without_javascript(
    stage: Stage, essay: str, desk: Desk, screen: dict[str, int]
) -> None:
    page = desk(screen=screen, java_script_enabled=False)
    page.goto(f"{stage.service}/moderate/rules")
    page.get_by_role("link", name="Words").last.click()
    expect(page.get_by_role("button", name="Switch on")).to_have_count(0)
    page.get_by_label("What to call it").fill("Insults")
    page.get_by_label("Words, one a line").fill("idiot\nmoron")
    page.get_by_role("button", name="Try it").click()

    expect(page.get_by_role("status")).to_contain_text("It would have caught ")
    caught = page.locator(".caught li")
    expect(caught.filter(has_text="What an idiot wrote this?").first.locator("mark")).to_have_text("idiot")
    expect(caught.filter(has_text="You 1d10t!").first.locator("mark")).to_have_text("1d10t")
    expect(caught.filter(has_text="So do I.")).to_have_count(0)
    expect(page.get_by_label("Words, one a line")).to_have_value("idiot\nmoron")

    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("status")).to_have_text("The rule is on. It looks at what is posted from now on.")
    row = page.locator(".rulelist li").filter(has_text="Insults").last
    expect(row).to_contain_text("Holds the words idiot, moron.")
    row.get_by_role("link", name="Insults").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator(".rulelist li").filter(has_text="Insults").last).to_contain_text("off")


def test_a_mistake_is_said_and_nothing_typed_is_lost(stage: Stage, desk: Desk) -> None:
    page = desk(java_script_enabled=False)
    page.goto(f"{stage.service}/moderate/rules/new?kind=links")
    page.get_by_label("Links that a comment may have").fill("a few")
    page.get_by_label("Hosts that are always caught").fill("spam.example")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_have_text("Links that a comment may have: write a number.")
    expect(page.get_by_label("Links that a comment may have")).to_have_value("a few")
    expect(page.get_by_label("Hosts that are always caught")).to_have_value("spam.example")


def test_a_moderator_may_try_and_an_owner_switches_on(stage: Stage, essay: str, desk: Desk) -> None:
    page = desk(Role.MODERATOR)
    page.goto(f"{stage.service}/moderate/rules/new?kind=review")
    page.get_by_label("Hold comments by").select_option("everyone")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("An owner of the site can switch it on.")).to_be_visible()
    expect(page.get_by_role("button", name="Switch on")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(stage: Stage, essay: str, desk: Desk, scheme: str) -> None:
    page = desk(screen=NARROW, color_scheme=scheme)
    for path in ("rules", "rules/1", "rules/new?kind=links", "rules/new?kind=akismet", "rules/new?kind=words"):
        page.goto(f"{stage.service}/moderate/{path}")
        assert findings(page) == [], path
        assert wide_enough(page), path
    page.get_by_label("Words, one a line").fill("idiot\nantidisestablishmentarianism")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".caught mark").first).to_be_visible()
    assert findings(page) == []
    assert wide_enough(page)
    page.goto(f"{stage.service}/moderate/rules/new?kind=links")
    page.get_by_label("Links that a comment may have").fill("a few")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert findings(page) == []
