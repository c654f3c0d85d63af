"""Page addresses and origins, read strictly. Pure.

A page's URL is what a browser's `location.href` gives: absolute, http or https, its host in ASCII. What a browser
would have to repair (backslashes, blanks, user-info, odd ports, `http:/x`) is refused, because two readers that repair
it differently are how origin checks are passed by.
"""

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import idna

MAX_URL = 2000  # characters; longer ones are cut by proxies and chat programs, and would bloat the index on pages

# Of the pages that are read and written just now; each is as long as MAX_URL at most, and what is refused is not kept.
_KEPT = 128

_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(?i:(https?))://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[^\[\]:@%]+)(?::([1-9][0-9]{0,4}))?")
_REFUSED = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%\[\]]")
_INDEX = re.compile(r"/index\.html?\Z", re.IGNORECASE)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# Added to a link by whoever passes it on; the page stays the same one.
_TRACKING = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igsh igshid mc_cid mc_eid mkt_tok _ga _gl "
    "_hsenc _hsmi __hssc __hstc __hsfp hsctatracking vero_id vero_conv oly_anon_id oly_enc_id li_fat_id srsltid epik "
    "s_cid ref_src ref_url wickedid rb_clickid cmpid at_medium at_campaign".split()
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_", "fb_action_")


class BadUrl(ValueError):
    """Not the address of a page. A ValueError, so that a schema reports it with the name of its field."""


class _Parts(NamedTuple):
    scheme: str
    host: str  # with its port, where that is not the scheme's own
    path: str  # at least "/"
    query: str  # without "?"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"


def origin_of(url: str) -> str:
    """The origin of a page's URL, as a browser would write it in `Origin`; BadUrl where it is none."""
    return _split(url).origin


@lru_cache(_KEPT)
def page_url(url: str) -> str:
    """The URL to store and to link to: pure ASCII, without fragment and tracking; BadUrl where it is none."""
    parts = _split(url)
    query = "&".join(_meaningful(parts.query))
    return parts.origin + parts.path + (f"?{query}" if query else "")


@lru_cache(_KEPT)
def page_key(url: str) -> str:
    """What two URLs of the same page have in common: `host/path?query`.

    http and https are equal, so are `/a`, `/a/` and `/a/index.html`, and the order of the query's fields.
    """
    parts = _split(url)
    path = _INDEX.sub("/", parts.path).rstrip("/") or "/"
    query = "&".join(sorted(_meaningful(parts.query), key=lambda field: field.partition("=")[0]))
    return parts.host + path + (f"?{query}" if query else "")


def owner_key(key: str) -> str:
    """An owner's own id of a page, as its key; it can never be taken for a URL's: those hold a host."""
    return f"id {key}"


def parse_origin(text: str) -> str | None:
    """`text` as an origin in the browser's spelling (lower case, IDNA, default port dropped); None where it is none.

    For what people type and settings hold. A request's header must be in that spelling already: `exact_origin`.
    """
    return _origin(text) if len(text) <= MAX_URL else None


@lru_cache(_KEPT)
def _origin(text: str) -> str | None:
    scheme, separator, authority = text.partition("://")
    if not separator or scheme.lower() not in _DEFAULT_PORTS or _REFUSED.search(text):
        return None
    try:
        return f"{scheme.lower()}://{_authority(scheme.lower(), authority)}"
    except BadUrl:
        return None


def exact_origin(header: str) -> str | None:
    """The header's origin where it is spelt as browsers spell it, else None: "null", lists and look-alikes are none."""
    return header if parse_origin(header) == header else None


@lru_cache(_KEPT)
def _split(url: str) -> _Parts:
    if len(url) > MAX_URL:
        raise BadUrl(f"A page's URL has at most {MAX_URL} characters")
    match = None if _REFUSED.search(url) else _URL.fullmatch(url)
    if match is None:
        raise BadUrl("A page's URL is absolute, with http or https, and without blanks")
    scheme, path = match[1].lower(), match[3]
    if "\\" in match[2] + path:
        raise BadUrl("A page's URL has no backslashes")
    return _Parts(scheme, _authority(scheme, match[2]), _path(path), _escaped((match[4] or "?")[1:]))


def _authority(scheme: str, text: str) -> str:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise BadUrl("A page's URL names a host, perhaps a port, and no user")
    host, port = _host(match[1]), int(match[2] or _DEFAULT_PORTS[scheme])
    if port > 65535:
        raise BadUrl("This port does not exist")
    return host if port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    host = text.lower() if text.isascii() else _idna(text)
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise BadUrl("This is not the name of a host")
    # Browsers read `127.1`, `0x7f000001` and `2130706433` as addresses; only the plain spelling is taken here.
    return _ipv4(host) if _NUMBER.fullmatch(labels[-1]) else host


def _idna(text: str) -> str:
    if len(text) > 253:  # the library's time grows with the square of the length
        raise BadUrl("This is not the name of a host")
    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadUrl("This is not the name of a host") from error


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise BadUrl("This is not the address of a host") from error


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise BadUrl("This is not the address of a host") from error
    if address.ipv4_mapped:  # Python writes ::ffff:1.2.3.4, browsers write ::ffff:102:304
        high, low = divmod(int(address.ipv4_mapped), 0x10000)
        return f"[::ffff:{high:x}:{low:x}]"
    return f"[{address.compressed}]"


def _path(text: str) -> str:
    kept: list[str] = []
    steps = _escaped(text).split("/")[1:] or [""]
    for index, step in enumerate(steps):
        if step not in (".", ".."):
            kept.append(step)
            continue
        if step == ".." and kept:
            kept.pop()
        if index == len(steps) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def _escaped(text: str) -> str:
    """One spelling of percent-encoding: upper case, for all that is not plain, and for nothing that is."""
    plain = _ESCAPE.sub(_plain_escape, text)
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), plain)


def _plain_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _meaningful(query: str) -> list[str]:
    return [field for field in query.split("&") if field and not _is_tracking(field)]


def _is_tracking(field: str) -> bool:
    name = unquote(field.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
