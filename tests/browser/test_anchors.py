"""The screen where an owner says where threads stand: by mouse and by keyboard, wide and narrow, light and dark."""

from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.browser.conftest import NARROW, WIDE
from tests.browser.stage import Reader, Stage, open_stage
from tests.publications import doubted, html, outline, sections

from postil import discussion, publishing, reading, sites
from postil.discussion import Draft, PageRef
from postil.ids import hash_token
from postil.markup import render
from postil.models import PageMove
from postil.places import Seen
from postil.reference import Given
from postil.states import OutlineSource
from postil.urls import page_key
from postil.viewer import Role, Viewer
from postil.web.static import Widget

pytestmark = pytest.mark.browser

Parts = tuple[tuple[str, str], ...]
TITLE = "Should the centre of a city belong to people on foot?"

SHOPS = (
    "When a street is closed to cars, its shops lose the customers who came by car and keep those who came on foot. "
    "For eleven months turnover falls by a tenth on average; in the second year it is back, and in the third above "
    "what it was. The average hides that bakeries recover in weeks, and furniture shops never do."
)
SHOPS_AGAIN = (
    "Every association of traders has said so on the evening before, and no town has ever asked them again a year "
    "later. We did, in nine of them, with the books open on the table and a promise to print no name: six had more "
    "in the till than before, two had less, and one had moved to the station, where it does very well indeed."
)
WALKS = (
    "Children, the old, and everybody with a bag: the count on four Saturdays in March shows how the crowd changes "
    "with the hour, and that rain keeps away fewer people than a missing bench does."
)
RING = (
    "Traffic does not vanish, although some of it evaporates: of a hundred cars that used to cross the centre, sixty "
    "take the ring, twenty are left at home, and the rest is still looking for a place to park."
)
PARTS: Parts = (
    ("What closing a street does to its shops", SHOPS),
    ("Who walks, and who would like to", WALKS),
    ("The ring road", RING),
)


NEIGHBOURS = "Three villages along the river tried the same, with less money and more patience than any town has had."
# The article a year later: the first section is another or is not, one was renamed, one is gone, one is new.
EDITED = (doubted(0, PARTS, SHOPS_AGAIN)[0], ("Who walks", WALKS), ("What the neighbours did", NEIGHBOURS))


@pytest.fixture(scope="module")
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = open_stage(tmp_path_factory.mktemp("anchors"), fetch_networks=["127.0.0.0/8"])
    yield stage
    stage.close()


class Desk:
    """A page that was rewritten under its threads. It is served at an address that the service can look at too."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.published = stage, 0
        origin = f"http://127.0.0.1:{stage.articles.port}"
        stage.pages += 1
        self.path = f"/essay-{stage.pages}"
        self.url, self.key = origin + self.path, page_key(origin + self.path)
        stage.loop.run(self._make(origin))

    async def _make(self, origin: str) -> None:
        async with self.stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, self.stage.site)
            assert site is not None
            self.site = site.id
            await sites.add_origin(tx, site, origin)
        await self._publish(PARTS)
        for at, text in enumerate(("Our bakery closed in month seven.", "On crutches I count.", "A fourth town?")):
            await self._say(at, text)
        await self._publish(EDITED)

    async def _publish(self, parts: Parts) -> None:
        given = Given(tuple(sections(parts)), OutlineSource.PUBLISHED, tuple(text[:240] for _, text in parts), TITLE)
        async with self.stage.resources.database.begin() as tx:
            ref = PageRef(self.key, self.url, TITLE)
            self.published += 1
            await publishing.publish(tx, self.site, publishing.Publication(ref, given, tx.now + self.published))

    async def _say(self, at: int, text: str) -> None:
        async with self.stage.resources.database.begin() as tx:
            seen = Seen(outline(PARTS)["hash"], tuple(sections(PARTS)))
            ref = PageRef(self.key, self.url, TITLE)
            draft = Draft(page=ref, name="Rosa", source=text, nonce=token_hex(8), outline=seen, index=at)
            await discussion.post(tx, Viewer(self.site, author_key=hash_token("Rosa")), draft, render(text))

    def seems_moved(self) -> None:
        async def note() -> None:
            async with self.stage.resources.database.begin() as tx:
                page = await reading.find_page(tx, self.site, self.key)
                assert page is not None
                key, url = f"{self.key}-new%FF", f"{self.url}-new%FF"
                tx.add(PageMove(page_id=page.id, key=key, url=url, seen_at=tx.now, found="404"))

        self.stage.loop.run(note())

    def shows(self, parts: Parts) -> None:
        """What the site itself answers from now on."""
        self.stage.articles.pages[self.path] = html(parts, TITLE).decode()

    @property
    def screen(self) -> str:
        return f"{self.stage.service}/moderate/anchors?url={self.url}"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


@pytest.fixture
def olga(stage: Stage, somebody: Callable[..., Reader]) -> Callable[..., Page]:
    """Somebody who opened an owner's one-time link."""

    def arrive(screen: dict[str, int] = WIDE, role: Role = Role.OWNER, **options: str) -> Page:
        name = "Olga" if role is Role.OWNER else "Mona"
        return sign_in(stage, somebody(name, screen, **options), role)

    return arrive


