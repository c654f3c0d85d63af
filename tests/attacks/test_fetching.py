"""The server as somebody's hand: whatever it is told to fetch, it touches nothing but the site's own public pages.

The blog is at 127.0.0.2, which each fetch is allowed by `networks`. The canary is at 127.0.0.1 and ::1, on the same
port: a fetch that is led astray would sing. `knocks` has every connection that this process so much as tried.
"""

import asyncio
import gzip
import ipaddress
import json
import re
import socket
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from pydantic import ValidationError
from tests.attacks.corpora import SHARED
from tests.attacks.loopback import (
    HTML,
    OK,
    PAGE,
    Answer,
    Anywhere,
    Host,
    Names,
    babble,
    drip,
    endless,
    knocking,
    late,
    lie,
    said,
    secure,
    sent_to,
    silent,
    think,
)

from postil.errors import FetchRefused
from postil.fetching import MOST_BYTES, Fetched, check_gone, fetch_page, is_public, system_addresses
from postil.settings import Settings

DATA = Path(__file__).parents[1] / "data"
OWN, REDIRECTS = (
    [json.loads(line) for line in (DATA / f"ssrf_{name}.txt").read_text().splitlines()] for name in ("own", "redirects")
)
ADDRESSES = [line.split() for line in (DATA / "ssrf_addresses.txt").read_text().splitlines()]
GZIPPED = gzip.compress(PAGE)
PACKED = HTML + b"Content-Encoding: gzip\r\n"
CHUNKED = HTML + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def canary() -> AsyncIterator[Host]:
    async with Host().listening("127.0.0.1") as host, host.listening("::1", port=host.port):
        yield host


@pytest.fixture
async def blog(canary: Host) -> AsyncIterator[Host]:
    async with Host().listening("127.0.0.2", port=canary.port) as host:
        yield host


@pytest.fixture
def knocks() -> Iterator[list[str]]:
    with knocking() as heard:
        yield heard


async def fetch(blog: Host, path: str = "/", resolve: Names | None = None) -> Fetched:
    return await fetch_page(blog.origin + path, [blog.origin], ["127.0.0.2/32"], resolve or Names(["127.0.0.2"]))


async def ask(blog: Host, path: str) -> str | None:
    return await check_gone(blog.origin + path, [blog.origin], ["127.0.0.2/32"], Names(["127.0.0.2"]))


async def test_a_page_on_an_allowed_network_is_fetched_whole(blog: Host, canary: Host, knocks: list[str]) -> None:
    """The control of all that follows: the very same fetch, with nothing wrong."""
    page = await fetch(blog)
    assert page == (200, blog.origin + "/", PAGE, "text/html; charset=utf-8")
    assert (blog.connections, canary.connections, knocks) == (1, 0, ["127.0.0.2"])


async def test_the_same_page_is_refused_where_its_network_is_not_allowed(blog: Host, knocks: list[str]) -> None:
    for networks in ([], ["127.0.0.3/32"], ["::ffff:127.0.0.2/128"]):
        with pytest.raises(FetchRefused, match="not public"):
            await fetch_page(blog.origin, [blog.origin], networks, Names(["127.0.0.2"]))
    assert knocks == []


async def test_what_is_asked_says_who_asks_and_nothing_else(blog: Host) -> None:
    blog.answers["/cookie"] = sent_to("/a?b=c").replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n\r\n")
    blog.answers["/a?b=c"] = said()
    await fetch(blog, "/cookie?utm_source=x#fragment")
    lines = blog.heads[1].split("\r\n")
    assert lines[:2] == ["GET /a?b=c HTTP/1.1", f"Host: blog.test:{blog.port}"]
    assert re.fullmatch(r"User-Agent: Postil/[\d.]+", lines[2])
    asked = ["Accept: text/html, application/xhtml+xml", "Accept-Encoding: identity", "Connection: close"]
    assert lines[3:] == [*asked, "", ""]


