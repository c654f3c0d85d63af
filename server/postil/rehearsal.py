"""A rule is tried before it bites: what it would have caught of the latest comments. Purely reading."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from postil.checks import Facts, ask
from postil.db import Snapshot
from postil.judging import Candidate, facts_of
from postil.kinds import FORMS, whole
from postil.models import Author, Comment, Flag, Page
from postil.rules import Kind, RuleInForce, Why, flagger_weight
from postil.shown import excerpt
from postil.states import State

MOST_REHEARSED = 500
MOST_CHARACTERS = 500_000  # of html: what is looked at in a few seconds
_TEXTS = (State.PENDING, State.PUBLISHED, State.HIDDEN)


@dataclass(frozen=True, slots=True)
class Caught:
    """A comment that the rule would have caught, and why."""

    comment: str
    url: str
    title: str
    author: str
    text: str
    state: State
    at: int
    why: Why


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Of how many comments which would have been caught, the latest first. `unknown`: why that cannot be told."""

    of: int
    caught: tuple[Caught, ...] = ()
    unknown: str = ""

    @property
    def hidden(self) -> int:
        """Those that moderators took out of sight anyway: the rule would have been right."""
        return sum(each.state is State.HIDDEN for each in self.caught)

    @property
    def published(self) -> int:
        """Those that readers see today: the rule would have been wrong, or a moderator was not asked."""
        return sum(each.state is State.PUBLISHED for each in self.caught)


async def rehearse(snapshot: Snapshot, site: str, rule: RuleInForce, last: int = MOST_REHEARSED) -> Rehearsal:
    """Ask a draft of a rule about the site's last comments, with the facts as they were when each was posted."""
    if not FORMS[rule.kind].can_rehearse:
        return Rehearsal(0, unknown=_UNKNOWN.get(rule.kind, "Nobody wrote down what this rule looks at."))
    rows = await _latest(snapshot, site, min(last, MOST_REHEARSED))
    if rule.kind is Kind.FLAGS:
        whys = await _flagged(snapshot, rule, [comment.id for comment, _, _ in rows])
    else:
        facts = [await facts_of(snapshot, [rule], _candidate(each), then=each.created_at) for each, _, _ in rows]
        whys = await asyncio.to_thread(_ask_all, rule, facts)
    told = zip(rows, whys, strict=True)
    caught = [_caught(comment, url, title, why) for (comment, url, title), why in told if why]
    return Rehearsal(len(rows), tuple(caught))


_UNKNOWN = {
    Kind.TRAP: "Whether a hidden field was filled in is not written down.",
    Kind.SPEED: "How long somebody took to write is not written down.",
    Kind.AKISMET: "Nothing is sent to others for a trial.",
    Kind.OUTSIDE: "Nothing is sent to others for a trial.",
    Kind.AGE: "This rule looks at sections, and not at comments.",
}


async def _latest(snapshot: Snapshot, site: str, last: int) -> list[tuple[Comment, str, str]]:
    """The latest comments that still have their text, with their page's address and title."""
    query = (
        select(Comment, col(Page.url), col(Page.title))
        .join(Page, col(Comment.page_id) == Page.id)
        .where(col(Comment.site_id) == site, col(Comment.state).in_(_TEXTS))
        .order_by(col(Comment.id).desc())
        .limit(last)
    )
    rows: list[tuple[Comment, str, str]] = []
    characters = 0
    for comment, url, title in await snapshot.execute(query):
        characters += len(comment.html)
        if characters > MOST_CHARACTERS:
            break
        rows.append((comment, url, title))
    return rows


def _candidate(comment: Comment) -> Candidate:
    return Candidate(
        comment.site_id, comment.page_id, comment.author_id, comment.source, comment.html, comment.id, comment.learned
    )


def _ask_all(rule: RuleInForce, facts: Sequence[Facts]) -> list[Why | None]:
    return [ask(rule, each) for each in facts]


async def _flagged(snapshot: Snapshot, rule: RuleInForce, comments: Sequence[str]) -> list[Why | None]:
    """By all flags of each comment, answered ones too, weighed by what is known of those who flagged today."""
    query = (
        select(col(Flag.comment_id), col(Author.flags_right), col(Author.flags_wrong))
        .join(Author, col(Flag.author_id) == Author.id)
        .where(col(Flag.comment_id).in_(comments))
    )
    weights: dict[str, float] = {}
    for comment, right, wrong in await snapshot.execute(query):
        weights[comment] = weights.get(comment, 0.0) + flagger_weight(right, wrong)
    needed = float(whole(rule.kind, rule.settings)["weight"])
    found = (weights.get(comment, 0.0) for comment in comments)
    return [rule.why(f"flags that weigh {weight:.1f}") if weight >= needed else None for weight in found]


def _caught(comment: Comment, url: str, title: str, why: Why) -> Caught:
    text = excerpt(_around(Candidate("", "", None, "", comment.html).shown.text, why.marks))
    return Caught(comment.id, url, title, comment.author_name, text, comment.state, comment.created_at, why)


def _around(text: str, marks: Sequence[str]) -> str:
    """The part of a long text that has the first mark in it."""
    at = text.find(marks[0]) if marks else -1
    return text if at < 160 else "…" + text[at - 80 :]
