"""The rules screen without JavaScript: what is listed, tried, switched on, and refused; and what rules then do."""

import html
import re
from collections.abc import Iterator

import httpx2
import pytest
from tests.service import ORIGIN, OTHER, Json, Reader, Service, refused

from postil import rulebook, sites
from postil.auth import staff
from postil.kinds import DEFAULTS, FORMS
from postil.rules import Kind
from postil.viewer import Role
from postil.web.door import COOKIE


class Desk:
    """Somebody signed in on the service's own pages, by a cookie."""

    def __init__(self, service: Service, role: Role = Role.OWNER, origin: str = ORIGIN) -> None:
        self.service = service
        code = service.change(lambda tx: sites.invite(tx, origin, f"{role.title()} Ada", role))
        self.token = service.change(lambda tx: staff.sign_in(tx, code))[0]

    def get(self, path: str) -> str:
        response = self.ask("GET", path)
        assert response.status_code == 200, response.text
        return response.text

    def ask(self, method: str, path: str, **more: Json) -> httpx2.Response:
        headers = {"Cookie": f"{COOKIE}={self.token}", **more.pop("headers", {})}
        headers |= {"Origin": self.service.url} if method == "POST" and "Origin" not in headers else {}
        return self.service.http.request(method, path, headers=headers, **more)

    def post(self, path: str, status: int = 200, /, **fields: Json) -> httpx2.Response:
        found = re.search(r'name="token" value="(\w+)"', self.get("/moderate/rules"))
        assert found
        response = self.ask("POST", path, data={"token": found[1], **fields})
        assert response.status_code == status, response.text
        return response

    def write(self, kind: str, do: str = "on", status: int = 303, number: int | None = None, **fields: Json) -> str:
        path = f"/moderate/rules/{number or 'new'}"
        typed = {name if name in ("effect", "name") else f"s-{name}": value for name, value in fields.items()}
        return html.unescape(self.post(path, status, **{"kind": kind, "do": do, **typed}).text)


@pytest.fixture
def owner_desk(service: Service) -> Desk:
    return Desk(service)


@pytest.fixture
def moderator_desk(service: Service) -> Iterator[Desk]:
    yield Desk(service, Role.MODERATOR)


def test_a_rule_is_tried_and_then_bites(service: Service, owner_desk: Desk) -> None:
    for at in range(12):
        service.reader().post(f"Only an idiot says {at}." if at % 4 == 0 else f"A thought, {at}.")

    tried = owner_desk.write("words", "try", 200, words="1diot\nfool")

    assert "It would have caught 3 of the last 12." in tried
    assert "3 of them readers see today" in tried
    assert "<mark>idiot</mark>" in tried
    assert "1diot\nfool</textarea>" in tried, "what was typed is still there"
    assert service.rows("SELECT count(*) FROM rule") == [(0,)]
    assert service.reader().post("An idiot again.").get("state", "published") == "published"

    owner_desk.write("words", words="idiot\nfool")
    held = service.reader().post("You are an i d i o t.")
    assert held["state"] == "pending"
    (why,) = service.rows("SELECT why, rule, rule_version FROM decision WHERE move = 'hold'")
    assert why == ("words", 1, 1)
    assert "caught 1 in 30 days" in owner_desk.get("/moderate/rules")


def test_each_change_is_a_version_and_the_old_ones_stay(service: Service, owner_desk: Desk) -> None:
    owner_desk.write("links", most="3")
    owner_desk.write("links", number=1, most="1", name="Few links")
    owner_desk.write("links", "off", number=1, most="1", name="Few links")

    page = owner_desk.get("/moderate/rules/1")
    assert "Few links" in page and "version 3" in page
    assert "more than 3 links" in page and "more than 1 links" in page
    assert "Owner Ada" in page
    kept = service.rows("SELECT version, is_on FROM rule ORDER BY version")
    assert kept == [(1, 1), (2, 1), (3, 0)]
    assert service.reader().post("https://a.example https://b.example").get("state", "published") == "published"


def test_a_rule_may_refuse_and_says_why_and_no_more(service: Service, owner_desk: Desk, reader: Reader) -> None:
    owner_desk.write("words", effect="block", words="idiot\nsecretword")
    with refused(422, "blocked") as refusal:
        reader.post("You 1d1ot.")
    assert "“1d1ot”" in refusal.problem["detail"]
    assert "secretword" not in refusal.problem["detail"]
    assert reader.post("You are kind.").get("state", "published") == "published"


def test_what_cannot_be_used_is_said_beside_what_was_typed(service: Service, owner_desk: Desk) -> None:
    for do in ("try", "on"):
        page = owner_desk.write("repeats", do, 422, times="often", hours="7")
        assert "How often, the last one included: write a number." in page
        assert 'value="often"' in page and 'aria-invalid="true"' in page and 'value="7"' in page
    assert "only hold" in owner_desk.write("spam", "on", 422, effect="block", at="0.9", after="20")
    assert service.rows("SELECT count(*) FROM rule") == [(0,)]


def test_a_moderator_reads_and_tries_and_changes_nothing(service: Service, moderator_desk: Desk) -> None:
    service.reader().post("An idiot.")
    assert "It would have caught 1 of the last 1." in moderator_desk.write("words", "try", 200, words="idiot")
    page = moderator_desk.write("words", "try", 200, words="idiot")
    assert "Switch on" not in page and "An owner of the site can switch it on." in page
    moderator_desk.write("words", "on", 403, words="idiot")
    moderator_desk.post("/moderate/rules", 403, text="mine")
    assert service.rows("SELECT count(*) FROM rule") == [(0,)]


