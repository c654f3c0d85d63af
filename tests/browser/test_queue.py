"""The queue in a browser: by keys alone, with another moderator at it, wide and narrow, with and without JavaScript."""

from collections import Counter
from collections.abc import Callable, Iterator
from secrets import token_hex
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from tests.browser.conftest import NARROW, WIDE
from tests.browser.stage import Stage, open_stage

from postil import discussion, reviewing, sites
from postil.auth import staff
from postil.discussion import Draft, PageRef
from postil.ids import hash_token
from postil.markup import render
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.reviewing import Filter
from postil.urls import page_key
from postil.viewer import Viewer

pytestmark = pytest.mark.browser

COOKIE = "__Host-postil"
OUTLINE = (OutlineSection(heading="Method", level=2), OutlineSection(heading="Results", level=2))
AXE = """() => axe.run(document, { resultTypes: ["violations"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`))"""


@pytest.fixture
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A service of its own for each test: nobody else's comments wait there."""
    stage = open_stage(tmp_path_factory.mktemp("queue"))
    yield stage
    stage.close()


Sit = Callable[..., Page]


@pytest.fixture
def sit(chromium: Browser, stage: Stage) -> Iterator[Sit]:
    """Open the queue as somebody, in a browser of his own. At the end nothing may have thrown or broken the policy."""
    contexts, wrong = [], []

    def open_queue(name: str = "Ines", path: str = "/moderate", screen: dict[str, int] = WIDE, **more: Any) -> Page:
        context = chromium.new_context(viewport=screen, **more)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        where = stage.service.replace("http:", "https:")
        context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": token(stage, name),
                    "url": where,
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "Lax",
                }
            ]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        page.goto(stage.service + path)
        if more.get("java_script_enabled", True):
            page.locator("body.live").wait_for()
        return page

    yield open_queue
    for context in contexts:
        context.close()
    assert wrong == []


def token(stage: Stage, name: str) -> str:
    async def sign_in() -> str:
        async with stage.resources.database.begin() as tx:
            code = await sites.invite(tx, stage.site, name)
        async with stage.resources.database.begin() as tx:
            return (await staff.sign_in(tx, code))[0]

    return stage.loop.run(sign_in())


def fill(stage: Stage, *sources: str, flag: bool = False) -> list[str]:
    """Comments that wait, as ids, oldest first: held before they are read, or flagged after."""
    stage.premoderate(not flag)
    url = f"{stage.site}/an-essay"

    async def post(sources: tuple[str, ...]) -> list[str]:
        made = []
        for source in sources:
            async with stage.resources.database.begin() as tx:
                site = await sites.site_of(tx, stage.site)
                assert site is not None
                page = PageRef(key=page_key(url), url=url, title="An essay")
                seen = Seen(outline_hash(OUTLINE), OUTLINE)
                draft = Draft(page=page, name="Viktor", source=source, nonce=token_hex(8), outline=seen, index=0)
                viewer = Viewer(site.id, author_key=hash_token("Viktor"))
                made.append((await discussion.post(tx, viewer, draft, render(source))).comment.id)
            if flag:
                async with stage.resources.database.begin() as tx:
                    await discussion.flag(tx, Viewer(site.id, author_key=hash_token("Fia")), made[-1], "abuse", "")
        return made

    return [id for at in range(0, len(sources), 20) for id in stage.loop.run(post(sources[at : at + 20]))]


def rows(stage: Stage, query: str) -> list[tuple[Any, ...]]:
    async def read() -> list[tuple[Any, ...]]:
        async with stage.resources.database.read() as snapshot:
            return [tuple(row) for row in await snapshot.execute(text(query))]

    return stage.loop.run(read())


def settled(page: Page) -> None:
    page.locator("#queue:not([aria-busy])").wait_for()


def press(page: Page, *keys: str) -> None:
    """Key after key, each on what the one before has brought."""
    for key in keys:
        page.keyboard.press(key)
        settled(page)


def toast(page: Page) -> Any:
    return page.locator("#toast")


def looked(page: Page) -> Any:
    return page.locator("#item .card .body").first


def findings(page: Page) -> list[str]:
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE_FILE_PATH.read_text()})
    page.wait_for_timeout(150)
    found: list[str] = page.evaluate(AXE)
    return found


def test_a_queue_is_cleared_by_keys(stage: Stage, sit: Sit) -> None:
    one, two, three = fill(stage, "The first of them.", "A second thing.", "And now a third.")
    page = sit()
    expect(looked(page)).to_have_text("And now a third.")
    press(page, "j")
    expect(looked(page)).to_have_text("A second thing.")
    press(page, "k", "a")
    expect(toast(page)).to_contain_text("Approved")
    expect(looked(page)).to_have_text("A second thing.")
    press(page, "h", "2")
    expect(toast(page)).to_contain_text("Hidden: off topic")
    press(page, "h", "Enter")
    expect(toast(page)).to_contain_text("Hidden: spam")
    expect(page.locator("#rows")).to_contain_text("Nothing waits for you.")
    states = dict(rows(stage, "SELECT id, state FROM comment"))
    assert states == {one: "hidden", two: "hidden", three: "published"}

    press(page, "z")
    expect(looked(page)).to_have_text("The first of them.")
    press(page, "z")
    expect(page.locator("#entries li")).to_have_count(2)
    assert dict(rows(stage, "SELECT id, state FROM comment")) == {one: "pending", two: "pending", three: "published"}