def sign_in(stage: Stage, person: Reader, role: Role = Role.OWNER) -> Page:
    async def invite() -> str:
        async with stage.resources.database.begin() as tx:
            return await sites.invite(tx, stage.site, person.name, role)

    person.page.goto(f"{stage.service}/sign-in#{stage.loop.run(invite())}")
    expect(person.page.get_by_role("status")).to_contain_text(person.name)
    return person.page


def question(page: Page) -> Locator:
    return page.locator(".case.ask")


def test_a_question_shows_then_and_now_and_is_answered_once(desk: Desk, olga: Callable[..., Page]) -> None:
    page = olga()
    page.goto(desk.screen)
    asked = question(page)
    expect(asked.locator(".side")).to_have_count(2)
    expect(asked.locator(".side").first).to_contain_text(SHOPS[:60])
    expect(asked.locator(".side").last).to_contain_text(SHOPS_AGAIN[:60])
    expect(asked.locator(".why")).to_contain_text("% alike:")
    expect(page.locator("nav [aria-current] .chip")).to_have_text("1 to decide")

    asked.get_by_role("button", name="Same section").click()

    expect(page.get_by_role("status")).to_contain_text("“What closing a street does to its shops” goes on.")
    expect(asked).to_have_count(0)
    expect(page.get_by_role("heading", name="Nothing to decide")).to_be_visible()
    expect(page.locator(".log li").first).to_contain_text("Olga")
    page.reload()
    expect(page.locator(".log li").first).to_contain_text("is still the same")
    expect(question(page)).to_have_count(0)


def test_every_decision_can_be_taken_back(desk: Desk, olga: Callable[..., Page]) -> None:
    page = olga()
    page.goto(desk.screen)
    question(page).get_by_role("button", name="Keep apart").click()
    expect(page.locator(".log li").first).to_contain_text("was kept apart")

    page.locator(".log li").first.get_by_role("button", name="Undo").click()

    expect(question(page)).to_have_count(1)
    question(page).get_by_role("combobox").select_option(label="Who walks")
    question(page).get_by_role("button", name="Merge").click()
    expect(page.locator(".log li").first).to_contain_text("was merged into “Who walks”")


def test_what_is_gone_can_be_put_somewhere_else(desk: Desk, olga: Callable[..., Page]) -> None:
    page = olga()
    page.goto(desk.screen)
    gone = page.locator(".log li").filter(has_text="“The ring road” is gone")
    gone.locator("summary").click()
    expect(gone.locator(".side")).to_have_count(1)
    expect(gone.locator(".side p")).not_to_be_empty()
    gone.get_by_role("combobox").select_option(label="What the neighbours did")
    gone.get_by_role("button", name="Merge").click()
    expect(page.locator(".log li").first).to_contain_text("“The ring road” was merged into “What the neighbours did”")


