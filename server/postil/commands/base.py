"""What all commands share: help that ends with examples, errors of one sentence, the settings and the database."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

from postil.errors import PostilError
from postil.urls import BadUrl

if TYPE_CHECKING:
    from postil.db import Database
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


def run(work: Coroutine[Any, Any, T], loop_factory: "Callable[[], asyncio.AbstractEventLoop] | None" = None) -> T:
    """Run to the end; what was refused on purpose is one sentence, not a traceback."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return run_plainly(lambda: runner.run(work))


def run_plainly(work: Callable[[], T]) -> T:
    """The same for what is no coroutine."""
    try:
        return work()
    except (PostilError, BadUrl) as error:
        raise click.ClickException(f"{error}".rstrip(".") + ".") from error


def read_settings(**given: Any) -> "Settings":
    """The settings, with what the command line gives before what the environment says."""
    from pydantic import ValidationError

    from postil.settings import Settings

    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = "_".join(["POSTIL", *map(str, wrong["loc"])]).upper()
        why = wrong["msg"].removeprefix("Value error, ")
        raise click.ClickException(f"{name} cannot be used: {why}. docs/settings.md lists them.") from error


async def with_database(work: "Callable[[Database], Awaitable[T]]") -> T:
    """Run `work` on the migrated database of the settings."""
    from postil.resources import make
    from postil.serving import prepare

    resources = make(read_settings())
    try:
        await prepare(resources)
        return await work(resources.database)
    finally:
        await resources.database.close()
