"""What a comment's html shows: its words, and where its links lead. Pure.

The html is our own renderer's (postil.markup), so a small reader of it will do; in its usual form no reader is needed.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

# Between two of these there is a line's end, where between two letters in <em> there is nothing.
_BLOCKS = frozenset({"p", "br", "pre", "blockquote", "ul", "ol", "li", "hr"})


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads: its host in lower case ("" where it has none), the rest, and the whole as it stands."""

    host: str
    path: str
    href: str


@dataclass(frozen=True, slots=True)
class Shown:
    text: str
    links: tuple[Link, ...]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        self.hrefs += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


@lru_cache(maxsize=16)  # of one comment it is asked by its kin and by every rule
def shown_in(html: str) -> Shown:
    """The words that a reader sees, one line for each block, and the links."""
    return _shown(*(_scanned(html) if _FORM.fullmatch(html) else read(html)))


def _shown(text: str, hrefs: list[str]) -> Shown:
    text = text.strip()
    if "\n" in text:
        text = re.sub(r"[^\S\n]*\n\s*", "\n", text)
    return Shown(text, tuple(_link(href) for href in hrefs))


def read(html: str) -> tuple[str, list[str]]:
    """Text, with a newline for each end of a block, and where links lead: of any html, by a parser."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts), reader.hrefs


# What the renderer writes: such tags and escapes, and no other "<" or "&". Each piece has one way to match: linear.
_ESCAPE = "&(?:amp|lt|gt|quot|#x27|#39);"
_LINK = rf'<a href="((?:[^<>"&\r]++|{_ESCAPE})*+)" rel="[a-z ]*+">'
_FORM = re.compile(rf"(?:[^<>&\r]++|</?(?:{'|'.join(sorted(_BLOCKS))}|a|strong|em|code|del)>|{_ESCAPE}|{_LINK})*+")
_ENDS = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS))})>")
_TAG = re.compile("<[^>]*>")
_HREF = re.compile(_LINK)
_SIMPLE = re.compile(r"https?://([a-z0-9-]++(?:\.[a-z0-9-]++)++)(/[A-Za-z0-9._~/-]*+)?")


def _scanned(html: str) -> tuple[str, list[str]]:
    """read(), of what is in that form."""
    text = unescape(_TAG.sub("", _ENDS.sub("\n", html)))
    return text, [unescape(href) for href in _HREF.findall(html) if href]


def _link(href: str) -> Link:
    """As a parser of addresses has it, which the simplest need not go through."""
    if simple := _SIMPLE.fullmatch(href):
        return Link(simple[1], simple[2] or "", href)
    return parsed(href)


def parsed(href: str) -> Link:
    try:
        parts = urlsplit(href)
        if parts.scheme == "mailto":
            return Link(parts.path.rpartition("@")[2].lower(), "", href)
        return Link((parts.hostname or "").rstrip("."), parts.path, href)
    except ValueError:
        return Link("", "", href)


def is_under(host: str, names: frozenset[str]) -> bool:
    """Whether a host is one of `names`, or a part of one: `a.blog.example` is under `blog.example`."""
    labels = host.split(".")
    return any(".".join(labels[at:]) in names for at in range(len(labels)))


def excerpt(text: str, length: int = 240) -> str:
    """How a text begins, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