@pytest.mark.parametrize(
    "answer",
    [
        said(headers=b"content-type:TEXT/HTML\r\n"),
        said(headers=b"Content-Type: application/xhtml+xml ; charset=utf-8\r\n"),
        said(headers=HTML + b"Content-Encoding: identity\r\n"),
        said(GZIPPED, HTML + b"Content-Encoding: gzip\r\n"),
        b"HTTP/1.0 200 OK\r\n" + HTML + b"\r\n" + PAGE,
        OK + CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE),
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + said(),
    ],
)
async def test_a_page_may_come_in_any_form_of_http(blog: Host, answer: bytes) -> None:
    blog.answers["/"] = answer
    assert (await fetch(blog)).body == PAGE


async def test_a_host_without_an_answer_at_its_first_address_has_a_second_one(blog: Host, knocks: list[str]) -> None:
    page = await fetch_page(blog.origin, [blog.origin], ["127.0.0.0/8"], Names(["127.0.0.3", "127.0.0.2"]))
    assert page.body == PAGE
    assert knocks == ["127.0.0.3", "127.0.0.2"]


async def refused(urls: Sequence[str], port: int, origins: Collection[str]) -> list[str]:
    """Those of the URLs that were not refused."""
    kept = []
    for url in urls:
        with suppress(FetchRefused):
            await fetch_page(url.replace("{port}", str(port)), origins, (), lie)
            kept.append(url)
    return kept


@pytest.mark.parametrize("origins", [["https://blog.test"], Anywhere()], ids=["own origin", "any origin"])
async def test_no_string_leads_inside(canary: Host, knocks: list[str], origins: Collection[str]) -> None:
    """Once as it is, and once with the check of origins out of the way, so that the addresses must stand alone."""
    assert len(OWN) > 300
    assert await refused(OWN, canary.port, origins) == []
    assert (canary.connections, knocks) == (0, [])


async def test_the_strings_are_live_ones(canary: Host) -> None:
    """A client that is merely careful to avoid the word localhost is led to the canary by a good part of them."""
    led = 0
    for url in OWN:
        with suppress(httpx2.InvalidURL, ValueError, OSError, UnicodeError):
            parts = httpx2.URL(url.replace("{port}", str(canary.port)))
            address = (await lie(parts.host, 80))[0]
            if parts.host != "localhost" and ipaddress.ip_address(address).is_loopback and parts.port == canary.port:
                _, writer = await asyncio.open_connection(address, parts.port)
                writer.close()
                led += 1
    assert led > 60
    assert canary.connections > 60


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
@pytest.mark.parametrize("origins", [["https://blog.test"], Anywhere()], ids=["own origin", "any origin"])
async def test_no_string_of_others_leads_inside(canary: Host, knocks: list[str], origins: Collection[str]) -> None:
    """Each as it stands, and each address in its prose."""
    rows = [json.loads(line)["payload"] for line in (SHARED / "patt_ssrf.jsonl").read_text("utf-8").splitlines()]
    found = [url for row in rows for url in re.findall(r"[a-z]+:[^\s`\"')|]+", row)]
    assert len(rows) >= 180 and len(found) >= 90
    assert await refused(rows + found, canary.port, origins) == []
    assert (canary.connections, knocks) == (0, [])


async def test_an_origin_is_the_whole_origin(blog: Host, knocks: list[str]) -> None:
    """A neighbour by scheme, port, or part of the name is another origin."""
    own, port = blog.origin, blog.port
    for other in (f"https://blog.test:{port}", "http://blog.test", f"http://a.blog.test:{port}", f"{own[:-1]}"):
        for url, origins in ((own, [other]), (other, [own])):
            with pytest.raises(FetchRefused, match="not an origin"):
                await fetch_page(url, origins, ["127.0.0.2/32"], Names(["127.0.0.2"]))
    assert knocks == []


@pytest.mark.parametrize("network", [text for kind, text in ADDRESSES if kind == "special"])
def test_a_special_address_is_not_public(network: str) -> None:
    """IANA's special-purpose registries, written down apart from the code: the first and last address of each."""
    block = ipaddress.ip_network(network)
    assert not is_public(block[0])
    assert not is_public(block[-1])


