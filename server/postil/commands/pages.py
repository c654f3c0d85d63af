"""What an owner does with pages at the machine of the service: look again, move, and say where threads stand."""

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from postil.commands.base import Examples, read_settings, run, with_database

if TYPE_CHECKING:
    from postil.anchoring import Case, Choice
    from postil.db import Database, Snapshot
    from postil.models import Page, PageMove
    from postil.states import Anchor

# What rules decide, as an owner reads it.
NAMES = {"kept": "kept", "split": "split", "merged": "merged", "back": "back", "unsure": "asked", "gone": "gone"}


def told(moves: dict[str, int]) -> str:
    """`2 kept, 1 asked`: how many threads each move took."""
    return ", ".join(f"{moves[move]} {name}" for move, name in NAMES.items() if moves.get(move))


@click.group()
def page() -> None:
    """Pages: look at one again, or say that it has moved."""


@page.command(
    "refresh",
    cls=Examples,
    examples="postil page refresh https://blog.example/essay\n"
    "postil page refresh https://blog.example/one https://blog.example/two",
)
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
def page_refresh(urls: tuple[str, ...]) -> None:
    """Fetch pages from their site now, and let what they say decide where threads stand."""
    from postil.errors import PostilError
    from postil.urls import BadUrl

    async def look(database: "Database") -> int:
        failed = 0
        for url in urls:
            try:
                click.echo(f"{url}  {await _refresh(database, url)}")
            except (BadUrl, PostilError) as error:
                failed += 1
                click.echo(f"{url}  {error}", err=True)
        return failed

    if run(with_database(look)):
        raise SystemExit(1)


async def _refresh(database: "Database", url: str) -> str:
    from collections import Counter

    from postil import publishing
    from postil.discussion import PageRef
    from postil.urls import page_key, page_url

    async with database.read() as snapshot:
        site = await _site(snapshot, url)
    asked = PageRef(page_key(url), page_url(url))
    done = await publishing.refresh(database, site, asked, read_settings().fetch_networks)
    moves = told(Counter(decision.move.value for decision in done.decided))
    return (moves or "changed; no thread moved") if done.changed else "as it was"


async def _site(snapshot: "Snapshot", url: str) -> str:
    from postil.errors import NotFound
    from postil.sites import site_of
    from postil.urls import origin_of

    site = await site_of(snapshot, origin_of(url))
    if site is None:
        raise NotFound(f"No site has the origin of {url}. `postil site list` shows those there are.")
    return site.id


@page.command("move", cls=Examples, examples="postil page move https://blog.example/draft https://blog.example/essay")
@click.argument("old")
@click.argument("new")
def page_move(old: str, new: str) -> None:
    """Say that a page has another address: its threads go there, and old links still find them."""

    async def move(database: "Database") -> None:
        from postil import moving
        from postil.asking import page_at
        from postil.errors import Invalid
        from postil.urls import page_key, page_url

        async with database.begin() as tx:
            site = await _site(tx, old)
            if await _site(tx, new) != site:
                raise Invalid(
                    "new", "The new address is another site's. `postil site set OLD --origin` adds an origin."
                )
            found = await page_at(tx, site, old)
            if found.key.startswith("id "):
                raise Invalid("old", "The page has a key of its own (data-page): it is the same wherever it stands.")
            await moving.move(tx, site, found, moving.Address(page_key(new), page_url(new)))

    run(with_database(move))
    click.echo(f"Moved. {new} has its threads now.")


@click.command(
    cls=Examples,
    examples="postil anchors\n"
    "postil anchors https://blog.example/essay\n"
    "postil anchors https://blog.example/essay --same 0Kq3vPz8R1a\n"
    "postil anchors https://blog.example/essay --merge 0Kq3vPz8R1a 0Kq3vQ0aB2c",
)
@click.argument("url", required=False)
@click.option("--same", metavar="ID", help="It is the section that is suggested: the thread goes there.")
@click.option("--merge", nargs=2, metavar="ID SECTION", help="Put the thread into another section of the article.")
@click.option("--apart", metavar="ID", help="It is another section: the thread stands among earlier discussions.")
@click.option("--undo", metavar="ID", help="Take a decision back, whoever made it.")
def anchors(
    url: str | None, same: str | None, merge: tuple[str, str] | None, apart: str | None, undo: str | None
) -> None:
    """Show where a page's threads stand and why, and decide what is asked. Without URL: the pages that ask."""
    from postil.states import Anchor

    given = [
        (move, *ids)
        for move, ids in (
            (Anchor.SAME, same and (same, None)),
            (Anchor.MERGE, merge),
            (Anchor.APART, apart and (apart, None)),
            (Anchor.UNDO, undo and (undo, None)),
        )
        if ids
    ]
    if given and url is None:
        raise click.UsageError("Say which page: postil anchors URL --same ID")
    if len(given) > 1:
        raise click.UsageError("One decision at a time: --same, --merge, --apart or --undo.")
    decision = given[0] if given else None

    async def work(database: "Database") -> None:
        if url is None:
            await _show_pages(database)
            return
        if decision is not None:
            await _decide(database, url, *decision)
        await _show_page(database, url)

    run(with_database(work))


