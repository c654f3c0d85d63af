"""The wicket beside the gate gives what the gate gives, to the byte; who does more than ask goes by the gate."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from tests.service import Reader, Service, serving
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from postil.web.wicket import Wicket

DATE = re.compile(rb"date: [^\r]+\r\n")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def reader(service: Service) -> Reader:
    return service.reader("Ann")


@pytest.fixture(scope="module")
def path(service: Service, reader: Reader) -> str:
    comment = reader.post("A thought, " + "and another, " * 100)
    found = f"/v1/sections/{comment['section']}/comments?limit=10"
    tell(service, get(found))
    return found


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request since was answered at the wicket."""
    seen: list[bool] = []
    for kind, name, at_wicket in ((Wicket, "_write", True), (HttpToolsProtocol, "_start_asgi_task", False)):
        monkeypatch.setattr(kind, name, _noted(getattr(kind, name), seen, at_wicket))
    return seen


def _noted(method: Callable[..., object], seen: list[bool], is_wicket: bool) -> Callable[..., object]:
    def noted(*given: object) -> object:
        seen.append(is_wicket)
        return method(*given)

    return noted


def tell(service: Service, requests: bytes, count: int = 1) -> list[bytes]:
    """The answers to what is sent in one piece, without the time of day."""
    to = urlsplit(service.url)
    with closing(socket.create_connection((to.hostname, to.port or 0), timeout=20)) as asking:
        asking.sendall(requests)
        with asking.makefile("rb") as answers:
            return [DATE.sub(b"", b"".join(_answer(answers))) for _ in range(count)]


def _answer(answers: object) -> Iterator[bytes]:
    length = 0
    for line in iter(answers.readline, b"\r\n"):  # type: ignore[attr-defined]
        assert line, "the connection was closed"
        name, _, value = line.partition(b":")
        length = int(value) if name == b"content-length" else length
        yield line
    yield b"\r\n"
    yield answers.read(length)  # type: ignore[attr-defined]


def get(path: str, *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: x", *headers, "", ""]).encode()


FORMS: list[tuple[str, ...]] = [
    (),
    ("Accept-Encoding: gzip",),
    ("Origin: https://evil.example",),
    ("If-None-Match: *",),
]


@pytest.mark.parametrize("headers", FORMS)
def test_both_give_the_same_bytes(service: Service, path: str, written: list[bool], headers: tuple[str, ...]) -> None:
    (by_wicket,) = tell(service, get(path, *headers))
    first, by_gate = tell(service, get(path, *headers) * 2, 2)
    assert written == [True, True, False], "of one reading only the first"
    assert by_wicket == first == by_gate


def test_what_one_has_is_not_sent_again(service: Service, path: str, written: list[bool]) -> None:
    (answer,) = tell(service, get(path))
    etag = answer.partition(b"etag: ")[2].partition(b"\r\n")[0].decode()
    first, second = tell(service, get(path, f"If-None-Match: {etag}") * 2, 2)
    assert first == second
    assert first.startswith(b"HTTP/1.1 304 Not Modified\r\n")
    assert written[1]


def test_a_thousand_requests_at_once_are_answered_in_order(service: Service, path: str) -> None:
    asked = (get(path) + get("/healthz")) * 500
    answers = tell(service, asked, 1000)
    assert len(set(answers[::2])) == len(set(answers[1::2])) == 1


@pytest.mark.parametrize(
    "request_of",
    [
        lambda path: get(path, "Connection: close"),
        lambda path: get(path, version="1.0"),
        lambda path: get(path, "Cookie: a=b"),
        lambda path: get(path, "Authorization: Basic x"),
        lambda path: get(path, method="HEAD"),
        lambda path: get("/healthz"),
    ],
)
def test_who_does_more_than_ask_goes_by_the_gate(
    service: Service, path: str, written: list[bool], request_of: object
) -> None:
    request: bytes = request_of(path)  # type: ignore[operator]
    to = urlsplit(service.url)
    with closing(socket.create_connection((to.hostname, to.port or 0), timeout=20)) as asking:
        asking.sendall(request)
        assert asking.recv(9) == b"HTTP/1.1 "
    assert written == [False]


def test_a_body_that_nobody_asked_for_does_not_confuse_the_next(service: Service, path: str) -> None:
    first, second = tell(service, get(path, "Content-Length: 5") + b"hello" + get("/healthz"), 2)
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert second.startswith(b"HTTP/1.1 200 OK")


def test_a_post_and_a_hide_are_in_the_very_next_answer(service: Service, reader: Reader, path: str) -> None:
    comment = reader.post("Gone in a moment.")
    assert b"Gone in a moment." in tell(service, get(path))[0]
    service.moderator("Ada").hide(comment)
    assert b"Gone in a moment." not in tell(service, get(path))[0]
