"""People in a browser: invited, signed in by password and second step, signed out, their sign-ins ended elsewhere."""

from collections.abc import Callable, Iterator
from secrets import token_hex

import pyotp
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.browser.conftest import NARROW, WIDE
from tests.browser.stage import Reader, Stage, open_stage
from tests.browser.test_rules_screen import findings, wide_enough

from postil import sites
from postil.auth.accounts import WRONG
from postil.viewer import Role

pytestmark = pytest.mark.browser

PASSWORD = "a horse that staples"


@pytest.fixture
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A service of its own for each test: nobody else is in its list."""
    stage = open_stage(tmp_path_factory.mktemp("people"))
    yield stage
    stage.close()


class Person:
    """Somebody at the service's own pages, in a browser of his own."""

    def __init__(self, stage: Stage, reader: Reader, role: Role) -> None:
        self.stage, self.name, self.role, self.page = stage, reader.name, role, reader.page
        self.address = f"{token_hex(4)}@blog.example"
        self.secret = ""

    def open_link(self, link: str, *, scripted: bool = True) -> None:
        """As it was sent; who has no JavaScript pastes it."""
        if scripted:
            self.page.goto(link)
        else:
            self.page.goto(f"{self.stage.service}/sign-in")
            self.page.get_by_label("Or paste the one-time link").fill(link)
            self.page.get_by_role("button", name="Use the link").click()
        expect(self.page.get_by_role("status")).to_contain_text(f"You are signed in as {self.name}")

    def arrive(self, *, scripted: bool = True) -> "Person":
        async def invite() -> str:
            async with self.stage.resources.database.begin() as tx:
                return await sites.invite(tx, self.stage.site, self.name, self.role)

        self.open_link(f"{self.stage.service}/sign-in#{self.stage.loop.run(invite())}", scripted=scripted)
        return self

    def people(self) -> None:
        self.page.goto(f"{self.stage.service}/moderate/people")

    def invite(self, name: str, role: str = "Moderator") -> str:
        """The link, as the page shows it."""
        self.people()
        self.page.get_by_label("Name, as readers will see it").fill(name)
        self.page.get_by_label("Role", exact=True).select_option(label=role)
        self.page.get_by_role("button", name="Make a link").click()
        return self.page.get_by_label("The link").input_value()

    def choose(self) -> None:
        """An address and a password, where the page that signed him in offers it."""
        self.page.get_by_label("Your address").fill(self.address)
        self.page.get_by_label("A password, of ten characters or more").fill(PASSWORD)
        self.page.get_by_role("button", name="Keep them").click()
        expect(self.said).to_have_text("Kept. Your other sign-ins have ended.")

    def begin_step(self) -> None:
        self.people()
        self.page.locator("#second-step").get_by_role("button", name="Turn on").click()
        self.secret = self.page.locator("code.secret").inner_text().replace(" ", "")

    def turn_on(self) -> None:
        self.begin_step()
        self.page.get_by_label("Six digits").fill(self.digits(0))
        self.page.get_by_role("button", name="Turn on").click()
        expect(self.said).to_contain_text("The second step is on.")

    def digits(self, later: int) -> str:
        """What an authenticator shows, `later` half minutes from now: the same six digits are good once."""
        return pyotp.TOTP(self.secret).at(int(self.stage.resources.database.clock()) + 30 * later)

    def sign_out(self) -> None:
        self.people()
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.heading("Sign in")).to_be_visible()

    def type_password(self, password: str = PASSWORD) -> None:
        """On the page that asks for it; there is one that brings back to where somebody wanted to go."""
        if not self.heading("Sign in").count():
            self.page.goto(f"{self.stage.service}/sign-in")
        self.page.get_by_label("Address", exact=True).fill(self.address)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=True)

    @property
    def said(self) -> Locator:
        return self.page.get_by_role("status")

    @property
    def sign_ins(self) -> Locator:
        return self.page.locator("section[aria-labelledby=you] .sign-ins li")


Come = Callable[..., Person]