async def _decide(database: "Database", url: str, move: "Anchor", id: str, into: str | None) -> None:
    from postil import anchoring
    from postil.asking import page_at
    from postil.errors import NotFound
    from postil.models import Anchoring
    from postil.states import Anchor

    async with database.begin() as tx:
        site = await _site(tx, url)
        here = await page_at(tx, site, url)
        asked = await tx.get(Anchoring, id)
        if asked is None or asked.page_id != here.id:
            raise NotFound(f"The page has no decision {id}. `postil anchors {url}` lists them.")
        if move is Anchor.UNDO:
            await anchoring.undo(tx, site, id)
        else:
            await anchoring.settle(tx, site, id, move, into=into)


async def _show_pages(database: "Database") -> None:
    from postil.asking import asking_pages
    from postil.publishing import look_for_moved
    from postil.sites import list_sites

    await look_for_moved(database, read_settings().fetch_networks)
    async with database.read() as snapshot:
        pages = [
            each
            for brief in await list_sites(snapshot)
            for each in await asking_pages(snapshot, brief.site.id, all=False)
        ]
    for each in pages:
        asks = [f"{each.questions} asked"] * bool(each.questions) + ["seems to have moved"] * bool(each.moves)
        click.echo(f"{each.page.url}  {', '.join(asks)}")
    click.echo("\nSee what: postil anchors URL" if pages else "No page asks anything.")


async def _show_page(database: "Database", url: str) -> None:
    from postil import anchoring, moving
    from postil.asking import page_at
    from postil.publishing import look_for_moved

    await look_for_moved(database, read_settings().fetch_networks)
    async with database.read() as snapshot:
        here = await page_at(snapshot, await _site(snapshot, url), url)
        cases = await anchoring.cases(snapshot, here)
        choices = await anchoring.choices(snapshot, here)
        proposed = await moving.proposals(snapshot, here.id)
    click.echo("\n".join(_page_lines(here, cases, choices, proposed)))


def _page_lines(
    here: "Page", cases: "Sequence[Case]", choices: "Sequence[Choice]", moves: "Sequence[PageMove]"
) -> list[str]:
    lines = [f"{here.title or here.url}", here.url] if here.title else [here.url]
    for move in moves:
        lines += ["", f"Seems to be at {move.url} now; the old address answers {move.found}.", "If it moved:"]
        lines += [f"    postil page move {here.url} {move.url}"]
    asked, decided = [case for case in cases if case.is_open], [case for case in cases if not case.is_open]
    lines += ["", "Asked:" if asked else "Nothing is asked."]
    for case in asked:
        lines += _case_lines(case)
    if asked:
        lines += ["", "Sections to merge into:"]
        lines += [f"    {choice.id}  {choice.heading or '(introduction)'}" for choice in choices]
    if decided:
        lines += ["", "Decided, the latest first:"]
        for case in decided:
            lines += _case_lines(case)
    return lines


def _case_lines(case: "Case") -> list[str]:
    row, side = case.decision, case.new if case.decision.to is not None else None
    at = f"{datetime.fromtimestamp(row.created_at, UTC):%Y-%m-%d %H:%M}"
    likeness = f"{row.score:.0%}: " if row.score else ""
    why = f"    {likeness}{row.reason}" if row.reason else ""
    comments = f"{case.comments} comment{'s' * (case.comments != 1)}"
    undo = "  (can be undone)" if case.can_undo else ""
    move = "asked" if case.is_open else NAMES.get(row.move, row.move)
    lines = ["", f"{row.id}  {move}  {at}  {comments}{undo}"]
    lines += [f"    then  {_words(case.old.heading, case.old.excerpt)}"]
    lines += [f"    now   {_words(side.heading, side.excerpt)}"] if side else []
    return [*lines, *([why] if why else [])]


def _words(heading: str, excerpt: str) -> str:
    said = textwrap.shorten(excerpt, 70, placeholder="…")
    return " — ".join(part for part in (heading or "(introduction)", said) if part)
