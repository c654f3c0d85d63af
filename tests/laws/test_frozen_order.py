"""House, law 1: "most supported" is read in the order of its first page, however votes move between pages."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.world import World, world

from postil import discussion, moderation, windows
from postil.answers import ThreadAnswer
from postil.cursors import AfterRoot, Sort, parse_window
from postil.policy import Action

ROOTS, READERS = 6, 4
VOTES = st.lists(st.tuples(st.integers(0, ROOTS - 1), st.integers(0, READERS - 1), st.booleans()), max_size=6)
Votes = list[tuple[int, int, bool]]


async def vote(here: World, roots: list[str], votes: Votes) -> None:
    async with here.database.begin() as tx:
        for root, who, on in votes:
            await discussion.support(tx, here.reader(f"Reader {who}"), roots[root], on=on)


async def purge(here: World, comment: str) -> None:
    async with here.database.begin() as tx:
        await moderation.decide(tx, here.moderator, comment, Action.PURGE)


async def read(here: World, section: str, limit: int, cursor: str | None = None) -> ThreadAnswer:
    after = parse_window(cursor) if cursor else None
    assert after is None or isinstance(after, AfterRoot)
    async with here.database.read() as snapshot:
        window = await windows.open_window(snapshot, here.public, section, limit)
        return await windows.read_threads(snapshot, window, Sort.SUPPORTED, after)


def roots_of(answer: ThreadAnswer) -> list[str]:
    return [comment.id for comment in answer.comments if comment.parent is None]


async def page_by_page(before: Votes, between: list[Votes], limit: int, purged: int | None) -> None:
    """Votes move, and one first comment may be purged, between any two pages; its reply keeps the thread."""
    async with world() as here:
        posted = [await here.post("Rosa", str(n)) for n in range(ROOTS)]
        roots, section = [written.comment.id for written in posted], posted[0].section.id
        if purged is not None:
            await here.post("Sam", section=section, parent=roots[purged])
        await vote(here, roots, before)
        frozen = roots_of(await read(here, section, 100))
        page = await read(here, section, limit)
        seen = roots_of(page)
        for turn, votes in enumerate([*between, *[[]] * ROOTS]):
            if page.next is None:
                break
            await vote(here, roots, [each for each in votes if turn == 0 or each[0] != purged])
            if turn == 0 and purged is not None:
                await purge(here, roots[purged])
            page = await read(here, section, limit, page.next)
            seen += roots_of(page)
        assert seen == frozen


@settings(max_examples=12, deadline=None)
@given(
    before=VOTES,
    between=st.lists(VOTES, min_size=1, max_size=3),
    limit=st.integers(1, 3),
    purged=st.none() | st.integers(0, ROOTS - 1),
)
def test_most_supported_neither_skips_nor_repeats_while_votes_move_between_pages(
    before: Votes, between: list[Votes], limit: int, purged: int | None
) -> None:
    asyncio.run(page_by_page(before, between, limit, purged))
