"""The moderation log, as moderators read it, who is banned, and the numbers. Only reading, of the viewer's site."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlmodel import col

from postil.db import Snapshot
from postil.errors import NotFound
from postil.ids import new_id
from postil.logbook import OF_COMMENTS
from postil.models import Ban, Comment, Decision, Flag, Moderator, Page, QueueItem, Rule, Section, Site
from postil.policy import Action, allow
from postil.reviewing import waiting
from postil.shown import excerpt, shown_in
from postil.states import Move
from postil.viewer import Viewer

AT_ONCE = 50
DAY = 86_400
DAYS = 14
MOST_OF_COMMENT = 100

_OTHERS = (Move.BAN, Move.LIFT, Move.SET_SECTION)


@dataclass(frozen=True, slots=True)
class Line:
    """A decision as it is read. `by` is a moderator's name or what stands for none; `about` says what it was about.

    `undone_by` names the decision that took it back, `can_undo` whether that is possible now. `decision` is None for
    what readers did, told among the decisions about a comment.
    """

    at: int
    did: str
    by: str = ""
    decision: Decision | None = None
    about: str = ""
    comment: str | None = None
    page: str = ""
    undone_by: str | None = None
    can_undo: bool = False


@dataclass(frozen=True, slots=True)
class LogPage:
    lines: list[Line]
    next: str | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """What waits, since when the oldest does (epoch seconds), and the decisions of the last DAYS days, oldest first."""

    waiting: int
    oldest: int | None
    days: list[tuple[int, int]]
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def decided(self) -> int:
        return sum(count for _, count in self.days)


@dataclass(frozen=True, slots=True)
class Totals:
    """Of one site: what is open now, since when, and all decisions by move and by reason."""

    site: str
    waiting: int
    oldest: int | None
    moves: dict[str, int]
    reasons: dict[str, int]


# The log


async def read_log(
    snapshot: Snapshot, viewer: Viewer, *, comment: str = "", moderator: str = "", after: str = ""
) -> LogPage:
    """Decisions, newest first: of the site, about one comment, or of one moderator (“-”: of rules)."""
    allow(viewer, Action.REVIEW)
    query = select(Decision).where(col(Decision.site_id) == viewer.site)
    if comment:
        query = query.where(col(Decision.comment_id) == comment)
    if moderator:
        query = query.where(col(Decision.moderator_id) == (None if moderator == "-" else moderator))
    if after:
        query = query.where(col(Decision.id) < after)
    found = (await snapshot.scalars(query.order_by(col(Decision.id).desc()).limit(AT_ONCE + 1))).all()
    more = found[AT_ONCE - 1].id if len(found) > AT_ONCE else None
    return LogPage(await _lines(snapshot, viewer, found[:AT_ONCE]), more)


async def of_comment(snapshot: Snapshot, viewer: Viewer, comment: str) -> list[Line]:
    """All that happened to a comment, newest first: decisions, flags, and that it was written."""
    query = select(Decision).where(col(Decision.comment_id) == comment, col(Decision.site_id) == viewer.site)
    found = (await snapshot.scalars(query.order_by(col(Decision.id).desc()).limit(MOST_OF_COMMENT))).all()
    row = await snapshot.get_one(Comment, comment)
    lines = [
        *await _lines(snapshot, viewer, found),
        *await _flagged(snapshot, comment),
        Line(row.created_at, "written"),
    ]
    if row.edited_at:
        lines.append(Line(row.edited_at, "edited by its author"))
    return sorted(lines, key=lambda line: line.at, reverse=True)


async def one(snapshot: Snapshot, viewer: Viewer, decision: str) -> Line:
    """A decision of the viewer's site; NotFound."""
    allow(viewer, Action.REVIEW)
    row = await snapshot.get(Decision, decision)
    if row is None or row.site_id != viewer.site:
        raise NotFound()
    return (await _lines(snapshot, viewer, [row]))[0]


async def batch_of(snapshot: Snapshot, viewer: Viewer, batch: str) -> tuple[int, Decision | None, int]:
    """How many comments were decided in a batch, the first of the decisions, and how many of them are undone."""
    allow(viewer, Action.REVIEW)
    mine = (col(Decision.batch) == batch, col(Decision.site_id) == viewer.site)
    first = (await snapshot.scalars(select(Decision).where(*mine).order_by(col(Decision.id)).limit(1))).first()
    count = await snapshot.scalar(select(func.count()).select_from(Decision).where(*mine))
    some = select(col(Decision.id)).where(*mine)
    undone = await snapshot.scalar(select(func.count()).select_from(Decision).where(col(Decision.undoes).in_(some)))
    return int(count or 0), first, int(undone or 0)


