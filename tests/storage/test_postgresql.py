"""What PostgreSQL is asked for: revisions in order within a page, pages that do not wait, and a line that may die."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from tests import databases
from tests.scale.proxy import Proxy, proxy
from tests.servers import PostgreSQL, postgresql
from tests.world import ORIGIN, PAGE, World, world_over

from postil import discussion, posting, sites
from postil.answers import PostedAnswer
from postil.changing import changing
from postil.db import Brief, Database
from postil.discussion import Draft, PageRef
from postil.errors import Unavailable
from postil.glance import Question
from postil.ids import hash_token
from postil.markup import render
from postil.migrate import migrate
from postil.models import Comment, Lineage, Page
from postil.postgresql import NotDurable

OTHER_PAGE = PageRef(key="https://blog.example/other", url="https://blog.example/other")
WRITERS, POSTS = 8, 12


@pytest.fixture
def url() -> Iterator[str]:
    with databases.on_postgresql() as made:
        yield made


@pytest.fixture
async def here(url: str) -> AsyncIterator[World]:
    async with world_over(url) as made:
        yield made


async def _page(here: World, page: PageRef = PAGE) -> str:
    return (await here.post("ines", page=page)).page.id


async def test_revisions_of_a_page_commit_in_order_whoever_writes(here: World, url: str) -> None:
    """Whoever has seen revision r has seen all before it: no comment ever arrives under a revision that was passed."""
    page = await _page(here)
    seen: list[tuple[int, frozenset[str]]] = []
    writing = True

    async def look() -> None:
        now, shown = col(Page.public_revision), select(col(Comment.id)).where(col(Comment.page_id) == page)
        while writing:
            async with here.database.read() as snapshot:
                revision = await snapshot.scalar(select(now).where(col(Page.id) == page))
                told = await snapshot.scalars(shown.where(col(Comment.public_revision) <= revision))
                seen.append((revision or 0, frozenset(told)))

    looking = asyncio.create_task(look())
    async with asyncio.TaskGroup() as group:
        for writer in range(WRITERS):
            group.create_task(_write(here, f"writer {writer}"))
    writing = False
    await looking
    async with here.database.read() as snapshot:
        rows = (await snapshot.execute(select(col(Comment.id), col(Comment.public_revision)))).all()
    assert sorted(revision for _, revision in rows) == list(range(1, WRITERS * POSTS + 2))
    for revision, ids in seen:
        assert ids == {id for id, at in rows if at <= revision}
    assert len({revision for revision, _ in seen}) > 3, "nobody looked while they wrote"


async def _write(here: World, name: str) -> None:
    """Both ways by turns."""
    for number in range(POSTS):
        nonce = f"{name} {number}".replace(" ", "-")
        if number % 2 == 0:
            section = (await here.post(name, nonce=nonce, index=number // 2 % 3, network="one")).section.id
        else:
            assert await _post_briefly(here, name, nonce, section)


async def _post_briefly(here: World, name: str, nonce: str, section: str) -> PostedAnswer | None:
    """As a guest's ordinary comment is posted; None where that is not the way."""
    draft = Draft(PAGE, name, "A thought.", nonce, section=section, network="one")

    def write(tx: Brief) -> PostedAnswer | None:
        way = posting.find(tx, here.site.id, hash_token(name), draft, render(draft.source))
        return posting.write(tx, way) if way else None

    return await here.database.briefly(write)


async def test_a_page_waits_for_its_own_writers_and_for_no_other_pages(here: World) -> None:
    page = await _page(here)
    await _page(here, OTHER_PAGE)
    async with here.database.begin() as tx, changing(tx, page):
        same = asyncio.create_task(here.post("ben", nonce="ben-on-the-same"))
        for number in range(5):
            await here.post("rosa", page=OTHER_PAGE, nonce=f"rosa-elsewhere-{number}")
        assert not same.done()
    assert (await same).is_new


async def test_first_comments_of_one_page_at_once_make_one_page(here: World) -> None:
    """And those of one author, in several tabs, one author."""
    written = await asyncio.gather(*(here.post("ines", nonce=f"tab-{number}-of-ines", index=0) for number in range(6)))
    assert len({each.page.id for each in written}) == len({each.section.id for each in written}) == 1
    assert sorted(each.comment.public_revision for each in written) == [1, 2, 3, 4, 5, 6]


async def test_first_comments_of_one_author_at_once_by_the_short_way_are_by_one_author(here: World) -> None:
    section = (await here.post("ines", index=0, network="one")).section.id
    told = await asyncio.gather(*(_post_briefly(here, "ben", f"tab-{number}-of-ben", section) for number in range(6)))
    assert {each.comment.revision for each in told if each} == {2, 3, 4, 5, 6, 7}
    again = await asyncio.gather(*(_post_briefly(here, "rosa", "one-nonce-of-rosa", section) for _ in range(6)))
    assert len([each for each in again if each]) == 1, "what was posted before is for the other way to answer"


async def test_what_fails_at_the_end_of_the_short_way_changes_nothing(here: World) -> None:
    await _page(here)

    def write(tx: Brief) -> None:
        tx.do("UPDATE page SET public_revision = 99")
        tx.do("UPDATE page SET site_id = 'nobody'")

    with pytest.raises(IntegrityError):
        await here.database.briefly(write)
    async with here.database.read() as snapshot:
        assert await snapshot.scalar(select(col(Page.public_revision))) == 1


async def test_a_view_is_counted_once_however_often_and_by_how_many_at_once_it_is_said(here: World) -> None:
    await _page(here)

    async def see(page: PageRef, visit: str) -> int:
        async with here.database.begin() as tx:
            return await discussion.see(tx, here.public, page, visit)

    for page in (PAGE, OTHER_PAGE):
        assert [await see(page, "rosa" * 4) for _ in range(3)] == [1] * 3
        assert set(await asyncio.gather(*(see(page, "ben0" * 4) for _ in range(4)))) <= {1, 2}
        assert await see(page, "rosa" * 4) == 2


