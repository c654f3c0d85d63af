"""House, law 1: a snapshot at r with the changes since r folded in equals a fresh read, for every viewer."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col
from tests.world import OUTLINE, PAGE, World, world

from postil import bans, changing, discussion, moderation, reading, rulebook, windows
from postil.answers import ChangesAnswer, CommentAnswer, PageAnswer, SectionAnswer, ThreadAnswer
from postil.changing import Change
from postil.cursors import AfterReply, AfterRoot, Sort, parse_since, parse_window
from postil.db import Snapshot, Transaction
from postil.discussion import Written
from postil.editions import seen_edition
from postil.errors import PostilError
from postil.markup import render
from postil.models import Author, Comment, Decision, Section
from postil.moderation import Say
from postil.outline import OutlineSection
from postil.policy import Action
from postil.publishing import Publication, publish
from postil.reference import Given
from postil.rules import Kind, RuleDraft
from postil.states import OutlineSource
from postil.viewer import Audience, Viewer

Comments = dict[str, CommentAnswer]
Op = tuple[str, int, int]

AUTHORS = ("ann", "ben", "cleo")
DECISIONS = ("approve", "hide", "restore", "refuse", "purge")
VERBS = ("post", "reply", "edit", "remove", "support", "unsupport", "flag", *DECISIONS, "undo", "ban", "appeal")
STEPS = ("fold", "join", "turn", "publish")
# What the owner publishes: threads move, leave for the earlier discussions, and come back.
VERSIONS = (tuple(OUTLINE), (OUTLINE[2], OUTLINE[0]), (OUTLINE[1], OutlineSection("A coda", 2)))
OPS = st.lists(
    st.tuples(
        st.sampled_from((*VERBS, "reply", "reply", "hide", "edit", "edit", "approve", "undo", "flag", *STEPS)),
        st.integers(0, 40),
        st.integers(0, 2),
    ),
    min_size=8,
    max_size=45,
)


async def read_page(snapshot: Snapshot, viewer: Viewer) -> PageAnswer:
    return await reading.read_page(snapshot, viewer, PAGE.key, await reading.find_page(snapshot, viewer.site, PAGE.key))


@dataclass
class Follower:
    """Somebody who loaded a window once and has lived on changes ever since. Folds as the widget does."""

    viewer: Viewer
    sort: Sort
    limit: int
    since: str = ""
    known: Comments = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    sections: dict[str, SectionAnswer] = field(default_factory=dict)
    pending: list[tuple[str, str]] = field(default_factory=list)

    def take(self, comment: CommentAnswer, since: str) -> None:
        """In the form that a window has; its comments are as of its `since`."""
        revision = comment.revision or parse_since(since).revision
        if revision >= self.revisions.get(comment.id, 0):
            self.revisions[comment.id] = revision
            self.known[comment.id] = comment.model_copy(update={"section": None, "revision": None})

    def fold(self, changes: ChangesAnswer) -> None:
        for comment in changes.comments:
            self.take(comment, changes.since)
        for id in changes.gone:
            self.known.pop(id, None)
        for section in changes.sections:
            self.sections[section.id] = section
        self.since = changes.since


class History:
    """Runs operations, and remembers what the public saw at each public revision."""

    def __init__(self, here: World) -> None:
        self.here = here
        self.ids: list[str] = []
        self.authors: dict[str, str] = {}
        self.followers: list[Follower] = []
        self.public_at: dict[str, set[str]] = {}
        self.published = False

    async def run(self, ops: list[Op]) -> None:
        async with self.here.database.begin() as tx:  # two who were right before take a comment out of sight
            await rulebook.begin_with(tx, self.here.site.id, [RuleDraft(Kind.FLAGS, "Flags", {"weight": 1.5})])
        await self.remember()
        await self.join(0, 0)
        for verb, which, who in ops:
            try:
                await getattr(self, verb if verb in STEPS else "act")(*self._arguments(verb, which, who))
            except PostilError:
                pass
            await self.remember()
        for index in range(len(self.followers)):
            await self.fold(index, 0)
            await self.check(self.followers[index])

    def _arguments(self, verb: str, which: int, who: int) -> tuple[Any, ...]:
        return (which, who) if verb in STEPS else (verb, which, who)

    async def act(self, verb: str, which: int, who: int) -> None:
        here, target = self.here, self.ids[-1 - which % len(self.ids)] if self.ids else None
        if verb == "post":
            self._posted(AUTHORS[who], await here.post(AUTHORS[who], index=which % 3))
            return
        if target is None:
            return
        # What only its author may do is done by its author, or hardly any history would hold an edit.
        author = here.reader(self.authors[target] if verb in ("edit", "remove", "appeal") else AUTHORS[who])
        async with here.database.begin() as tx:
            if verb == "edit":
                await discussion.edit(tx, author, target, f"Edited {which}", render(f"Edited {which}"))
            elif verb == "remove":
                await discussion.remove(tx, author, target)
            elif verb in ("support", "unsupport"):
                await discussion.support(tx, author, target, on=verb == "support")
            elif verb == "flag":
                await tx.execute(update(Author).values(flags_right=50, flags_wrong=0))
                await discussion.flag(tx, author, target, "spam", "")
            elif verb == "appeal":
                await discussion.appeal(tx, author, target, "Look again.")
            elif verb == "undo":
                made = (await tx.scalars(select(col(Decision.id)).order_by(col(Decision.id).desc()))).all()
                await moderation.undo(tx, here.moderator, made[which % min(len(made), 4)] if made else "")
            elif verb == "ban":
                await self._ban_and_hide(tx, target)
            elif verb in DECISIONS:
                edition = seen_edition(await tx.get_one(Comment, target))
                await moderation.decide(tx, here.moderator, target, Action(verb), reason="noise", edition=edition)
        if verb == "reply":
            section = await self._section(target)
            self._posted(AUTHORS[who], await here.post(AUTHORS[who], section=section, parent=target))

    async def _ban_and_hide(self, tx: Transaction, comment: str) -> None:
        """All that somebody wrote goes with him; he is let in again, so that the history goes on."""
        moderator = self.here.moderator
        row, _ = await bans.ban(tx, moderator, comment, until=None, reason="noise")
        page = (await tx.get_one(Comment, comment)).page_id
        theirs = await bans.comments_of(tx, row)
        await moderation.decide_many(tx, moderator, page, theirs, Say(Action.HIDE, "noise"))
        await bans.lift(tx, moderator, row.id)

    def _posted(self, author: str, written: Written) -> None:
        self.ids.append(written.comment.id)
        self.authors[written.comment.id] = author

    async def _section(self, comment: str) -> str:
        async with self.here.database.read() as snapshot:
            place = await reading.read_comment(snapshot, self.here.moderator, comment)
            return place.section.id

    async def join(self, which: int, who: int) -> None:
        """Somebody opens the page: the first window of each section, in some order, at some size."""
        viewer = self.here.moderator if who == 2 else self.here.public
        follower = Follower(viewer, list(Sort)[which % 3], limit=(1, 3, 100)[which % 7 % 3])
        await self._load(follower)
        self.followers.append(follower)

    async def _load(self, follower: Follower) -> None:
        follower.known, follower.revisions, follower.pending, follower.loaded = {}, {}, [], set()
        async with self.here.database.read() as snapshot:
            page = await read_page(snapshot, follower.viewer)
            follower.since = page.since
            follower.sections = {section.id: section for section in page.sections}
            for section in page.sections:
                await self._window(snapshot, follower, section.id, None)

    async def publish(self, which: int, who: int) -> None:
        """The owner says that the article looks otherwise now."""
        given = Given(VERSIONS[(which + who) % len(VERSIONS)], OutlineSource.PUBLISHED)
        self.here.clock.now += 1
        async with self.here.database.begin() as tx:
            await publish(tx, self.here.site.id, Publication(PAGE, given, tx.now))
        self.published = True

    async def turn(self, which: int, _who: int) -> None:
        """Somebody turns a page: a window at a later revision than his cursor."""
        follower = self.followers[which % len(self.followers)]
        if follower.pending:
            section, cursor = follower.pending.pop(0)
            async with self.here.database.read() as snapshot:
                await self._window(snapshot, follower, section, cursor)

    async def _window(self, snapshot: Snapshot, follower: Follower, section: str, cursor: str | None) -> None:
        answer = await read_window(snapshot, follower.viewer, section, follower.sort, follower.limit, cursor)
        follower.pending += [(section, more) for more in more_of(answer)]
        for comment in answer.comments:
            follower.take(comment, answer.since)
            follower.loaded.add(comment.id)

    async def fold(self, which: int, _who: int) -> None:
        follower = self.followers[which % len(self.followers)]
        before = follower.since
        async with self.here.database.read() as snapshot:
            changes = await reading.changes(snapshot, follower.viewer, PAGE.key, parse_since(before))
        if changes.resync:
            assert self.published, "nothing happened for which everybody must load afresh"
            return await self._load(follower)
        reading.for_reader(changes, None)
        if follower.viewer.audience is Audience.PUBLIC:
            assert set(changes.gone) <= self.public_at[before], "gone was said of what was never public to him"
        else:
            assert changes.gone == {}
        follower.fold(changes)

    async def remember(self) -> None:
        async with self.here.database.read() as snapshot:
            page = await read_page(snapshot, self.here.public)
            fresh = await read_whole(snapshot, self.here.public, page.sections)
        kept = self.public_at.setdefault(page.since, set(fresh))
        assert kept == set(fresh), "what the public sees changed without a revision"

    async def check(self, follower: Follower) -> None:
        while follower.pending:
            await self.turn(self.followers.index(follower), 0)
        async with self.here.database.read() as snapshot:
            page = await read_page(snapshot, follower.viewer)
            fresh = await read_whole(snapshot, follower.viewer, page.sections)
        assert follower.since == page.since
        assert follower.known == fresh
        folded = {id: section for id, section in follower.sections.items() if section.id in dict(ids_of(page.sections))}
        assert folded == dict(ids_of(page.sections))
        assert page.comments == sum(comment.state == "published" for comment in fresh.values())


def ids_of(sections: list[SectionAnswer]) -> Iterator[tuple[str, SectionAnswer]]:
    return ((section.id, section) for section in sections)


def more_of(answer: ThreadAnswer) -> list[str]:
    return [*([answer.next] if answer.next else []), *answer.more.values()]


async def read_window(
    snapshot: Snapshot, viewer: Viewer, section: str, sort: Sort, limit: int, cursor: str | None
) -> ThreadAnswer:
    window = await windows.open_window(snapshot, viewer, section, limit)
    after = parse_window(cursor) if cursor else None
    if isinstance(after, AfterReply):
        return await windows.read_replies(snapshot, window, after)
    assert after is None or isinstance(after, AfterRoot)
    return await windows.read_threads(snapshot, window, sort, after)


async def read_whole(snapshot: Snapshot, viewer: Viewer, sections: list[SectionAnswer]) -> Comments:
    """Every comment a viewer can reach, by turning every page."""
    found: Comments = {}
    waiting: list[tuple[str, str | None]] = [(section.id, None) for section in sections]
    while waiting:
        section, cursor = waiting.pop()
        answer = await read_window(snapshot, viewer, section, Sort.OLDEST, 100, cursor)
        assert not set(found) & {comment.id for comment in answer.comments}, "a comment came twice"
        found |= {comment.id: comment for comment in answer.comments}
        waiting += [(section, more) for more in more_of(answer)]
    return found


async def live(ops: list[Op], premoderate: bool) -> None:
    async with world(premoderate=premoderate) as here:
        await History(here).run(ops)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPS, st.booleans())
def test_folding_the_changes_into_a_snapshot_equals_a_fresh_read(ops: list[Op], premoderate: bool) -> None:
    asyncio.run(live(ops, premoderate))


# A law is only as good as what it catches: on a premoderated site, with every kind of change in a few lines.

HISTORY: list[Op] = [
    ("post", 0, 0), ("approve", 0, 0), ("reply", 0, 1), ("approve", 0, 0), ("join", 0, 0), ("join", 0, 2),
    ("edit", 1, 0), ("fold", 1, 0), ("approve", 1, 0), ("fold", 1, 0),
    ("hide", 1, 0), ("fold", 1, 0), ("fold", 2, 0), ("hide", 0, 0), ("fold", 1, 0), ("fold", 2, 0),
    ("restore", 0, 0), ("fold", 1, 0), ("support", 0, 2), ("flag", 0, 2), ("fold", 1, 0), ("fold", 2, 0),
    ("post", 1, 2), ("approve", 0, 0), ("fold", 1, 0), ("remove", 0, 0), ("fold", 1, 0), ("purge", 1, 0),
    ("post", 0, 1), ("approve", 0, 0), ("reply", 0, 0), ("fold", 1, 0), ("approve", 0, 0),
    ("edit", 0, 0), ("fold", 2, 0), ("refuse", 0, 0), ("undo", 0, 0), ("approve", 0, 0), ("fold", 1, 0),
    ("undo", 0, 0), ("fold", 1, 0), ("hide", 0, 0), ("appeal", 0, 0), ("undo", 0, 0), ("fold", 2, 0), ("ban", 0, 0),
]  # fmt: skip


def unstamped(audience: str, kind: type[Comment] | type[Section]) -> Callable[[pytest.MonkeyPatch], None]:
    """Changes forget to stamp what they touched, of one kind, for one audience."""

    def patch(patching: pytest.MonkeyPatch) -> None:
        stamp = getattr(Change, f"stamp_{audience}")

        def forgetful(change: Change, *touched: Comment | Section) -> None:
            stamp(change, *(thing for thing in touched if not isinstance(thing, kind)))

        patching.setattr(Change, f"stamp_{audience}", forgetful)

    return patch


def without_spans(patching: pytest.MonkeyPatch) -> None:
    """What left the public answer is not written down, so that nobody hears it is gone."""
    show = changing._show

    async def forgetful(change: Change, node: Comment, section: Section, shown: bool) -> None:
        add = change.tx.add
        change.tx.add = lambda thing, **more: None  # type: ignore[method-assign]
        try:
            await show(change, node, section, shown)
        finally:
            change.tx.add = add  # type: ignore[method-assign]

    patching.setattr(changing, "_show", forgetful)


def without_ancestors(patching: pytest.MonkeyPatch) -> None:
    """A change is told of the comment alone, and not of the tombstones above it."""

    async def short(change: Change, comment: Comment, section: Section) -> None:
        if comment.shown is not (shown := changing._is_shown(comment)):
            await changing._show(change, comment, section, shown)

    patching.setattr(changing, "_settle", short)


MUTANTS = {
    "a comment unstamped for readers": unstamped("public", Comment),
    "a comment unstamped for staff": unstamped("staff", Comment),
    "a section unstamped for readers": unstamped("public", Section),
    "a section unstamped for staff": unstamped("staff", Section),
    "no spans": without_spans,
    "no ancestors": without_ancestors,
}


def test_the_fixed_history_obeys_the_law() -> None:
    asyncio.run(live(HISTORY, premoderate=True))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_law_catches_a_change_that_forgets(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)

    with pytest.raises((AssertionError, KeyError)):
        asyncio.run(live(HISTORY, premoderate=True))