@pytest.mark.parametrize("address", [text for kind, text in ADDRESSES if kind == "public"])
def test_an_address_of_anybodys_is_public(address: str) -> None:
    """The control, with the neighbours of what is special."""
    assert is_public(ipaddress.ip_address(address))


BAD = ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fe80::1%lo", "::ffff:127.0.0.2", "no address", ""]


@pytest.mark.parametrize("answers", [[], *([bad] for bad in BAD), *(["127.0.0.2"] * 9 + [bad] for bad in BAD)])
async def test_one_bad_answer_spoils_the_good_ones(blog: Host, knocks: list[str], answers: list[str]) -> None:
    with pytest.raises(FetchRefused, match=r"not public|no address"):
        await fetch(blog, resolve=Names(answers))
    assert knocks == []


async def test_a_name_is_resolved_once_and_that_address_reached(blog: Host, canary: Host, knocks: list[str]) -> None:
    names = Names(["127.0.0.2"], ["127.0.0.1"])
    assert (await fetch(blog, resolve=names)).body == PAGE
    assert (names.asked, canary.connections, knocks) == (1, 0, ["127.0.0.2"])


async def test_nothing_behind_the_check_asks_the_system_again(blog: Host, canary: Host, knocks: list[str]) -> None:
    """To this system `localhost` is the canary; what was checked was another address."""
    origin = f"http://localhost:{blog.port}"
    page = await fetch_page(origin, [origin], ["127.0.0.2/32"], Names(["127.0.0.2"]))
    assert (page.body, canary.connections, knocks) == (PAGE, 0, ["127.0.0.2"])
    async with httpx2.AsyncClient(trust_env=False) as naive:
        assert (await naive.get(origin)).status_code == 200  # from the canary: the control
    assert knocks[-1] in ("127.0.0.1", "::1")


async def test_each_hop_is_checked_anew(blog: Host, canary: Host, knocks: list[str]) -> None:
    blog.answers["/old"] = sent_to("/")
    names = Names(["127.0.0.2"], ["127.0.0.1"])
    with pytest.raises(FetchRefused, match="not public"):
        await fetch(blog, "/old", resolve=names)
    assert (names.asked, canary.connections, knocks) == (2, 0, ["127.0.0.2"])


async def test_the_system_is_asked_where_nothing_else_is_said(knocks: list[str]) -> None:
    assert "127.0.0.1" in await system_addresses("localhost", 80)
    with pytest.raises(FetchRefused, match="not public"):
        await fetch_page("http://localhost/", ["http://localhost"])
    with pytest.raises(FetchRefused, match="no address"):
        await fetch_page("http://nobody.invalid/", ["http://nobody.invalid"])
    assert knocks == []


