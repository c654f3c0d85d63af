"""Articles as an owner publishes them: sections of distinct words, whose edits are as sure as a test needs them."""

import json
import threading
from collections.abc import Sequence
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from typing import Any

from tests import articles
from tests.service import ORIGIN, URL, Json, Service, Visitor

from postil import signing, sites
from postil.fingerprint import fingerprint
from postil.outline import OutlineSection, Verdict, match, outline_hash

Part = tuple[str, str]
WIDGET = '<script async src="https://talk.example/postil.js"></script>'


def words(seed: str, count: int = 90) -> str:
    """`count` words that no other seed has in this order, and few of them at all."""
    return f"{articles.words(seed, count)}.".capitalize()


ESSAY: tuple[Part, ...] = tuple((heading, words(heading)) for heading in ("Origins", "Method", "Results"))


def sections(parts: Sequence[Part]) -> list[OutlineSection]:
    """The outline of an article of level 2 headings."""
    found = []
    for heading, text in parts:
        print, first, last = fingerprint(text)
        found.append(OutlineSection(heading=heading, level=2, print=print, first=first, last=last))
    return found


def outline(parts: Sequence[Part]) -> dict[str, Json]:
    """The same as a browser sends it."""
    rows = sections(parts)
    plain = [{"heading": s.heading, "level": 2, "print": s.print, "first": s.first, "last": s.last} for s in rows]
    return {"hash": outline_hash(rows), "sections": plain}


def publication(parts: Sequence[Part] = ESSAY, url: str = URL, **page: Json) -> dict[str, Json]:
    return {
        "page": {"url": url, "title": "An essay", **page},
        "outline": outline(parts),
        "excerpts": [text[:240] for _, text in parts],
    }


class Build(Visitor):
    """What builds a site: no browser, and the site's key."""

    def __init__(self, service: Service, site: str = ORIGIN) -> None:
        super().__init__(service, None)
        self.key = service.change(lambda tx: sites.make_key(tx, site))

    def publish(self, parts: Sequence[Part] = ESSAY, url: str = URL, *, ago: int = 0, **page: Json) -> Json:
        """Send a page, signed `ago` seconds before now."""
        return self.send_signed(publication(parts, url, **page), ago=ago)

    def send_signed(self, body: Json, *, ago: int = 0, key: str | None = None) -> Json:
        raw = json.dumps(body).encode()
        header = signing.sign(key or self.key, raw, int(self.service.clock()) - ago)
        return self.send_raw(raw, header)

    def send_raw(self, raw: bytes, signature: str | None) -> Json:
        headers: dict[str, Any] = {"Content-Type": "application/json"}
        if signature is not None:
            headers["Postil-Signature"] = signature
        return self._said(self.ask("POST", "/v1/publish", content=raw, headers=headers))


def say(reader: Visitor, parts: Sequence[Part], index: int, source: str = "A thought.", url: str = URL) -> Json:
    """Post in a section of the article that `parts` are, as somebody who was shown just that."""
    draft = {"page": {"url": url}, "outline": outline(parts), "index": index, "source": source, "name": "Rosa"}
    return reader.send("POST", "/v1/comments", {**draft, "nonce": token_hex(8)})["comment"]


def replaced(at: int, parts: Sequence[Part] = ESSAY) -> tuple[Part, ...]:
    """The same article with other words under one heading."""
    return _with(parts, at, words(f"{parts[at][0]} anew"))


@cache
def doubted(at: int, parts: tuple[Part, ...] = ESSAY, anew: str = "") -> tuple[Part, ...]:
    """The same article with so much of one section rewritten (as `anew`) that nobody can say whether it is the same."""
    old, new = parts[at][1].split(), (anew or words(f"{parts[at][0]} anew")).split()
    for kept in range(len(old)):
        edited = _with(parts, at, " ".join([*old[:kept], *new[kept:]]))
        found = match(sections(parts), sections(edited))[at]
        if found.decision is Verdict.UNSURE and found.to == (at,):
            return edited
    raise AssertionError("the matcher has no doubts")


def _with(parts: Sequence[Part], at: int, text: str) -> tuple[Part, ...]:
    return tuple((heading, text if i == at else old) for i, (heading, old) in enumerate(parts))


def renamed(at: int, name: str, parts: Sequence[Part] = ESSAY) -> tuple[Part, ...]:
    return tuple((name if at == i else heading, text) for i, (heading, text) in enumerate(parts))


def html(parts: Sequence[Part], title: str = "An essay", head: str = "", script: str = WIDGET) -> bytes:
    body = "".join(f"<h2>{escape(heading)}</h2>\n<p>{escape(text)}</p>\n" for heading, text in parts)
    page = f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title>{head}</head>"
    return f"{page}<body><article><h1>{title}</h1>\n{body}</article>{script}</body></html>".encode()


class Pages:
    """A site's own web server on this machine: what it answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages.asked.append(self.path)
                status, headers, body = pages.answers.get(self.path, (404, {}, b"nothing here"))
                self.send_response(status)
                for name, value in ({"Content-Type": "text/html; charset=utf-8"} | headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, path: str, parts: Sequence[Part], **more: str) -> None:
        self.answers[path] = (200, {}, html(parts, **more))

    def __enter__(self) -> "Pages":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
