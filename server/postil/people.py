"""The verbs of owners about people: who moderates a site, in which role, and how they get in again.

Every one is a row of the log. A site that has an owner keeps one: only the command line can take the last.
`by` is the owner who acts, None at the command line.
"""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from postil import logbook
from postil.db import Snapshot, Transaction
from postil.errors import Conflict, Invalid, NotFound, TooLong
from postil.ids import hash_token, new_id
from postil.models import Moderator, OneTimeCode, Site, StaffSession
from postil.names import normalise, skeleton
from postil.viewer import Role, Scope

# Long enough to send a link by mail and open it after the weekend's first coffee; it works once.
LINK_SECONDS = 24 * 3600
MOST_ADDRESS = 254
# A site's list is one page, and so bounded.
MOST_PEOPLE = 200


class Act(StrEnum):
    """What the log calls what is done about people. A decision's states are then roles."""

    INVITE = "invite"
    ROLE = "role"
    RESET = "reset"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a site; `seen_at` is the latest use of a sign-in that still holds, None where there is none."""

    moderator: Moderator
    seen_at: int | None
    sessions: Sequence[StaffSession] = ()

    @property
    def has_come(self) -> bool:
        """Whether he can come in by himself: he has a password, or a sign-in that holds."""
        return self.moderator.password_hash is not None or self.seen_at is not None


def clean_address(text: str) -> str:
    """An address as it is kept and compared: an e-mail's form, nothing is ever sent to it. Invalid, TooLong."""
    address = unicodedata.normalize("NFC", text.strip().lower())
    local, _, host = address.rpartition("@")
    if not local or not host or not address.isprintable() or " " in address:
        raise Invalid("address", "An address has an @ in it, as ada@example.org.")
    if len(address) > MOST_ADDRESS:
        raise TooLong("address", f"An address has at most {MOST_ADDRESS} characters.")
    return address


async def people_of(snapshot: Snapshot, site: str) -> list[Person]:
    """Everybody who moderates a site, owners first, by name."""
    query = select(Moderator).where(col(Moderator.site_id) == site, col(Moderator.revoked_at).is_(None))
    query = query.order_by(col(Moderator.role).desc(), col(Moderator.name), col(Moderator.id)).limit(MOST_PEOPLE)
    found = (await snapshot.scalars(query)).all()
    held: dict[str, list[StaffSession]] = {}
    for session in await _sessions(snapshot, [each.id for each in found]):
        held.setdefault(session.moderator_id, []).append(session)
    return [_person(each, held.get(each.id, [])) for each in found]


async def person_of(snapshot: Snapshot, site: str, id: str) -> Person:
    """One of them; NotFound for those of other sites, and for who was dismissed."""
    found = await snapshot.get(Moderator, id)
    if found is None or found.site_id != site or found.revoked_at is not None:
        raise NotFound("Nobody here has this account now. Reload the page.")
    return _person(found, await _sessions(snapshot, [id]))


def _person(moderator: Moderator, sessions: Sequence[StaffSession]) -> Person:
    return Person(moderator, max((each.seen_at for each in sessions), default=None), sessions)


async def _sessions(snapshot: Snapshot, moderators: Sequence[str]) -> Sequence[StaffSession]:
    """Their sign-ins that hold, the latest used first; not what site's pages were granted by them."""
    query = select(StaffSession).where(
        col(StaffSession.moderator_id).in_(moderators),
        col(StaffSession.scope) == Scope.FULL,
        col(StaffSession.revoked_at).is_(None),
        col(StaffSession.expires_at) > snapshot.now,
    )
    return (await snapshot.scalars(query.order_by(col(StaffSession.seen_at).desc(), StaffSession.id))).all()


async def invite(
    tx: Transaction,
    site: str,
    name: str,
    role: Role = Role.MODERATOR,
    *,
    address: str | None = None,
    by: str | None = None,
) -> tuple[Moderator, str]:
    """Make `name` a moderator of the site, or find the one so called, and a code that signs in once.

    Whoever is an owner already stays one. Only the code's hash is kept.
    """
    await _lock(tx, site)
    name = normalise(name)
    found = await named(tx, site, name)
    was = "" if found is None or found.revoked_at is not None else found.role
    if found is None:
        await _check_room(tx, site)
        found = Moderator(id=new_id(), site_id=site, name=name, skeleton=skeleton(name), role=role, created_at=tx.now)
        tx.add(found)
    found.role = Role.OWNER if was and Role.OWNER in (role, found.role) else role
    found.revoked_at = None
    if address is not None:
        await set_address(tx, found, address)
    await tx.flush()
    logbook.write(tx, site, by, Act.INVITE, account_id=found.id, from_state=was, to_state=found.role)
    return found, make_code(tx, found)


