"""Who is asked outside whether a post is spam: Akismet, and a program of the owner's own. They can hold, never publish.

Asked before the transaction, so that nobody waits for a stranger's server with the one writer in hand; through the gate
of postil.fetching, which lets no address inside be reached; for two seconds, one try. Whoever does not answer as agreed
was not asked, unless the owner wants such comments held.

A program of the owner's is sent a POST, signed like a publication (postil.signing), in the header Postil-Signature:

    {"site": "…", "url": "https://blog.example/essay", "author": "Rosa", "source": "…", "html": "…"}

and answers {"hold": true, "says": "why, for moderators"} or {"hold": false}.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlmodel import col

from postil import __version__, rulebook
from postil.db import Database
from postil.errors import FetchRefused
from postil.fetching import Message, Resolve, send, system_addresses
from postil.kinds import whole
from postil.models import Comment, Page
from postil.names import clean_text
from postil.rules import Kind, RuleInForce, Why
from postil.signing import sign

log = logging.getLogger("postil")

AKISMET = "https://rest.akismet.com/1.1/"
AKISMET_SECONDS = 2.0
MOST_ANSWER = 16_384
MOST_SAID = 120
MOST_ASKED = 3  # of one post: each is a program to wait for, at once
MOST_REPORTED = 20  # at once: a flood's first say enough
SPAM = "spam"
SIGNATURE = "Postil-Signature"


@dataclass(frozen=True, slots=True)
class Post:
    """What is asked about. `part`: how the visitor's address begins (web.addresses.shortened); it is never kept."""

    site: str
    url: str
    author: str
    source: str
    html: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """How strangers are reached: networks that are allowed although not public, names, and Akismet's address."""

    networks: Sequence[str] = ()
    resolve: Resolve = system_addresses
    akismet: str = AKISMET


async def ask(database: Database, line: Line, post: Post) -> tuple[Why, ...]:
    """What everybody whom the site's rules name says of a post, for judging.Signs.outside. Nothing is raised."""
    async with database.read() as snapshot:
        rules = await rulebook.in_force(snapshot, post.site)
        now = snapshot.now
    return await ask_outside(rules, post, line, now)


async def ask_outside(rules: Sequence[RuleInForce], post: Post, line: Line, now: int) -> tuple[Why, ...]:
    """The same by these rules, at `now`, all at once."""
    asked = [rule for rule in rules if rule.kind in _ASKED][:MOST_ASKED]
    whys = await asyncio.gather(*(_ask(rule, post, line, now) for rule in asked))
    return tuple(why for why in whys if why)


async def _ask(rule: RuleInForce, post: Post, line: Line, now: int) -> Why | None:
    settings = whole(rule.kind, rule.settings)
    try:
        says = await _ASKED[rule.kind](settings, post, line, now)
    except (FetchRefused, ValueError, RecursionError) as error:
        # Not what was asked about, nor whom: a log is no place for either.
        log.warning("Rule %s (%s) got no answer: %s", rule.number, rule.kind, type(error).__name__)
        return rule.why("no answer from outside") if settings["failed"] == "hold" else None
    return rule.why(says) if says else None


async def _akismet(settings: Mapping[str, Any], post: Post, line: Line, now: int) -> str | None:
    said = await _tell_akismet(settings, post, line, "comment-check")
    if said not in (b"true", b"false"):
        raise ValueError("neither true nor false")
    return "Akismet calls it spam" if said == b"true" else None


async def report_decided(database: Database, line: Line, site: str, comments: Sequence[str]) -> None:
    """Tell Akismet, where the site asks it, what moderators have said of these comments: the first MOST_REPORTED."""
    async with database.read() as snapshot:
        rules = await rulebook.in_force(snapshot, site)
        if not any(rule.kind is Kind.AKISMET for rule in rules):
            return
        query = (
            select(Comment, col(Page.url))
            .join(Page, col(Page.id) == Comment.page_id)
            .where(col(Comment.id).in_(comments[:MOST_REPORTED]), col(Comment.learned).is_not(None))
        )
        rows = (await snapshot.execute(query)).all()
    for comment, url in rows:
        post = Post(site, url, comment.author_name, comment.source, comment.html)
        await report(rules, post, line, is_spam=comment.learned == SPAM)


async def report(rules: Sequence[RuleInForce], post: Post, line: Line, *, is_spam: bool) -> None:
    """Tell Akismet, where a rule in force names it, what a moderator has decided: submit-spam or submit-ham."""
    for rule in rules:
        if rule.kind is Kind.AKISMET:
            try:
                call = "submit-spam" if is_spam else "submit-ham"
                await _tell_akismet(whole(rule.kind, rule.settings), post, line, call)
            except FetchRefused as error:
                log.warning("Rule %s (akismet) was not told: %s", rule.number, type(error).__name__)


async def _tell_akismet(settings: Mapping[str, Any], post: Post, line: Line, call: str) -> bytes:
    fields = {
        "api_key": settings["key"],
        "blog": settings["site_url"],
        "user_ip": post.part if settings["address"] and post.part else "0.0.0.0",
        "user_agent": f"Postil/{__version__}",
        "permalink": post.url,
        "comment_type": "comment",
        "comment_author": post.author,
        "comment_content": post.source,
        "blog_charset": "UTF-8",
    }
    body = urlencode(fields, errors="replace").encode()
    headers = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
    message = Message(body, headers)
    said = await send(
        line.akismet + call,
        message,
        seconds=AKISMET_SECONDS,
        most=MOST_ANSWER,
        networks=line.networks,
        resolve=line.resolve,
    )
    return said.strip()


async def _program(settings: Mapping[str, Any], post: Post, line: Line, now: int) -> str | None:
    told = {"site": post.site, "url": post.url, "author": post.author, "source": post.source, "html": post.html}
    body = json.dumps(told, ensure_ascii=True).encode()
    headers = [("Content-Type", "application/json"), (SIGNATURE, sign(settings["secret"], body, now))]
    said = json.loads(
        await send(
            settings["url"],
            Message(body, headers),
            seconds=settings["seconds"],
            most=MOST_ANSWER,
            networks=line.networks,
            resolve=line.resolve,
        )
    )
    if not isinstance(said, dict) or not isinstance(said.get("hold"), bool):
        raise ValueError("not as agreed")
    if not said["hold"]:
        return None
    says = said.get("says")
    return (clean_text(says, MOST_SAID) if isinstance(says, str) else "") or "held by the outside check"


_ASKED: Mapping[Kind, Callable[[Mapping[str, Any], Post, Line, int], Awaitable[str | None]]] = {
    Kind.AKISMET: _akismet,
    Kind.OUTSIDE: _program,
}
