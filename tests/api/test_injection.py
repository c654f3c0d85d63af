"""Strings that other databases, shells and parsers have choked on, in every place that takes a string."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.doors import ELSEWHERE, WRITES, Ask, Target, get, send
from tests.service import URL, Json, Moderator, Reader, Service, outlined, refused, serving

HERE = Path(__file__).parents[1] / "data" / "sqli.jsonl"
SHARED = Path(__file__).parents[3] / "shared" / "corpora" / "patt_sqli.jsonl"


def strings(file: Path) -> list[str]:
    return [json.loads(line)["payload"] for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def busy() -> Iterator[Service]:
    with serving() as service:
        service.reader().post()
        yield service


def everywhere(text: str) -> list[Ask]:
    """Every route that takes a string, with `text` in each of them."""
    page = {"url": f"{URL}?{'x'}=1", "key": text[:200], "title": text[:300]}
    row = {"heading": text[:300], "level": 2, "id": text[:200], "key": text[:200], "print": text[:200]}
    outline = {**outlined(0)["outline"], "sections": [row]}
    nonce = hashlib.sha256(text.encode()).hexdigest()
    path = text.replace("/", "").replace("\\", "")[:11] or "x"
    return [
        get("/v1/page", url=f"{URL}?{text}"[:2000], key=text[:200], outline=text[:64]),
        get("/v1/page/changes", url=URL, key=text[:200], since=text, section=text),
        get("/v1/page/own", url=URL, key=text[:200]),
        get("/v1/counts", url=[URL, text]),
        get(f"/v1/sections/{path}/comments", sort=text, cursor=text, limit=text, nested=text),
        get("/v1/sections/-----------/comments", cursor=text),
        get("/here", url=text),
        get(f"/v1/comments/{path}"),
        send("POST", "/v1/outline", {"page": page, "outline": outline}),
        send(
            "POST",
            "/v1/comments",
            {"page": page, "source": text[:10_000], "name": text[:60], "nonce": nonce, **outlined(0)},
        ),
        send("POST", "/v1/comments/-----------/hide", {"reason": text[:200], "note": text[:500]}),
        send("POST", "/v1/comments/-----------/flag", {"reason": text, "note": text[:500]}),
        send("POST", "/v1/views", {"page": page, "visit": (text * 16)[:64]}),
        send("POST", "/v1/sign-in", {"code": (text * 16)[:128]}),
        send("POST", "/v1/grants", {"origin": text[:300]}),
        send("POST", "/v1/grants/redeem", {"code": (text * 16)[:128]}),
    ]


def inject(service: Service, texts: list[str], shares: int = 1) -> None:
    """Each text goes to every route; or each to its share of them, in turn."""
    reader = service.reader()
    tables = service.schema()
    comments, posted = service.rows("SELECT count(*) FROM comment")[0][0], 0
    for number, text in enumerate(texts):
        for ask in everywhere(text)[number % shares :: shares]:
            answer = ask.by(reader)
            assert answer.status_code < 500, (ask, answer.text)
            posted += answer.status_code == 201
    assert service.schema() == tables
    assert service.rows("SELECT count(*) FROM comment") == [(comments + posted,)]
    assert posted > len(texts) / shares / 3, "most of these are comments like any other"


def test_what_breaks_a_query_breaks_none_of_ours(busy: Service) -> None:
    inject(busy, strings(HERE))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
def test_a_fifth_of_what_breaks_queries_breaks_none_of_ours(busy: Service) -> None:
    inject(busy, strings(SHARED)[::5], shares=4)


@pytest.mark.soak
@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
def test_all_of_what_breaks_queries_breaks_none_of_ours(busy: Service) -> None:
    inject(busy, strings(SHARED))


# Text that is none


def spoiled(body: Json, by: str) -> Iterator[Json]:
    """The body with `by` put into one of its strings, in every way there is: values, and a key."""
    if isinstance(body, str):
        yield body + by
    elif isinstance(body, dict):
        yield {**body, by: 1}
        for key, value in body.items():
            yield from ({**body, key: other} for other in spoiled(value, by))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from ([*body[:index], other, *body[index + 1 :]] for other in spoiled(value, by))


def bodies() -> Iterator[tuple[str, str, Any]]:
    target = Target()
    for row in (*WRITES.values(), *ELSEWHERE.values()):
        for method, path, more in row(target):
            if "json" in more:
                yield method, path, more["json"]


@pytest.mark.parametrize("text", ["\0", "\ud800", "\udfff\ud800"])
def test_nul_and_half_characters_are_refused_in_every_text_of_every_write(busy: Service, text: str) -> None:
    reader, asked = busy.reader(), 0
    for method, path, body in bodies():
        for bad in spoiled(body, text):
            answer = reader.ask(method, path, content=json.dumps(bad), headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_json"), (path, bad)
            asked += 1
        fine = reader.ask(method, path, json=body)
        assert fine.status_code != 400, "the control: without it the body is read"
    assert asked > 40


def test_nul_is_refused_in_every_query(busy: Service) -> None:
    reader: Reader = busy.reader()
    for params in ({"url": f"{URL}\0"}, {"url": URL, "key": "\0"}, {"url": URL, "outline": "\0"}):
        with refused(422, "invalid"):
            reader.get("/v1/page", **params)


def test_what_is_text_comes_back_as_it_was(busy: Service, text: str = "'; DROP TABLE comment; -- \\ % _ 😀") -> None:
    reader = busy.reader()
    posted = reader.post(f"`{text}`")
    moderator: Moderator = busy.moderator()

    moderator.hide(posted, reason=text)

    assert posted["source"] == f"`{text}`"
    assert moderator.comment(posted["id"])["comment"]["reason"] == text