# A server that goes away


@pytest.fixture
async def leaving() -> AsyncIterator[tuple[PostgreSQL, Database]]:
    """A server of one's own, and a database there."""
    server = PostgreSQL()
    server.run("CREATE DATABASE away")
    database = Database(server.url("away"))
    try:
        await migrate(database)
        await database.open()
        yield server, database
    finally:
        await database.close()
        server.end()


async def test_a_server_that_is_away_is_unavailable_and_works_when_it_is_back(
    leaving: tuple[PostgreSQL, Database],
) -> None:
    server, database = leaving
    await asyncio.to_thread(server.crash)
    for _ in range(3):
        with pytest.raises(Unavailable) as refused:
            await _add_site(database)
        assert refused.value.retry_after >= 1
    with pytest.raises(Unavailable):
        async with database.read() as snapshot:
            await sites.site_of(snapshot, ORIGIN)
    with pytest.raises(Unavailable):
        await database.briefly(_ask)
    await asyncio.to_thread(server.start)
    await _insist(database)
    assert await database.briefly(_ask) == [(1,)]
    async with database.read() as snapshot:
        assert await sites.site_of(snapshot, ORIGIN)


async def test_after_a_restart_whoever_comes_first_is_answered(leaving: tuple[PostgreSQL, Database]) -> None:
    """By each of the doors, though the pool is full of lines to the server that was."""
    server, database = leaving

    async def read() -> object:
        async with database.read() as snapshot:
            return await sites.site_of(snapshot, ORIGIN)

    async def change() -> None:
        await _add_site(database, f"https://{len(answered)}.example")

    async def write() -> object:
        return await database.briefly(_ask)

    async def look() -> object:
        question = Question(select(col(Lineage.epoch)))
        return await database.look(lambda looking: looking.ask(question))

    answered = list[Callable[[], Awaitable[object]]]()
    for door in (read, change, write, look):
        await asyncio.gather(*(read() for _ in range(3)))
        await asyncio.to_thread(server.restart)
        await door()
        answered.append(door)
    assert len(answered) == 4


async def test_who_loses_the_server_in_the_middle_is_told_and_loses_it_for_nobody_else(
    leaving: tuple[PostgreSQL, Database],
) -> None:
    server, database = leaving
    await asyncio.gather(*(_add_site(database, f"https://{number}.example") for number in range(3)))

    def lose(tx: Brief) -> None:
        _ask(tx)
        server.restart()
        _ask(tx)

    with pytest.raises(Unavailable):
        await database.briefly(lose)
    assert await asyncio.gather(*(database.briefly(_ask) for _ in range(3))) == [[(1,)]] * 3


def _ask(tx: Brief) -> list[tuple[int]]:
    return tx.ask("SELECT 1")


async def _add_site(database: Database, origin: str = ORIGIN) -> None:
    async with database.begin() as tx:
        await sites.add_site(tx, [origin])


async def _insist(database: Database) -> None:
    """Each connection that was open finds out for itself."""
    while True:
        try:
            return await _add_site(database)
        except Unavailable:
            continue


@asynccontextmanager
async def _over_a_line(url: str, patience: float) -> AsyncIterator[tuple[Database, Proxy]]:
    async with proxy(postgresql().port) as line:
        database = Database(url.replace(f":{postgresql().port}/", f":{line.port}/"), patience=patience)
        await database.open()
        try:
            yield database, line
        finally:
            await database.close()


async def test_a_server_that_may_forget_what_it_acknowledged_is_refused(url: str) -> None:
    name = url.rpartition("/")[2]
    postgresql().run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    database = Database(url)
    try:
        with pytest.raises(NotDurable, match="SET synchronous_commit = on"):
            await database.open()
    finally:
        await database.close()


async def test_a_line_that_stalls_is_given_up_and_made_anew(url: str) -> None:
    async with _over_a_line(url, patience=0.3) as (database, line):
        line.stall()
        with pytest.raises(Unavailable):
            await _add_site(database)
        with pytest.raises(Unavailable):
            async with database.read() as snapshot:
                await sites.site_of(snapshot, ORIGIN)
        line.flow()
        await _insist(database)


async def test_a_change_that_ends_in_time_is_not_cut(url: str) -> None:
    async with _over_a_line(url, patience=0.3) as (database, _):
        for number in range(3):
            async with database.begin() as tx:
                await sites.add_site(tx, [f"https://{number}.example"])
            await asyncio.sleep(0.2)  # longer than the patience, in all


async def test_long_work_is_not_cut_and_other_work_is(url: str) -> None:
    """Upkeep looks at all comments: were it cut, it would be begun again each hour and never end."""
    database = Database(url, patience=0.3)
    await database.open()
    try:
        for _ in range(2):  # the second finds the connection of the first in the pool
            async with database.begin(long=True) as tx:
                assert await tx.scalar(select(func.pg_sleep(0.6))) is not None
            with pytest.raises(Unavailable):
                async with database.begin() as tx:
                    await tx.scalar(select(func.pg_sleep(20)))
    finally:
        await database.close()


@pytest.mark.parametrize("change", ["UPDATE decision SET note = NULL", "DELETE FROM decision"])
async def test_a_decision_is_never_changed_or_deleted_there_either(here: World, url: str, change: str) -> None:
    with pytest.raises(databases.REFUSED):
        databases.write(url, change)
    assert databases.rows(url, "SELECT count(*) FROM decision") == [(1,)], "the invitation"
