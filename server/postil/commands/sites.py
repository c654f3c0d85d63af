"""Sites: their origins, their moderators, their keys."""

from typing import TYPE_CHECKING

import click

from postil.commands.base import Examples, read_settings, run, with_database

if TYPE_CHECKING:
    from postil.db import Database
    from postil.people import Person


@click.group()
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
    from postil.kinds import DEFAULTS

    async def add(database: "Database") -> None:
        async with database.begin() as tx:
            await sites.add_site(tx, origins, name=name, premoderate=premoderate, rules=DEFAULTS)

    run(with_database(add))
    click.echo("Added. Paste these two lines into every page of the site, before </body>:\n")
    click.echo(snippet(read_settings().url))


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

    seconds = None if edit_window is None else edit_window * 60

    async def change(database: "Database") -> None:
        async with database.begin() as tx:
            await sites.change_policy(tx, origin, origins=origins, premoderate=premoderate, edit_window=seconds)

    run(with_database(change))
    click.echo("Changed. It holds from the next comment on.")


@site.command("list", cls=Examples, examples="postil site list")
def site_list() -> None:
    """Show every site, its origins and its moderators."""
    from postil import sites

    async def show(database: "Database") -> None:
        async with database.read() as snapshot:
            briefs = await sites.list_sites(snapshot)
        for brief in briefs:
            held = "  (comments wait for a moderator)" if brief.premoderates else ""
            click.echo(f"{brief.site.id}  {brief.site.name}{held}")
            for origin in brief.origins:
                click.echo(f"    {origin}")
            for person in brief.people:
                click.echo(f"    {_told(person)}")
        if not briefs:
            click.echo("No sites yet. Add one: postil site add https://blog.example")

    run(with_database(show))


def _told(person: "Person") -> str:
    """A line of the list: who, and how far he has come."""
    moderator = person.moderator
    facts = [
        moderator.address or "",
        "" if person.has_come else "invited",
        "second step" if moderator.totp_secret else "",
    ]
    more = ", ".join(fact for fact in facts if fact)
    return f"{moderator.role}: {moderator.name}" + (f"  ({more})" if more else "")


@site.command(
    "moderator",
    cls=Examples,
    examples='postil site moderator https://blog.example "Ada"\n'
    "postil site moderator https://blog.example Ada --owner --reset\n"
    "postil site moderator https://blog.example Ada --dismiss",
)
@click.argument("origin")
@click.argument("name")
@click.option("--owner", is_flag=True, help="Make an owner, not a moderator.")
@click.option("--address", help="The e-mail address to sign in with; one may choose it oneself otherwise.")
@click.option("--reset", is_flag=True, help="Forget the password and the second step; every sign-in ends.")
@click.option("--dismiss", is_flag=True, help="Take the rights away; every sign-in ends.")
def site_moderator(origin: str, name: str, owner: bool, address: str | None, reset: bool, dismiss: bool) -> None:
    """Make somebody a moderator, and print a link that signs in once, within a day.

    For somebody who is one it prints another link: the way in where a password is lost.
    """
    from postil import sites
    from postil.viewer import Role

    role = Role.OWNER if owner else Role.MODERATOR

    async def change(database: "Database") -> str | None:
        async with database.begin() as tx:
            if dismiss:
                await sites.dismiss(tx, origin, name)
                return None
            return await sites.invite(tx, origin, name, role, address=address, reset=reset)

    code = run(with_database(change))
    click.echo(f"{read_settings().url}/sign-in#{code}" if code else f"{name} moderates {origin} no more.")


@site.command(
    "key",
    cls=Examples,
    examples="postil site key https://blog.example\npostil site key https://blog.example --drop",
)
@click.argument("origin")
@click.option("--drop", is_flag=True, help="Take the key away; nothing can be published until there is another.")
def site_key(origin: str, drop: bool) -> None:
    """Make the key that `postil publish` signs with, and show it once. The one before is good no more."""
    from postil import sites

    async def change(database: "Database") -> str | None:
        async with database.begin() as tx:
            if drop:
                await sites.drop_key(tx, origin)
                return None
            return await sites.make_key(tx, origin)

    key = run(with_database(change))
    if key is None:
        click.echo(f"{origin} has no key any more.")
        return
    click.echo(f"{key}\n")
    click.echo("It is shown this once. Keep it among the secrets of what builds the site, as POSTIL_SITE_KEY. Then:\n")
    click.echo(f"    postil publish public/ --base {origin} --service {read_settings().url}")
