"""Programs outside that are asked about a post: they can hold it, and nothing else, however they answer.

The fake servers are real ones at 127.0.0.2, which is allowed by `networks`; the canary at 127.0.0.1 must hear nothing.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.attacks.loopback import OK, Answer, Host, Names, drip, endless, knocking, late, said, sent_to, silent
from tests.world import world

from postil import moderation, outside, rulebook
from postil.kinds import settings_of
from postil.outside import Line, Post, ask_outside, report, report_decided
from postil.policy import Action
from postil.rules import Effect, Kind, RuleInForce, Why
from postil.signing import verify
from postil.web.addresses import part_of

NOW = 1_790_000_000
POST = Post(
    "site", "https://blog.example/essay", "Rosa", "A *thought*, größer & more", "<p>A thought</p>", "203.0.113.0"
)
JSON = b"Content-Type: application/json\r\n"
HOLD = said(b'{"hold": true, "says": "casino"}', JSON)


class Program(Host):
    """Keeps the bodies it was sent, too."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer, self.bodies = answer, list[bytes]()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        length = next(
            int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")
        )
        self.bodies.append(await reader.readexactly(length))
        if not isinstance(self.answer, bytes):
            return await self.answer(reader, writer)
        writer.write(self.answer)
        await writer.drain()

    def line(self, *addresses: str) -> Line:
        return Line(["127.0.0.2/32"], Names(addresses or ["127.0.0.2"]), f"http://akismet.test:{self.port}/1.1/")

    def rule(self, **settings: Any) -> RuleInForce:
        url = f"http://check.test:{self.port}/check?k=1"
        kept = settings_of(Kind.OUTSIDE, {"url": url, "secret": "shh", "seconds": 1, **settings})
        return RuleInForce(7, 2, Kind.OUTSIDE, "Outside", Effect.HOLD, kept)

    async def ask(self, line: Line | None = None, **settings: Any) -> tuple[Why, ...]:
        return await ask_outside([self.rule(**settings)], POST, line or self.line(), NOW)


@pytest.fixture
async def program() -> AsyncIterator[Program]:
    async with Program(HOLD).listening("127.0.0.2") as host:
        assert isinstance(host, Program)
        yield host


def akismet(**settings: Any) -> RuleInForce:
    kept = settings_of(Kind.AKISMET, {"key": "k3y", "site_url": "https://blog.example/", **settings})
    return RuleInForce(3, 1, Kind.AKISMET, "Akismet", Effect.HOLD, kept)


# The owner's own program


async def test_a_program_holds_a_post_and_says_why(program: Program) -> None:
    assert await program.ask() == (Why(Kind.OUTSIDE, "casino", 7, 2),)


async def test_what_it_is_sent_is_signed_and_has_no_address(program: Program) -> None:
    await program.ask()
    head, body = program.heads[0], program.bodies[0]
    assert head.startswith("POST /check?k=1 HTTP/1.1\r\n")
    signature = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith(outside.SIGNATURE))
    assert verify(["shh"], signature, body, NOW) == NOW
    assert json.loads(body) == {
        "site": "site",
        "url": POST.url,
        "author": "Rosa",
        "source": POST.source,
        "html": POST.html,
    }
    assert b"203.0.113" not in body and "203.0.113" not in head and "cookie" not in head.lower()


async def test_it_can_let_a_post_pass(program: Program) -> None:
    program.answer = said(b'{"hold": false}', JSON)
    assert await program.ask() == ()


LIES: dict[str, Answer] = {
    "publish": said(b'{"publish": true}', JSON),
    "a string for a truth": said(b'{"hold": "yes"}', JSON),
    "a list": said(b"[true]", JSON),
    "no json": said(b"<html>", JSON),
    "no text": said(b"\xff\xfe\x00", JSON),
    "deep": said(b"[" * 16_000, JSON),
    "long number": said(b'{"hold": ' + b"9" * 10_000 + b"}", JSON),
    "empty": said(b"", JSON),
    "error": said(b'{"hold": true}', JSON, "500 Internal Server Error"),
    "no content": said(b"", JSON, "204 No Content"),
    "redirect": sent_to("http://127.0.0.1/inside", "307 Temporary Redirect"),
    "too big": said(b'{"hold": true, "says": "' + b"x" * 20_000 + b'"}', JSON),
    "endless": endless(
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b" " * 4096 + b"\r\n", []
    ),
    "packed": said(b'{"hold": true}', JSON + b"Content-Encoding: gzip\r\n"),
    "cut off": OK + JSON + b"Content-Length: 100\r\n\r\n{",
    "no http": b"neither a record nor an alert\r\n\r\n",
    "silent": silent,
    "late": late(HOLD, 3),
    "slow": drip(HOLD, 20),
}


@pytest.mark.parametrize("answer", LIES.values(), ids=LIES.keys())
async def test_whoever_does_not_answer_as_agreed_was_not_asked(program: Program, answer: Answer) -> None:
    program.answer = answer
    with knocking() as knocks:
        assert await program.ask() == ()
        assert set(knocks) == {"127.0.0.2"}, "nobody else was asked"
    assert len(program.heads) == 1, "and he only once"