def test_a_page_that_seems_to_have_moved_is_asked_about(desk: Desk, olga: Callable[..., Page]) -> None:
    desk.seems_moved()
    page = olga()
    page.goto(desk.screen)
    moved = page.locator(".case").filter(has_text="Has this page moved?")
    expect(moved).to_contain_text("answers 404")
    expect(moved).to_contain_text("-new%FF")  # an address that is no UTF-8 is shown as it is
    moved.get_by_role("button", name="It moved").click()
    expect(page.locator("#postil-anchors header a")).to_have_attribute("href", f"{desk.url}-new%FF")
    expect(moved).to_have_count(0)


def test_a_refresh_reads_the_page_as_it_is_now(desk: Desk, olga: Callable[..., Page]) -> None:
    page = olga()
    page.goto(desk.screen)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("status")).to_contain_text("status 404")
    expect(question(page)).to_have_count(1)

    desk.shows(PARTS)
    page.get_by_role("button", name="Refresh").click()

    expect(page.get_by_role("status")).to_contain_text("The page was read again")
    expect(page.get_by_text("Fetched from your site")).to_be_visible()
    expect(question(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Refresh")).to_be_focused()


def test_everything_can_be_done_by_keyboard_and_its_place_is_kept(desk: Desk, olga: Callable[..., Page]) -> None:
    desk.seems_moved()
    page = olga()
    page.goto(desk.screen)
    expect(question(page)).to_have_count(1)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Another page":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("It stays where it is.")
    expect(page.get_by_role("button", name="Same section")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("stays among the earlier discussions")
    expect(page.get_by_role("heading", level=2)).to_be_focused()


def test_without_an_owners_sign_in_nothing_is_shown(
    desk: Desk, olga: Callable[..., Page], somebody: Callable[..., Reader]
) -> None:
    stranger = somebody("Sam").page
    mona = olga(role=Role.MODERATOR)
    for page in (stranger, mona):
        page.goto(desk.screen)
    expect(mona.locator("#postil-anchors")).to_contain_text("for its owner to say")
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
    for page in (stranger, mona):
        expect(page.get_by_text(SHOPS[:40])).to_have_count(0)


def test_what_an_article_says_is_text(stage: Stage, olga: Callable[..., Page]) -> None:
    desk = Desk(stage)
    evil = "<img src=x onerror=alert(1)>"
    desk.stage.loop.run(desk._publish(((evil, PARTS[1][1]), ("Two", f"{evil} {PARTS[2][1]}"))))
    page = olga()
    page.goto(desk.screen)
    expect(page.locator(".log li").first).to_be_visible()
    page.locator(".log details").evaluate_all("(all) => all.forEach((each) => { each.open = true; })")
    expect(page.locator(".log").get_by_text(evil).first).to_be_visible()
    expect(page.locator("#postil-anchors img")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_or_too_faint(
    desk: Desk, olga: Callable[..., Page], screen: dict[str, int], scheme: str
) -> None:
    desk.seems_moved()
    page = olga(screen, color_scheme=scheme)
    page.goto(desk.screen)
    expect(question(page)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = [side.bounding_box() for side in question(page).locator(".side").all()]
    assert all(boxes)
    is_stacked = boxes[0]["x"] == boxes[1]["x"]  # type: ignore[index]
    assert is_stacked is (screen is NARROW)
    assert page.evaluate(FAINT) == []
    page.goto(f"{desk.stage.service}/moderate/anchors")
    expect(page.locator("nav a").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_screen_works_joined_and_minified(tmp_path: Path, bundle: Path, somebody: Callable[..., Reader]) -> None:
    stage = open_stage(tmp_path, Widget(bundle))
    try:
        page = sign_in(stage, somebody("Olga"))
        page.goto(Desk(stage).screen)
        question(page).get_by_role("button", name="Keep apart").click()
        expect(page.get_by_role("status")).to_contain_text("stays among the earlier discussions")
    finally:
        stage.close()


# Every text whose contrast with what is behind it is below 4.5.
FAINT = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(node).backgroundColor);
      if (a) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("main *")].filter((node) =>
    node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  return texts.map((node) => {
    const [one, other] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    return [node.textContent, (one + 0.05) / (other + 0.05)];
  }).filter(([, contrast]) => contrast < 4.5);
}"""
