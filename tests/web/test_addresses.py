"""Who asks, by network: forged headers change nothing, and no address is left to leak."""

import ipaddress
import logging
import random

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from postil.web import problems
from postil.web.addresses import KnowNetwork, Whereabouts, _four, client_address, network_key, network_of, proxies
from postil.web.limits import LIMITS, Limiter

SECRET = b"a secret of this test"
CANARY = "203.0.113.77"


def scope(peer: str | None, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", ["203.0.113.77"], "198.51.100.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.77"], "203.0.113.77"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.77"], "203.0.113.77"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.77, 10.9.9.9"], "203.0.113.77"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.77"], "203.0.113.77"),
        ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ("10.0.0.1", ["1.1.1.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.77:4711"], "203.0.113.77"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["::ffff:203.0.113.77"], "203.0.113.77"),
        ("::ffff:10.0.0.1", ["203.0.113.77"], "203.0.113.77"),
        ("10.0.0.1", [""], "10.0.0.1"),
        (None, ["203.0.113.77"], ""),
        ("testclient", ["203.0.113.77"], ""),
    ],
)
def test_the_nearest_stranger_is_the_client(peer: str | None, forwarded: list[str], address: str) -> None:
    assert client_address(scope(peer, *forwarded), proxies(["10.0.0.0/8"])) == address


@pytest.mark.parametrize(
    "text",
    [
        *("1.2.3.4", "0.0.0.0", "255.255.255.255", "01.2.3.4", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.4 ", ""),
        *("1.2.3.\u0664", "1.2.3.4\0", "::1", "1..2.3", "+1.2.3.4", "1.2.3.04", "1.2.3.4/8", "1.2.3.4\n", "0x1.2.3.4"),
    ],
)
def test_the_system_reads_an_address_as_the_library_does(text: str) -> None:
    try:
        library = ipaddress.IPv4Address(text)
    except ValueError:
        library = None
    assert _four(text) == library


def test_by_default_no_proxy_is_believed() -> None:
    assert client_address(scope("127.0.0.1", CANARY), proxies([])) == "127.0.0.1"


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "1.2.3.4/0"])
def test_everybody_is_no_proxy(everybody: str) -> None:
    with pytest.raises(ValueError, match="name your proxies"):
        proxies(["10.0.0.1", everybody])


def test_a_household_is_one_network() -> None:
    def key(address: str) -> str:
        return network_key(address, SECRET)

    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff:ffff:ffff:ffff") != key("2001:db8:1:3::1")
    assert key("203.0.113.77") == key("::ffff:203.0.113.77") != key("203.0.113.78")
    assert key("203.0.113.77") != network_key("203.0.113.77", b"another secret")
    assert len(key("")) == 32 and CANARY not in key(CANARY)


async def tell(request: Request) -> Response:
    logging.getLogger("postil.test").warning("scope %s", dict(request.scope, headers=[]))
    return JSONResponse({"network": network_of(request.scope), "client": request.client})


def application(limiter: Limiter, trusted: list[str]) -> Starlette:
    async def limited(request: Request) -> Response:
        await limiter.hit("read", network_of(request.scope))
        return Response()

    return Starlette(
        routes=[Route("/tell", tell), Route("/limited", limited)],
        exception_handlers=problems.HANDLERS,
        middleware=[Middleware(KnowNetwork, whereabouts=Whereabouts(SECRET, trusted))],
    )


def test_behind_the_middleware_there_is_no_address(caplog: pytest.LogCaptureFixture) -> None:
    client = TestClient(application(Limiter(), []), client=(CANARY, 4711))
    said = client.get("/tell").json()
    assert said == {"network": network_key(CANARY, SECRET), "client": None}
    assert "postil.network" in caplog.text and CANARY not in caplog.text


def forged(random_: random.Random) -> dict[str, str]:
    address = ".".join(str(random_.randrange(1, 255)) for _ in range(4))
    names = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"]
    return {name: f"for={address}" if name == "Forwarded" else address for name in names}


async def passed(trusted: list[str], forge: bool) -> int:
    app, random_ = application(Limiter(), trusted), random.Random(2)
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    for _ in range(1000):
        headers = [(k.lower().encode(), v.encode()) for k, v in forged(random_).items()] if forge else []
        request = {"type": "http", "method": "GET", "path": "/limited", "query_string": b"", "headers": headers}
        await app({**request, "client": ("198.51.100.1", 4711), "root_path": ""}, receive, send)
    assert len(statuses) == 1000 and set(statuses) <= {200, 429}
    return statuses.count(200)


async def test_forged_headers_let_no_request_more_through() -> None:
    honest = int(LIMITS["read"].rates.partition("/")[0])
    assert await passed([], forge=False) == await passed([], forge=True) == honest < 1000


async def test_the_same_headers_from_a_named_proxy_do_count() -> None:
    assert await passed(["198.51.100.0/24"], forge=True) == 1000  # the control: believed, the attack works