def test_purging_asks_and_takes_a_second_key(stage: Stage, sit: Sit) -> None:
    fill(stage, "Unlawful.")
    page = sit()
    press(page, "p")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Purge this comment?")
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    assert rows(stage, "SELECT state FROM comment") == [("pending",)]
    press(
        page,
        "p",
    )
    expect(dialog).to_be_visible()
    press(page, "p")
    expect(toast(page)).to_contain_text("Purged")
    assert rows(stage, "SELECT state FROM comment") == [("purged",)]


def test_keys_do_nothing_while_one_writes_or_holds_control(stage: Stage, sit: Sit) -> None:
    fill(stage, "Still here.")
    page = sit()
    page.keyboard.press("/")
    page.keyboard.type("a happy jazz")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next, previous")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    assert rows(stage, "SELECT state FROM comment") == [("pending",)]
    assert rows(stage, "SELECT id FROM decision WHERE comment_id IS NOT NULL AND moderator_id IS NOT NULL") == []


def test_what_another_decides_leaves_my_list(stage: Stage, sit: Sit) -> None:
    fill(stage, "The first of them.", "A second thing.", "And now a third.")
    mine, other = sit("Ines"), sit("Jo")
    expect(mine.locator("#entries li")).to_have_count(3)
    press(other, "j", "h", "1")
    expect(mine.locator("#entries li")).to_have_count(2)
    expect(mine.locator("#waiting")).to_have_text("2")
    expect(looked(mine)).to_have_text("And now a third.")
    # Also what I am looking at: then it says who decided what.
    other.locator("#entries a").first.click()
    settled(other)
    press(other, "a")
    expect(mine.locator(".trail")).to_contain_text("approved, Jo")
    expect(mine.locator("#entries li")).to_have_count(1)


def test_what_i_look_at_is_mine_for_a_while(stage: Stage, sit: Sit) -> None:
    fill(stage, "The first of them.", "A second thing.", "And now a third.")
    mine = sit("Ines")
    expect(looked(mine)).to_have_text("And now a third.")
    mine.wait_for_timeout(600)
    other = sit("Jo")
    expect(other.locator("#entries li").first).to_contain_text("Ines is looking at this")
    press(mine, "j")
    expect(other.locator("#entries li").nth(1)).to_contain_text("Ines is looking at this")
    expect(other.locator("#entries li").first).not_to_contain_text("Ines is looking")
    press(other, "j")
    expect(looked(other)).to_have_text("The first of them.")


def test_what_one_types_stays_while_the_queue_moves(stage: Stage, sit: Sit) -> None:
    fill(stage, "The first of them.", "A second thing.")
    page = sit()
    page.keyboard.press("/")
    page.keyboard.type("half a wo")
    fill(stage, "Somebody writes meanwhile.")
    expect(page.locator("#entries li")).to_have_count(3)
    expect(page.get_by_role("searchbox")).to_have_value("half a wo")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_selection_is_decided_at_once_and_undone(stage: Stage, sit: Sit) -> None:
    fill(stage, "The first of them.", "A second thing.", "And now a third.")
    page = sit()
    press(page, "x", "j")
    press(page, "x")
    page.get_by_text("Decide many…").click()
    page.get_by_role("button", name="Hide…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Hide 2 comments?")
    press(page, "1")
    expect(toast(page)).to_contain_text("Hidden: 2 comments, spam")
    expect(page.locator("#entries li")).to_have_count(1)
    press(page, "z")
    expect(page.locator("#entries li")).to_have_count(3)


