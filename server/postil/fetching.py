"""An owner's page, fetched by the server: from the site's own origins, at public addresses, and never for long.

Whoever can name an address to a server can make it knock where he cannot reach himself: at services of its own host,
at its neighbours, at the cloud's keys. So each hop passes the same gate, redirects included:

1. The URL is read strictly (postil.urls), and its origin is one of the site's. What is asked for is built from what
   was checked, not from the text, so that no second reader can understand it differently.
2. Its host is resolved once. If any of the answers is no public address, there is no connection.
3. The connection goes to the address that was checked. The name is in `Host`, in TLS and checked against the
   certificate; nobody resolves it again, so a name that changes its mind (DNS rebinding) gains nothing.

No proxies, cookies or credentials: nothing is taken from the environment but the authorities that TLS trusts.
"""

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from postil import __version__
from postil.errors import FetchRefused
from postil.urls import BadUrl, origin_of, page_key, page_url

if TYPE_CHECKING:
    from httpcore2 import Request, Response

MOST_BYTES = 5_000_000  # as sent and as unpacked; the longest articles we know have a tenth of it
MOST_SECONDS = 10.0  # for all of it: names, hops, body. Somebody waits for the answer
MOST_REDIRECTS = 5
_CONNECT_SECONDS = 3.0  # for one address, so that a dead IPv6 leaves time for IPv4
_MOST_ADDRESSES = 4  # tried, of those a name has; all of them are checked

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# The addresses of a host, as text. The port is for those who look up services.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# IANA's special-purpose registries, and what else leads inside. In full, although ipaddress.is_global knows most of
# it: how much depends on the release of Python. Both are asked, so that a newer one may know more than we do.
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a carrier's customers; also Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own host, at an address that looks public
        "169.254.0.0/16",  # link-local: the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; also Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address, wrapped
        "3ffe::/16",  # the 6bone, which is gone
        "3fff::/20",  # documentation
    )
]
# Global unicast. Outside of it lie loopback, ::, IPv4 mapped, compatible and translated (64:ff9b::/96), discard-only,
# unique local, link- and site-local, multicast, and what nobody has been given yet.
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")


class Fetched(NamedTuple):
    """A page as it was sent."""

    status: int  # 200
    url: str  # where the redirects ended, as postil.urls.page_url writes it
    body: bytes  # unpacked, at most MOST_BYTES
    content_type: str  # the whole header, which may name a charset


class Message(NamedTuple):
    """What is posted to a program of somebody's: its body, and headers that say what that is."""

    body: bytes
    headers: Sequence[tuple[str, str]]


async def system_addresses(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as this system sees them; OSError where it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in found]


async def fetch_page(
    url: str, origins: Collection[str], networks: Sequence[str] = (), resolve: Resolve = system_addresses
) -> Fetched:
    """The HTML page at `url`, redirects followed within `origins` (spelt as by postil.urls.origin_of).

    `networks` are exceptions in CIDR from "public addresses only". FetchRefused, with a reason for the owner, where
    there is no such page, or it may not be asked for.
    """
    reach = _Reach(origins, networks, resolve)
    async with _in_time():
        for _ in range(1 + MOST_REDIRECTS):
            async with reach.ask(url) as answer:
                target = _redirect(answer, url)
                if target is None:
                    return await _page(answer, url)
            url = target
        raise FetchRefused(f"This page redirects more than {MOST_REDIRECTS} times.")


async def check_gone(
    url: str, origins: Collection[str], networks: Sequence[str] = (), resolve: Resolve = system_addresses
) -> str | None:
    """Where the page of `url` went: "404", "410", or the URL of another page that it redirects to; else None.

    A redirect to another spelling of the same page is followed, and one out of `origins` is told, not followed. None
    is also said of a page that is merely broken. FetchRefused where it could not be asked.
    """
    reach, at = _Reach(origins, networks, resolve), url
    async with _in_time():
        for _ in range(1 + MOST_REDIRECTS):
            async with reach.ask(at) as answer:
                target = _redirect(answer, at)
                if target is None:
                    return _whereabouts(answer.status, url, at)
            if origin_of(target) not in origins and page_key(target) != page_key(url):
                return target
            at = target
        raise FetchRefused(f"This page redirects more than {MOST_REDIRECTS} times.")


