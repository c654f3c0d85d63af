"""The command line. `postil --help` has the commands, each of which has examples."""

import asyncio
import contextlib
import json
import shutil
import signal
import sqlite3
import sys
import tempfile
import webbrowser
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import postil
from postil.errors import PostilError

if TYPE_CHECKING:
    from postil.settings import Settings

T = TypeVar("T")


class Examples(click.Command):
    """A command whose help ends with examples, shown as they are typed."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write_text(line.strip())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; what was refused on purpose is one sentence, not a traceback."""
    try:
        return asyncio.run(work)
    except PostilError as error:
        raise click.ClickException(error.detail) from error


def _settings(**given: Any) -> "Settings":
    """The settings, with what the command line gives before what the environment says."""
    from pydantic import ValidationError

    from postil.settings import Settings

    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = "_".join(["POSTIL", *map(str, wrong["loc"])]).upper()
        raise click.ClickException(f"{name} cannot be used: {wrong['msg']}. docs/settings.md lists them.") from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(postil.__version__, prog_name="postil")
def main() -> None:
    """Readers discuss each section of an article, live and in place.

    Settings come from the environment (POSTIL_…) or a .env file; docs/settings.md lists them.
    """


@main.command(cls=Examples, examples="postil serve\npostil serve --host 0.0.0.0 --port 8000")
@click.option("--host", help="The address to listen on [POSTIL_HOST].")
@click.option("--port", type=int, help="The port to listen on [POSTIL_PORT].")
def serve(host: str | None, port: int | None) -> None:
    """Run the service. An SQLite file is backed up and migrated first; Ctrl-C stops it."""
    from postil.serving import NotMigrated, listen
    from postil.serving import serve as run_service

    given = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    settings = _settings(**given)
    listening = _listen(listen, settings.host, settings.port)
    click.echo(f"Postil {postil.__version__} listens on {_address(listening)}; readers reach it at {settings.url}")
    try:
        run(run_service(settings, listening=listening))
    except NotMigrated as error:
        raise click.ClickException(str(error)) from error


def _listen(listen: Any, host: str, port: int) -> Any:
    try:
        return listen(host, port)
    except OSError as error:
        hint = "Is Postil running already? Choose another port with --port."
        raise click.ClickException(f"Cannot listen on {host}:{port} ({error.strerror}). {hint}") from error


def _address(listening: Any) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@main.command(
    cls=Examples,
    examples="postil demo --open\npostil demo --article essay.txt --port 8001\npostil demo --check",
)
@click.option(
    "--article", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Any HTML, Markdown or text file."
)
@click.option("--port", default=8000, show_default=True, help="The port to serve on; 0 takes a free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the article in a browser.")
@click.option("--check", is_flag=True, help="Post, see it pushed, hide it, see it go; then exit.")
def demo(article: Path | None, port: int, open_browser: bool, check: bool) -> None:
    """Show an article whose every section has its own discussion. Needs no configuration; Ctrl-C leaves the data."""
    from postil.article import UnreadableArticle
    from postil.demo.running import run_demo
    from postil.serving import listen

    listening = _listen(listen, "127.0.0.1", 0 if check else port)
    folder = Path(tempfile.mkdtemp(prefix="postil-check-")) if check else Path("postil-data")
    tell = None if check else _tell(open_browser)
    try:
        said = run(run_demo(folder, listening, _address(listening), article, tell))
    except UnreadableArticle as error:
        raise click.ClickException(str(error)) from error
    except (RuntimeError, OSError, TimeoutError) as error:
        raise click.ClickException(f"The check failed. {error or type(error).__name__}") from error
    finally:
        if check:
            shutil.rmtree(folder, ignore_errors=True)
    if said:
        click.echo(said)


def _tell(open_browser: bool) -> Any:
    def tell(url: str, sign_in: str, snippet: str) -> None:
        click.echo(f"\n  Read and discuss     {click.style(url, bold=True)}")
        click.echo("                       (open it in two windows, and write in one)")
        click.echo(f"  Become its moderator {sign_in}")
        click.echo("                       (works once; then choose “Moderate” in the discussion's menu)")
        click.echo("\n  To paste into your own pages, before </body>:\n")
        click.echo("\n".join(f"    {line}" for line in snippet.splitlines()))
        click.echo("\n  The data stays in ./postil-data. Ctrl-C stops.\n")
        if open_browser:
            webbrowser.open(url)

    return tell


@main.group()
def site() -> None:
    """Sites, their origins and their moderators."""


@site.command(
    "add",
    cls=Examples,
    examples="postil site add https://blog.example\npostil site add https://a.example https://b.example --premoderate",
)
@click.argument("origins", nargs=-1, required=True, metavar="ORIGIN…")
@click.option("--name", default="", help="What to call it; the first origin otherwise.")
@click.option("--premoderate", is_flag=True, help="Comments wait for a moderator before readers see them.")
def site_add(origins: tuple[str, ...], name: str, premoderate: bool) -> None:
    """Register a site by the origins its pages are served from."""
    from postil import sites
    from postil.article import snippet
    from postil.db import Database

    async def add(database: Database) -> None:
        async with database.begin() as tx:
            await sites.add_site(tx, origins, name=name, premoderate=premoderate)

    run(_with_database(add))
    click.echo("Added. Paste these two lines into every page of the site, before </body>:\n")
    click.echo(snippet(_settings().url))