@pytest.fixture
def come(stage: Stage, somebody: Callable[..., Reader]) -> Come:
    def make(name: str, role: Role = Role.MODERATOR, screen: dict[str, int] = WIDE, **options: object) -> Person:
        return Person(stage, somebody(name, screen, **options), role)

    return make


def listed(page: Page, name: str) -> Locator:
    return page.locator(".persons > li").filter(has_text=name)


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_somebody_is_invited_and_comes_back_by_password_and_second_step(come: Come, scripted: bool) -> None:
    ada = come("Ada", Role.OWNER, java_script_enabled=scripted).arrive(scripted=scripted)
    link = ada.invite("Mira")
    expect(ada.heading("A link for Mira")).to_be_visible()
    expect(listed(ada.page, "Mira")).to_contain_text("invited")
    ada.people()
    expect(ada.page.get_by_label("The link")).to_have_count(0)

    mira = come("Mira", java_script_enabled=scripted)
    mira.open_link(link, scripted=scripted)
    assert link.partition("#")[2] not in mira.page.url
    mira.choose()
    mira.turn_on()
    mira.sign_out()
    mira.type_password()
    expect(mira.heading("Second step")).to_be_visible()
    mira.page.get_by_label("Six digits").fill(mira.digits(1))
    mira.page.get_by_role("button", name="Sign in").click()

    expect(mira.page).to_have_url(f"{mira.stage.service}/moderate")
    expect(mira.page.locator("header .who")).to_have_text("Mira, moderator")
    ada.people()
    expect(listed(ada.page, "Mira")).to_contain_text(f"{mira.address} · second step · last seen")


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_a_link_is_good_once(come: Come, scripted: bool) -> None:
    ada = come("Ada", Role.OWNER, java_script_enabled=scripted).arrive(scripted=scripted)
    link = ada.invite("Mira")
    come("Mira", java_script_enabled=scripted).open_link(link, scripted=scripted)

    late = come("Late", java_script_enabled=scripted)
    late.page.goto(link.replace("#", "?code=") if not scripted else link)

    expect(late.page.get_by_text("used, or is too old. Ask for a new one.")).to_be_visible()
    late.people()
    expect(late.heading("Sign in")).to_be_visible()


def test_a_link_with_its_code_in_the_query_asks_for_a_click(come: Come) -> None:
    ada = come("Ada", Role.OWNER).arrive()
    mira = come("Mira", java_script_enabled=False)
    mira.page.goto(ada.invite("Mira").replace("#", "?code="))
    expect(mira.page.locator("main")).to_contain_text("This link signs you in as Mira, moderator of")
    mira.page.get_by_role("button", name="Sign in").click()
    expect(mira.said).to_contain_text("You are signed in as Mira")


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_a_wrong_password_says_one_sentence_and_keeps_the_address(come: Come, scripted: bool) -> None:
    mira = come("Mira", java_script_enabled=scripted).arrive(scripted=scripted)
    mira.choose()
    mira.sign_out()
    mira.type_password("a donkey that staples")
    expect(mira.page.get_by_role("alert")).to_have_text(WRONG)
    expect(mira.page.get_by_label("Address", exact=True)).to_have_value(mira.address)
    expect(mira.page.get_by_label("Password", exact=True)).to_have_value("")

    mira.address = "nobody@blog.example"
    mira.type_password()
    expect(mira.page.get_by_role("alert")).to_have_text(WRONG)


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_wrong_digits_ask_again_and_the_same_are_good_once(come: Come, scripted: bool) -> None:
    mira = come("Mira", java_script_enabled=scripted).arrive(scripted=scripted)
    mira.choose()
    mira.turn_on()
    mira.sign_out()
    mira.type_password()
    for digits in ("000000", mira.digits(0)):
        mira.page.get_by_label("Six digits").fill(digits)
        mira.page.get_by_role("button", name="Sign in").click()
        expect(mira.page.get_by_role("alert")).to_be_visible()
        expect(mira.heading("Second step")).to_be_visible()
    mira.page.get_by_label("Six digits").fill(mira.digits(1))
    mira.page.get_by_role("button", name="Sign in").click()
    expect(mira.page).to_have_url(f"{mira.stage.service}/moderate")


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_a_sign_in_that_is_ended_has_to_sign_in_again(come: Come, scripted: bool) -> None:
    here = come("Mira", screen=NARROW, java_script_enabled=scripted).arrive(scripted=scripted)
    here.choose()
    there = come("Mira", java_script_enabled=scripted)
    there.address = here.address
    there.type_password()
    expect(there.page).to_have_url(f"{there.stage.service}/moderate")

    here.people()
    expect(here.sign_ins).to_have_count(2)
    expect(here.sign_ins.filter(has_text="this one")).to_have_count(1)
    end = here.sign_ins.get_by_role("button", name="End the sign-in of")
    box = end.bounding_box()
    assert box and box["width"] > box["height"], "its word is broken"
    end.click()

    expect(here.said).to_have_text("That sign-in has ended.")
    expect(here.sign_ins).to_have_count(1)
    there.people()
    expect(there.heading("Sign in")).to_be_visible()
    there.type_password()
    expect(there.heading("You")).to_be_visible()