def test_it_all_works_without_javascript(stage: Stage, sit: Sit) -> None:
    fill(stage, "The first of them.", "A second thing.")
    page = sit(java_script_enabled=False)
    page.locator("summary", has_text="Hide").click()
    page.get_by_role("button", name="off topic").click()
    expect(toast(page)).to_contain_text("Hidden: off topic")
    toast(page).get_by_role("button", name="Undo").click()
    expect(page.locator("#entries li")).to_have_count(2)
    page.get_by_role("button", name="Purge…").click()
    page.get_by_role("button", name="Purge for good").click()
    expect(page.locator("#entries li")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(stage: Stage, sit: Sit, scheme: str) -> None:
    fill(stage, "The first of them.", flag=True)
    fill(stage, "A second thing.", "And now a third.")
    page = sit(color_scheme=scheme)
    found = {"queue": findings(page)}
    for key, state in (("h", "hide"), ("b", "ban"), ("l", "section")):
        page.keyboard.press(key)
        found[state] = findings(page)
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    found["help"] = findings(page)
    page.keyboard.press("Escape")
    press(page, "p")
    found["purge"] = findings(page)
    page.keyboard.press("Escape")
    press(page, "h", "1")
    found["toast"] = findings(page)
    for path in ("?view=hidden", "?view=all", "?text=nothing+at+all", "/log", "/bans"):
        page.goto(f"{stage.service}/moderate{path}")
        found[path] = findings(page)
    assert {state: said for state, said in found.items() if said} == {}


def test_a_phone_shows_the_list_then_the_item(stage: Stage, sit: Sit) -> None:
    fill(stage, "The first of them.", "A second thing with averyveryverylongwordthathasnoendatallandgoesonandonandon.")
    page = sit(screen=NARROW)
    expect(page.locator("#item .card")).to_be_hidden()
    page.locator("#entries a").first.click()
    settled(page)
    expect(looked(page)).to_contain_text("A second thing")
    expect(page.locator("#entries")).to_be_hidden()
    for path in ("", "/log", "/bans"):
        page.goto(f"{stage.service}/moderate{path}")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    page.goto(f"{stage.service}/moderate")
    page.locator("#entries a").first.click()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#entries")).to_be_visible()


def queue_of(stage: Stage) -> list[str]:
    """The ids of all that waits, in the order of the list."""

    async def read() -> list[str]:
        async with stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, stage.site)
            assert site is not None
            code = await sites.invite(tx, stage.site, f"Counter {token_hex(3)}")
        async with stage.resources.database.begin() as tx:
            bearer, _, _ = await staff.sign_in(tx, code)
        async with stage.resources.database.read() as snapshot:
            viewer = await staff.staff_viewer(snapshot, bearer)
            assert viewer is not None
            page = await reviewing.read_queue(snapshot, viewer, Filter(), most=1_000)
            return [entry.id for entry in page.entries]

    return stage.loop.run(read())


def sees_what_is_claimed(page: Page, other: Page) -> None:
    """Wait as a person does who looks before he decides: what the other looks at is said, or has left the list."""
    theirs, mine = (each.evaluate("document.querySelector('.looked')?.dataset.id ?? null") for each in (other, page))
    if theirs and theirs != mine:
        row = "document.querySelector(`#entries li[data-id='${id}']`)"
        known = f"id => {{ const row = {row}; return !row || 'claimed' in row.dataset }}"
        page.wait_for_function(known, arg=theirs)


ABOUT = """SELECT c.id, c.state, c.reason, c.flags, c.waits, c.item_id, q.is_open, q.size, q.kinds
           FROM comment c JOIN queueitem q ON q.id = c.item_id ORDER BY c.id"""


@pytest.mark.parametrize("items", [60, pytest.param(500, marks=pytest.mark.soak)])
def test_two_moderators_clear_a_queue_by_keys_alone(stage: Stage, sit: Sit, items: int) -> None:
    flagged = items // 5
    fill(stage, *(f"{token_hex(8)} {token_hex(5)} says {token_hex(7)}." for _ in range(items - flagged)))
    fill(stage, *(f"{token_hex(8)} {token_hex(5)} says {token_hex(7)}." for _ in range(flagged)), flag=True)
    before, order = rows(stage, ABOUT), queue_of(stage)
    assert len(order) == items
    ines, jo = sit("Ines"), sit("Jo")
    for turn in range(2 * items):
        for page, other, keys in (
            (ines, jo, ["a"] if turn % 3 else ["h", "2"]),
            (jo, ines, ["h", "1"] if turn % 2 else ["a"]),
        ):
            sees_what_is_claimed(page, other)
            press(page, *keys)
        if not rows(stage, "SELECT 1 FROM queueitem WHERE is_open LIMIT 1"):
            break
    assert rows(stage, "SELECT count(*) FROM queueitem WHERE is_open") == [(0,)]
    query = "SELECT comment_id, moderator_id FROM decision WHERE comment_id IS NOT NULL AND moderator_id IS NOT NULL"
    decided = rows(stage, query)
    assert max(Counter(comment for comment, _ in decided).values()) == 1
    assert len(decided) == items
    assert min(Counter(by for _, by in decided).values()) > items // 5

    for number in range(1, 11):
        press(ines if number % 2 else jo, "z")
        expect((ines if number % 2 else jo).locator("#toast")).to_contain_text("Taken back")
    undone = set(queue_of(stage))
    assert len(undone) == 10
    assert [id for id in order if id in undone] == queue_of(stage)
    by_item = {row[5]: row for row in before}
    assert [row for row in rows(stage, ABOUT) if row[6]] == sorted(by_item[item] for item in undone)
