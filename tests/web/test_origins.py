"""Origins, CORS and security headers: a site's pages may write, everybody may read, nobody is mistaken."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from postil.errors import OriginRefused
from postil.web import problems
from postil.web.middleware import Cors, SecurityHeaders
from postil.web.origins import origin_in, registered_origin

SITE = "https://blog.example.com"
SHARED = Path(__file__).parents[3] / "shared" / "corpora" / "patt_cors.jsonl"

# Origins that have been mistaken for https://blog.example.com by somebody's check.
TRICKS = [
    *"""
    null NULL * https://* https://evil.test http://blog.example.com https://blog.example.com.evil.test
    https://blog.example.com.evil.test:443 https://evilblog.example.com https://blogexample.com https://blog-example.com
    https://blogxexample.com https://evil.test/https://blog.example.com https://evil.test?https://blog.example.com
    https://evil.test#https://blog.example.com https://blog.example.com@evil.test https://blog.example.com:x@evil.test
    https://evil.test@blog.example.com https://user@blog.example.com https://:@blog.example.com https://example.com
    https://www.blog.example.com https://a.blog.example.com https://blog.example.co https://blog.example.comm
    https://blog.example.org https://blog.example.com. https://blog.example.com.. https://.blog.example.com
    https://blog..example.com https://blog.example.com:444 https://blog.example.com:80 https://blog.example.com:443
    https://blog.example.com:0443 https://blog.example.com: https://blog.example.com:99999 https://blog.example.com:-1
    https://blog.example.com/ https://blog.example.com/x https://blog.example.com? https://blog.example.com#
    HTTPS://blog.example.com https://BLOG.example.com https://Blog.Example.Com https:/blog.example.com
    https:blog.example.com https:///blog.example.com //blog.example.com blog.example.com ://blog.example.com
    https://blog.example.com%00.evil.test https://blog.example.com%60.evil.test https://blog.example.com%2eevil.test
    https://blog.example.com`.evil.test https://blog.example.com_.evil.test https://blog.example.com{.evil.test
    https://blog.example.com!.evil.test https://blog.example.com$.evil.test https://blog.example.com&.evil.test
    https://blog.example.com+.evil.test https://blog.example.com;.evil.test https://blog.example.com'.evil.test
    https://blog.example.com(.evil.test https://blog.example.com,https://evil.test
    https://evil.test,https://blog.example.com
    https://blog%2eexample.com https://xn--blog-example.com https://[blog.example.com] https://127.0.0.1 http://localhost
    file:// data: blob:https://blog.example.com moz-extension://blog.example.com javascript://blog.example.com
    wss://blog.example.com ftp://blog.example.com view-source:https://blog.example.com about:blank
    """.split(),
    "",
    "https://blog.example.com https://evil.test",
    "https://blog.example.com\thttps://evil.test",
    "https://evil.test https://blog.example.com",
    "https://bl\xf6g.example.com",
    "https://blog.example\xb7com",
]


async def is_registered(origin: str) -> bool:
    return origin in (SITE, "http://localhost:8000")


async def answer(request: Request) -> Response:
    return JSONResponse({"wrote": request.method})


async def page(request: Request) -> Response:
    return HTMLResponse("<p>hello")


async def fall(request: Request) -> Response:
    raise RuntimeError


APP = Starlette(
    routes=[
        Route("/v1/thing", answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/v1/outline", answer, methods=["POST"]),
        Route("/page", page),
        Route("/fall", fall, methods=["POST"]),
    ],
    exception_handlers=problems.HANDLERS,
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(Cors, is_registered=is_registered),
        Middleware(problems.Guard),
    ],
)


@pytest.fixture
def client() -> TestClient:
    return TestClient(APP)


def preflight(client: TestClient, origin: str, method: str, path: str = "/v1/thing") -> Any:
    return client.options(path, headers={"Origin": origin, "Access-Control-Request-Method": method})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_sites_page_writes_and_reads_the_answer(client: TestClient, method: str) -> None:
    answer = client.request(method, "/v1/thing", headers={"Origin": SITE})
    assert answer.json() == {"wrote": method}
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "Origin" in answer.headers["vary"]
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_look_alike_writes_or_reads_what_a_write_says(client: TestClient, trick: str) -> None:
    for sent in (trick.encode("latin-1"), trick.encode()):
        headers = [(b"Origin", sent)]
        answer = client.post("/v1/thing", headers=headers)
        asked = client.options("/v1/thing", headers=[*headers, (b"Access-Control-Request-Method", b"POST")])
        for refused in (answer, asked):
            assert refused.json()["code"] == "origin_refused"
            assert "access-control-allow-origin" not in refused.headers


def test_there_are_as_many_tricks_as_promised() -> None:
    assert len(set(TRICKS)) >= 64


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
def test_no_string_of_the_set_is_an_origin_of_the_site(client: TestClient) -> None:
    for line in SHARED.read_text().splitlines():
        sent = json.loads(line)["payload"].strip().encode()
        assert client.post("/v1/thing", headers=[(b"Origin", sent)]).status_code == 403


def test_two_origins_are_none(client: TestClient) -> None:
    headers = [("Origin", SITE), ("Origin", SITE)]
    assert client.post("/v1/thing", headers=headers).status_code == 403


def test_reads_answer_everybody_alike(client: TestClient) -> None:
    for headers in ({}, {"Origin": SITE}, {"Origin": "https://evil.test"}, {"Origin": "null"}):
        answer = client.get("/v1/thing", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Origin" not in answer.headers.get("vary", "")


def test_a_read_that_needs_a_body_is_a_read(client: TestClient) -> None:
    assert preflight(client, "https://any.test", "POST", "/v1/outline").headers["access-control-allow-origin"] == "*"
    answer = client.post("/v1/outline", headers={"Origin": "https://any.test"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


def test_credentials_are_never_allowed(client: TestClient) -> None:
    answers = [client.get("/v1/thing", headers={"Origin": SITE}), client.post("/v1/thing", headers={"Origin": SITE})]
    answers += [preflight(client, SITE, "POST"), preflight(client, SITE, "GET")]
    assert all("access-control-allow-credentials" not in answer.headers for answer in answers)


def test_a_preflight_tells_what_may_be_sent_for_ten_minutes(client: TestClient) -> None:
    answer = preflight(client, SITE, "PATCH")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["access-control-allow-headers"] == "Content-Type, Postil-Author, Authorization"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "600"
    assert preflight(client, "https://any.test", "GET").headers["access-control-allow-origin"] == "*"


def test_what_is_no_browser_sends_no_origin_and_passes(client: TestClient) -> None:
    answer = client.post("/v1/thing")
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_the_site_can_read_our_failure_too(client: TestClient) -> None:
    answer = client.post("/fall", headers={"Origin": SITE})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["access-control-allow-origin"] == SITE


@pytest.mark.parametrize("path", ["/v1/thing", "/page", "/nowhere"])
def test_every_answer_has_its_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_only_a_page_runs_scripts_and_only_ours(client: TestClient) -> None:
    assert "script-src 'self'" in client.get("/page").headers["content-security-policy"]
    assert "script-src" not in client.get("/v1/thing").headers["content-security-policy"]


async def test_the_socket_asks_the_same_question() -> None:
    assert await registered_origin(Headers({}), is_registered) is None
    assert await registered_origin(Headers({"origin": SITE}), is_registered) == SITE
    for trick in TRICKS:
        with pytest.raises(OriginRefused):
            await registered_origin(Headers(raw=[(b"origin", trick.encode())]), is_registered)


async def test_an_exact_origin_is_not_yet_a_registered_one() -> None:
    assert origin_in(Headers({"origin": "https://evil.test"})) == "https://evil.test"
    with pytest.raises(OriginRefused):
        await registered_origin(Headers({"origin": "https://evil.test"}), is_registered)
