"""A comment posted in a few plain statements: what discussion.post does in the case that nearly every post is.

A guest writes in a section that is there, nobody keeps him from it, and no rule holds what he says. Where any of that
is not so, or not sure, nothing is changed and discussion.post decides: this never refuses anything, and holds nothing.
A test has both post the same histories, and compares every row.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from postil.answers import OwnComment, PostedAnswer, SectionAnswer
from postil.changing import FACES
from postil.checks import Again, Facts, judge
from postil.cursors import Since
from postil.db import Brief, Hint
from postil.discussion import MOST_DEPTH, Draft
from postil.ids import new_id
from postil.judging import MOST_AGAIN, MOST_APPROVED, count_again
from postil.kin import kin_of
from postil.kinds import whole
from postil.names import normalise, skeleton
from postil.networks import KEPT, PERIOD, hashed
from postil.places import Seen
from postil.rendered import RENDERER, Rendered
from postil.rules import Effect, Kind, RuleInForce
from postil.shown import shown_in
from postil.states import SectionState, State

# Those who are asked outside of the site are asked before a transaction is begun.
OUTSIDE = frozenset({Kind.AKISMET, Kind.OUTSIDE})


class There(NamedTuple):
    """What a comment meets: its section, its author and what it answers, which may not be there; what is in its way."""

    section: str
    state: str
    heading: str
    pace: int
    comments: int
    faces: str
    last_at: int | None
    author: str | None
    name: str | None
    parent: str | None
    root: str | None
    path: str | None
    depth: int | None
    is_staffs_name: bool
    was_posted: bool
    is_banned: bool


class Way(NamedTuple):
    """All that was looked up, once it is sure that the comment is published."""

    site: str
    page: Any
    author: str
    author_key: str
    there: There
    network: str
    name: str
    draft: Draft
    rendered: Rendered


def find(tx: Brief, site: str, author_key: str, draft: Draft, rendered: Rendered) -> Way | None:
    """The way for a guest's comment; None where this is not the way, and discussion.post decides."""
    way = _find_way(tx, site, author_key, draft, rendered)
    return way if way and _passes(tx, way) else None


def site_at(tx: Brief, origin: str) -> str | None:
    """The id of the site that an origin belongs to."""
    row = tx.row("SELECT site_id FROM origin WHERE origin = ?", origin)
    return row[0] if row else None


# What is there


def _find_way(tx: Brief, site: str, author_key: str, draft: Draft, rendered: Rendered) -> Way | None:
    if draft.section is None or draft.network is None:
        return None
    networks = _networks(tx, site, draft.network)
    # Who waited for the page's lock asks everything else only now, and is told what was changed before he had it.
    page = tx.row(
        "SELECT id, key, public_revision, staff_revision, (SELECT edit_window FROM site WHERE site.id = site_id)"
        f" FROM page WHERE site_id = ? AND key = ?{tx.locking}",
        *(site, draft.page.key),
    )
    if page is None or not networks or (draft.outline and not _is_kept(tx, page[0], draft.outline)):
        return None
    name = normalise(draft.name)
    there = _there(tx, site, page[0], author_key, name, networks, draft)
    if there is None or _is_in_the_way(there, draft):
        return None
    author = there.author or new_id(tx.now)
    return Way(site, page, author, author_key, there, networks[-1], name, draft, rendered)


def _is_kept(tx: Brief, page: str, outline: Seen) -> bool:
    """Whether an outline is known by its name alone."""
    kept = "SELECT 1 FROM outline WHERE page_id = ? AND hash = ?"
    return not outline.sections and bool(tx.ask(kept, page, outline.hash))


def _networks(tx: Brief, site: str, network: str) -> list[str]:
    """What stands for a network on the site, the latest last; nothing where a new key is due."""
    keys = tx.ask("SELECT starts_at, secret FROM networkkey WHERE starts_at > ?", tx.now - KEPT)
    if not keys or max(keys)[0] <= tx.now - PERIOD:
        return []
    return [hashed(secret, site, network) for _, secret in sorted(keys)]


