"""Staff: a link or a password makes a session on the service's own origin; a session grants a site's page an hour.

A session's token is a cookie of our own pages, or what a program bears. A site's page never has the cookie: it is given
a token of its own, by a code that goes through postMessage to an opener at exactly the origin it names, works once, and
only from that origin.
"""

import secrets

from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from postil.auth.accounts import check_second_step
from postil.db import Database, Snapshot, Transaction
from postil.errors import OriginRefused, Unauthorized
from postil.ids import hash_token, new_id
from postil.models import Moderator, OneTimeCode, Origin, StaffSession
from postil.policy import Action, allow
from postil.viewer import Scope, Viewer

SESSION_SECONDS = 30 * 24 * 3600
PAGE_SECONDS = 3600
CODE_SECONDS = 60
# A session's last use is written down no oftener: it is for people to look at.
SEEN_SECONDS = 3600


async def staff_viewer(snapshot: Snapshot, token: str | None, author_key: str | None = None) -> Viewer | None:
    """Whom a bearer token stands for; None without one, Unauthorized for one that is unknown, expired or revoked."""
    if token is None:
        return None
    found = await _bearer_of(snapshot, token)
    if found is None:
        raise Unauthorized()
    session, moderator = found
    return Viewer(moderator.site_id, author_key, moderator.role, session.scope, moderator.id, session.id)


async def cookie_viewer(
    snapshot: Snapshot, database: Database, token: str, author_key: str | None = None
) -> Viewer | None:
    """Whom our own pages' cookie stands for; None where it stands for nobody any more. Notes when it was used."""
    found = await _bearer_of(snapshot, token)
    # What a site's page was given is no cookie of ours, wherever it was found.
    if found is None or found[0].scope is not Scope.FULL:
        return None
    session, moderator = found
    await _note_use(snapshot, database, session)
    return Viewer(moderator.site_id, author_key, moderator.role, session.scope, moderator.id, session.id)


async def _bearer_of(snapshot: Snapshot, token: str) -> tuple[StaffSession, Moderator] | None:
    query = (
        select(StaffSession, Moderator)
        .join(Moderator, col(Moderator.id) == StaffSession.moderator_id)
        .where(
            col(StaffSession.token_hash) == hash_token(token),
            col(StaffSession.expires_at) > snapshot.now,
            col(StaffSession.revoked_at).is_(None),
            col(Moderator.revoked_at).is_(None),
        )
    )
    found = (await snapshot.execute(query)).first()
    return None if found is None else (found[0], found[1])


async def _note_use(snapshot: Snapshot, database: Database, session: StaffSession) -> None:
    if session.seen_at > snapshot.now - SEEN_SECONDS:
        return
    seen = update(StaffSession).where(col(StaffSession.id) == session.id).values(seen_at=snapshot.now)
    if isinstance(snapshot, Transaction):
        await snapshot.execute(seen)
        return
    async with database.begin() as tx:
        await tx.execute(seen)


async def is_alive(snapshot: Snapshot, session: str) -> bool:
    """Whether a session still holds: not expired, not revoked, its moderator still one."""
    query = (
        select(col(StaffSession.id))
        .join(Moderator, col(Moderator.id) == StaffSession.moderator_id)
        .where(
            col(StaffSession.id) == session,
            col(StaffSession.expires_at) > snapshot.now,
            col(StaffSession.revoked_at).is_(None),
            col(Moderator.revoked_at).is_(None),
        )
    )
    return await snapshot.scalar(query) is not None


async def sign_in(
    tx: Transaction, code: str, *, digits: str | None = None, device: str = ""
) -> tuple[str, StaffSession, Moderator]:
    """Spend a link's code: the token of a session that may do all its moderator may. Unauthorized if spent.

    SecondStep where he has one, and the digits are not its: the code is then as good as before.
    """
    spent = await _spend(tx, code, origin=None)
    await check_second_step(tx, await tx.get_one(Moderator, spent.moderator_id), digits)
    return await open_session(tx, spent.moderator_id, device=device)


async def invited(snapshot: Snapshot, code: str) -> Moderator | None:
    """Whom a link is for, without spending it; None for one that is spent or too old."""
    found = await snapshot.get(OneTimeCode, hash_token(code))
    if found is None or found.origin is not None or found.expires_at <= snapshot.now:
        return None
    moderator = await snapshot.get(Moderator, found.moderator_id)
    return None if moderator is None or moderator.revoked_at is not None else moderator


async def renew(tx: Transaction, session: str) -> str:
    """Another token for a session, after what its owner may do has changed: one that was overheard is good no more."""
    token = secrets.token_urlsafe(32)
    await tx.execute(update(StaffSession).where(col(StaffSession.id) == session).values(token_hash=hash_token(token)))
    return token


async def grant(tx: Transaction, viewer: Viewer, origin: str) -> str:
    """A code that a page at `origin`, one of the viewer's site, may redeem within a minute."""
    allow(viewer, Action.GRANT)
    known = await tx.get(Origin, origin)
    if known is None or known.site_id != viewer.site:
        raise OriginRefused("That page's address is not one of the site you moderate.")
    assert viewer.moderator is not None
    code = secrets.token_urlsafe(32)
    tx.add(
        OneTimeCode(
            code_hash=hash_token(code),
            moderator_id=viewer.moderator,
            origin=origin,
            session_id=viewer.session,
            expires_at=tx.now + CODE_SECONDS,
        )
    )
    return code


async def redeem(tx: Transaction, code: str, origin: str) -> tuple[str, StaffSession, Moderator]:
    """Spend a grant's code from the very origin it was made for: an hour's token for that page."""
    spent = await _spend(tx, code, origin=origin)
    if spent.session_id is None or not await is_alive(tx, spent.session_id):
        raise Unauthorized()
    return await open_session(tx, spent.moderator_id, Scope.PAGE, PAGE_SECONDS, granted_by=spent.session_id)


async def revoke(tx: Transaction, session: str) -> None:
    """End a session, and every one it granted."""
    ended = or_(col(StaffSession.id) == session, col(StaffSession.granted_by) == session)
    await tx.execute(update(StaffSession).where(ended).values(revoked_at=tx.now))


async def _spend(tx: Transaction, code: str, *, origin: str | None) -> OneTimeCode:
    found = await tx.get(OneTimeCode, hash_token(code))
    if found is None or found.origin != origin or found.expires_at <= tx.now:
        raise Unauthorized("This link or code was used, or is too old. Ask for a new one.")
    # Of two that spend it at once, one deletes the row.
    gone = await tx.execute(delete(OneTimeCode).where(col(OneTimeCode.code_hash) == found.code_hash))
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise Unauthorized("This link or code was used, or is too old. Ask for a new one.")
    return found


async def open_session(
    tx: Transaction,
    moderator_id: str,
    scope: Scope = Scope.FULL,
    seconds: int = SESSION_SECONDS,
    *,
    granted_by: str | None = None,
    device: str = "",
) -> tuple[str, StaffSession, Moderator]:
    """A new session, with a token that nobody had before. Unauthorized for a moderator who was dismissed."""
    moderator = await tx.get_one(Moderator, moderator_id)
    if moderator.revoked_at is not None:
        raise Unauthorized()
    token = secrets.token_urlsafe(32)
    session = StaffSession(
        id=new_id(),
        token_hash=hash_token(token),
        moderator_id=moderator_id,
        scope=scope,
        granted_by=granted_by,
        device=device,
        created_at=tx.now,
        seen_at=tx.now,
        expires_at=tx.now + seconds,
    )
    tx.add(session)
    return token, session, moderator
