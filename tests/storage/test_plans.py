"""Whatever is asked of the comments is found by an index, however few of them an index holds."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event
from tests.databases import ON_POSTGRESQL, columns, rows, steps, write
from tests.world import PAGE, World, world

from postil import bans, overlay, posting, reading, ready, rehearsal, reviewing, windows
from postil.cursors import AfterReply, AfterRoot, Sort
from postil.db import Brief, Snapshot
from postil.discussion import Draft
from postil.ids import encode, hash_token
from postil.kinds import DEFAULTS
from postil.markup import render
from postil.models import Ban, Page
from postil.reviewing import ALL, HIDDEN, REVIEW, Filter
from postil.rulebook import begin_with

COMMENTS, FIRST = 5_000, 0x1000_0000_0000
NETWORK = "5" * 32
OF_SITE, PUBLIC_ROOTS = "ix_comment_site", "ix_comment_public_roots"
# PostgreSQL counts: where nearly all are meant, it may walk along them.
AS_GOOD = {OF_SITE: "comment_pkey", PUBLIC_ROOTS: "ix_comment_roots"} if ON_POSTGRESQL else {}
# What a plan may say beside the index that is walked along: how far, and what is passed over.
BESIDE = ("Limit", "Filter:")


class Full:
    """So many on a page, a tenth of them in one section: one of four begins a thread, one of fifty is hidden, one of a
    hundred waits.
    """

    def __init__(self, here: World, author: str, section: str) -> None:
        self.here, self.author, self.section = here, author, section
        self.url = str(here.database.url)

    async def window(self, snapshot: Snapshot, *, staff: bool) -> windows.Window:
        return await windows.open_window(snapshot, self.here.moderator if staff else None, self.section, 50)

    async def page(self, snapshot: Snapshot) -> Page:
        found = await reading.find_page(snapshot, self.here.site.id, PAGE.key)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def full(loop: asyncio.Runner) -> Iterator[Full]:
    opened = world()
    here = loop.run(opened.__aenter__())

    async def begin() -> tuple[str, str]:
        async with here.database.begin() as tx:
            await begin_with(tx, here.site.id, DEFAULTS)
        await here.post("Viktor", network=NETWORK)
        made = await here.post("Viktor", index=1, network=NETWORK)
        return str(made.comment.author_id), made.section.id

    held = Full(here, *loop.run(begin()))
    fill(held)
    yield held
    loop.run(opened.__aexit__(None, None, None))


def fill(full: Full) -> None:
    names = columns(full.url, "comment")
    two = [dict(zip(names, row, strict=True)) for row in rows(full.url, "SELECT * FROM comment")]
    two.sort(key=lambda comment: comment["section_id"] != full.section)
    made = [two[number // 4 % 10 > 0] | differs(number) for number in range(COMMENTS)]
    write(full.url, f"INSERT INTO comment VALUES ({', '.join('?' * len(names))})", [[*each.values()] for each in made])
    if ON_POSTGRESQL:
        write(full.url, "ANALYZE")  # as it does by itself; nobody tells SQLite


def differs(number: int) -> dict[str, Any]:
    id, root = encode(FIRST + number), encode(FIRST + number - number % 4)
    hidden, waits = number % 50 == 49, number % 100 == 98
    return {
        "id": id,
        "root_id": root,
        "parent_id": root if number % 4 else None,
        "path": root + id if number % 4 else id,
        "depth": int(number % 4 > 0),
        "kin": f"w{number % 1000}",
        "network": f"{number % 1000:032}",
        "author_id": None,
        "state": "hidden" if hidden else "pending" if waits else "published",
        "shown": not (hidden or waits),
        "waits": waits,
        "item_id": id if waits else None,
        "support": number % 7,
        "public_revision": number,
        "staff_revision": number,
    }


Work = Callable[[Full, Snapshot], Awaitable[Any]]


def listed(sort: Sort, *, staff: bool, after: bool = False) -> Work:
    async def read(full: Full, snapshot: Snapshot) -> Any:
        begin = AfterRoot(sort, 0, 3, encode(FIRST + 400)) if after else None
        return await windows.read_threads(snapshot, await full.window(snapshot, staff=staff), sort, begin)

    return read


def queued(view: str, *, of_author: bool = False) -> Work:
    async def read(full: Full, snapshot: Snapshot) -> Any:
        wanted = Filter(view=view, author=full.author if of_author else "")
        return await reviewing.matching(snapshot, full.here.moderator, wanted, 50)

    return read


async def replies(full: Full, snapshot: Snapshot) -> Any:
    root = encode(FIRST + 400)
    return await windows.read_replies(snapshot, await full.window(snapshot, staff=False), AfterReply(root, root))


async def permalink(full: Full, snapshot: Snapshot) -> Any:
    return await windows.read_around(snapshot, None, encode(FIRST + 401), 50)


def changed(*, staff: bool) -> Work:
    async def read(full: Full, snapshot: Snapshot) -> Any:
        page = await full.page(snapshot)
        audience = (full.here.moderator if staff else full.here.public).audience
        return await reading._changed_rows(snapshot, page, audience, 4_900)

    return read


async def own(full: Full, snapshot: Snapshot) -> Any:
    return await overlay.read_own(snapshot, full.here.reader("Viktor"), PAGE.key)


def banned(network: str | None = None) -> Work:
    async def read(full: Full, snapshot: Snapshot) -> Any:
        author = None if network else full.author
        row = Ban(id="ban", site_id=full.here.site.id, author_id=author, network=network, created_at=0)
        return await bans.comments_of(snapshot, row)

    return read


async def behind(full: Full, snapshot: Snapshot) -> Any:
    return await reviewing.comments_of(snapshot, full.here.moderator, [encode(FIRST + 98)], 50)


async def tried(full: Full, snapshot: Snapshot) -> Any:
    return await rehearsal._latest(snapshot, full.here.site.id, 50)


CASES: dict[str, tuple[Work, str]] = {
    "oldest": (listed(Sort.OLDEST, staff=False), PUBLIC_ROOTS),
    "newest, later": (listed(Sort.NEWEST, staff=False, after=True), PUBLIC_ROOTS),
    "supported": (listed(Sort.SUPPORTED, staff=False), "ix_comment_support"),
    "supported, later": (listed(Sort.SUPPORTED, staff=False, after=True), "ix_comment_support"),
    "oldest for staff": (listed(Sort.OLDEST, staff=True), "ix_comment_roots"),
    "newest for staff, later": (listed(Sort.NEWEST, staff=True, after=True), "ix_comment_roots"),
    "replies": (replies, "ix_comment_thread"),
    "permalink": (permalink, "ix_comment_thread"),
    "changes": (changed(staff=False), "ix_comment_public_changes"),
    "changes for staff": (changed(staff=True), "ix_comment_staff_changes"),
    "waiting": (queued(REVIEW), "ix_comment_waiting"),
    "hidden": (queued(HIDDEN), "ix_comment_hidden"),
    "all": (queued(ALL), OF_SITE),
    "all of an author": (queued(ALL, of_author=True), "ix_comment_author"),
    "of an item": (behind, "ix_comment_items"),
    "one's own": (own, "ix_comment_author"),
    "of who is banned": (banned(), "ix_comment_author"),
    "of a banned network": (banned(f"{7:032}"), "ix_comment_networks"),
    "the latest": (tried, OF_SITE),
}


@pytest.mark.parametrize("name", CASES)
def test_each_question_is_answered_by_its_index(full: Full, loop: asyncio.Runner, name: str) -> None:
    work, index = CASES[name]
    plan = steps(full.url, ran_by(full, loop, work))
    assert not scans(plan)
    assert any(each in step for step in plan for each in (index, AS_GOOD.get(index, index))), plan


def ran_by(full: Full, loop: asyncio.Runner, work: Work) -> list[tuple[str, Any]]:
    """The statements about comments."""
    ran: list[tuple[str, Any]] = []
    engine = full.here.database.engine.sync_engine

    def note(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM comment" in statement:
            ran.append((statement, parameters))

    async def run() -> None:
        async with full.here.database.read() as snapshot:
            await work(full, snapshot)

    event.listen(engine, "before_cursor_execute", note)
    try:
        loop.run(run())
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert ran
    return ran


def scans(plan: list[str]) -> list[str]:
    return [step for step in plan if step.startswith(("SCAN comment", "Seq Scan on comment"))]


@pytest.mark.parametrize("after", [False, True])
def test_the_most_supported_are_walked_no_further_than_the_page(full: Full, loop: asyncio.Runner, after: bool) -> None:
    """Also where many have equal support, of which the earlier come first: nothing is sorted."""
    ran = ran_by(full, loop, listed(Sort.SUPPORTED, staff=False, after=after))
    plans = [steps(full.url, [one]) for one in ran if "ORDER BY comment.support" in one[0]]
    assert len(plans) == 1 + after
    for plan in plans:
        assert not [step for step in plan if re.search("Sort|TEMP B-TREE", step)], plan
        assert any("ix_comment_support" in step for step in plan), plan


@pytest.mark.parametrize(
    ("sort", "later"),
    [(sort, later) for sort in Sort for later in (False, True) if not (later and sort is Sort.SUPPORTED)],
)
def test_windows_at_hand_are_read_by_the_same(full: Full, sort: Sort, later: bool) -> None:
    question = ready._roots(sort, later)
    question = question.on_postgresql if ON_POSTGRESQL else question
    given = {"section": full.section, "limit": 51} | ({"root": encode(FIRST + 400)} if later else {})
    plan = steps(full.url, [(question.sql, question.values(given))])
    index = "ix_comment_support" if sort is Sort.SUPPORTED else PUBLIC_ROOTS
    (step,) = [step for step in plan if not step.startswith(BESIDE)]
    assert index in step or AS_GOOD.get(index, index) in step


def test_a_post_looks_nothing_up_by_walking(full: Full, loop: asyncio.Runner) -> None:
    source, ran = "The very same five words and more.", list[tuple[str, Any]]()
    draft = Draft(
        page=PAGE, name="Viktor", source=source, nonce="a nonce", section=full.section, network=NETWORK, outline=None
    )

    def look(tx: Brief) -> posting.Way | None:
        plain = tx.ask

        def ask(statement: str, *values: Any) -> list[Any]:
            ran.append((statement.replace("?", "%s") if ON_POSTGRESQL else statement, values))
            return plain(statement, *values)

        tx.ask = ask
        return posting.find(tx, full.here.site.id, hash_token("Viktor"), draft, render(source))

    assert loop.run(full.here.database.briefly(look)) is not None
    plan = steps(full.url, ran)
    assert not scans(plan)
    found = {index for index in ("author", "kin") for step in plan if f"ix_comment_{index}" in step}
    assert found == {"author", "kin"}, plan
