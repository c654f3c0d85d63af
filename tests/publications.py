"""Articles as an owner publishes them: sections of distinct words, whose edits are as sure as a test needs them."""

import json
from collections.abc import Sequence
from random import Random
from secrets import token_hex
from typing import Any

from tests.service import ORIGIN, URL, Json, Service, Visitor

from postil import signing, sites
from postil.fingerprint import fingerprint
from postil.outline import OutlineSection, outline_hash

Part = tuple[str, str]
SYLLABLES = "ba do ke li mu na po ra se ti vo wa xe yo zu fa ge hi ju lo".split()


def words(seed: str, count: int = 90) -> str:
    """`count` words that no other seed has in this order, and few of them at all."""
    random = Random(seed)
    return " ".join("".join(random.choice(SYLLABLES) for _ in range(3)) for _ in range(count)).capitalize() + "."


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
    """The same article with other words under one heading: nobody can say whether that is the same section."""
    return tuple((heading, words(f"{heading} anew") if at == i else text) for i, (heading, text) in enumerate(parts))


def renamed(at: int, name: str, parts: Sequence[Part] = ESSAY) -> tuple[Part, ...]:
    return tuple((name if at == i else heading, text) for i, (heading, text) in enumerate(parts))