def test_nobody_else_sees_or_changes_them(service: Service, owner_desk: Desk) -> None:
    owner_desk.write("words", words="idiot")
    assert service.visitor(None).ask("GET", "/moderate/rules").status_code == 303
    other = Desk(service, origin=OTHER)
    assert "idiot" not in other.get("/moderate/rules")
    assert other.ask("GET", "/moderate/rules/1").status_code == 404
    other.write("words", "on", 404, number=1, words="mine")
    forged = owner_desk.ask("POST", "/moderate/rules/1", data={"do": "off", "token": "0" * 32, "s-words": "x"})
    assert forged.status_code == 403
    from_elsewhere = owner_desk.ask("POST", "/moderate/rules/1", data={"do": "off"}, headers={"Origin": ORIGIN})
    assert from_elsewhere.status_code in (303, 403)
    assert service.rows("SELECT version, is_on FROM rule") == [(1, 1)]


@pytest.mark.parametrize("path", ["/moderate/rules/new?kind=appeal", "/moderate/rules/new", "/moderate/rules/7"])
def test_what_is_not_there_is_not_found(owner_desk: Desk, path: str) -> None:
    assert owner_desk.ask("GET", path).status_code == 404


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_has_a_form_and_is_kept_as_typed(service: Service, owner_desk: Desk, kind: Kind) -> None:
    page = owner_desk.get(f"/moderate/rules/new?kind={kind}")
    given = {"words": "idiot", "url": "https://check.example/x", "secret": "shh", "key": "k" * 12}
    typed: dict[str, Json] = {}
    for setting in FORMS[kind].settings:
        assert f'name="s-{setting.name}"' in page
        default = "\n".join(setting.default) if isinstance(setting.default, tuple) else setting.default
        typed[setting.name] = (
            given.get(setting.name) or default or ("https://a.example" if setting.shape == "url" else "")
        )
    if FORMS[kind].can_rehearse:
        assert "It would have caught 0 of the last 0." in owner_desk.write(kind, "try", 200, **typed)
    owner_desk.write(kind, **typed)
    assert FORMS[kind].title in owner_desk.get("/moderate/rules")
    looked = owner_desk.get("/moderate/rules/1")
    assert "shh" not in looked and "k" * 12 not in looked, "a secret is never shown again"


def test_a_secret_that_is_not_written_again_stays(service: Service, owner_desk: Desk) -> None:
    owner_desk.write("outside", url="https://check.example/x", secret="shh", seconds="2", failed="pass")
    owner_desk.write("outside", number=1, url="https://check.example/y", secret="", seconds="2", failed="pass")
    kept = service.change(lambda tx: rulebook.in_force(tx, service.rows("SELECT site_id FROM rule")[0][0]))
    assert (kept[0].settings["secret"], kept[0].settings["url"]) == ("shh", "https://check.example/y")


def test_what_a_comment_says_is_text_on_this_page(service: Service, owner_desk: Desk) -> None:
    service.reader("<i>Rosa").post("idiot & <script>alert(1)</script>", page={"title": "<u>title</u>"})
    page = owner_desk.post("/moderate/rules/new", 200, **{"kind": "words", "do": "try", "s-words": "idiot"}).text
    assert "<script>alert" not in page and "<i>Rosa" not in page and "<u>title" not in page
    assert "&lt;script&gt;" in page


def test_the_sites_own_reasons(service: Service, owner_desk: Desk) -> None:
    owner_desk.post("/moderate/rules", 303, text=["advert", "rude", ""], spam="0")
    page = owner_desk.get("/moderate/rules?done=reasons")
    assert "The list of reasons is kept." in page
    assert 'value="advert"' in page and 'value="rude"' in page
    (kept,) = service.rows("SELECT reasons FROM site JOIN origin ON site_id = site.id WHERE origin = ?", ORIGIN)
    assert kept[0].count("is_spam") == 2 and '"text": "advert", "is_spam": true' in kept[0]


def test_a_site_begins_with_rules_that_show_on_the_screen(service: Service, owner_desk: Desk) -> None:
    site = service.rows("SELECT site_id FROM origin WHERE origin = ?", ORIGIN)[0][0]
    service.change(lambda tx: rulebook.begin_with(tx, site, DEFAULTS))
    page = owner_desk.get("/moderate/rules")
    for draft in DEFAULTS:
        assert draft.name in page
    assert "nobody" in page and "the same text 3 times within 24 hours" in page


def test_an_edit_is_judged_like_a_post(service: Service, owner_desk: Desk, reader: Reader) -> None:
    posted = reader.post("Harmless.")
    owner_desk.write("words", words="idiot")

    edited = reader.edit(posted, "An idiot.")

    assert reader.texts(posted["section"]) == ["Harmless."], "readers see the text before it"
    assert edited["source"] == "An idiot."


def test_the_trap_and_the_time_to_write_come_with_a_post(service: Service, owner_desk: Desk, reader: Reader) -> None:
    owner_desk.write("trap")
    owner_desk.write("speed", seconds="3", characters="100")
    for more, state in (({"trap": ""}, "published"), ({"trap": "x"}, "pending"), ({"took": 1}, "pending")):
        body = {**reader.draft(f"A text of mine with {more}."), **more}
        assert reader.send("POST", "/v1/comments", body)["comment"].get("state", "published") == state
    assert reader.post("No widget, so nobody told.").get("state", "published") == "published"


def test_moderators_are_never_held(service: Service, owner_desk: Desk) -> None:
    owner_desk.write("review", who="everyone", approved="3")
    moderator = service.moderator("Max").granted()
    reader = service.reader()
    body = reader.draft("From the desk.")
    told = moderator.ask("POST", "/v1/comments", json=body, headers={"Postil-Author": reader.token}).json()
    assert told["comment"].get("state", "published") == "published"
    assert reader.post("From a reader.")["state"] == "pending"
