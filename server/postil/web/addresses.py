"""Where a request comes from, as a keyed hash. The address itself is neither stored nor logged."""

import hashlib
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Connections that are open, and some that were.
MOST_NETWORKS = 10_000


def proxies(names: Iterable[str]) -> tuple[Network, ...]:
    """The proxies whose `X-Forwarded-For` is believed, as networks. ValueError for one that holds everybody."""
    networks = tuple(ipaddress.ip_network(name.strip(), strict=False) for name in names)
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("Trusting every address lets anybody forge one: name your proxies.")
    return networks


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """The nearest address that is none of our proxies: the right-most one, since a client writes the left ones.

    "" where the peer has no address (a Unix socket): all such requests count as one.
    """
    address = _nearest(scope, trusted)
    return "" if address is None else str(address)


def _nearest(scope: Scope, trusted: Sequence[Network]) -> Address | None:
    client = scope.get("client")
    address = _parse(client[0]) if client else None
    if address is None or not trusted:
        return address
    hops = [hop for line in Headers(scope=scope).getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and any(address in network for network in trusted):
        before = _parse(hops.pop())
        if before is None:
            break  # the proxy did not know either: it answers for this request itself
        address = before
    return address


def network_key(address: str, secret: bytes) -> str:
    """32 hexadecimal digits that stand for the address, IPv6 by its /64: one household has 2**64 of those."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = ipaddress.ip_network((parsed, 64), strict=False).network_address
    name = parsed.packed if parsed else b""
    return hashlib.blake2b(
        name, key=hashlib.sha256(secret).digest(), digest_size=16, person=b"postil network"
    ).hexdigest()


def wide_network_key(address: str, secret: bytes) -> str:
    """The same for what one provider hands out together: IPv4 by its /16, IPv6 by its /32."""
    parsed = _parse(address)
    if parsed is None:
        return network_key("", secret)
    prefix = 32 if isinstance(parsed, ipaddress.IPv6Address) else 16
    return network_key(str(ipaddress.ip_network((parsed, prefix), strict=False).network_address), secret)


def wide_network_of(scope: Scope) -> str:
    """The key of the wide network that a request came from: who counts there counts once (promotion.py)."""
    key: str = scope["postil.wide_network"]
    return key


def network_of(scope: Scope) -> str:
    """The key of the network that a request or a socket came from, put there by KnowNetwork."""
    key: str = scope["postil.network"]
    return key


def part_of(address: str) -> str:
    """The beginning of an address, as much as some 250 neighbours share: IPv4 with a last 0, IPv6 by its /48; or ""."""
    return _beginning(_parse(address))


def _beginning(parsed: Address | None) -> str:
    if parsed is None:
        return ""
    dropped = 80 if isinstance(parsed, ipaddress.IPv6Address) else 8  # bits
    return str(type(parsed)(int(parsed) >> dropped << dropped))


def shortened(scope: Scope) -> str:
    """The beginning of the address that a request came from, for whom the owner wants told. It is never kept."""
    part: str = scope["postil.part"]
    return part


class Networks(NamedTuple):
    """What stands for where a request comes from: network_of and wide_network_of."""

    near: str
    wide: str


class Whereabouts:
    """Networks of those who asked lately, by a number that stands for their address in this process and for nobody
    else: the address itself is kept nowhere, here neither.
    """

    def __init__(self, secret: bytes, trusted: Iterable[str] = ()) -> None:
        self._secret, self.trusted = secret, proxies(trusted)
        self._networks: dict[int, Networks] = {}

    def network(self, scope: Scope) -> str:
        """network_of before KnowNetwork has told it."""
        return self.networks(scope).near

    def networks(self, scope: Scope) -> Networks:
        told = [value for name, value in scope["headers"] if name == b"x-forwarded-for"] if self.trusted else ()
        client = scope.get("client")
        name = hash((client[0] if client else None, *told))
        found = self._networks.get(name)
        if found is None:
            if len(self._networks) >= MOST_NETWORKS:
                self._networks.clear()
            address = client_address(scope, self.trusted)
            found = Networks(network_key(address, self._secret), wide_network_key(address, self._secret))
            self._networks[name] = found
        return found


class KnowNetwork:
    """The outermost middleware: behind it there is no address left that could be logged or leak."""

    def __init__(self, app: ASGIApp, whereabouts: Whereabouts) -> None:
        self.app, self.whereabouts = app, whereabouts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = self._without_address(scope)
        await self.app(scope, receive, send)

    def _without_address(self, scope: Scope) -> dict[str, Any]:
        networks = self.whereabouts.networks(scope)
        return {
            **scope,
            "client": None,
            "postil.network": networks.near,
            "postil.wide_network": networks.wide,
            "postil.part": _beginning(_nearest(scope, self.whereabouts.trusted)),
        }


def _four(text: str) -> ipaddress.IPv4Address | None:
    """IPv4 as it is written nearly always; the system reads it in a fraction of the time."""
    try:
        return ipaddress.IPv4Address(socket.inet_pton(socket.AF_INET, text))
    except (OSError, ValueError):
        return None


def _parse(text: str) -> Address | None:
    """An address as proxies write it, with or without port and brackets; None for anything else."""
    if (four := _four(text)) is not None:
        return four
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
