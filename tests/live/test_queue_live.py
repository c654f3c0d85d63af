"""The queue's socket: for our own pages and their cookie alone; it says that something moved, never what."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.desk import COOKIE, Desk
from tests.service import ORIGIN, OTHER, PATIENCE, Service, serving
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@contextmanager
def live(service: Service, token: str, origin: str | None = "own") -> Iterator[ClientConnection]:
    address = service.url.replace("http", "ws", 1) + "/moderate/live"
    own: Any = service.url if origin == "own" else origin
    with connect(address, origin=own, additional_headers={"Cookie": f"{COOKIE}={token}"}, proxy=None) as socket:
        yield socket


def heard(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=PATIENCE))


def wait_for_one(service: Service) -> Any:
    comment = service.reader("Viktor").post("Canary of the queue.")
    service.reader("Fia").flag(comment, "abuse")
    return comment


@pytest.mark.parametrize("origin", [ORIGIN, OTHER, "https://evil.example", None])
def test_only_our_own_pages_may_open_it(service: Service, origin: str | None) -> None:
    token = Desk(service).token
    with pytest.raises(InvalidStatus) as refused, live(service, token, origin):
        pass
    assert refused.value.response.status_code == 403


def test_nobody_without_a_sign_in(service: Service) -> None:
    with pytest.raises(InvalidStatus) as refused, live(service, "x" * 43):
        pass
    assert refused.value.response.status_code == 401


def test_what_moves_is_told_without_its_words(service: Service) -> None:
    with live(service, Desk(service).token) as socket:
        began = heard(socket)
        assert began == {"type": "queue", "revision": 0, "waiting": "", "gone": [], "changed": [], "claims": {}}
        comment = wait_for_one(service)
        told = heard(socket)
        assert told["waiting"] == "1" and len(told["changed"]) == 1
        service.moderator("Jo").hide(comment, reason="spam")
        gone = heard(socket)
        assert gone["gone"] == told["changed"] and gone["waiting"] == ""
        assert "Canary" not in json.dumps([told, gone])


def test_a_claim_is_anothers_to_see_and_ends_with_the_socket(service: Service) -> None:
    wait_for_one(service)
    ines, jo = Desk(service, "Ines"), Desk(service, "Jo")
    item = ines.open().ids[0]
    with live(service, jo.token) as other:
        heard(other)
        with live(service, ines.token) as mine:
            heard(mine)
            mine.send(json.dumps({"type": "looking", "item": item}))
            assert heard(other)["claims"] == {item: "Ines"}
            assert heard(mine)["claims"] == {}
        assert heard(other)["claims"] == {}


def test_another_sites_items_cannot_be_claimed(service: Service) -> None:
    wait_for_one(service)
    item = Desk(service).open().ids[0]
    with live(service, Desk(service, "Olga", site=OTHER).token) as socket:
        heard(socket)
        socket.send(json.dumps({"type": "looking", "item": item}))
        socket.send(json.dumps({"type": "looking", "item": None}))
    assert service.rows("SELECT claimed_by FROM queueitem") == [(None,)]


@pytest.mark.parametrize("said", ["", "no", "[]", '{"type": "decide"}', '{"type": "looking", "item": 7}', "x" * 5000])
def test_what_our_page_never_says_ends_it(service: Service, said: str) -> None:
    with live(service, Desk(service).token) as socket:
        heard(socket)
        socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            heard(socket)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


def test_a_session_that_ends_closes_it(service: Service) -> None:
    desk = Desk(service)
    with live(service, desk.token) as socket:
        heard(socket)
        service.write("UPDATE staffsession SET revoked_at = 1")
        service.run(service.resources.hub.end_revoked())
        with pytest.raises(ConnectionClosed) as closed:
            heard(socket)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


def test_a_lost_hint_is_healed(service: Service) -> None:
    with live(service, Desk(service).token) as socket:
        heard(socket)
        service.write("UPDATE site SET queue_revision = 41")
        service.run(service.resources.hub.sweep())
        assert heard(socket)["revision"] == 41