async def moderators_of(snapshot: Snapshot, viewer: Viewer) -> list[Moderator]:
    """Everybody who ever moderated this site, by name."""
    query = select(Moderator).where(col(Moderator.site_id) == viewer.site).order_by(col(Moderator.name))
    return list(await snapshot.scalars(query))


async def _flagged(snapshot: Snapshot, comment: str) -> list[Line]:
    query = select(func.max(Flag.created_at), func.count()).where(col(Flag.comment_id) == comment)
    last, count = (await snapshot.execute(query)).one()
    if not count:
        return []
    return [Line(last, "flagged by 1 reader" if count == 1 else f"flagged by {count:,} readers")]


async def _lines(snapshot: Snapshot, viewer: Viewer, rows: Sequence[Decision]) -> list[Line]:
    names = {each.id: each.name for each in await moderators_of(snapshot, viewer)} if rows else {}
    undone = await _undone(snapshot, [row.id for row in rows])
    standing = await _standing(snapshot, {row.comment_id for row in rows if row.comment_id})
    about = await _about(snapshot, rows)
    rules = await _rules(snapshot, viewer.site, rows)
    return [
        Line(
            at=row.created_at,
            did=_did(row),
            by=names.get(row.moderator_id or "", "") or rules.get(row.id, "At the command line"),
            decision=row,
            about=about.get(row.id, ("", ""))[0] or names.get(row.account_id or "", ""),
            page=about.get(row.id, ("", ""))[1],
            comment=row.comment_id,
            undone_by=undone.get(row.id),
            can_undo=row.id not in undone and _can_undo(row, standing),
        )
        for row in rows
    ]


def _can_undo(row: Decision, standing: set[str]) -> bool:
    if row.move in _OTHERS:
        return True
    # What a rule held back is approved, not undone.
    return row.move in OF_COMMENTS and row.move not in (Move.PURGE, Move.HOLD) and row.id in standing


async def _undone(snapshot: Snapshot, decisions: Sequence[str]) -> dict[str, str]:
    query = select(col(Decision.undoes), col(Decision.id)).where(col(Decision.undoes).in_(decisions))
    return {str(old): new for old, new in await snapshot.execute(query)} if decisions else {}


async def _standing(snapshot: Snapshot, comments: set[str]) -> set[str]:
    """The latest decision about each of these comments that nobody took back."""
    if not comments:
        return set()
    query = select(col(Decision.id), col(Decision.comment_id), col(Decision.undoes), col(Decision.move)).where(
        col(Decision.comment_id).in_(comments)
    )
    rows = (await snapshot.execute(query)).all()
    undone = {undoes for _, _, undoes, _ in rows if undoes}
    latest: dict[str, str] = {}
    for id, comment, _, move in rows:
        if comment and move in OF_COMMENTS and id not in undone:
            latest[comment] = max(id, latest.get(comment, ""))
    return set(latest.values())


async def _about(snapshot: Snapshot, rows: Sequence[Decision]) -> dict[str, tuple[str, str]]:
    """What each decision was about, and on which page: how the comment begins, a section's heading, who was banned."""
    comments = {row.comment_id for row in rows if row.comment_id}
    sections = {row.section_id for row in rows if row.section_id}
    bans = {row.ban_id for row in rows if row.ban_id}
    said: dict[str, tuple[str, str]] = {}
    with_page = select(Comment, Page).join(Page, col(Page.id) == Comment.page_id).where(col(Comment.id).in_(comments))
    for comment, page in await snapshot.execute(with_page) if comments else ():
        text = excerpt(shown_in(comment.html).text, 90) or "a comment without text"
        said[comment.id] = (f"{comment.author_name}: {text}" if comment.author_name else text, page.title or page.url)
    of_page = select(Section, Page).join(Page, col(Page.id) == Section.page_id).where(col(Section.id).in_(sections))
    for section, page in await snapshot.execute(of_page) if sections else ():
        said[section.id] = (section.heading or page.title or page.url, page.title or page.url)
    for ban in await snapshot.scalars(select(Ban).where(col(Ban.id).in_(bans))) if bans else ():
        said[ban.id] = (ban.name if ban.author_id else f"the network of {ban.name}", "")
    return {row.id: said.get(row.ban_id or row.section_id or row.comment_id or "", ("", "")) for row in rows}


