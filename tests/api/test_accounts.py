"""People of a site: how they come in, what they keep, and what owners may do about each other."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pyotp
import pytest
from sqlalchemy import event
from tests.service import ORIGIN, OTHER, Reader, Service, serving
from tests.window import PASSWORD, Window, field, invited, settled

from postil import sites
from postil.viewer import Role
from postil.web.door import own_path

ADA, CORA = "ada@example.org", "cora@example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
REDIRECTS = Path(__file__).parents[1] / "data" / "redirects.jsonl"


def link(service: Service, name: str = "Ada", role: Role = Role.MODERATOR) -> str:
    return service.change(lambda tx: sites.invite(tx, ORIGIN, name, role))


def id_of(service: Service, name: str) -> str:
    return str(service.rows("SELECT id FROM moderator WHERE name = ?", name)[0][0])


# Links


def test_a_link_is_not_spent_by_looking_at_it(service: Service) -> None:
    code, window = link(service), Window(service)

    for _ in range(3):
        page = window.open("/sign-in", code=code)
        assert "Ada" in page.text and window.cookie == ""
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"

    came = window.post("/sign-in/link", code=field(page.text, "code"))
    assert (came.status_code, came.headers["location"]) == (303, "/sign-in")
    assert window.is_in
    assert Window(service).post("/sign-in/link", code=code).status_code == 401


@pytest.mark.parametrize("paste", ["{code}", "https://talk.example/sign-in#{code}", " /sign-in?code={code} "])
def test_a_link_may_be_pasted_whole(service: Service, paste: str) -> None:
    window = Window(service)
    window.post("/sign-in/link", code=paste.format(code=link(service)))

    assert window.is_in


def test_who_opens_his_spent_link_again_is_signed_in_still(service: Service) -> None:
    code, window = link(service), Window(service)
    for _ in range(2):
        assert window.post("/sign-in/link", code=code).status_code == 303
    assert window.is_in


# The cookie


def test_the_cookie_is_bound_and_only_its_hash_is_kept(service: Service) -> None:
    window = Window(service)
    said = window.post("/sign-in/link", code=link(service)).headers["set-cookie"]

    name, *bounds = said.split("; ")
    assert name == f"__Host-postil={window.cookie}"
    assert {each.lower() for each in bounds} == {"httponly", "max-age=2592000", "path=/", "samesite=lax", "secure"}
    assert len(window.cookie) == 43
    assert window.cookie not in str(service.rows("SELECT * FROM staffsession"))


def test_a_cookie_that_was_there_before_is_nobody_s(service: Service) -> None:
    fixed = "f" * 43
    window = Window(service, cookie=fixed)
    window.post("/sign-in/link", code=link(service))

    assert window.cookie != fixed and window.is_in
    assert not Window(service, cookie=fixed).is_in

    first = window.cookie
    window.form("/moderate/people/you/password", address=ADA, password=PASSWORD)
    second = window.cookie
    assert second != first and window.is_in and not Window(service, cookie=first).is_in

    window.enter(ADA)
    assert window.cookie not in (first, second)
    assert not Window(service, cookie=second).is_in, "what this browser was before has ended"


def test_what_a_site_s_page_was_granted_is_no_cookie(service: Service) -> None:
    granted = service.moderator().granted()
    assert not Window(service, cookie=granted.token).is_in


def test_a_sign_in_ends_after_thirty_days_and_its_use_is_noted_by_the_hour(service: Service) -> None:
    window, begun = invited(service, "Ada"), int(service.clock.now)
    seen = "SELECT seen_at FROM staffsession"
    for later, noted in ((1800, 0), (3700, 3700), (5000, 3700), (29 * 86400, 29 * 86400)):
        service.clock.now = begun + later
        assert window.is_in
        assert service.rows(seen) == [(begun + noted,)]
    service.clock.now = begun + 30 * 86400
    assert not window.is_in


def test_a_page_asks_to_sign_in_and_goes_on_from_there(service: Service) -> None:
    settled(service, "Ada", ADA)
    window = Window(service)
    asked = window.open("/moderate/people?said=role")

    assert asked.status_code == 303
    page = service.http.get(asked.headers["location"])
    assert field(page.text, "next") == "/moderate/people?said=role"
    came = window.enter(ADA, next=field(page.text, "next"))
    assert (came.status_code, came.headers["location"]) == (303, "/moderate/people?said=role")


def test_after_signing_in_one_is_sent_to_pages_of_ours_only(service: Service) -> None:
    texts = [str(json.loads(line)["payload"]) for line in REDIRECTS.read_text().splitlines()]
    assert len(texts) > 100
    settled(service, "Ada", ADA)

    let = [text for text in texts if own_path(text)]
    assert all(re.match(r"/moderate(?:[/?]|\Z)", text) for text in let), let
    for text in [
        *texts[::25],
        "//evil.example",
        "/\\evil.example",
        "/moderate\\@evil",
        "/moderate\r\nX: y",
        "/moderated",
    ]:
        came = Window(service).enter(ADA, next=text)
        assert came.headers["location"] == "/moderate", text


# Passwords


def test_a_password_signs_in_and_the_link_may_be_forgotten(service: Service) -> None:
    settled(service, "Ada", " Ada@Example.ORG ")
    assert service.rows("SELECT address FROM moderator") == [(ADA,)]

    for typed in (ADA, "ADA@example.org "):
        window = Window(service, agent=FIREFOX)
        came = window.enter(typed)
        assert (came.status_code, came.headers["location"]) == (303, "/moderate")
        assert window.is_in
    assert "Firefox on Linux" in window.open("/moderate/people").text
    assert PASSWORD not in str(service.rows("SELECT * FROM moderator"))


@pytest.mark.parametrize(
    ("address", "password"), [("ada", PASSWORD), ("a@" + "b" * 254, PASSWORD), (ADA, "too short"), (ADA, "x" * 1025)]
)
def test_what_cannot_be_kept_is_said(service: Service, address: str, password: str) -> None:
    window = invited(service, "Ada")
    answer = window.form("/moderate/people/you/password", address=address, password=password)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert service.rows("SELECT address, password_hash FROM moderator") == [(None, None)]


def test_an_address_is_one_person_s_on_a_site(service: Service) -> None:
    settled(service, "Ada", ADA)
    cora = invited(service, "Cora")
    taken = cora.form("/moderate/people/you/password", address=ADA, password=PASSWORD)
    assert taken.status_code == 422 and "Another account" in taken.text


def test_a_password_is_changed_with_the_one_before_and_ends_other_sign_ins(service: Service, reader: Reader) -> None:
    here = settled(service, "Ada", ADA)
    elsewhere = Window(service)
    elsewhere.enter(ADA)
    posted = reader.post()
    new = "another battery horse"

    refused = here.form("/moderate/people/you/password", address=ADA, password=new, current="wrong guess!")
    assert refused.status_code == 401 and elsewhere.is_in
    done = here.form("/moderate/people/you/password", address=CORA, password=new, current=PASSWORD)
    assert done.status_code == 303 and here.is_in and not elsewhere.is_in
    assert Window(service).enter(ADA).status_code == 401
    assert Window(service).enter(CORA).status_code == 401
    assert Window(service).enter(CORA, new).status_code == 303
    assert reader.texts(posted["section"]) == ["A thought."]


@contextmanager
def statements(service: Service) -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        heard.append(statement)

    engine = service.resources.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_nobody_is_told_which_addresses_there_are(service: Service) -> None:
    settled(service, "Ada", ADA)
    settled(service, "Cora", CORA)
    settled(service, "Cora", CORA, origin=OTHER)
    settled(service, "Dora", "dora@example.org")
    service.change(lambda tx: sites.dismiss(tx, ORIGIN, "Dora"))
    invited(service, "Eva")
    service.change(lambda tx: sites.invite(tx, ORIGIN, "Eva", address="eva@example.org"))

    def told(address: str, password: str = "a wrong guess") -> tuple[object, ...]:
        with statements(service) as heard:
            answer = Window(service).enter(address, password)
        fixed = {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}
        return answer.status_code, answer.text.replace(address, "ADDRESS"), fixed, heard

    nobody = told("nobody@example.org")
    assert nobody[0] == 401
    for address in (ADA, CORA, "dora@example.org", "eva@example.org", "no address", "x" * 3000, ""):
        if address in ("", "x" * 3000):
            assert told(address)[0] == 401
            continue
        assert told(address) == nobody, address
    assert told("dora@example.org", PASSWORD) == nobody, "who was dismissed is nobody"
    assert told(ADA, PASSWORD)[0] == 303, "the control"


def test_who_moderates_two_sites_chooses_after_the_password(service: Service) -> None:
    settled(service, "Ada", ADA)
    settled(service, "Ada elsewhere", ADA, origin=OTHER)
    window = Window(service)
    asked = window.enter(ADA)

    assert asked.status_code == 200 and window.cookie == ""
    assert ORIGIN in asked.text and OTHER in asked.text
    other = service.rows("SELECT id FROM moderator WHERE name = 'Ada elsewhere'")[0][0]
    step = field(asked.text, "step")
    stranger = settled(service, "Cora", CORA)
    assert Window(service).post("/sign-in/step", step=step, account=id_of(service, "Cora")).status_code == 401
    assert Window(service).post("/sign-in/step", step=step[:-1] + "0", account=other).status_code in (303, 401)
    assert window.post("/sign-in/step", step=step, account=other).status_code == 303
    assert OTHER in window.open("/sign-in").text
    assert stranger.is_in

    service.clock.now += 301
    assert Window(service).post("/sign-in/step", step=step, account=other).status_code == 401


def test_a_step_ends_with_the_password_that_opened_it(service: Service) -> None:
    here = settled(service, "Ada", ADA)
    settled(service, "Ada elsewhere", ADA, origin=OTHER)
    step = field(Window(service).enter(ADA).text, "step")
    here.form("/moderate/people/you/password", address=ADA, password="another battery", current=PASSWORD)

    answer = Window(service).post("/sign-in/step", step=step, account=id_of(service, "Ada"))
    assert answer.status_code == 401


# The second step


def begin(window: Window) -> str:
    return field(window.form("/moderate/people/you/second-step").text, "secret")


def digits(service: Service, secret: str, later: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(service.clock.now) + later)


def stepped(service: Service) -> tuple[Window, str]:
    window = settled(service, "Ada", ADA, owner=True)
    secret = begin(window)
    done = window.form("/moderate/people/you/second-step/on", secret=secret, digits=digits(service, secret))
    assert done.status_code == 303, done.text
    service.clock.now += 60
    return window, secret


def test_a_second_step_is_kept_only_when_its_digits_are_known(service: Service) -> None:
    window = settled(service, "Ada", ADA)
    page = window.form("/moderate/people/you/second-step")
    secret = field(page.text, "secret")

    fours = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    assert fours in page.text, "as text too"
    assert "<svg" in page.text and "style=" not in page.text
    wrong = window.form("/moderate/people/you/second-step/on", secret=secret, digits="000000")
    assert wrong.status_code == 422
    assert field(wrong.text, "secret") == secret, "the picture stays"
    assert service.rows("SELECT totp_secret FROM moderator") == [(None,)]
    assert Window(service).enter(ADA).status_code == 303


def test_with_a_second_step_the_password_alone_lets_nobody_in(service: Service) -> None:
    _, secret = stepped(service)
    window = Window(service)
    asked = window.enter(ADA)
    step = field(asked.text, "step")

    assert (asked.status_code, window.cookie) == (200, "")
    for wrong in ("", "000000", digits(service, secret, -90)):
        answer = window.post("/sign-in/step", step=step, digits=wrong)
        assert (answer.status_code, window.cookie) == (401, "")
    right = digits(service, secret)
    assert window.post("/sign-in/step", step=step, digits=right).status_code == 303
    assert window.is_in
    assert Window(service).post("/sign-in/step", step=step, digits=right).status_code == 401, "each works once"


def test_a_link_does_not_go_past_the_second_step(service: Service) -> None:
    _, secret = stepped(service)
    code, window = link(service), Window(service)

    asked = window.post("/sign-in/link", code=code)
    assert (asked.status_code, window.cookie) == (401, "")
    here = service.visitor(service.url)
    answer = here.ask("POST", "/v1/sign-in", json={"code": code})
    assert (answer.status_code, answer.json()["code"]) == (401, "second_step")
    came = window.post("/sign-in/link", code=field(asked.text, "code"), digits=digits(service, secret))
    assert came.status_code == 303 and window.is_in


def test_a_second_step_is_turned_off_with_its_digits_or_by_a_reset(service: Service) -> None:
    window, secret = stepped(service)
    assert window.form("/moderate/people/you/second-step/off", digits="000000").status_code == 401
    assert window.form("/moderate/people/you/second-step/off", digits=digits(service, secret)).status_code == 303
    assert Window(service).enter(ADA).status_code == 303

    again, secret = window, begin(window)
    service.clock.now += 60
    again.form("/moderate/people/you/second-step/on", secret=secret, digits=digits(service, secret))
    code = service.change(lambda tx: sites.invite(tx, ORIGIN, "Ada", Role.OWNER, reset=True))
    assert not again.is_in
    back = Window(service)
    assert back.post("/sign-in/link", code=code).status_code == 303
    assert "Choose an address" in back.open("/moderate/people").text
    assert Window(service).enter(ADA).status_code == 401


# Sign-ins


def test_sign_ins_are_listed_and_ended_by_their_owner(service: Service) -> None:
    here = settled(service, "Ada", ADA)
    others = [Window(service, agent=FIREFOX) for _ in range(2)]
    for each in others:
        each.enter(ADA)
    page = here.open("/moderate/people").text
    assert page.count("Firefox on Linux") == 4  # and each button's name

    here.form("/moderate/people/end", session=field(page, "session"))
    assert sorted(each.is_in for each in others) == [False, True]
    here.form("/moderate/people/you/end-others")
    assert [each.is_in for each in others] == [False, False] and here.is_in


def test_ending_a_sign_in_closes_its_sockets(service: Service, reader: Reader) -> None:
    reader.post()
    full = service.moderator()
    granted = full.granted()
    window = Window(service, cookie=full.token)
    elsewhere = invited(service, "Ada Moderates")
    with granted.watching(token=granted.token) as watching:
        elsewhere.form("/moderate/people/you/end-others")
        with pytest.raises(Exception, match=r"4401|revoked|close"):
            while True:
                watching.next()
    assert not window.is_in


def test_signing_out_ends_this_sign_in_and_drops_the_cookie(service: Service) -> None:
    window = settled(service, "Ada", ADA)
    kept = window.cookie
    assert window.form("/sign-out").status_code == 303
    assert window.cookie == "" and not Window(service, cookie=kept).is_in


# Owners


def test_an_owner_invites_somebody_by_a_link_that_is_shown_once(service: Service) -> None:
    owner = settled(service, "Ada", ADA, owner=True)
    page = owner.form("/moderate/people/invite", name="Cora", role="moderator", address=CORA)

    found = re.search(r"/sign-in#([\w-]{43})</textarea>", page.text)
    assert found and page.status_code == 200
    assert found[1] not in owner.open("/moderate/people").text
    assert CORA in owner.open("/moderate/people").text
    cora = Window(service)
    assert cora.post("/sign-in/link", code=found[1]).status_code == 303
    assert "Cora" in cora.open("/sign-in").text
    assert owner.form("/moderate/people/invite", name="C0ra", role="owner").status_code in (200, 422)
    assert owner.form("/moderate/people/invite", name="Cora", role="owner").status_code == 422


def test_a_moderator_sees_himself_and_may_do_nothing_to_others(service: Service) -> None:
    owner = settled(service, "Ada", ADA, owner=True)
    cora = settled(service, "Cora", CORA)
    page = cora.open("/moderate/people").text
    assert ADA not in page and "Invite" not in page

    ada = id_of(service, "Ada")
    session = service.rows("SELECT id FROM staffsession WHERE moderator_id = ? ORDER BY id DESC", ada)[0][0]
    before = service.rows("SELECT * FROM moderator ORDER BY id"), service.rows("SELECT count(*) FROM decision")
    for path, more in (
        ("invite", {"name": "Eve", "role": "owner"}),
        ("role", {"person": id_of(service, "Cora"), "role": "owner"}),
        ("reset", {"person": ada}),
        ("dismiss", {"person": ada, "sure": "1"}),
        ("end", {"session": session}),
    ):
        assert cora.form(f"/moderate/people/{path}", **more).status_code == 403, path
    assert (
        service.rows("SELECT * FROM moderator ORDER BY id"),
        service.rows("SELECT count(*) FROM decision"),
    ) == before
    assert owner.is_in


def test_an_owner_of_another_site_finds_nobody(service: Service) -> None:
    settled(service, "Ada", ADA, owner=True)
    other = settled(service, "Olga", "olga@example.org", owner=True, origin=OTHER)
    ada = id_of(service, "Ada")
    before = service.rows("SELECT * FROM moderator ORDER BY id")
    for path, more in (("role", {"role": "moderator"}), ("reset", {}), ("dismiss", {"sure": "1"})):
        assert other.form(f"/moderate/people/{path}", person=ada, **more).status_code == 404
    assert service.rows("SELECT * FROM moderator ORDER BY id") == before
    assert ADA not in other.open("/moderate/people").text


def test_the_last_owner_stays_one_whatever_is_tried(service: Service) -> None:
    ada = settled(service, "Ada", ADA, owner=True)
    me = id_of(service, "Ada")
    ada.form("/moderate/people/invite", name="Eva", role="owner")  # who never came
    for path, more in (("role", {"role": "moderator"}), ("dismiss", {"sure": "1"})):
        answer = ada.form(f"/moderate/people/{path}", person=me, **more)
        assert answer.status_code == 409 and "only owner" in answer.text
    cora = settled(service, "Cora", CORA, owner=True)
    assert cora.form("/moderate/people/role", person=me, role="moderator").status_code == 303
    assert cora.form("/moderate/people/dismiss", person=id_of(service, "Cora"), sure="1").status_code == 409
    assert service.rows("SELECT count(*) FROM moderator WHERE role = 'owner' AND revoked_at IS NULL") == [(2,)]

    code = service.change(lambda tx: sites.invite(tx, ORIGIN, "Cora", Role.OWNER))
    back = Window(service)
    back.post("/sign-in/link", code=code)
    assert back.is_in, "the command line's link lets an owner in again"


def test_another_link_leaves_an_owner_an_owner(service: Service) -> None:
    ada = settled(service, "Ada", ADA, owner=True)
    link(service)
    assert "owner" in ada.open("/sign-in").text


def test_a_dismissed_person_comes_back_as_a_new_one(service: Service) -> None:
    owner = settled(service, "Ada", ADA, owner=True)
    cora = settled(service, "Cora", CORA)
    unspent = link(service, "Cora")
    who = id_of(service, "Cora")

    assert owner.form("/moderate/people/dismiss", person=who).status_code == 422, "not without the box"
    assert owner.form("/moderate/people/dismiss", person=who, sure="1").status_code == 303
    assert not cora.is_in and Window(service).post("/sign-in/link", code=unspent).status_code == 401
    link(service, "Cora")
    assert not cora.is_in, "an old sign-in does not come back with him"
    assert Window(service).enter(CORA).status_code == 401


def test_what_is_done_about_people_is_in_the_log(service: Service) -> None:
    owner = settled(service, "Ada", ADA, owner=True)
    owner.form("/moderate/people/invite", name="Cora", role="moderator")
    cora, ada = id_of(service, "Cora"), id_of(service, "Ada")
    owner.form("/moderate/people/role", person=cora, role="owner")
    owner.form("/moderate/people/reset", person=cora)
    owner.form("/moderate/people/dismiss", person=cora, sure="1")

    rows = service.rows("SELECT move, from_state, to_state, account_id, moderator_id FROM decision ORDER BY id")
    assert rows == [
        ("invite", "", "owner", ada, None),
        ("invite", "", "moderator", cora, ada),
        ("role", "moderator", "owner", cora, ada),
        ("reset", "owner", "owner", cora, ada),
        ("dismiss", "owner", "", cora, ada),
    ]


# How often


@pytest.fixture(scope="module")
def guarded() -> Iterator[Service]:
    with serving(rate_limits=True, trusted_proxies=["127.0.0.1"]) as service:
        yield service


def test_guesses_are_counted_by_network_and_by_address(guarded: Service) -> None:
    def guess(address: str, network: str) -> httpx2.Response:
        headers = {"X-Forwarded-For": network}
        return Window(guarded).post("/sign-in", headers, address=address, password="a wrong guess")

    by_network = [guess(f"a{n}@example.org", "203.0.113.7").status_code for n in range(11)]
    assert by_network == [401] * 10 + [429]
    by_address = [guess(" ADA@example.org", f"203.0.113.{n}").status_code for n in range(20, 31)]
    assert by_address == [401] * 10 + [429]
    refused = guess(ADA, "203.0.113.99")
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert 'role="alert"' in refused.text
