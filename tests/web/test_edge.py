"""A cache between readers and the service keeps nothing, unless the owner says how long; then public reads alone, and
never for more than five seconds.
"""

import re
from collections.abc import Iterator

import httpx2
import pytest
from pydantic import ValidationError
from tests.api.doors import READS, WRITES, Target
from tests.service import URL, Json, Moderator, Service, Visitor, serving

from postil.settings import Settings
from postil.web.caching import kept_by

SECONDS = 5
# Reads whose answer is one for all.
PUBLIC = {
    *("pages.read", "pages.changes", "pages.recent", "pages.counts"),
    *("comments.read", "comments.one", "comments.then", "comments.around"),
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(edge_seconds=SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def comment(service: Service) -> Json:
    return service.reader().post()


def control(answer: httpx2.Response) -> str:
    return str(answer.headers.get("cache-control", ""))


def kept_for(control: str) -> int:
    """The seconds for which a shared cache may answer by itself, stale or not."""
    return sum(int(found) for found in re.findall(r"(?:s-maxage|max-age|stale-[a-z-]+)=(\d+)", control))


def target(comment: Json) -> Target:
    return Target(comment["id"], comment["section"], URL)


def test_by_default_every_read_is_asked_here() -> None:
    with serving() as service:
        comment = service.reader().post()
        answers = [ask.by(service.visitor()) for name in PUBLIC for ask in READS[name](target(comment))]
    assert {control(answer) for answer in answers if answer.is_success} == {"no-cache"}


@pytest.mark.parametrize("seconds", range(1, SECONDS + 1))
def test_fresh_and_stale_together_are_what_the_owner_said(seconds: int) -> None:
    assert kept_for(kept_by(seconds)) == seconds


def test_it_is_never_more_than_five_seconds() -> None:
    with pytest.raises(ValidationError, match="edge_seconds"):
        Settings(edge_seconds=6, _env_file=None)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_read_may_be_kept_for_so_long(service: Service, comment: Json, name: str) -> None:
    told = [answer for ask in READS[name](target(comment)) if (answer := ask.by(service.visitor())).is_success]
    again = [ask.by(service.visitor()) for ask in READS[name](target(comment))]  # now from before the router, too
    assert told and {kept_for(control(each)) for each in (*told, *again) if each.is_success} == {SECONDS}
    assert all(control(each).startswith("public, max-age=0, ") and "etag" in each.headers for each in told)
    known = {"If-None-Match": told[0].headers["etag"]}
    unchanged = service.visitor().ask("GET", told[0].request.url.raw_path.decode(), headers=known)
    assert unchanged.status_code == 304 and kept_for(control(unchanged)) == SECONDS


def test_nothing_else_may_be() -> None:
    with serving(edge_seconds=SECONDS) as service:
        assert _asked_of_all(service, service.reader().post()) > 100


def _asked_of_all(service: Service, comment: Json) -> int:
    asked = 0
    for name, row in {**READS, **WRITES}.items():
        for ask in row(target(comment)):
            for who in (service.visitor(), service.reader(), service.moderator().granted()):
                if name in PUBLIC and not isinstance(who, Moderator):
                    continue
                assert not shared(ask.by(who)), (name, ask, who)
                asked += 1
    return asked


def shared(answer: httpx2.Response) -> bool:
    """The widget's own files are everybody's, and no answer about a discussion."""
    path = answer.request.url.path
    is_file = path.startswith("/w/") or path.endswith((".js", ".css"))
    return not is_file and ("s-maxage" in control(answer) or "public" in control(answer))


def test_who_comes_with_a_cookie_a_token_or_to_be_counted_is_answered_alone(service: Service, comment: Json) -> None:
    visitor, path = service.visitor(), f"/v1/sections/{comment['section']}/comments"
    for headers in ({"Cookie": "a=b"}, {"Authorization": "Bearer nobody"}):
        assert not shared(visitor.ask("GET", path, headers=headers))
    assert not shared(visitor.ask("GET", "/v1/page", params={"url": URL, "visit": "x" * 16}))
    assert not shared(visitor.ask("GET", "/v1/sections/-----------/comments")), "what is not there may come"


def test_what_is_hidden_is_gone_here_at_once(service: Service) -> None:
    reader: Visitor = service.visitor()
    posted = service.reader().post("Not for long.")
    assert "Not for long." in str(reader.thread(posted["section"]))
    service.moderator().hide(posted)
    assert "Not for long." not in str(reader.thread(posted["section"]))
