"""From a one-time link to a site's page, and how far each token reaches."""

import pytest
from tests.service import ORIGIN, OTHER, Moderator, Reader, Service, Visitor, refused

from postil import sites

HOUR, MONTH = 3600, 30 * 24 * 3600


def link(service: Service, name: str = "Ada Moderates") -> str:
    return service.change(lambda tx: sites.invite(tx, ORIGIN, name))


def test_a_link_signs_in_once(service: Service) -> None:
    code = link(service)
    here = service.visitor(service.url)

    told = here.send("POST", "/v1/sign-in", {"code": code})

    assert (told["name"], told["role"], told["origins"]) == ("Ada Moderates", "moderator", [ORIGIN])
    assert told["expires"] == int(service.clock.now) + MONTH
    with refused(401, "unauthorized"):
        here.send("POST", "/v1/sign-in", {"code": code})


def test_a_link_is_good_for_a_day(service: Service) -> None:
    code = link(service)
    service.clock.now += 24 * HOUR + 1

    with refused(401, "unauthorized"):
        service.visitor(service.url).send("POST", "/v1/sign-in", {"code": code})


@pytest.mark.parametrize("origin", [ORIGIN, OTHER])
def test_a_sites_page_cannot_sign_in_with_a_link(service: Service, origin: str) -> None:
    code = link(service)

    with refused(403, "origin_refused"):
        service.visitor(origin).send("POST", "/v1/sign-in", {"code": code})
    assert service.visitor(service.url).send("POST", "/v1/sign-in", {"code": code})["token"], "the code was not spent"


def test_a_grant_is_redeemed_once_and_from_its_very_origin(service: Service) -> None:
    code = service.moderator().grant(ORIGIN)
    body = {"code": code}

    for stranger in (OTHER, service.url):
        with refused(401, "unauthorized"):
            service.visitor(stranger).send("POST", "/v1/grants/redeem", body)
    for stranger in ("https://evil.example", f"{ORIGIN}.evil.example", "null", "http://blog.example", f"{ORIGIN}:8443"):
        with refused(403, "origin_refused"):
            service.visitor(stranger).send("POST", "/v1/grants/redeem", body)
    with refused(403, "origin_refused"):
        service.visitor(None).send("POST", "/v1/grants/redeem", body)

    told = service.visitor(ORIGIN).send("POST", "/v1/grants/redeem", body)
    assert told["expires"] == int(service.clock.now) + HOUR
    with refused(401, "unauthorized"):
        service.visitor(ORIGIN).send("POST", "/v1/grants/redeem", body)


def test_a_grant_is_good_for_a_minute(service: Service) -> None:
    code = service.moderator().grant()
    service.clock.now += 61

    with refused(401, "unauthorized"):
        service.visitor().send("POST", "/v1/grants/redeem", {"code": code})


@pytest.mark.parametrize("origin", [OTHER, "https://evil.example", "null", "*", "not an origin", f"{ORIGIN}/", ""])
def test_a_grant_is_made_for_an_origin_of_ones_own_site_only(service: Service, origin: str) -> None:
    with refused(403, "origin_refused"):
        service.moderator().grant(origin)


def test_a_sites_page_cannot_ask_for_a_grant(moderator: Moderator) -> None:
    with refused(403, "origin_refused"):
        moderator.grant()


def test_an_hours_token_may_do_what_can_be_undone_and_no_more(service: Service, reader: Reader) -> None:
    full = service.moderator()
    granted = full.granted()
    posted = reader.post()

    granted.hide(posted)
    granted.restore(posted)
    with refused(403, "forbidden"):
        granted.purge(posted)
    granted.set_section(posted["section"], "locked")
    granted.set_section(posted["section"], "open")
    with refused(403, "forbidden"):
        Moderator(service, None, granted.token).purge(posted)
    assert reader.texts(posted["section"]) == ["A thought."]

    full.purge(posted)


def test_an_hours_token_ends_with_its_hour(service: Service, reader: Reader, moderator: Moderator) -> None:
    posted = reader.post()
    service.clock.now += HOUR + 1

    with refused(401, "unauthorized"):
        moderator.hide(posted)
    with refused(401, "unauthorized"):
        moderator.page()


def test_an_hours_token_is_not_good_on_the_services_own_pages_nor_another_sites(
    service: Service, reader: Reader, moderator: Moderator
) -> None:
    posted = reader.post()

    with refused(403, "origin_refused"):
        Moderator(service, service.url, moderator.token).hide(posted)
    with refused(401, "unauthorized"):
        Moderator(service, OTHER, moderator.token).hide(posted)


def test_signing_out_ends_every_grant_of_the_session_and_no_other(service: Service, reader: Reader) -> None:
    full, colleague = service.moderator(), service.moderator("Cora").granted()
    granted = full.granted()
    unspent = full.grant()

    full.sign_out()

    for ended in (full, granted):
        with refused(401, "unauthorized"):
            ended.page()
    with refused(401, "unauthorized"):
        service.visitor().send("POST", "/v1/grants/redeem", {"code": unspent})
    colleague.page()


def test_a_dismissed_moderators_tokens_end_at_once(service: Service, reader: Reader) -> None:
    full = service.moderator()
    granted = full.granted()
    posted = reader.post()

    service.change(lambda tx: sites.dismiss(tx, ORIGIN, "Ada Moderates"))

    for ended in (full, granted):
        with refused(401, "unauthorized"):
            ended.hide(posted)


def test_only_hashes_of_codes_and_tokens_are_kept(service: Service) -> None:
    moderator = service.moderator()
    code = moderator.grant()

    kept = str([service.rows(f"SELECT * FROM {table}") for table in ("onetimecode", "staffsession")])
    assert len(service.rows("SELECT * FROM onetimecode")) == 1
    assert moderator.token not in kept
    assert code not in kept


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "nonsense", "Bearer wrong"])
def test_a_token_that_is_none_is_unauthorized_and_told_how(visitor: Visitor, header: str) -> None:
    answer = visitor.ask("GET", "/v1/page", params={"url": f"{ORIGIN}/essay"}, headers={"Authorization": header})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_moderating_without_a_token_is_unauthorized(visitor: Visitor, reader: Reader) -> None:
    posted = reader.post()

    for method, path, body in (
        ("POST", f"/v1/comments/{posted['id']}/hide", {}),
        ("PUT", f"/v1/sections/{posted['section']}/state", {"state": "locked"}),
        ("DELETE", "/v1/session", None),
    ):
        with refused(401, "unauthorized"):
            visitor.send(method, path, body)
    with refused(401, "unauthorized"):
        visitor.service.visitor(visitor.service.url).send("POST", "/v1/grants", {"origin": ORIGIN})