async def send(
    url: str,
    message: Message,
    *,
    seconds: float,
    most: int,
    networks: Sequence[str] = (),
    resolve: Resolve = system_addresses,
) -> bytes:
    """What `url` answers to a POST, at most `most` bytes; through the same gate, redirects not followed.

    FetchRefused where there is no such answer in time, or it may not be asked for.
    """
    try:
        origin = origin_of(url)
    except BadUrl as error:
        raise FetchRefused(f"{error}.") from error
    reach = _Reach((origin,), networks, resolve)
    async with _in_time(seconds), reach.ask(url, message) as answer:
        if answer.status != 200:
            raise FetchRefused(f"It answers with status {answer.status}, not with 200.")
        if _header(answer, b"content-encoding").lower() not in ("", "identity"):
            raise FetchRefused("Its answer is compressed, and nobody asked for that.")
        return await _bytes(answer, most)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could have been given this address."""
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def _whereabouts(status: int, url: str, at: str) -> str | None:
    if status in (404, 410):
        return str(status)
    return None if page_key(at) == page_key(url) else at


@dataclass(frozen=True)
class _Place:
    """What to ask, and whom, in parts: nobody parses a URL after us."""

    scheme: str
    authority: str  # for `Host`
    host: str  # without brackets
    port: int
    target: str  # path and query


@dataclass(frozen=True)
class _Reach:
    """How far this fetch may go."""

    origins: Collection[str]
    networks: Sequence[str]
    resolve: Resolve

    @asynccontextmanager
    async def ask(self, url: str, message: Message | None = None) -> AsyncIterator["Response"]:
        """One hop: the answer to a GET (or to the POST of `message`), its body unread. The connection ends with the
        block.
        """
        import httpcore2  # takes a fifth of a second, which the start of the service should not

        place = self._place(url)
        addresses = await self._addresses(place)
        context = await asyncio.to_thread(httpcore2.default_ssl_context) if place.scheme == "https" else None
        async with httpcore2.AsyncConnectionPool(context, max_keepalive_connections=0) as pool:
            answer = await _first(
                addresses, lambda address: pool.handle_async_request(_request(place, address, message))
            )
            try:
                yield answer
            finally:
                await answer.aclose()

    def _place(self, url: str) -> _Place:
        try:
            whole = page_url(url)
        except BadUrl as error:
            raise FetchRefused(f"{error}.") from error
        origin = origin_of(whole)
        if origin not in self.origins:
            raise FetchRefused(f"{origin} is not an origin of this site. Its owner can add it with `postil site add`.")
        parts = urlsplit(origin)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return _Place(parts.scheme, parts.netloc, parts.hostname or "", port, whole.removeprefix(origin))

    async def _addresses(self, place: _Place) -> list[Address]:
        """The host's addresses, looked up once, every one of them checked."""
        try:
            texts = await self.resolve(place.host, place.port)
            addresses = [ipaddress.ip_address(text) for text in dict.fromkeys(texts)]
        except (OSError, ValueError) as error:
            raise FetchRefused("The host of this page has no address.") from error
        if not addresses:
            raise FetchRefused("The host of this page has no address.")
        # One bad answer among good ones is refused too: a client that tried the next would come to it.
        if not all(map(self._may_reach, addresses)):
            raise FetchRefused(
                "The host of this page has an address that is not public. "
                "The operator can allow its network in POSTIL_FETCH_NETWORKS."
            )
        return addresses[:_MOST_ADDRESSES]

    def _may_reach(self, address: Address) -> bool:
        return is_public(address) or any(address in ipaddress.ip_network(network) for network in self.networks)