def _there(
    tx: Brief, site: str, page: str, author_key: str, name: str, networks: Sequence[str], draft: Draft
) -> There | None:
    """All that a comment meets, in one question; None where the section is not there."""
    row = tx.row(
        _THERE.format(networks=", ".join("?" * len(networks))),
        *(site, skeleton(name), draft.nonce, site, tx.now, *networks),
        *(site, author_key, draft.parent, site, draft.section, MOST_DEPTH, draft.section, page),
    )
    return There(*row) if row else None


# What is answered is published in the same section: what is not, is found by nobody here.
_THERE = """
    SELECT section.id, section.state, section.heading, section.pace, section.comments, section.faces, section.last_at,
        author.id, author.name, parent.id, parent.root_id, parent.path, parent.depth,
        EXISTS (SELECT 1 FROM moderator WHERE site_id = ? AND skeleton = ?),
        EXISTS (SELECT 1 FROM posted WHERE author_id = author.id AND nonce = ?),
        EXISTS (
            SELECT 1 FROM ban WHERE site_id = ? AND lifted_at IS NULL AND (until IS NULL OR until > ?)
            AND (author_id = author.id OR network IN ({networks}))
        )
    FROM section
    LEFT JOIN author ON author.site_id = ? AND author.token_hash = ?
    LEFT JOIN comment AS parent ON parent.id = ? AND parent.site_id = ? AND parent.section_id = ?
        AND parent.state = 'published' AND parent.depth < ?
    WHERE section.id = ? AND section.page_id = ?
"""


def _is_in_the_way(there: There, draft: Draft) -> bool:
    """Whether anything there keeps the comment from being published, or makes it one that was posted before."""
    takes = {SectionState.OPEN, SectionState.CLOSED} if draft.parent else {SectionState.OPEN}
    is_orphan = draft.parent is not None and there.parent is None
    return there.state not in takes or is_orphan or any((there.is_staffs_name, there.was_posted, there.is_banned))


# What the site's rules say


def _passes(tx: Brief, way: Way) -> bool:
    rules = _rules(tx, way.site)
    kinds = {rule.kind for rule in rules}
    if kinds & OUTSIDE:
        return False
    # Once it has seen some of each, the filter is asked, which takes a hundred words' counts.
    seen = "SELECT 1 FROM spamword WHERE site_id = ? AND word = '' AND spam > 0 AND ham > 0"
    if Kind.SPAM in kinds and tx.ask(seen, way.site):
        return False
    return not rules or judge(rules, _facts(tx, way, rules)).effect is Effect.PASS


def _rules(tx: Brief, site: str) -> list[RuleInForce]:
    """Those that are on, in their latest version."""
    rows = tx.ask(
        "SELECT number, version, kind, name, effect, settings, is_on FROM rule WHERE site_id = ? AND version ="
        " (SELECT max(version) FROM rule AS same WHERE same.site_id = rule.site_id AND same.number = rule.number)"
        " ORDER BY number",
        site,
    )
    return [
        RuleInForce(number, version, Kind(kind), name, Effect(effect), json.loads(settings))
        for number, version, kind, name, effect, settings, is_on in rows
        if is_on
    ]


def _facts(tx: Brief, way: Way, rules: Sequence[RuleInForce]) -> Facts:
    hosts = tx.ask("SELECT origin FROM origin WHERE site_id = ?", way.site)
    approved = tx.row(
        "SELECT count(*) FROM (SELECT 1 FROM comment WHERE author_id = ? AND state = 'published' LIMIT ?) AS latest",
        *(way.author, MOST_APPROVED),
    )
    return Facts(
        approved=approved[0],
        shown=shown_in(way.rendered.html),
        own_hosts=frozenset(origin.partition("://")[2].partition(":")[0] for (origin,) in hosts),
        trapped=way.draft.signs.trapped,
        took=way.draft.signs.took,
        again=_again(tx, way, rules),
    )


def _again(tx: Brief, way: Way, rules: Sequence[RuleInForce]) -> dict[int, Again]:
    hours = {whole(rule.kind, rule.settings)["hours"] for rule in rules if rule.kind is Kind.REPEATS}
    kin = kin_of(way.draft.source, way.rendered.html) if hours else None
    if kin is None:
        return {}
    rows = tx.ask(
        "SELECT page_id, created_at, state FROM comment WHERE site_id = ? AND kin = ? ORDER BY id DESC LIMIT ?",
        *(way.site, kin, MOST_AGAIN),
    )
    others = [(page, at, State(state)) for page, at, state in rows]
    counted = {each: count_again(kin, way.page[0], others, tx.now - each * 3600) for each in hours}
    return {each: again for each, again in counted.items() if again}


