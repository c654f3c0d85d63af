"""When readers together may say what a page looks like: an owner who does nothing is served too.

One reader never decides for another (house, law 5). What many were shown becomes the reference when it was seen from
NETWORKS different networks over SECONDS at least, and nobody was shown the old one in that time. The numbers, and what
they cost an attacker, are in docs/sections.md.
"""

from sqlalchemy import delete, func, select
from sqlmodel import col

from postil.changing import changing
from postil.db import Transaction
from postil.models import Outline, Page, Sighting
from postil.outline import OutlineSection, covered
from postil.places import Outlines, find_alike, sections_of
from postil.reference import Given, set_reference
from postil.states import OutlineSource
from postil.upsert import insert_if_new

NETWORKS = 5
SECONDS = 48 * 3600
# A sighting is renewed once an hour: a write for each view would be for nothing.
RENEWED_AFTER = 3600
KEPT_SECONDS = 14 * 24 * 3600
# A network of readers sees a stale copy, an edit, a variant; the rest is a flood, and must not crowd out the others.
MOST_OF_NETWORK = 3
MOST_SIGHTINGS = 600
# The reference needs no networks, only when it was last seen; so that no flood can hide it, it has a row of its own.
ANY_NETWORK = ""


async def sight(tx: Transaction, page: Page, hash: str, network: str, outlines: Outlines) -> bool:
    """Note that a reader of `network` (a wide one) was shown an outline; promote it where that is due, and say so."""
    hash = await _family(tx, page, hash, outlines)
    if hash == page.reference:
        await _note(tx, page, hash, ANY_NETWORK)
        return False
    if not await _note(tx, page, hash, network) or not await _is_due(tx, page, hash):
        return False
    sections = await _sections(tx, page, hash, outlines)
    if not sections:
        return False
    async with changing(tx, page.id) as change:
        await set_reference(change, Given(sections, OutlineSource.SEEN))
    return True


async def _family(tx: Transaction, page: Page, hash: str, outlines: Outlines) -> str:
    """The outline as which a nearly equal one counts: advertisements and counters make no new version."""
    sections = outlines.recall(page.site_id, page.key, hash)
    if hash == page.reference or not sections or (await tx.get(Outline, (page.id, hash))) is not None:
        return hash
    alike = await find_alike(tx, page, sections)
    return alike.hash if alike else hash


async def _sections(tx: Transaction, page: Page, hash: str, outlines: Outlines) -> tuple[OutlineSection, ...]:
    kept = await tx.get(Outline, (page.id, hash))
    return covered(sections_of(kept)) if kept else outlines.recall(page.site_id, page.key, hash)


async def _note(tx: Transaction, page: Page, hash: str, network: str) -> bool:
    """Write a sighting down, within bounds; whether it is there."""
    found = await tx.get(Sighting, (page.id, hash, network))
    if found is not None:
        if found.last_at <= tx.now - RENEWED_AFTER:
            found.last_at = tx.now
        return True
    if network != ANY_NETWORK and await _is_full(tx, page, network):
        return False
    return await insert_if_new(
        tx, Sighting, page_id=page.id, hash=hash, network=network, first_at=tx.now, last_at=tx.now
    )


async def _is_full(tx: Transaction, page: Page, network: str) -> bool:
    count = select(func.count()).select_from(Sighting).where(col(Sighting.page_id) == page.id)
    of_network = count.where(col(Sighting.network) == network)
    return (await tx.scalar(of_network) or 0) >= MOST_OF_NETWORK or (await tx.scalar(count) or 0) >= MOST_SIGHTINGS


async def _is_due(tx: Transaction, page: Page, hash: str) -> bool:
    """Enough networks over long enough, and nothing else seen meanwhile."""
    seen = select(func.count(), func.min(Sighting.first_at), func.max(Sighting.last_at))
    seen = seen.where(col(Sighting.page_id) == page.id, col(Sighting.hash) == hash)
    seen = seen.where(col(Sighting.network) != ANY_NETWORK)
    networks, first, last = (await tx.execute(seen)).one()
    if networks < NETWORKS or last - first < SECONDS:
        return False
    return not await (_reference_lives(tx, page) if page.reference else _has_rival(tx, page, hash))


async def _reference_lives(tx: Transaction, page: Page) -> bool:
    """Whether the reference is new, or anybody was shown it lately."""
    reference = await tx.get_one(Outline, (page.id, page.reference))
    seen = await tx.get(Sighting, (page.id, page.reference, ANY_NETWORK))
    return max(reference.referenced_at or 0, seen.last_at if seen else 0) > tx.now - SECONDS


async def _has_rival(tx: Transaction, page: Page, hash: str) -> bool:
    """Without a reference: whether another outline was shown lately to more than a single network."""
    lately = select(func.count()).where(
        col(Sighting.page_id) == page.id, col(Sighting.hash) != hash, col(Sighting.last_at) > tx.now - SECONDS
    )
    rivals = lately.group_by(col(Sighting.hash)).having(func.count() > 1)
    return (await tx.scalar(select(func.count()).select_from(rivals.subquery())) or 0) > 0


async def forget(tx: Transaction) -> None:
    """Drop sightings that nothing renewed."""
    await tx.execute(delete(Sighting).where(col(Sighting.last_at) < tx.now - KEPT_SECONDS))