@site.command(
    "set",
    cls=Examples,
    examples="postil site set https://blog.example --premoderate\n"
    "postil site set https://blog.example --origin https://b.example",
)
@click.argument("origin")
@click.option("--premoderate/--postmoderate", default=None, help="Whether comments wait for a moderator.")
@click.option("--edit-window", type=click.IntRange(0, 525_600), help="Minutes in which authors may edit.")
@click.option("--origin", "origins", multiple=True, help="Another origin of the same site; repeat it for more.")
def site_set(origin: str, premoderate: bool | None, edit_window: int | None, origins: tuple[str, ...]) -> None:
    """Change the policy of a site. What is not named stays."""
    from postil import sites
    from postil.db import Database

    seconds = None if edit_window is None else edit_window * 60

    async def change(database: Database) -> None:
        async with database.begin() as tx:
            await sites.change_policy(tx, origin, origins=origins, premoderate=premoderate, edit_window=seconds)

    run(_with_database(change))
    click.echo("Changed. It holds from the next comment on.")


@site.command("list", cls=Examples, examples="postil site list")
def site_list() -> None:
    """Show every site, its origins and its moderators."""
    from postil import sites
    from postil.db import Database

    async def show(database: Database) -> None:
        async with database.read() as snapshot:
            briefs = await sites.list_sites(snapshot)
        for brief in briefs:
            held = "  (comments wait for a moderator)" if brief.site.premoderate else ""
            click.echo(f"{brief.site.id}  {brief.site.name}{held}")
            for origin in brief.origins:
                click.echo(f"    {origin}")
            for moderator in brief.moderators:
                click.echo(f"    {moderator.role}: {moderator.name}")
        if not briefs:
            click.echo("No sites yet. Add one: postil site add https://blog.example")

    run(_with_database(show))


@site.command(
    "moderator",
    cls=Examples,
    examples='postil site moderator https://blog.example "Ada"\npostil site moderator https://a.example Ada --dismiss',
)
@click.argument("origin")
@click.argument("name")
@click.option("--owner", is_flag=True, help="Make an owner, not a moderator.")
@click.option("--dismiss", is_flag=True, help="Take the rights away; every sign-in ends.")
def site_moderator(origin: str, name: str, owner: bool, dismiss: bool) -> None:
    """Make somebody a moderator, and print a link that signs in once, within a day."""
    from postil import sites
    from postil.db import Database
    from postil.viewer import Role

    async def change(database: Database) -> str | None:
        async with database.begin() as tx:
            if dismiss:
                await sites.dismiss(tx, origin, name)
                return None
            return await sites.invite(tx, origin, name, Role.OWNER if owner else Role.MODERATOR)

    code = run(_with_database(change))
    click.echo(f"{_settings().url}/sign-in#{code}" if code else f"{name} moderates {origin} no more.")


@main.command(cls=Examples, examples="postil migrate")
def migrate() -> None:
    """Bring the database to this version's schema. An SQLite file is copied to `backups/` first."""
    from postil.db import Database
    from postil.migrate import migrate as bring

    async def work() -> Path | None:
        database = Database(_settings().database)
        try:
            return await bring(database)
        finally:
            await database.close()

    copy = run(work())
    click.echo(f"The schema is current. Backup: {copy}" if copy else "The schema is current.")


@main.command(cls=Examples, examples="postil backup\npostil backup --to /srv/backups/postil.db")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="Where to; `backups/` in the data folder otherwise."
)
def backup(to: Path | None) -> None:
    """Copy the SQLite file, consistently, while the service runs."""
    from postil.migrate import backup as copy

    made = copy(_file())
    click.echo(str(shutil.move(made, to) if to else made))


@main.command(cls=Examples, examples="postil restore postil-data/backups/postil-20261122-101500-000001.db")
@click.argument("copy", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(copy: Path) -> None:
    """Put a backup back, while the service is stopped. Readers load afresh: it is another history."""
    from postil.migrate import restore as put_back

    try:
        click.echo(f"Restored. What was there before: {put_back(copy, _file(must_exist=False))}")
    except (RuntimeError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from error


def _file(*, must_exist: bool = True) -> Path:
    from postil.db import Database
    from postil.migrate import sqlite_file

    file = sqlite_file(Database(_settings().database))
    if file is None:
        raise click.ClickException("The database is not SQLite: use its own tools, such as pg_dump.")
    if must_exist and not file.exists():
        raise click.ClickException(f"There is no database at {file}. `postil serve` makes one.")
    return file


@main.command(
    cls=Examples,
    examples="postil watch https://blog.example/essay\npostil watch http://127.0.0.1:8000/ --service http://127.0.0.1:8000",
)
@click.argument("url")
@click.option("--service", help="Where the service is [POSTIL_URL].")
@click.option("--since", help="Begin at this cursor, not now.")
def watch(url: str, service: str | None, since: str | None) -> None:
    """Print a page's changes as they come, one JSON message a line. Reconnects by itself; Ctrl-C stops."""
    from postil.watching import messages

    async def follow() -> None:
        async for message in messages(service or _settings().url, url, since):
            click.echo(json.dumps(message, ensure_ascii=False))

    with contextlib.suppress(KeyboardInterrupt):
        run(follow())


@main.command(cls=Examples, examples="postil openapi > openapi.json")
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the API."""
    from postil.web.routes import document

    click.echo(json.dumps(document(), indent=2, ensure_ascii=False))


async def _with_database(work: Any) -> Any:
    """Run `work` on the migrated database of the settings."""
    from postil.resources import make
    from postil.serving import prepare

    resources = make(_settings())
    try:
        await prepare(resources)
        return await work(resources.database)
    finally:
        await resources.database.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