def make_code(tx: Transaction, moderator: Moderator) -> str:
    code = secrets.token_urlsafe(32)
    tx.add(OneTimeCode(code_hash=hash_token(code), moderator_id=moderator.id, expires_at=tx.now + LINK_SECONDS))
    return code


async def named(snapshot: Snapshot, site: str, name: str) -> Moderator | None:
    """Who has this name there or one that looks like it; also somebody who was dismissed."""
    query = select(Moderator).where(col(Moderator.site_id) == site, col(Moderator.skeleton) == skeleton(name))
    return (await snapshot.scalars(query)).first()


async def set_address(tx: Transaction, moderator: Moderator, address: str) -> None:
    """Invalid where another account of the site has it."""
    address = clean_address(address)
    taken = select(col(Moderator.id)).where(
        col(Moderator.site_id) == moderator.site_id,
        col(Moderator.address) == address,
        col(Moderator.id) != moderator.id,
    )
    if await tx.scalar(taken) is not None:
        raise Invalid("address", "Another account of this site has this address. Choose another.")
    moderator.address = address


async def set_role(tx: Transaction, site: str, id: str, role: Role, by: str | None) -> Moderator:
    """Conflict where the site would be without an owner."""
    await _lock(tx, site)
    moderator = (await person_of(tx, site, id)).moderator
    if moderator.role is role:
        return moderator
    await _check_last_owner(tx, moderator)
    logbook.write(tx, site, by, Act.ROLE, account_id=id, from_state=moderator.role, to_state=role)
    moderator.role = role
    return moderator


async def dismiss(tx: Transaction, site: str, id: str, by: str | None) -> Moderator:
    """Take a person's rights away: every sign-in and link ends, and what he signed in with is forgotten.

    His name stays in the log. Conflict for the last owner, unless it is done at the command line.
    """
    await _lock(tx, site)
    moderator = (await person_of(tx, site, id)).moderator
    if by is not None:
        await _check_last_owner(tx, moderator)
    logbook.write(tx, site, by, Act.DISMISS, account_id=id, from_state=moderator.role, to_state="")
    await forget(tx, moderator)
    moderator.address = None
    moderator.revoked_at = tx.now
    return moderator


async def reset(tx: Transaction, site: str, id: str, by: str | None) -> tuple[Moderator, str]:
    """Forget a person's password and second step and end his sign-ins: a code to begin anew with."""
    await _lock(tx, site)
    moderator = (await person_of(tx, site, id)).moderator
    logbook.write(tx, site, by, Act.RESET, account_id=id, from_state=moderator.role, to_state=moderator.role)
    await forget(tx, moderator)
    return moderator, make_code(tx, moderator)


async def forget(tx: Transaction, moderator: Moderator) -> None:
    """End every sign-in and link of somebody, and what he signs in with but his address."""
    moderator.password_hash = moderator.totp_secret = moderator.totp_step = None
    await end_sessions(tx, moderator.id)
    await tx.execute(delete(OneTimeCode).where(col(OneTimeCode.moderator_id) == moderator.id))


async def end_sessions(tx: Transaction, moderator: str, keep: str | None = None) -> None:
    """End the sign-ins of somebody, and what they granted, but for the one to keep."""
    ended = update(StaffSession).where(
        col(StaffSession.moderator_id) == moderator, col(StaffSession.revoked_at).is_(None)
    )
    if keep is not None:
        ended = ended.where(col(StaffSession.id) != keep, func.coalesce(StaffSession.granted_by, "") != keep)
    await tx.execute(ended.values(revoked_at=tx.now))


async def _check_last_owner(tx: Transaction, moderator: Moderator) -> None:
    if moderator.role is not Role.OWNER:
        return
    others = [each for each in await people_of(tx, moderator.site_id) if each.moderator.id != moderator.id]
    if not any(each.moderator.role is Role.OWNER and each.has_come for each in others):
        raise Conflict(f"{moderator.name} is the only owner who has signed in. Make somebody else an owner first.")


async def _check_room(tx: Transaction, site: str) -> None:
    count = select(func.count()).where(col(Moderator.site_id) == site, col(Moderator.revoked_at).is_(None))
    if (await tx.scalar(count) or 0) >= MOST_PEOPLE:
        raise Conflict(f"A site has at most {MOST_PEOPLE} people. Dismiss somebody first.")


async def _lock(tx: Transaction, site: str) -> None:
    """Of two owners who dismiss each other at once, one is second. (SQLite has one writer anyway.)"""
    await tx.execute(select(col(Site.id)).where(col(Site.id) == site).with_for_update())
