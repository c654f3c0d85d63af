"""Coming in by address and password: which accounts are meant, the step between the two, and what is kept.

Whoever fails is told one thing, whatever was wrong: nobody learns here which addresses there are.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlmodel import col

from postil import people
from postil.auth import passwords
from postil.auth.passwords import Passwords
from postil.db import Snapshot, Transaction
from postil.errors import Invalid, SecondStep, Unauthorized
from postil.models import Moderator, Site

# So long one may take to look at the authenticator, or to choose a site.
STEP_SECONDS = 300
# One address may moderate so many sites of one service.
MOST_SITES = 100
WRONG = "This address and password do not go together. Try again, or ask an owner of the site for a new link."


@dataclass(frozen=True, slots=True)
class Account:
    """One of those that an address and a password open."""

    moderator: Moderator
    site_name: str


async def accounts_at(snapshot: Snapshot, address: str) -> list[Account]:
    """Those with this address, whatever has become of them. What is no address is asked for like one."""
    query = select(Moderator, col(Site.name)).join(Site, col(Site.id) == Moderator.site_id)
    query = query.where(col(Moderator.address) == plain(address)).order_by(Site.name, Moderator.id).limit(MOST_SITES)
    return [Account(moderator, name) for moderator, name in await snapshot.execute(query)]


async def opened(
    hasher: Passwords, found: Sequence[Account], address: str, password: str, secret: str
) -> list[Account]:
    """Those that the password opens. Unauthorized, and as late, where it opens none."""
    kept = [each.moderator.password_hash for each in found]
    fits = await hasher.matching(password, plain(address), secret, kept)
    # Compared first and looked at then: who was dismissed takes as long as who was not.
    open_to = [each for each, fit in zip(found, fits, strict=True) if fit and each.moderator.revoked_at is None]
    if not open_to:
        raise Unauthorized(WRONG)
    return open_to


def plain(address: str) -> str:
    """An address as it would be kept; what is none is nobody's."""
    try:
        return people.clean_address(address)
    except Invalid:
        return ""


def step_of(found: Sequence[Account], secret: str, now: int) -> str:
    """What a browser bears between its password and the rest: good for minutes, and while the password is."""
    said = json.dumps([now + STEP_SECONDS, [each.moderator.id for each in found]]).encode()
    return f"{base64.urlsafe_b64encode(said).decode()}.{_seal(said, [each.moderator for each in found], secret)}"


async def read_step(snapshot: Snapshot, step: str, secret: str) -> list[Account]:
    """The accounts that were opened. Unauthorized where it is too old, made up, or a password was changed since."""
    text, _, seal = step.partition(".")
    try:
        said = base64.urlsafe_b64decode(text.encode())
        until, ids = json.loads(said)
    except (ValueError, TypeError):
        raise Unauthorized(_AGAIN) from None
    if not isinstance(ids, list) or len(ids) > MOST_SITES or not all(isinstance(each, str) for each in ids):
        raise Unauthorized(_AGAIN)
    query = select(Moderator, col(Site.name)).join(Site, col(Site.id) == Moderator.site_id)
    rows = await snapshot.execute(query.where(col(Moderator.id).in_(ids), col(Moderator.revoked_at).is_(None)))
    found = {moderator.id: Account(moderator, name) for moderator, name in rows}
    accounts = [found[each] for each in ids if each in found]
    wanted = _seal(said, [each.moderator for each in accounts], secret)
    if not hmac.compare_digest(wanted.encode(), seal.encode()) or until <= snapshot.now:
        raise Unauthorized(_AGAIN)
    return accounts


_AGAIN = "That took too long. Sign in again."


def _seal(said: bytes, moderators: Sequence[Moderator], secret: str) -> str:
    bound = "\0".join(each.password_hash or "" for each in moderators).encode()
    return hmac.digest(secret.encode(), b"step\0" + said + b"\0" + bound, "sha256").hex()


async def check_second_step(tx: Transaction, moderator: Moderator, digits: str | None) -> None:
    """SecondStep unless the digits are those of the authenticator, or there is none. Digits are good once."""
    if moderator.totp_secret is None:
        return
    step = passwords.totp_step(moderator.totp_secret, digits or "", tx.now, moderator.totp_step)
    if step is None:
        raise SecondStep(_WRONG_DIGITS if digits else None)
    unused = or_(col(Moderator.totp_step).is_(None), col(Moderator.totp_step) < step)
    used = update(Moderator).where(col(Moderator.id) == moderator.id, unused).values(totp_step=step)
    if not (await tx.execute(used)).rowcount:  # type: ignore[attr-defined]
        raise SecondStep(_WRONG_DIGITS)


_WRONG_DIGITS = "These are not the digits that it shows now. Wait for the next ones, and type those."


async def set_password(tx: Transaction, moderator: Moderator, address: str, made: str, keep: str | None = None) -> None:
    """Keep what `hash` made of a password and this address; every other sign-in of his ends. Invalid, TooLong."""
    await people.set_address(tx, moderator, address)
    moderator.password_hash = made
    await people.end_sessions(tx, moderator.id, keep)


async def turn_on(tx: Transaction, moderator: Moderator, secret: str, digits: str, keep: str | None) -> None:
    """Begin a second step with a secret whose digits are shown to be known. Invalid where they are not."""
    step = passwords.totp_step(secret, digits, tx.now) if passwords.is_totp(secret) else None
    if step is None:
        raise Invalid("digits", _WRONG_DIGITS)
    moderator.totp_secret, moderator.totp_step = secret, step
    await people.end_sessions(tx, moderator.id, keep)


async def turn_off(tx: Transaction, moderator: Moderator, digits: str) -> None:
    await check_second_step(tx, moderator, digits)
    moderator.totp_secret = moderator.totp_step = None
