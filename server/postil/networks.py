"""Networks as they are kept beside comments and bans: hashes whose key is destroyed within 30 days.

A key is in use for 15 days and kept for 15 more; with it goes the meaning of every hash made with it, in backups that
do not hold the key too. Two sites have different hashes for one network.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlmodel import col

from postil.db import Snapshot, Transaction
from postil.models import Ban, Comment, NetworkKey
from postil.upsert import insert_if_new

PERIOD = 15 * 86_400
KEPT = 2 * PERIOD


async def network_now(tx: Transaction, site: str, network: str) -> str:
    """What stands for `network` (web.addresses.network_key) on `site` now; made with a new key when it is time."""
    newest = await _newest(tx)
    if newest is None or newest.starts_at <= tx.now - PERIOD:
        # Of two that find it time in one second, one makes the key for both.
        await insert_if_new(tx, NetworkKey, starts_at=tx.now, secret=secrets.token_hex(32))
        newest = await _newest(tx)
        assert newest is not None
    return hashed(newest.secret, site, network)


async def networks_of(snapshot: Snapshot, site: str, network: str) -> list[str]:
    """Everything that may stand for `network` on `site` among what is kept."""
    keys = await _keys(snapshot)
    return [hashed(key.secret, site, network) for key in keys]


async def forget(tx: Transaction) -> None:
    """Destroy keys that served their time, and what was hashed with them."""
    query = select(NetworkKey).where(col(NetworkKey.starts_at) <= tx.now - KEPT)
    old = (await tx.scalars(query)).all()
    if not old:
        return
    await tx.execute(delete(NetworkKey).where(col(NetworkKey.starts_at) <= tx.now - KEPT))
    # A hash of the last period is at most 15 days old here; what is older was made with a key that is gone.
    await tx.execute(update(Ban).where(col(Ban.created_at) <= tx.now - KEPT).values(network=None))
    await tx.execute(update(Comment).where(col(Comment.created_at) <= tx.now - PERIOD).values(network=None))


async def _newest(snapshot: Snapshot) -> NetworkKey | None:
    return (await snapshot.scalars(select(NetworkKey).order_by(col(NetworkKey.starts_at).desc()).limit(1))).first()


async def _keys(snapshot: Snapshot) -> Sequence[NetworkKey]:
    alive = col(NetworkKey.starts_at) > snapshot.now - KEPT
    return (await snapshot.scalars(select(NetworkKey).where(alive))).all()


def hashed(secret: str, site: str, network: str) -> str:
    """What stands for a network on a site, by one key."""
    return hmac.digest(secret.encode(), f"{site}\0{network}".encode(), hashlib.sha256).hex()[:32]