# What is written

_COMMENT = (
    "id, site_id, page_id, section_id, parent_id, root_id, path, depth, author_id, author_name, state, source, html,"
    " renderer, edition, outline_hash, support, flags, appealed, waits, why, kin, network, shown, shown_since,"
    " shown_replies, thread_shown, thread_size, public_revision, staff_revision, created_at, published_at"
)
_INSERT = f"INSERT INTO comment ({_COMMENT}) VALUES ({', '.join('?' * (_COMMENT.count(',') + 1))})"


def write(tx: Brief, way: Way) -> PostedAnswer:
    """Post it: the page's next revisions and what they stamp, as changing.set_state has it. What its author is told."""
    page, key, public, staff, _ = way.page
    public, staff = public + 1, staff + 1
    tx.do("UPDATE page SET public_revision = ?, staff_revision = ? WHERE id = ?", public, staff, page)
    _write_author(tx, way)
    comment = _write_comment(tx, way, public, staff)
    tx.do(
        "INSERT INTO posted (author_id, nonce, body_hash, comment_id) VALUES (?, ?, ?, ?)",
        *(way.author, way.draft.nonce, way.draft.body_hash, comment.id),
    )
    section = _write_section(tx, way, public, staff)
    tx.hints.append(Hint(way.site, key, public, staff))
    return PostedAnswer(since=str(Since(tx.epoch, public)), section=section, comment=comment)


def _write_author(tx: Brief, way: Way) -> None:
    """A guest who never wrote gets his row with his comment."""
    if way.there.author is None:
        tx.do(
            "INSERT INTO author (id, site_id, token_hash, name, flags_right, flags_wrong, created_at)"
            " VALUES (?, ?, ?, ?, 0, 0, ?)",
            *(way.author, way.site, way.author_key, way.name, tx.now),
        )
    elif way.name != way.there.name:
        tx.do("UPDATE author SET name = ? WHERE id = ?", way.name, way.author)


def _write_comment(tx: Brief, way: Way, public: int, staff: int) -> OwnComment:
    draft, there, html, id = way.draft, way.there, way.rendered.html, new_id()
    parent, root, path, depth = there.parent, there.root or id, there.path or "", there.depth
    depth = 0 if depth is None else depth + 1
    outline = draft.outline.hash if draft.outline else None
    tx.do(
        _INSERT,
        *(id, way.site, way.page[0], there.section, parent, root, path + id, depth, way.author, way.name),
        *("published", draft.source, html, RENDERER, 0, outline, 0, 0, False, False, "[]"),
        *(kin_of(draft.source, html), way.network, True, public, 0, 0, 0, public, staff, tx.now, tx.now),
    )
    if parent is not None:
        tx.do("UPDATE comment SET shown_replies = shown_replies + 1 WHERE id = ?", parent)
        tx.do("UPDATE comment SET thread_size = thread_size + 1, thread_shown = thread_shown + 1 WHERE id = ?", root)
    return OwnComment(
        id=id,
        section=there.section,
        parent=parent,
        author=way.name,
        at=tx.now,
        revision=public,
        html=html,
        source=draft.source,
        editable_until=tx.now + way.page[4],
        why=[],  # pydantic copies a default, which costs more than all the rest of it
    )


def _write_section(tx: Brief, way: Way, public: int, staff: int) -> SectionAnswer:
    there = way.there
    last_at, comments = max(there.last_at or 0, tx.now), there.comments + 1
    names = list(dict.fromkeys([way.name, *json.loads(there.faces)]))[:FACES]
    tx.do(
        "UPDATE section SET comments = ?, shown = shown + 1, last_at = ?, faces = ?, public_revision = ?,"
        " staff_revision = ? WHERE id = ?",
        *(comments, last_at, json.dumps(names), public, staff, there.section),
    )
    return SectionAnswer(
        id=there.section,
        heading=there.heading,
        state=SectionState(there.state),
        minutes=there.pace,
        comments=comments,
        last=last_at,
        faces=names,
    )