@asynccontextmanager
async def _in_time(seconds: float = MOST_SECONDS) -> AsyncIterator[None]:
    """A bound on everything inside, and one name for all that can go wrong on a network."""
    import httpcore2

    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise FetchRefused(f"This page did not come within {seconds:g} seconds.") from error
    except (httpcore2.NetworkError, httpcore2.TimeoutException, ssl.SSLError) as error:
        raise FetchRefused(
            "The host of this page cannot be reached, or broke off, or has no valid certificate."
        ) from error
    except httpcore2.ProtocolError as error:
        raise FetchRefused("The host of this page does not answer with whole and proper HTTP.") from error


async def _first(addresses: Sequence[Address], connect: Callable[[Address], Awaitable["Response"]]) -> "Response":
    """The answer at the first address that takes a connection."""
    import httpcore2

    for address in addresses[:-1]:
        try:
            return await connect(address)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
            continue
    return await connect(addresses[-1])


def _request(place: _Place, address: Address, message: Message | None) -> "Request":
    import httpcore2

    headers = [
        ("Host", place.authority),
        ("User-Agent", f"Postil/{__version__}"),
        ("Accept", "*/*" if message else "text/html, application/xhtml+xml"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if message:
        headers += [("Content-Length", str(len(message.body))), *message.headers]
    return httpcore2.Request(
        "POST" if message else "GET",
        httpcore2.URL(scheme=place.scheme, host=str(address), port=place.port, target=place.target),
        headers=headers,
        content=message.body if message else None,
        extensions={"sni_hostname": place.host, "timeout": {"connect": _CONNECT_SECONDS}},
    )


def _redirect(answer: "Response", url: str) -> str | None:
    """Where this answer sends us, None where it does not."""
    if answer.status not in _REDIRECTS:
        return None
    # Headers are Latin-1 by the book, and a path in UTF-8 by custom; what is neither is no URL.
    location = _header(answer, b"location").encode("latin-1").decode("utf-8", "surrogateescape")
    if not location:
        raise FetchRefused("This page redirects to nowhere.")
    try:
        return page_url(urljoin(url, location))
    except ValueError as error:  # a BadUrl too
        raise FetchRefused("This page redirects to what is no address of a page.") from error


async def _page(answer: "Response", url: str) -> Fetched:
    if answer.status != 200:
        raise FetchRefused(f"This page answers with status {answer.status}, not with 200.")
    content_type = _header(answer, b"content-type")
    if content_type.partition(";")[0].strip().lower() not in _HTML:
        raise FetchRefused("This address does not answer with HTML.")
    return Fetched(200, page_url(url), await _body(answer), content_type)


async def _body(answer: "Response") -> bytes:
    encoding = _header(answer, b"content-encoding").lower()
    if encoding not in ("", "identity", "gzip"):
        raise FetchRefused("This page is compressed in a way that nobody asked for.")
    body = await _bytes(answer, MOST_BYTES)
    return _unzipped(body) if encoding == "gzip" else body


async def _bytes(answer: "Response", most: int) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_stream():
        body += chunk
        _bound(body, most)
    return bytes(body)


def _unzipped(body: bytes) -> bytes:
    """We ask for no compression, but stores of files send what was put there, whatever one asks for."""
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        whole = inflater.decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise FetchRefused("This page is compressed wrongly.") from error
    _bound(whole)
    if not inflater.eof or inflater.unused_data:
        raise FetchRefused("This page is compressed wrongly.")
    return whole


def _bound(body: bytes | bytearray, most: int = MOST_BYTES) -> None:
    if len(body) > most:
        raise FetchRefused(f"This page has more than {most:,} bytes.")


def _header(answer: "Response", name: bytes) -> str:
    values = [value for key, value in answer.headers if key.lower() == name]
    if len(values) > 1:
        raise FetchRefused("This page answers with a header twice, which everybody reads differently.")
    return values[0].decode("latin-1").strip() if values else ""