async def test_no_proxy_of_the_environment_is_asked(blog: Host, canary: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    assert (await fetch(blog)).body == PAGE
    assert canary.connections == 0
    async with httpx2.AsyncClient() as other:
        await other.get("http://blog.test/")
    assert canary.connections == 1  # the control: others do ask them


async def test_a_redirect_within_the_origin_is_followed(blog: Host) -> None:
    blog.answers |= {"/old": sent_to("new/Grüße?a=b#c"), "/new/Gr%C3%BC%C3%9Fe?a=b": said(b"new")}
    page = await fetch(blog, "/old")
    assert (page.body, page.url) == (b"new", f"{blog.origin}/new/Gr%C3%BC%C3%9Fe?a=b")


@pytest.mark.parametrize("ask_for", [fetch, ask])
async def test_five_redirects_are_followed_and_no_sixth(
    blog: Host, ask_for: Callable[[Host, str], Awaitable[object]]
) -> None:
    blog.answers |= {f"/{n}": sent_to(f"/{n - 1}", "302 Found") for n in range(1, 7)} | {"/0": said()}
    assert await ask_for(blog, "/5")
    blog.connections = 0
    with pytest.raises(FetchRefused, match="more than 5"):
        await ask_for(blog, "/6")
    assert blog.connections == 6


@pytest.mark.parametrize("target", REDIRECTS)
async def test_a_redirect_elsewhere_is_not_followed(blog: Host, canary: Host, knocks: list[str], target: str) -> None:
    location = target.replace("{port}", str(blog.port)).encode("utf-8", "surrogateescape")
    blog.answers["/old"] = sent_to(location)
    with pytest.raises(FetchRefused):
        await fetch(blog, "/old")
    assert (canary.connections, set(knocks)) == (0, {"127.0.0.2"})


async def test_no_string_leads_inside_by_a_redirect(blog: Host, canary: Host, knocks: list[str]) -> None:
    """All of them again, sent by the blog, with origins allowing any: only the addresses are left to refuse."""
    for url in OWN:
        target = url.replace("{port}", str(blog.port))
        if not re.search(r"[\r\n\0]", target):
            blog.answers["/old"] = sent_to(target)
            with suppress(FetchRefused):
                await fetch_page(f"http://127.0.0.2:{blog.port}/old", Anywhere(), ["127.0.0.2/32"], lie)
    assert (canary.connections, set(knocks)) == (0, {"127.0.0.2"})
    assert blog.connections > len(OWN) - 20


STATUSES = ["201 Created", "204 None", "206 Partial", "300 Many", "304 Same", "404 Not Found", "500 Oh", "999 ?"]
TYPES = ["", "text/plain", "text/htmlx", "a/b; text/html", "application/json", "application/pdf", "image/svg+xml"]
NO_PAGE = {
    **{status: said(status=status) for status in STATUSES},
    **{kind: said(headers=f"Content-Type: {kind}\r\n".encode()) for kind in TYPES},
    "no type": said(headers=b""),
    "two types": said(headers=HTML + b"Content-Type: text/plain\r\n"),
    "brotli": said(headers=HTML + b"Content-Encoding: br\r\n"),
    "packed twice": said(gzip.compress(GZIPPED), HTML + b"Content-Encoding: gzip, gzip\r\n"),
    "packed in two": said(GZIPPED, HTML + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"),
    "not packed": said(headers=PACKED),
    "packed by halves": said(GZIPPED[:-9], PACKED),
    "packed wrongly": said(GZIPPED[:-8] + b"\0" * 8, PACKED),
    "packed and more": said(GZIPPED + b"more", PACKED),
    "packed as zlib": said(zlib.compress(PAGE), PACKED),
    "half of it": said()[:-1],
    "half a chunk": OK + CHUNKED + b"ff\r\nhalf",
    "no chunk": OK + CHUNKED + b"xyz\r\n",
    "two lengths": said(headers=HTML + b"Content-Length: 1\r\n"),
    "a length below nothing": OK + HTML + b"Content-Length: -1\r\n\r\n",
    "no head": PAGE,
    "nothing": b"",
    "another protocol": b"SSH-2.0-OpenSSH_10.0\r\n",
    "another protocol, agreed": b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + PAGE,
    "a broken line": b"HTTP/1.1 200 OK\r\nContent-Type\r\n\r\n" + PAGE,
    "a long header": OK + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("answer", NO_PAGE.values(), ids=NO_PAGE.keys())
async def test_what_is_no_page_is_refused(blog: Host, answer: bytes) -> None:
    blog.answers["/"] = answer
    with pytest.raises(FetchRefused):
        await fetch(blog)
    assert blog.connections == 1


async def test_a_page_of_five_million_bytes_is_taken_and_of_one_more_is_not(blog: Host) -> None:
    for headers, pack in ((HTML, bytes), (PACKED, gzip.compress)):
        blog.answers["/"] = said(pack(b"a" * MOST_BYTES), headers)
        assert len((await fetch(blog)).body) == MOST_BYTES
        blog.answers["/"] = said(pack(b"a" * (MOST_BYTES + 1)), headers)
        with pytest.raises(FetchRefused, match="5,000,000 bytes"):
            await fetch(blog)


_packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
BOMB = _packer.compress(bytes(10_000_000)) + _packer.flush(zlib.Z_FULL_FLUSH)  # may stand again and again
ZIP = PACKED + b"\r\n" + gzip.compress(b"")[:10]
ENDLESS = {
    "body": (HTML + b"\r\n", b"a" * 65_536),
    "said to be long": (HTML + b"Content-Length: 999999999999\r\n\r\n", b"a" * 65_536),
    "chunks": (CHUNKED, b"10000\r\n" + b"a" * 65_536 + b"\r\n"),
    "one chunk": (CHUNKED + b"ffffffffff\r\n", b"a" * 65_536),
    "headers": (b"", b"X-A: b\r\n" * 8000),
    "one header": (b"X-A: ", b"a" * 65_536),
    "a chunk's extension": (CHUNKED + b"1;", b"a" * 65_536),
    "trailers": (CHUNKED + b"0\r\n", b"X-A: b\r\n" * 8000),
    "a bomb": (ZIP, BOMB),
    "a zip of nothing": (ZIP, b"\0\0\0\xff\xff" * 10_000),
    "after the zip": (PACKED + b"\r\n" + GZIPPED, b"a" * 65_536),
}


@pytest.mark.parametrize("kind", ENDLESS)
async def test_an_endless_answer_is_left(blog: Host, kind: str) -> None:
    counted: list[int] = []
    blog.answers["/"] = endless(*ENDLESS[kind], counted)
    started = time.monotonic()
    with pytest.raises(FetchRefused):
        await fetch(blog)
    assert time.monotonic() - started < 5
    assert sum(counted) < 5 * MOST_BYTES  # what lies in the sockets' buffers is sent too


async def test_a_bomb_stops_at_the_bound(blog: Host) -> None:
    """A small answer, within the bound as it is sent, that would unpack to four gigabytes."""
    blog.answers["/"] = OK + ZIP + BOMB * 400
    assert len(BOMB * 400) < MOST_BYTES
    tracemalloc.start()
    with pytest.raises(FetchRefused, match="5,000,000 bytes"):
        await fetch(blog)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * MOST_BYTES


async def timed(refused: Coroutine[None, None, object], started: float) -> float:
    with pytest.raises(FetchRefused, match="10 seconds"):
        await refused
    return time.monotonic() - started


async def test_a_slow_answer_is_left_after_ten_seconds_in_all(blog: Host) -> None:
    blog.answers |= {
        "/silent": silent,
        "/head": drip(said()),
        "/hints": drip(b"HTTP/1.1 103 A\r\n\r\n" * 9),
        "/body": drip(said(), at_once=200),
        **{f"/{hop}": late(sent_to(f"/{hop + 1}"), 2.5) for hop in range(6)},
    }
    started = time.monotonic()
    ends = await asyncio.gather(
        *(timed(fetch(blog, path), started) for path in ("/silent", "/head", "/hints", "/body", "/0")),
        timed(ask(blog, "/silent"), started),
        timed(fetch_page(blog.origin, [blog.origin], (), think), started),
    )
    assert all(9.5 < end < 12 for end in ends), ends


async def test_a_handshake_that_is_never_answered_is_left_sooner(blog: Host) -> None:
    origin, started = f"https://blog.test:{blog.port}", time.monotonic()
    with pytest.raises(FetchRefused, match="cannot be reached"):
        await fetch_page(origin, [origin], ["127.0.0.2/32"], Names(["127.0.0.2"]))
    assert time.monotonic() - started < 5


async def test_an_address_that_swallows_all_is_given_up_for_the_next(blog: Host) -> None:
    """A listener with a full queue drops what comes, as a dead route does."""
    with socket.create_server(("127.0.0.3", blog.port), backlog=0) as full:
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        started = time.monotonic()
        page = await fetch_page(blog.origin, [blog.origin], ["127.0.0.0/8"], Names(["127.0.0.3", "127.0.0.2"]))
        for each in waiting:
            each.close()
    assert page.body == PAGE
    assert 2.5 < time.monotonic() - started < 6


@pytest.mark.parametrize(
    ("name", "trusted", "answer", "asked"),
    [
        ("blog.test", True, said(), 1),
        ("blog.test", True, babble, 1),
        ("blog.test", False, said(), 0),
        ("other.test", True, said(), 0),
        ("127.0.0.2", True, said(), 0),
    ],
)
async def test_the_certificate_must_be_of_the_name_and_not_of_the_address(
    canary: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool, answer: Answer, asked: int
) -> None:
    async with secure(canary.port, name) as (host, names, authority):
        host.answers["/"] = answer
        if trusted:
            authority.cert_pem.write_to_path(tmp_path / "authority.pem")
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        got = fetch_page(f"https://blog.test:{host.port}", Anywhere(), ["127.0.0.2/32"], Names(["127.0.0.2"]))
        if asked and answer is not babble:
            assert (await got).body == PAGE
        else:
            with pytest.raises(FetchRefused, match="broke off, or has no valid certificate"):
                await got
        assert (names, len(host.heads)) == (["blog.test"], asked)


GONE: dict[str, tuple[dict[str, Answer], str | None]] = {
    "it is there": ({}, None),
    "404": ({"/": said(status="404 Not Found")}, "404"),
    "410": ({"/": said(status="410 Gone")}, "410"),
    "moved": ({"/": sent_to("/new"), "/new": said()}, "{origin}/new"),
    "moved for a while": ({"/": sent_to("/new", "307 Temporary"), "/new": said()}, "{origin}/new"),
    "moved twice": ({"/": sent_to("/b"), "/b": sent_to("/new#x", "308 Moved"), "/new": said()}, "{origin}/new"),
    "moved, then gone": ({"/": sent_to("/new")}, "404"),
    "moved to what is broken": ({"/": sent_to("/new"), "/new": said(status="500 Oh")}, "{origin}/new"),
    "another spelling": ({"/": sent_to("/index.html"), "/index.html": said()}, None),
    "another spelling, then gone": ({"/": sent_to("/index.html"), "/index.html": said(status="410 Gone")}, "410"),
    "moved away": ({"/": sent_to("https://evil.test/new")}, "https://evil.test/new"),
    "moved inside": ({"/": sent_to("http://127.0.0.1:1/")}, "http://127.0.0.1:1/"),
    "broken": ({"/": said(status="500 Oh")}, None),
    "forbidden": ({"/": said(status="403 No")}, None),
    "no page": ({"/": said(headers=b"Content-Type: application/pdf\r\n")}, None),
    "endless": ({"/": endless(*ENDLESS["body"], [])}, None),
}


@pytest.mark.parametrize("kind", GONE)
async def test_a_page_is_gone_that_has_no_answer(blog: Host, canary: Host, knocks: list[str], kind: str) -> None:
    answers, expected = GONE[kind]
    blog.answers |= answers
    assert await ask(blog, "/") == (expected and expected.format(origin=blog.origin))
    assert (canary.connections, set(knocks)) == (0, {"127.0.0.2"})


async def test_a_page_that_may_not_be_asked_for_is_not_called_gone(blog: Host, knocks: list[str]) -> None:
    for origins, networks in (([], ["127.0.0.2/32"]), ([blog.origin], [])):
        with pytest.raises(FetchRefused):
            await check_gone(blog.origin, origins, networks, Names(["127.0.0.2"]))
    assert knocks == []


def test_a_service_that_fetches_nothing_does_not_load_the_client() -> None:
    code = "import sys, postil.fetching; print('httpcore2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_networks_are_checked_at_the_start() -> None:
    assert Settings(fetch_networks=[" 10.1.2.0/24", "::1"]).fetch_networks == ["10.1.2.0/24", "::1/128"]
    for wrong in ("10.1.2.3/24", "blog.test", "", "10.0.0.0/33"):
        with pytest.raises(ValidationError):
            Settings(fetch_networks=[wrong])
