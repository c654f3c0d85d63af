"""How long the worst that the service accepts holds its event loop: in CPU of the loop's thread, one turn of it at a
time, so that neither another process nor a thread beside the loop counts.
"""

import json
import secrets
from collections.abc import Iterator
from typing import NamedTuple

from bench import data
from bench.case import Bench
from bench.load import fetch, get, post
from bench.processes import Server, serving
from bench.row import Row, at_most
from postil.fingerprint import fingerprint
from postil.markup import OFF_LOOP
from postil.rendered import MAX_SOURCE

PAGE = {"url": data.PAGE}
SECTIONS = 500  # as many as an outline may have


class Asked(NamedTuple):
    what: str
    request: bytes
    status: int


async def longest(bench: Bench) -> list[Row]:
    """The longest hold over all of them, and which it was; each is asked once before, for what is made once."""
    async with serving("watched", str(bench.folder)) as service:
        rounds = []
        for _ in range(1 + bench.rounds):
            asked = list(_worst(bench.seeded))[:: 8 if bench.is_short else 1]
            rounds.append({each.what: await _hold(service, each) for each in asked})
    worst = {what: sorted(each[what] for each in rounds[1:]) for what in rounds[0]}
    what = max(worst, key=lambda each: worst[each][len(worst[each]) // 2])
    return [Row(f"longest hold of the loop ({what})", "CPU ms", worst[what], target=at_most(20, "ours"))]


async def _hold(service: Server, asked: Asked) -> float:
    """Milliseconds of the longest turn while one request was answered."""
    await fetch(service, get("/held"))
    status, _, body = await fetch(service, asked.request)
    if status != asked.status:
        raise RuntimeError(f"{asked.what}: {status} instead of {asked.status}: {body[:200]!r}")
    return float(json.loads((await fetch(service, get("/held")))[2]))


def _worst(seeded: data.Seeded) -> Iterator[Asked]:
    for what, source in _sources():
        body = {"page": PAGE, "section": seeded.busy, "source": source, "name": "Ines", "nonce": secrets.token_hex(12)}
        yield Asked(f"comment: {what}", _post("/v1/comments", body), 201)
    body = {"page": PAGE, "outline": {"sections": _sections()}}
    yield Asked("a long outline", _post("/v1/outline", body), 200)
    yield Asked("a long thread", get(f"/v1/sections/{seeded.long}/comments?limit=100"), 200)
    yield Asked("a long thread, nested", get(f"/v1/sections/{seeded.long}/comments?limit=100&nested=true"), 200)
    yield Asked("a page without JavaScript", get(f"/v1/page?url={data.PAGE}"), 200)


def _sources() -> Iterator[tuple[str, str]]:
    """What takes markdown and bleach longest: as long as may be, and as long as is rendered on the loop."""
    pieces = {
        "brackets": "[",
        "emphasis": "*a_ ",
        "quotes": "> ",
        "links": "[a](https://a.example/?b) ",
        "ticks": "`a ``",
    }
    pieces |= {
        "addresses": "https://a.example/(b) ",
        "lines": "a\n\n",
        "lists": "- a\n",
        "marks": "e\u0301\u0323\u20dd",
    }
    for what, piece in pieces.items():
        for most in (MAX_SOURCE, OFF_LOOP):
            yield f"{most:,} of {what}", (piece * most)[:most]


def _sections() -> list[dict[str, object]]:
    """As many as may be, each with a long heading and the print of a long text."""
    words = data.PROSE.split()
    texts = [" ".join(words[at * 7 % 2_000 :][:400]) for at in range(SECTIONS)]
    return [
        {"heading": f"{at} " + "x" * 200, "level": 2, **fingerprint(text)._asdict()} for at, text in enumerate(texts)
    ]


def _post(path: str, body: object) -> bytes:
    return post(path, body, Origin=data.ORIGIN, Postil_Author=secrets.token_urlsafe(32))
