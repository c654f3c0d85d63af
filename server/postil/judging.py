"""What a site's rules say of something that is about to be posted: the facts they need, and their verdict.

Only facts that a rule in force asks for are collected, each by one bounded query that an index answers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from postil import learning, rulebook
from postil.checks import Again, Facts, judge
from postil.db import Snapshot, Transaction
from postil.kin import OF_LINKS
from postil.kin import kin_of as kin_of
from postil.kinds import whole
from postil.models import Author, Comment, Origin, Section
from postil.rules import Kind, RuleInForce, Verdict, Why
from postil.shown import Shown, shown_in
from postil.states import State
from postil.viewer import Viewer

# Nobody is a newcomer, and nothing is a smaller flood, after so many: the bound of what is counted.
MOST_APPROVED = 100
MOST_AGAIN = 200


@dataclass(frozen=True, slots=True)
class Signs:
    """What came with a post beside its text: whether the field that people do not see was filled in, the seconds it
    took to write where the widget said so, where it came from (postil.networks), and what asked outside has said.
    """

    trapped: bool = False
    took: int | None = None
    network: str | None = None
    outside: tuple[Why, ...] = ()


NO_SIGNS = Signs()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that may be published: whose, and where. `comment`, `learned`: which it is, where it is one already."""

    site: str
    page: str
    author: str | None
    source: str
    html: str
    comment: str | None = None
    learned: str | None = None

    @property
    def shown(self) -> Shown:
        return shown_in(self.html)


async def judge_post(
    tx: Transaction, viewer: Viewer, author: Author, section: Section, source: str, html: str, signs: Signs
) -> Verdict:
    """The verdict on a new comment of `author` in `section`."""
    candidate = Candidate(viewer.site, section.page_id, author.id, source, html)
    return await _judge(tx, viewer, candidate, signs)


async def judge_edit(
    tx: Transaction, viewer: Viewer, author: Author, comment: Comment, source: str, html: str, signs: Signs
) -> Verdict:
    """The verdict on an edit of `comment` that is not written yet."""
    candidate = Candidate(viewer.site, comment.page_id, author.id, source, html, comment.id)
    return await _judge(tx, viewer, candidate, signs)


async def _judge(tx: Transaction, viewer: Viewer, candidate: Candidate, signs: Signs) -> Verdict:
    if viewer.is_staff:
        return Verdict()
    rules = await rulebook.in_force(tx, viewer.site)
    return judge(rules, await facts_of(tx, rules, candidate, signs))


async def facts_of(
    snapshot: Snapshot,
    rules: Sequence[RuleInForce],
    candidate: Candidate,
    signs: Signs = NO_SIGNS,
    *,
    then: int | None = None,
) -> Facts:
    """What `rules` look at. `then`: when the candidate was posted; the facts are those of that time."""
    kinds = {rule.kind for rule in rules}
    spam = await learning.learned(snapshot, candidate.site) if Kind.SPAM in kinds else (0, 0)
    return Facts(
        approved=await _approved(snapshot, candidate, then) if _asks_who(rules) else 0,
        shown=candidate.shown if kinds - {Kind.REVIEW, Kind.FLAGS, Kind.TRAP, Kind.AGE} else Shown("", ()),
        own_hosts=await own_hosts(snapshot, candidate.site) if Kind.LINKS in kinds else frozenset(),
        trapped=signs.trapped,
        took=signs.took,
        again=await _again(snapshot, candidate, _hours(rules), then),
        spam=await _likeness(snapshot, candidate) if min(spam) else None,
        learned=spam,
        outside=signs.outside,
    )


async def _likeness(snapshot: Snapshot, candidate: Candidate) -> float | None:
    return await learning.probability(
        snapshot, candidate.site, candidate.source, candidate.html, without=candidate.learned
    )


def _asks_who(rules: Sequence[RuleInForce]) -> bool:
    return any(
        settings.get("who") == "newcomers" or settings.get("newcomers_only")
        for settings in (rule.settings for rule in rules)
    )


def _hours(rules: Sequence[RuleInForce]) -> set[int]:
    return {whole(rule.kind, rule.settings)["hours"] for rule in rules if rule.kind is Kind.REPEATS}


async def _approved(snapshot: Snapshot, candidate: Candidate, then: int | None) -> int:
    """How many comments of the author's are published; no more than anybody asks for."""
    theirs = select(col(Comment.id)).where(
        col(Comment.author_id) == candidate.author,
        col(Comment.state) == State.PUBLISHED,
        _others(candidate, then),
    )
    return await snapshot.scalar(select(func.count()).select_from(theirs.limit(MOST_APPROVED).subquery())) or 0


async def own_hosts(snapshot: Snapshot, site: str) -> frozenset[str]:
    origins = await snapshot.scalars(select(col(Origin.origin)).where(col(Origin.site_id) == site))
    return frozenset(origin.partition("://")[2].partition(":")[0] for origin in origins)


def _others(candidate: Candidate, then: int | None) -> ColumnElement[bool]:
    """Comments but the candidate; of those that were there when it came, where that is asked."""
    own = candidate.comment or ""
    return col(Comment.id) != own if then is None else col(Comment.id) < own


async def _again(
    snapshot: Snapshot, candidate: Candidate, hours: Collection[int], then: int | None
) -> dict[int, Again]:
    """How often a text of this kin was posted within each of `hours`, with the one that is about to be."""
    kin = kin_of(candidate.source, candidate.html) if hours else None
    if kin is None:
        return {}
    others = (
        select(col(Comment.page_id), col(Comment.created_at), col(Comment.state))
        .where(
            col(Comment.site_id) == candidate.site,
            col(Comment.kin) == kin,
            _others(candidate, then),
        )
        .order_by(col(Comment.id).desc())
        .limit(MOST_AGAIN)
    )
    rows = (await snapshot.execute(others)).all()
    now = snapshot.now if then is None else then
    return {each: again for each in hours if (again := count_again(kin, candidate.page, rows, now - each * 3600))}


def count_again(kin: str, page: str, rows: Sequence[tuple[str, int, State]], since: int) -> Again | None:
    """None where readers have linked there before, and it stayed: what is known here is no flood (an encyclopedia)."""
    if kin.startswith(OF_LINKS) and any(at < since and state is State.PUBLISHED for _, at, state in rows):
        return None
    lately = [where for where, at, _ in rows if at >= since]
    return Again(1 + len(lately), len({page, *lately}))
