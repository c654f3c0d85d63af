"""`postil publish`: what an owner's build says of its pages."""

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from postil.commands.base import Examples, read_settings, run_plainly
from postil.commands.pages import told

if TYPE_CHECKING:
    from postil.sending import Outcome

STOPPED = 130  # as shells say it of Ctrl-C


@click.command(
    cls=Examples,
    examples="postil publish public/ --base https://blog.example\n"
    "postil publish public/essay.html --service https://talk.example\n"
    "postil publish https://blog.example/essay",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option("--base", help="The URL that a folder, or a file without rel=canonical, is served under.")
@click.option("--service", help="Where the service is [POSTIL_URL].")
@click.option("--all", "everything", is_flag=True, help="Also pages without the widget's script tag.")
def publish(sources: tuple[str, ...], base: str | None, service: str | None, everything: bool) -> None:
    """Tell the service what pages say now, so that threads go with their words.

    A SOURCE is a file, a folder of .html files, or a URL. Signed with the site's key, in POSTIL_SITE_KEY. It may be
    broken off and run again: what did not change is quick.
    """
    from postil.sending import Sender, Unreachable, find_sources, publish_all

    settings = read_settings()
    if not settings.site_key:
        raise click.ClickException("POSTIL_SITE_KEY is not set. `postil site key ORIGIN`, at the service, makes one.")
    found = run_plainly(lambda: find_sources(sources, base))
    outcomes: list[Outcome] = []
    why = ""
    hidden = not sys.stderr.isatty()
    with (
        Sender(service or settings.url, settings.site_key) as sender,
        click.progressbar(length=len(found), label="Publishing", file=sys.stderr, hidden=hidden, show_pos=True) as bar,
    ):

        def tell(outcome: "Outcome") -> None:
            outcomes.append(outcome)
            bar.update(1)

        try:
            publish_all(found, sender, tell, all=everything)
        except Unreachable as error:
            why = error.detail
        except KeyboardInterrupt:
            why = "Stopped."
    _summarise(outcomes, len(found))
    if why:
        click.echo(f"{why} Run it again: what was published is quick.", err=True)
        raise SystemExit(STOPPED if why == "Stopped." else 1)
    if any(outcome.fate == "failed" for outcome in outcomes):
        raise SystemExit(1)


def _summarise(outcomes: "list[Outcome]", of: int) -> None:
    """A line for each page that is other than before or was refused, then the counts."""
    asked = 0
    for each in outcomes:
        asked += each.moves.get("unsure", 0)
        if each.fate == "changed":
            click.echo(f"{each.url}  {told(each.moves) or 'taken; no thread moved'}")
        elif each.fate == "failed":
            click.echo(f"{each.source.name}  {each.why}", err=True)
    counts = Counter(each.fate for each in outcomes)
    skipped = counts.pop("skipped", 0)  # type: ignore[call-overload]
    said = [f"{number} {fate}" for fate, number in counts.items()]
    said += [f"{skipped} without the script tag (--all takes them too)"] * bool(skipped)
    click.echo(f"{len(outcomes)} of {of} pages: {', '.join(said) or 'none'}.")
    if asked:
        click.echo(f"{asked} to be decided: open /moderate/anchors on the service, or run `postil anchors` there.")
