"""A reader whose browser runs no JavaScript reads and joins the discussion, beginning at the article."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser import axe
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser


def findings(reader: Reader) -> list[str]:
    """What axe finds on the page, light and dark."""
    reader.page.emulate_media(color_scheme="light")
    found = axe.findings(reader, "html")
    reader.page.emulate_media(color_scheme="dark")
    return [*found, *reader.page.evaluate(axe.RUN, "html")]


def too_wide(page: Page) -> bool:
    return bool(page.locator("html").evaluate("(html) => html.scrollWidth > html.clientWidth"))


def test_from_the_article_one_reads_writes_answers_and_reports(
    stage: Stage, bees: str, somebody: Callable[..., Reader], screen: dict[str, int]
) -> None:
    nora = somebody("Nora", screen, java_script_enabled=False)
    page = nora.page
    page.goto(bees)
    page.get_by_role("link", name="Read and join the discussion").click()

    expect(page.get_by_role("heading", level=2)).to_have_count(4)
    assert page.url.startswith(f"{stage.service}/t/") and not nora.context.cookies()
    page.get_by_role("link", name="Add your voice").first.click()
    page.get_by_label("Your comment").fill("A **bold** word.")
    page.get_by_label("Your name").fill("Nora")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview strong")).to_have_text("bold")
    page.get_by_role("button", name="Post").click()

    mine = page.locator("article:target")
    expect(mine).to_contain_text("A bold word.")
    (cookie,) = nora.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (
        "__Host-postil-guest",
        True,
        True,
        "Lax",
    )
    assert nora.context.cookies(stage.site) == []
    page.get_by_role("link", name="Reply to").first.click()
    page.get_by_label("Your reply").fill("An answer.")
    page.get_by_role("button", name="Post").click()
    expect(page.locator("article:target")).to_contain_text("An answer.")
    page.get_by_role("link", name="Report").first.click()
    page.get_by_label("Off topic").check()
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("status")).to_contain_text("A moderator will look")


def test_what_is_done_there_is_seen_by_those_who_have_javascript(stage: Stage, somebody: Callable[..., Reader]) -> None:
    url = stage.article()
    nora, ann = somebody("Nora", java_script_enabled=False), somebody("Ann")
    ann.visit(url)
    ann.discuss("Method")
    ann.post("Hello, Nora.")
    nora.page.goto(f"{stage.service}/here?url={url}")
    nora.page.get_by_role("link", name="Reply to Ann").click()
    nora.page.get_by_label("Your reply").fill("Hello, Ann.")
    nora.page.get_by_label("Your name").fill("Nora")
    nora.page.get_by_role("button", name="Post").click()

    ann.panel.locator("[part=pill]").click()
    expect(ann.comment("Hello, Ann.")).to_be_visible()


def test_axe_finds_nothing_and_nothing_is_cut_off_on_any_page(
    stage: Stage, bees: str, somebody: Callable[..., Reader]
) -> None:
    """axe is JavaScript, so the browser runs it here; the pages have none, and are the same."""
    nora = somebody("Nora", {"width": 320, "height": 640})
    page = nora.page
    found: dict[str, Any] = {}

    def look(name: str) -> None:
        page.wait_for_load_state()
        found[name] = findings(nora) + (["too wide"] if too_wide(page) else [])

    page.goto(f"{stage.service}/here?url={bees}")
    look("discussion")
    whole = page.url
    page.get_by_role("link", name="Add your voice").first.click()
    page.get_by_label("Your comment").fill("Words " + "w" * 400)
    page.get_by_label("Your name").fill("\u200b")
    page.get_by_role("button", name="Post").click()
    look("refused")
    page.get_by_label("Your name").fill("Nora")
    page.get_by_role("button", name="Preview").click()
    look("preview")
    page.get_by_role("button", name="Post").click()
    look("section")
    comment = page.url.rpartition("#postil-")[2]
    for verb in ("reply", "flag"):
        page.goto(f"{stage.service}/t/c/{comment}/{verb}")
        look(verb)

    assert {name: problems for name, problems in found.items() if problems} == {}
    page.goto(whole)
    ran = page.evaluate("() => document.querySelector('[type=\"application/ld+json\"]').textContent")
    assert '"@type":"Article"' in ran
