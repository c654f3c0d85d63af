"""The verbs of owners: sites, their origins, and who moderates them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlmodel import col

from postil import people, rulebook
from postil.db import Snapshot, Transaction
from postil.errors import Invalid, NotFound
from postil.glance import Look, Question
from postil.ids import new_id
from postil.models import Moderator, Origin, Site
from postil.people import Person
from postil.rules import RuleDraft
from postil.signing import new_key
from postil.urls import parse_origin
from postil.viewer import Role


@dataclass(frozen=True, slots=True)
class SiteBrief:
    site: Site
    origins: list[str]
    people: list[Person]
    premoderates: bool


async def add_site(
    tx: Transaction,
    origins: Sequence[str],
    *,
    name: str = "",
    premoderate: bool = False,
    rules: Sequence[RuleDraft] = (),
) -> Site:
    """Register a site by the origins it is served from, with the rules it begins with (postil.kinds.DEFAULTS); Invalid
    for an origin that is none, or another site's.
    """
    if not origins:
        raise Invalid("origin", "A site needs at least one origin, such as https://blog.example.")
    site = Site(id=new_id(), name=name or origins[0], created_at=tx.now)
    tx.add(site)
    await tx.flush()
    for origin in origins:
        await add_origin(tx, site, origin)
    await rulebook.begin_with(tx, site.id, rules)
    await rulebook.hold_everything(tx, site.id, premoderate)
    return site


async def add_origin(tx: Transaction, site: Site, origin: str) -> None:
    parsed = parse_origin(origin)
    if parsed is None:
        raise Invalid("origin", f"“{origin}” is no origin. Write scheme and host, as https://blog.example.")
    kept = await tx.get(Origin, parsed)
    if kept is not None and kept.site_id != site.id:
        raise Invalid("origin", f"{parsed} belongs to another site already.")
    if kept is None:
        tx.add(Origin(origin=parsed, site_id=site.id))
        await tx.flush()


async def change_policy(
    tx: Transaction,
    origin: str,
    *,
    origins: Sequence[str] = (),
    premoderate: bool | None = None,
    edit_window: int | None = None,
) -> Site:
    """Change what is given of the policy of the site at `origin`, and add `origins`. `edit_window` in seconds."""
    site = await _named(tx, origin)
    for each in origins:
        await add_origin(tx, site, each)
    if premoderate is not None:
        await rulebook.hold_everything(tx, site.id, premoderate)
    if edit_window is not None:
        site.edit_window = edit_window
    return site


async def make_key(tx: Transaction, origin: str) -> str:
    """A new key for the builds of the site at `origin` to sign with. One that it had is good no more."""
    site = await _named(tx, origin)
    site.signing_key = new_key()
    return site.signing_key


async def drop_key(tx: Transaction, origin: str) -> None:
    """Take the site's key away: nothing can be published until it gets another."""
    (await _named(tx, origin)).signing_key = None


async def _named(snapshot: Snapshot, origin: str) -> Site:
    site = await site_of(snapshot, parse_origin(origin) or "")
    if site is None:
        raise NotFound(f"No site has the origin “{origin}”. `postil site list` shows those there are.")
    return site


async def site_of(snapshot: Snapshot, origin: str) -> Site | None:
    """The site that an origin (as parse_origin gives it) belongs to."""
    query = select(Site).join(Origin, col(Origin.site_id) == Site.id).where(col(Origin.origin) == origin)
    return await snapshot.scalar(query)


_ORIGIN = Question(select(col(Origin.origin)).where(col(Origin.origin) == bindparam("origin")))


def is_registered(look: Look, origin: str) -> bool:
    """Whether there is such a site."""
    return bool(look.ask(_ORIGIN, origin=origin))


async def origins_of(snapshot: Snapshot, site: str) -> list[str]:
    query = select(col(Origin.origin)).where(col(Origin.site_id) == site).order_by(Origin.origin)
    return list(await snapshot.scalars(query))


async def list_sites(snapshot: Snapshot) -> list[SiteBrief]:
    sites = (await snapshot.scalars(select(Site).order_by(col(Site.id)))).all()
    return [await _brief(snapshot, site) for site in sites]


async def _brief(snapshot: Snapshot, site: Site) -> SiteBrief:
    origins, found = await origins_of(snapshot, site.id), await people.people_of(snapshot, site.id)
    return SiteBrief(site, origins, found, await rulebook.holds_everything(snapshot, site.id))


async def names_of(snapshot: Snapshot, moderators: Collection[str | None]) -> dict[str, str]:
    """The names of moderators by their ids, dismissed ones too."""
    query = select(col(Moderator.id), col(Moderator.name)).where(col(Moderator.id).in_(moderators))
    return dict((await snapshot.execute(query)).all())


async def invite(
    tx: Transaction,
    origin: str,
    name: str,
    role: Role = Role.MODERATOR,
    *,
    address: str | None = None,
    reset: bool = False,
) -> str:
    """Make `name` a moderator of the site at `origin` (or find the one so called), and return a sign-in code.

    `reset` forgets the password and the second step and ends the sign-ins of somebody who cannot get in.
    """
    site = await _named(tx, origin)
    moderator, code = await people.invite(tx, site.id, name, role, address=address)
    return (await people.reset(tx, site.id, moderator.id, None))[1] if reset else code


async def dismiss(tx: Transaction, origin: str, name: str) -> Moderator:
    """Take a moderator's rights away; every sign-in of his ends with them."""
    site = await site_of(tx, parse_origin(origin) or "")
    found = await people.named(tx, site.id, name) if site else None
    if site is None or found is None:
        raise NotFound(f"The site at “{origin}” has no moderator “{name}”.")
    return found if found.revoked_at is not None else await people.dismiss(tx, site.id, found.id, None)
