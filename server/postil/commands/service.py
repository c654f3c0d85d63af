"""Running the service, showing it, watching it."""

import contextlib
import json
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import postil
from postil.commands.base import Examples, read_settings, run, run_plainly
from postil.commands.importing import importing

if TYPE_CHECKING:
    from postil.settings import Settings


@click.command(cls=Examples, examples="postil serve\npostil serve --host 0.0.0.0 --port 8000 --workers 4")
@click.option("--host", help="The address to listen on [POSTIL_HOST].")
@click.option("--port", type=int, help="The port to listen on [POSTIL_PORT].")
@click.option("--workers", type=int, help="Processes that serve [POSTIL_WORKERS].")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Run the service. An SQLite file is backed up and migrated first; Ctrl-C stops it."""
    with importing():
        from postil.live.buses import NoBus, open_bus
        from postil.postgresql import NotDurable
        from postil.serving import NotMigrated, loop_factory
        from postil.serving import serve as run_service
        from postil.workers import CannotWork, listen_for, serve_with

    told = (("host", host), ("port", port), ("workers", workers))
    settings = read_settings(**{key: value for key, value in told if value is not None})
    try:
        open_bus(settings.bus, settings.database)  # what cannot be had is said before anything is promised
        sockets = _listen(partial(listen_for, settings.workers), settings.host, settings.port)
        _announce(settings, sockets[0])
        if settings.workers == 1:
            run(run_service(settings, listening=sockets[0]), loop_factory())
        else:
            run_plainly(lambda: serve_with(settings, sockets))
    except (NotMigrated, NotDurable, CannotWork, NoBus) as error:
        raise click.ClickException(str(error)) from error


def _announce(settings: "Settings", listening: Any) -> None:
    where = _address(listening) + (f" with {settings.workers} workers" if settings.workers > 1 else "")
    click.echo(f"Postil {postil.__version__} listens on {where}; readers reach it at {settings.url}")


def _listen(listen: Any, host: str, port: int) -> Any:
    try:
        return listen(host, port)
    except OSError as error:
        hint = "Is Postil running already? Choose another port with --port."
        raise click.ClickException(f"Cannot listen on {host}:{port} ({error.strerror}). {hint}") from error


def _address(listening: Any) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@click.command(
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
    with importing():
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
        service = "/".join(url.split("/", 3)[:3])
        click.echo(f"\n  Read and discuss     {click.style(url, bold=True)}")
        click.echo("                       (open it in two windows, and write in one)")
        click.echo(f"  Become its owner     {sign_in}")
        click.echo("                       (works once; then choose “Moderate” in the discussion's menu)")
        click.echo(f"  What waits for you   {service}/moderate")
        click.echo("                       (once you are: decide with two keys, and take it back with a third)")
        click.echo(f"  Where threads stand  {service}/moderate/anchors")
        click.echo("                       (edit the article, start again, and see where its discussions went)")
        click.echo("\n  To paste into your own pages, before </body>:\n")
        click.echo("\n".join(f"    {line}" for line in snippet.splitlines()))
        click.echo("\n  The data stays in ./postil-data. Ctrl-C stops.\n")
        if open_browser:
            import webbrowser  # a start has no use for it

            webbrowser.open(url)

    return tell


@click.command(
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
        async for message in messages(service or read_settings().url, url, since):
            click.echo(json.dumps(message, ensure_ascii=False))

    with contextlib.suppress(KeyboardInterrupt):
        run(follow())


@click.command(cls=Examples, examples="postil openapi > openapi.json")
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the API."""
    from postil.web.routes import document

    click.echo(json.dumps(document(), indent=2, ensure_ascii=False))
