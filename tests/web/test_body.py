"""JSON bodies: what is not plain JSON of a modest size is a clear refusal, and never a 500."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, TypeAdapter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from postil.errors import Invalid
from postil.web import body, problems
from postil.web.api import Operation
from postil.web.body import MAX_BODY, MAX_DEPTH, MORE_READ, OFF_LOOP, parse

HERE = Path(__file__).parent
OURS = HERE.parent / "data" / "json_parsing.jsonl"
SHARED = HERE.parents[2] / "shared" / "corpora" / "json_parsing.jsonl"

# Valid JSON that we refuse on purpose.
STRICTER = {
    "y_object_duplicated_key.json": "keys given twice",
    "y_object_duplicated_key_and_value.json": "keys given twice",
    "y_object_escaped_null_in_key.json": "NUL",
    "y_string_null_escape.json": "NUL",
}


class Anything(BaseModel):
    value: Any = None


async def take(body: Any) -> None:
    return None


async def take_model(body: Anything) -> None:
    return None


ROUTES = [Operation("/any", take, "POST"), Operation("/model", take_model, "POST")]
APP = Starlette(routes=ROUTES, exception_handlers=problems.HANDLERS, middleware=[Middleware(problems.Guard)])
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(APP)


def cases(path: Path) -> Iterator[tuple[str, str, bytes]]:
    for line in path.read_text().splitlines():
        row = json.loads(line)
        yield row["name"], row["expect"], base64.b64decode(row["b64"])


def assert_corpus(client: TestClient, path: Path) -> int:
    seen = 0
    for name, expect, raw in cases(path):
        answer = client.post("/any", content=raw, headers=JSON)
        allowed = {"y": {204}, "n": {400}, "i": {204, 400}}[expect] if name not in STRICTER else {400}
        if len(raw) > MAX_BODY:
            allowed = {413}
        assert answer.status_code in allowed, name
        seen += 1
    return seen


def test_the_json_test_suite_is_read_as_it_says(client: TestClient) -> None:
    assert assert_corpus(client, OURS) > 100


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
def test_the_whole_json_test_suite_is_read_as_it_says(client: TestClient) -> None:
    assert assert_corpus(client, SHARED) > 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{bad",
        b"\xff",
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": ' + b"9" * 16 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
        '{"a": 1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1}',
    ],
)
@pytest.mark.parametrize("path", ["/any", "/model"])
def test_what_is_no_plain_json_is_refused(client: TestClient, path: str, raw: bytes) -> None:
    answer = client.post(path, content=raw, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"value": "\\ud83d\\ude00"}',
        '{"value": "\U0001f600"}'.encode(),
        b'{"value": 999999999999999}',
        b'{"value": -1.5e-3}',
        b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH,
    ],
)
def test_what_is_plain_json_is_taken(client: TestClient, raw: bytes) -> None:
    assert client.post("/any", content=raw, headers=JSON).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_only_json_is_taken_as_json(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/any", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON", "application/json; charset=UTF-8"])
def test_json_has_more_than_one_spelling(client: TestClient, media_type: str) -> None:
    assert client.post("/any", content=b"{}", headers={"content-type": media_type}).status_code == 204


def padded(size: int) -> bytes:
    return b'{"value": "' + b"x" * (size - 13) + b'"}'


def test_a_body_is_as_large_as_it_may_be_and_not_a_byte_more(client: TestClient) -> None:
    assert client.post("/any", content=padded(MAX_BODY), headers=JSON).status_code == 204
    for size in (MAX_BODY + 1, MAX_BODY + MORE_READ + 1):
        answer = client.post("/any", content=padded(size), headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["connection"] == "close"


async def flood(headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Status of the answer to 10 MB in chunks, and how many bytes were taken from the wire for it."""
    read, status = 0, 0

    async def receive() -> Message:
        nonlocal read
        read += 8192
        return {"type": "http.request", "body": b"x" * 8192, "more_body": read < 10_000_000}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {"type": "http", "method": "POST", "path": "/any", "query_string": b"", "headers": headers, "root_path": ""}
    await APP(scope, receive, send)
    return status, read


async def test_a_flood_is_refused_before_more_than_128_kib_of_it_are_read() -> None:
    json_type = (b"content-type", b"application/json")
    assert await flood([json_type, (b"content-length", b"10000000")]) == (413, 0)
    status, read = await flood([json_type, (b"transfer-encoding", b"chunked")])
    assert status == 413
    assert MAX_BODY < read <= MAX_BODY + MORE_READ + 8192


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """A real server, for what only a wire shows."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(APP, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join()


def exchange(address: tuple[str, int], request: bytes) -> bytes:
    """All that the server says until it closes the connection."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_on_the_wire_too_much_is_refused_at_once_and_the_connection_closed(address: tuple[str, int]) -> None:
    head = b"POST /any HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    announced = exchange(address, head + b"Content-Length: 200000000\r\n\r\n{")
    chunk = b"%x\r\n%s\r\n" % (MAX_BODY + MORE_READ + 1, b"x" * (MAX_BODY + MORE_READ + 1))
    unannounced = exchange(address, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    for answer in (announced, unannounced):
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"code":"too_large"' in answer


@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(), st.lists, max_leaves=20))
def test_whatever_is_taken_is_what_was_meant(value: Any) -> None:
    raw = json.dumps(value)
    try:
        assert parse(raw.encode()) == value
    except problems.BadJson:
        assert "\\u0000" in raw or "\\ud" in raw or raw.count("[") > MAX_DEPTH


@given(st.binary(max_size=200))
def test_no_bytes_are_our_failure(raw: bytes) -> None:
    try:
        parse(raw)
    except problems.BadJson:
        return
    TypeAdapter(Any).validate_json(raw)  # what our reader takes, pydantic's takes too


async def test_a_large_body_is_read_beside_the_loop_and_a_small_one_on_it() -> None:
    """Half a megabyte of JSON takes ten milliseconds, and others are waiting."""
    threads: list[int] = []

    def note(value: str) -> str:
        threads.append(threading.get_ident())
        return value

    adapter: TypeAdapter[str] = TypeAdapter(Annotated[str, AfterValidator(note)])
    for size in (OFF_LOOP - 2, OFF_LOOP - 1):
        text = await body.read(_sent(json.dumps("x" * size).encode()), adapter, most=2 * OFF_LOOP)
        assert len(text) == size
    assert threads[0] == threading.get_ident() != threads[1]


async def test_a_large_body_is_refused_as_a_small_one_is() -> None:
    for large in (b'{"a":1,"a":2,"b":"%b"}' % (b"x" * OFF_LOOP), b"[" * (OFF_LOOP + 1)):
        with pytest.raises(problems.BadJson):
            await body.read(_sent(large), TypeAdapter(dict[str, str]), most=2 * OFF_LOOP)
    with pytest.raises(Invalid):
        await body.read(_sent(json.dumps("x" * OFF_LOOP).encode()), TypeAdapter(int), most=2 * OFF_LOOP)


def _sent(raw: bytes) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
