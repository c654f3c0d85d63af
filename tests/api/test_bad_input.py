"""What bad input gets: a clear error, and nothing lost or leaked. One test for each clause of the promise.

`refused` holds every answer to the one shape of a problem document.
"""

import json
from collections.abc import Iterator

import pytest
from tests.api.doors import NEVER_ISSUED
from tests.service import ORIGIN, OTHER, URL, Json, Moderator, Reader, Service, Visitor, refused
from websockets.exceptions import ConnectionClosed

from postil.web.body import MAX_OUTLINE

MALFORMED = [
    b"",
    b"{",
    b"[1,]",
    b"{'a': 1}",
    b"\xff\xfe",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"[" * 30_000,
    b"1" * 5_000,
]


def sent(visitor: Visitor, body: bytes, media_type: str = "application/json") -> Json:
    headers = {"Content-Type": media_type}
    return visitor._said(visitor.ask("POST", "/v1/comments", content=body, headers=headers))


@pytest.fixture(autouse=True)
def _nothing_is_lost(request: pytest.FixtureRequest) -> Iterator[None]:
    """What stood before a refusal stands after it: tests here post what they need before they misbehave."""
    service: Service | None = request.getfixturevalue("service") if "service" in request.fixturenames else None
    yield
    if service is not None:
        counts = (
            "SELECT s.comments, (SELECT count(*) FROM comment c WHERE c.section_id = s.id AND c.state = 'published')"
        )
        assert all(told == counted for told, counted in service.rows(f"{counts} FROM section s"))


@pytest.mark.parametrize("body", MALFORMED)
def test_malformed_json_is_400(reader: Reader, body: bytes) -> None:
    with refused(400, "bad_json"):
        sent(reader, body)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("source", 7),
        ("name", None),
        ("nonce", "has blanks in it"),
        ("index", "1"),
        ("index", -1),
        ("page", "https://blog.example/essay"),
        ("page.url", "javascript:alert(1)"),
        ("page.url", "/relative"),
        ("outline.sections.0.level", "two"),
        ("parent", "short"),
        ("state", "published"),
        ("html", "<b>bold</b>"),
        ("author_id", "me"),
    ],
)
def test_wrong_types_are_422_and_name_the_field(reader: Reader, field: str, wrong: Json) -> None:
    draft = reader.draft()
    *path, last = field.split(".")
    place: Json = draft
    for step in path:
        place = place[int(step) if step.isdigit() else step]
    place[last] = wrong

    with refused(422, "invalid") as refusal:
        reader.send("POST", "/v1/comments", draft)
    assert refusal.problem["field"] == field


def test_too_many_bytes_are_413(reader: Reader) -> None:
    with refused(413, "too_large"):
        sent(reader, b'{"source": "' + b"x" * MAX_OUTLINE + b'"}')


def test_too_many_characters_are_422(reader: Reader) -> None:
    reader.post("x" * 10_000)

    with refused(422, "too_long") as refusal:
        reader.post("x" * 10_001)
    assert refusal.problem["field"] == "source"
    with refused(422, "too_long") as refusal:
        reader.post(name="n" * 61)
    assert refusal.problem["field"] == "name"


def test_another_media_type_is_415(reader: Reader) -> None:
    with refused(415, "unsupported_media_type"):
        sent(reader, b"{}", "text/plain")


def test_an_unknown_address_is_404_and_a_wrong_method_405(visitor: Visitor) -> None:
    with refused(404, "not_found"):
        visitor.get("/v1/nothing")
    with refused(404, "not_found"):
        visitor.get("/v1/page/")
    with refused(405, "method_not_allowed") as refusal:
        visitor.send("DELETE", "/v1/page")
    assert refusal.headers["allow"] == "GET, HEAD"


def test_an_unknown_section_or_comment_is_404_and_so_is_another_sites(service: Service, reader: Reader) -> None:
    reader.post()
    theirs = service.reader(origin=OTHER).post(url=f"{OTHER}/essay")

    for section, comment in ((NEVER_ISSUED, NEVER_ISSUED), (theirs["section"], theirs["id"])):
        with refused(404, "not_found"):
            reader.post(section=section)
        with refused(404, "not_found"):
            reader.post(parent=comment)
        with refused(404, "not_found"):
            reader.support({"id": comment})
    with refused(404, "not_found"):
        reader.thread(NEVER_ISSUED)
    with refused(404, "not_found"):
        reader.thread("no-id-at-all")


def test_replying_across_sections_is_409(reader: Reader) -> None:
    parent, elsewhere = reader.post(index=0), reader.post(index=1)

    with refused(409, "wrong_section"):
        reader.post(section=elsewhere["section"], parent=parent["id"])