def test_an_owner_changes_a_role_and_dismisses(come: Come) -> None:
    ada = come("Ada", Role.OWNER, java_script_enabled=False).arrive(scripted=False)
    mira = come("Mira").arrive()
    ada.people()
    row = listed(ada.page, "Mira")
    row.locator("summary").click()
    row.get_by_label("Role of Mira").select_option(label="Owner")
    row.get_by_role("button", name="Set role").click()
    expect(ada.said).to_have_text("The role was changed.")
    expect(listed(ada.page, "Mira").locator(".role")).to_have_text("owner")

    row.locator("summary").click()
    row.get_by_label("I am sure").check()
    row.get_by_role("button", name="Dismiss").click()
    expect(ada.said).to_have_text("Dismissed. Every sign-in of theirs has ended.")
    expect(listed(ada.page, "Mira")).to_have_count(0)
    mira.people()
    expect(mira.heading("Sign in")).to_be_visible()


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_a_moderator_sees_only_his_own_part(come: Come, scripted: bool) -> None:
    come("Ada", Role.OWNER, java_script_enabled=scripted).arrive(scripted=scripted)
    mira = come("Mira", java_script_enabled=scripted).arrive(scripted=scripted)
    mira.people()
    expect(mira.heading("You")).to_be_visible()
    expect(mira.sign_ins).to_have_count(1)
    expect(mira.heading("Who moderates here")).to_have_count(0)
    expect(mira.heading("Invite somebody")).to_have_count(0)
    expect(mira.page.locator("main")).not_to_contain_text("Ada")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(come: Come, screen: dict[str, int], scheme: str) -> None:
    look = {"screen": screen, "color_scheme": scheme}
    ada, mira, stranger = come("Ada", Role.OWNER, **look), come("Mira", **look), come("Sam", **look)
    stranger.page.goto(f"{stranger.stage.service}/sign-in")
    fine(stranger.page, "form")
    stranger.address = "nobody@blog.example"
    stranger.type_password()
    expect(stranger.page.get_by_role("alert")).to_have_text(WRONG)
    fine(stranger.page, "wrong")

    ada.arrive()
    fine(ada.page, "signed-in")
    link = ada.invite("Mira")
    fine(ada.page, "owner-link")
    mira.page.goto(link.replace("#", "?code="))
    expect(mira.page.get_by_role("button", name="Sign in")).to_be_visible()
    fine(mira.page, "link")
    mira.open_link(link)
    mira.choose()
    fine(mira.page, "moderator")
    mira.begin_step()
    fine(mira.page, "step-set-up")
    mira.turn_on()
    fine(mira.page, "step-on")
    mira.sign_out()
    mira.type_password()
    expect(mira.heading("Second step")).to_be_visible()
    fine(mira.page, "step")

    ada.people()
    ada.page.locator("details").evaluate_all("(all) => all.forEach((each) => { each.open = true; })")
    fine(ada.page, "owner")


def fine(page: Page, state: str) -> None:
    page.wait_for_load_state()
    assert findings(page) == [], state
    assert wide_enough(page), state
