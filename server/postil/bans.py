"""Bans: who may not write on a site, for how long, and why. He is told; nobody is banned in secret."""

from sqlalchemy import or_, select
from sqlmodel import col

from postil import logbook, networks
from postil.db import Snapshot, Transaction
from postil.errors import Banned, Invalid, NotFound, StateConflict
from postil.ids import new_id
from postil.models import Author, Ban, Comment, Decision
from postil.policy import Action, allow
from postil.reading import page_of
from postil.states import Move, State
from postil.viewer import Viewer

# A network's hash says nothing any more after that (postil.networks), and addresses change hands.
MOST_NETWORK_SECONDS = networks.KEPT
MOST_HIDDEN = 20_000
LIFTED, IN_FORCE = "lifted", "banned"


async def ban(
    tx: Transaction,
    viewer: Viewer,
    comment_id: str,
    *,
    by_network: bool = False,
    until: int | None = None,
    reason: str | None = None,
    note: str | None = None,
    batch: str | None = None,
) -> tuple[Ban, Decision]:
    """Ban whoever wrote a comment of the viewer's site, or the network it came from, until a time or for good.

    StateConflict where nothing is known any more of either.
    """
    allow(viewer, Action.BAN)
    await page_of(tx, viewer, comment_id)
    comment = await tx.get_one(Comment, comment_id)
    whom = comment.network if by_network else comment.author_id
    if whom is None:
        raise StateConflict("It is not known any more who wrote this, or from where.")
    row = Ban(
        id=new_id(),
        site_id=viewer.site,
        author_id=None if by_network else whom,
        network=whom if by_network else None,
        name=comment.author_name,
        reason=reason,
        until=_until(tx, by_network, until),
        created_at=tx.now,
    )
    tx.add(row)
    await tx.flush()
    more = {"from_state": LIFTED, "to_state": IN_FORCE, "comment_id": comment.id, "note": note, "batch": batch}
    return row, _log(tx, viewer, row, Move.BAN, reason=reason, **more)


def _until(tx: Transaction, by_network: bool, until: int | None) -> int | None:
    if until is not None and until <= tx.now:
        raise Invalid("until", "A ban ends later than now.")
    longest = tx.now + MOST_NETWORK_SECONDS
    if not by_network:
        return until
    return min(until or longest, longest)


async def lift(tx: Transaction, viewer: Viewer, ban_id: str) -> Decision:
    """End a ban of the viewer's site now."""
    allow(viewer, Action.BAN)
    row = await _find(tx, viewer, ban_id)
    if row.lifted_at is not None:
        raise StateConflict("This ban is lifted already.")
    row.lifted_at = tx.now
    return _log(tx, viewer, row, Move.LIFT, from_state=IN_FORCE, to_state=LIFTED)


async def take_back(tx: Transaction, viewer: Viewer, old: Decision) -> Decision:
    """Undo a ban, or that one was lifted."""
    row = await _find(tx, viewer, old.ban_id or "")
    was_lifted = old.move == Move.LIFT
    if await logbook.is_undone(tx, old.id) or (row.lifted_at is not None) is not was_lifted:
        raise StateConflict("Something happened to this ban since. Look at it again.")
    row.lifted_at = None if was_lifted else tx.now
    states = {"from_state": old.to_state, "to_state": old.from_state}
    return _log(tx, viewer, row, Move.UNDO, undoes=old.id, **states)


async def _find(tx: Transaction, viewer: Viewer, ban_id: str) -> Ban:
    row = await tx.get(Ban, ban_id)
    if row is None or row.site_id != viewer.site:
        raise NotFound()
    return row


def _log(tx: Transaction, viewer: Viewer, row: Ban, move: Move, **more: str | None) -> Decision:
    return logbook.write(tx, viewer.site, viewer.moderator, move, ban_id=row.id, **more)


async def refuse_banned(snapshot: Snapshot, viewer: Viewer, author: Author | None, network: str | None = None) -> None:
    """Raise Banned, with until when and why, for an author, or anybody from a network, who may not write here now."""
    if viewer.is_staff:
        return
    whom = [col(Ban.author_id) == author.id] if author else []
    if network is not None and (known := await networks.networks_of(snapshot, viewer.site, network)):
        whom.append(col(Ban.network).in_(known))
    if not whom:
        return
    query = select(Ban).where(
        col(Ban.site_id) == viewer.site,
        or_(*whom),
        col(Ban.lifted_at).is_(None),
        or_(col(Ban.until).is_(None), col(Ban.until) > snapshot.now),
    )
    # Of several, the one that lasts longest is the one that counts.
    bans = sorted(await snapshot.scalars(query), key=lambda row: (row.until is None, row.until or 0))
    if bans:
        why = f" Why: {bans[-1].reason}." if bans[-1].reason else ""
        raise Banned(f"{Banned.sentence}{why}", bans[-1].until)


async def comments_of(snapshot: Snapshot, row: Ban) -> list[str]:
    """What whoever is banned wrote on the site and is not hidden yet, the latest first. Bounded (MOST_HIDDEN)."""
    whose = col(Comment.author_id) == row.author_id if row.author_id else col(Comment.network) == row.network
    query = select(col(Comment.id)).where(
        col(Comment.site_id) == row.site_id, whose, col(Comment.state).in_((State.PENDING, State.PUBLISHED))
    )
    return list(await snapshot.scalars(query.order_by(col(Comment.id).desc()).limit(MOST_HIDDEN)))