def test_replying_to_a_tombstone_that_one_sees_is_409(reader: Reader, moderator: Moderator) -> None:
    parent = reader.post()
    reader.reply(parent)
    moderator.hide(parent)

    with refused(409, "parent_gone"):
        reader.reply(parent)


def test_replying_to_what_one_may_not_see_is_404(service: Service, reader: Reader, moderator: Moderator) -> None:
    parent = reader.post()
    moderator.hide(parent)

    with refused(404, "not_found"):
        service.reader("Sam").reply(parent)
    with refused(409, "parent_gone"):
        reader.reply(parent)


def test_editing_after_the_window_is_403_with_the_time_it_closed(service: Service, reader: Reader) -> None:
    posted = reader.post("As it was.")
    service.clock.now += 901

    with refused(403, "edit_window_closed") as refusal:
        reader.edit(posted, "Too late.")
    assert refusal.problem["closed_at"] == posted["at"] + 900
    assert reader.texts(posted["section"]) == ["As it was."]


def test_too_many_are_429_with_the_time_to_wait(limited: Service) -> None:
    reader = limited.reader()
    for _ in range(6):
        reader.post()

    with refused(429, "too_many") as refusal:
        reader.post()
    assert 1 <= int(refusal.headers["retry-after"]) == refusal.problem["retry_after"] <= 60
    assert reader.page()["comments"] == 6


def test_a_locked_section_is_423(reader: Reader, owner: Moderator) -> None:
    posted = reader.post()
    owner.set_section(posted["section"], "locked")

    with refused(423, "locked"):
        reader.post(section=posted["section"])
    with refused(423, "locked"):
        reader.reply(posted)
    assert reader.thread(posted["section"])["section"]["state"] == "locked"


def test_writing_from_elsewhere_is_403(service: Service, reader: Reader) -> None:
    draft = reader.draft()

    for origin in (OTHER, "https://evil.example", "null", None):
        stranger = service.reader(origin=origin)
        with refused(403, "origin_refused"):
            stranger.send("POST", "/v1/comments", draft)
    with refused(403, "origin_refused"):
        reader.view(f"{OTHER}/essay")
    assert service.rows("SELECT count(*) FROM comment") == [(0,)]


def test_an_outline_that_was_never_sent_is_409(reader: Reader) -> None:
    with refused(409, "outline_unknown"):
        reader.send("POST", "/v1/comments", {**reader.draft(), "outline": {"hash": "0" * 32}})


def test_an_outline_under_a_false_name_is_422(reader: Reader) -> None:
    draft = reader.draft()
    draft["outline"]["hash"] = "0" * 32

    with refused(422, "invalid") as refusal:
        reader.send("POST", "/v1/comments", draft)
    assert refusal.problem["field"] == "outline.hash"


def test_a_busy_database_is_503_and_nothing_is_half_done(service: Service, reader: Reader) -> None:
    """An error of ours is a problem document too; the broken table stands for whatever nobody foresaw."""
    reader.post()
    service.write("ALTER TABLE posted RENAME TO away")

    answer = reader.ask("POST", "/v1/comments", json=reader.draft())

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert "posted" not in answer.text
    service.write("ALTER TABLE away RENAME TO posted")
    assert reader.page()["comments"] == 1


# The socket

NONSENSE = [
    "",
    "{",
    "[]",
    '{"type": "shout"}',
    '{"type": "watch", "page": {"url": 1}}',
    '{"type": "watch", "page": {"url": "/essay"}}',
    '{"type": "watch", "page": {"url": "https://blog.example/", "key": "\\ud800"}}',
    '{"type": "watch", "page": {"url": "https://blog.example/"}, "since": "tomorrow"}',
    "[" * 30_000,
]


def test_a_message_that_is_not_understood_gets_an_error_and_the_socket_stays(reader: Reader) -> None:
    posted = reader.post()
    with reader.socket() as socket:
        for nonsense in NONSENSE:
            socket.send(nonsense)
            said = json.loads(socket.recv(timeout=10))
            assert said["type"] == "error", nonsense
            assert said["code"] in ("invalid", "bad_json"), nonsense

        socket.send(json.dumps({"type": "watch", "page": {"url": URL}, "sections": [posted["section"]]}))
        assert json.loads(socket.recv(timeout=10))["type"] == "watching"


def test_ten_messages_that_are_not_understood_close_the_socket(reader: Reader) -> None:
    with reader.socket() as socket:
        for _ in range(10):
            socket.send("nonsense")
            assert json.loads(socket.recv(timeout=10))["type"] == "error"
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == 1008


def test_a_socket_of_a_strange_origin_is_refused(service: Service) -> None:
    for origin in ("https://evil.example", f"{ORIGIN}.evil.example", "null"):
        with pytest.raises(Exception, match="403"), service.visitor(origin).socket():
            pass