async def _rules(snapshot: Snapshot, site: str, rows: Sequence[Decision]) -> dict[str, str]:
    """The rule that decided, by name and version."""
    named = {(row.rule, row.rule_version) for row in rows if row.rule is not None}
    if not named:
        return {}
    query = select(Rule).where(col(Rule.site_id) == site, col(Rule.number).in_({rule for rule, _ in named}))
    names = {(rule.number, rule.version): rule.name for rule in await snapshot.scalars(query)}
    return {
        row.id: f"Rule {row.rule}, “{names.get((row.rule, row.rule_version or 1), '')}”, version {row.rule_version}"
        for row in rows
        if row.rule is not None
    }


_DID: dict[str, str] = {
    Move.APPROVE: "approved",
    Move.HIDE: "hidden",
    Move.RESTORE: "restored",
    Move.REFUSE: "edit refused",
    Move.PURGE: "purged",
    Move.HOLD: "held for review",
    Move.REMOVE: "removed by its author",
    Move.BAN: "banned",
    Move.LIFT: "ban lifted",
    Move.UNDO: "taken back",
}


def _did(row: Decision) -> str:
    """A decision in a word or two."""
    if row.move == Move.SET_SECTION:
        state, _, minutes = row.to_state.partition(" ")
        return f"section slow, {minutes} min" if minutes else f"section {state}"
    if row.move == Move.UNDO and row.comment_id and not row.ban_id:
        return f"taken back: {row.to_state} again"
    return _DID.get(row.move) or row.move.replace("_", " ")


# Bans


async def read_bans(
    snapshot: Snapshot, viewer: Viewer, *, over: bool = False, after: str = ""
) -> tuple[list[Ban], str | None]:
    """Bans in force, newest first, or those that are over."""
    allow(viewer, Action.REVIEW)
    ended = or_(col(Ban.lifted_at).is_not(None), col(Ban.until) <= snapshot.now)
    in_force = col(Ban.lifted_at).is_(None) & or_(col(Ban.until).is_(None), col(Ban.until) > snapshot.now)
    query = select(Ban).where(col(Ban.site_id) == viewer.site, ended if over else in_force)
    if after:
        query = query.where(col(Ban.id) < after)
    found = list(await snapshot.scalars(query.order_by(col(Ban.id).desc()).limit(AT_ONCE + 1)))
    return found[:AT_ONCE], found[AT_ONCE - 1].id if len(found) > AT_ONCE else None


# Numbers


async def numbers(snapshot: Snapshot, viewer: Viewer) -> Numbers:
    """What waits now, and the last DAYS days of the viewer's site."""
    allow(viewer, Action.REVIEW)
    today = snapshot.now // DAY
    since = (today - DAYS + 1) * DAY
    # Ids are made in the order of time: those of the last days lie together, and a day's slack forgives a clock.
    recent = (
        col(Decision.site_id) == viewer.site,
        col(Decision.id) >= new_id(since - DAY),
        col(Decision.created_at) >= since,
    )
    day = col(Decision.created_at) // DAY
    grouped = (day, col(Decision.move), col(Decision.reason))
    days: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    for at, move, reason, count in await snapshot.execute(
        select(*grouped, func.count()).where(*recent).group_by(*grouped)
    ):
        days[at] += count
        if move == Move.HIDE and reason:
            reasons[reason] += count
    return Numbers(
        waiting=await waiting(snapshot, viewer.site),
        oldest=await _oldest(snapshot, viewer.site),
        days=[(each * DAY, days[each]) for each in range(today - DAYS + 1, today + 1)],
        reasons=dict(reasons.most_common(8)),
    )


async def totals(snapshot: Snapshot) -> list[Totals]:
    """Of every site, for whoever watches the service."""
    told = []
    for site in await snapshot.scalars(select(Site).order_by(col(Site.id))):
        grouped = (
            select(col(Decision.move), col(Decision.reason), func.count())
            .where(col(Decision.site_id) == site.id)
            .group_by(col(Decision.move), col(Decision.reason))
        )
        moves: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for move, reason, count in await snapshot.execute(grouped):
            moves[move] += count
            reasons[reason or ""] += count if move == Move.HIDE else 0
        reasons.pop("", None)
        open_now = await waiting(snapshot, site.id, 10_000_000)
        told.append(Totals(site.name, open_now, await _oldest(snapshot, site.id), dict(moves), dict(reasons)))
    return told


async def _oldest(snapshot: Snapshot, site: str) -> int | None:
    """Since when the oldest open item waits."""
    query: Any = (
        select(case((col(QueueItem.size) > 1, col(Comment.created_at)), else_=col(QueueItem.at)))
        .join(QueueItem, col(QueueItem.comment_id) == Comment.id)
        .where(col(QueueItem.site_id) == site, col(QueueItem.is_open).is_(True))
        .order_by(col(QueueItem.id))
        .limit(1)
    )
    at: int | None = await snapshot.scalar(query)
    return at