async def test_an_owner_may_want_such_posts_held(program: Program) -> None:
    program.answer = said(b"", JSON, "500 Internal Server Error")
    (why,) = await program.ask(failed="hold")
    assert why == Why(Kind.OUTSIDE, "no answer from outside", 7, 2)


async def test_what_it_says_is_one_line_of_text(program: Program) -> None:
    program.answer = said(json.dumps({"hold": True, "says": "a\r\nb\u202e" + "x" * 500}).encode(), JSON)
    (why,) = await program.ask()
    assert why.says.startswith("a bx") and len(why.says) <= outside.MOST_SAID
    program.answer = said(b'{"hold": true, "says": {"html": "<b>"}}', JSON)
    assert (await program.ask())[0].says == "held by the outside check"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
async def test_no_address_inside_is_reached(program: Program, address: str) -> None:
    with knocking() as knocks:
        assert await program.ask(program.line(address)) == ()
        assert await program.ask(program.line("127.0.0.2", address)) == (), "nor where a good one is beside it"
        assert knocks == []


async def test_a_name_that_changes_its_mind_gains_nothing(program: Program) -> None:
    line = Line(["127.0.0.2/32"], Names(["127.0.0.2"], ["127.0.0.1"]))
    with knocking() as knocks:
        assert await program.ask(line)
        assert set(knocks) == {"127.0.0.2"}


# Akismet


async def test_akismet_is_asked_by_its_protocol_without_an_address(program: Program) -> None:
    program.answer = said(b"true", b"Content-Type: text/plain\r\n")
    (why,) = await ask_outside([akismet()], POST, program.line(), NOW)
    assert why == Why(Kind.AKISMET, "Akismet calls it spam", 3, 1)
    assert program.heads[0].startswith("POST /1.1/comment-check HTTP/1.1\r\n")
    assert "application/x-www-form-urlencoded" in program.heads[0]
    fields = {name: value[0] for name, value in parse_qs(program.bodies[0].decode()).items()}
    assert fields["api_key"] == "k3y" and fields["blog"] == "https://blog.example/"
    assert fields["comment_content"] == POST.source and fields["comment_author"] == "Rosa"
    assert fields["permalink"] == POST.url and fields["comment_type"] == "comment"
    assert fields["user_ip"] == "0.0.0.0"


async def test_the_beginning_of_an_address_is_told_where_the_owner_says_so(program: Program) -> None:
    program.answer = said(b"false", b"Content-Type: text/plain\r\n")
    assert await ask_outside([akismet(address=True)], POST, program.line(), NOW) == ()
    assert parse_qs(program.bodies[0].decode())["user_ip"] == ["203.0.113.0"]


@pytest.mark.parametrize("answer", [b"invalid", b"", b"TRUE", b"<html>true", b"true" * 10_000])
async def test_only_true_is_spam(program: Program, answer: bytes) -> None:
    program.answer = said(answer, b"X-akismet-debug-help: no key\r\n")
    assert await ask_outside([akismet()], POST, program.line(), NOW) == ()


@pytest.mark.parametrize(("is_spam", "call"), [(True, "submit-spam"), (False, "submit-ham")])
async def test_akismet_is_told_what_moderators_decide(program: Program, is_spam: bool, call: str) -> None:
    program.answer = said(b"Thanks for making the web a better place.")
    await report([akismet(), program.rule()], POST, program.line(), is_spam=is_spam)
    assert [head.split()[1] for head in program.heads] == [f"/1.1/{call}"]


async def test_what_is_reported_is_what_was_decided_and_nothing_where_akismet_is_not_asked(program: Program) -> None:
    program.answer = said(b"Thanks for making the web a better place.")
    async with world() as here:
        spam, fine = await here.post("Viktor", "Cheap pills."), await here.post("Rosa")
        async with here.database.begin() as tx:
            await moderation.decide(tx, here.moderator, spam.comment.id, Action.HIDE, "spam")
        both = [spam.comment.id, fine.comment.id]
        await report_decided(here.database, program.line(), here.site.id, both)
        assert program.heads == []

        rule = akismet()
        async with here.database.begin() as tx:
            how = {"name": rule.name, "effect": rule.effect, "settings": rule.settings}
            await rulebook.write_rule(tx, here.site.id, rule.kind, **how)  # type: ignore[arg-type]
        await report_decided(here.database, program.line(), here.site.id, both)

    assert [head.split()[1] for head in program.heads] == ["/1.1/submit-spam"]
    assert parse_qs(program.bodies[0].decode())["comment_content"] == ["Cheap pills."]


async def test_all_are_asked_at_once_and_not_more_than_a_few(program: Program) -> None:
    rules = [program.rule() for _ in range(10)]
    assert len(await ask_outside(rules, POST, program.line(), NOW)) == outside.MOST_ASKED
    assert await ask_outside([], POST, program.line(), NOW) == ()


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2::3", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("", ""),
    ],
)
def test_an_address_is_shortened(address: str, part: str) -> None:
    assert part_of(address) == part
