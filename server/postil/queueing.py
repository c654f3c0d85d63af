"""The moderators' queue, kept in step with the comments that it is about.

Whether a comment needs a look follows from the comment itself. Each change of a page passes here what it touched, so
that no verb has to remember the queue. What one flood posts (Comment.kin) is one item.
"""

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlmodel import col

from postil.db import QueueHint, Transaction
from postil.ids import new_id
from postil.models import Comment, QueueItem, Site
from postil.rules import Kind
from postil.states import State


def needs_review(comment: Comment) -> bool:
    """Whether a moderator should look: it is pending, flagged, has an edit that waits, or its author asks again."""
    if comment.state is State.PENDING:
        return True
    if comment.state is State.PUBLISHED:
        return comment.flags > 0 or comment.held is not None
    return comment.state is State.HIDDEN and comment.appealed


async def keep_in_step(tx: Transaction, site: str, touched: Iterable[Comment]) -> None:
    """Let comments enter and leave the queue, and whoever looks at it know."""
    moved = [comment for comment in touched if comment.waits or needs_review(comment)]
    if not moved:
        return
    revision = await next_revision(tx, site)
    # Held on to here: the session forgets what nobody holds, and would ask for a flood's item 200 times.
    items: dict[str, QueueItem] = {}
    for comment in moved:
        item = await _item_of(tx, comment, items)
        _count(tx, comment, item)
        if not comment.waits and item.is_open and item.comment_id == comment.id:
            await _lead_by_another(tx, item)
        item.revision = revision


async def next_revision(tx: Transaction, site: str) -> int:
    """The queue's next revision, told to those who watch it once this is committed."""
    one_more = update(Site).where(col(Site.id) == site).values(queue_revision=Site.queue_revision + 1)
    revision = await tx.scalar(
        one_more.returning(col(Site.queue_revision)), execution_options={"synchronize_session": False}
    )
    assert revision is not None
    tx.hints.append(QueueHint(site, revision))
    return int(revision)


async def _item_of(tx: Transaction, comment: Comment, items: dict[str, QueueItem]) -> QueueItem:
    """Where a comment stands, or stood before: what is undone is back in its place. Else its kin's, or its own."""
    if comment.item_id is None and comment.kin and comment.state is State.PENDING:
        comment.item_id = await _open_item_of_kin(tx, comment)
    if comment.item_id is None:
        item = _new_item(tx, comment)
        comment.item_id = item.id
    else:
        item = items[comment.item_id] if comment.item_id in items else await tx.get_one(QueueItem, comment.item_id)
    items[item.id] = item
    return item


def _new_item(tx: Transaction, comment: Comment) -> QueueItem:
    named = {"site_id": comment.site_id, "comment_id": comment.id, "kin": comment.kin}
    item = QueueItem(id=new_id(), is_open=False, at=tx.now, **named)  # type: ignore[arg-type]
    tx.add(item)
    return item


async def _open_item_of_kin(tx: Transaction, comment: Comment) -> str | None:
    query = select(col(QueueItem.id)).where(
        col(QueueItem.site_id) == comment.site_id, col(QueueItem.kin) == comment.kin, col(QueueItem.is_open).is_(True)
    )
    found: str | None = await tx.scalar(query.order_by(col(QueueItem.id)).limit(1))
    return found


def _count(tx: Transaction, comment: Comment, item: QueueItem) -> None:
    needs = needs_review(comment)
    item.size += int(needs) - int(comment.waits)
    if needs and not comment.waits:
        item.at = max(item.at, tx.now)
    if needs and item.size == 1:
        item.comment_id = comment.id
    comment.waits = needs
    item.is_open = item.size > 0
    if needs:
        item.kinds = _kinds(item, comment)
    if not item.is_open:
        item.claimed_by = item.claimed_at = None


def _kinds(item: QueueItem, comment: Comment) -> str:
    kinds = [kind for kind in item.kinds.split("|") if kind] if item.size > 1 else []
    kinds += [why["kind"] for why in comment.why]
    kinds += [Kind.FLAGS] * (comment.flags > 0) + [Kind.EDIT] * (comment.held is not None)
    kinds += [Kind.APPEAL] * comment.appealed
    return "|" + "".join(f"{kind}|" for kind in dict.fromkeys(kinds))


async def _lead_by_another(tx: Transaction, item: QueueItem) -> None:
    """The comment that stood for an item has left it: the oldest that still waits does so now."""
    await tx.flush()
    query = select(col(Comment.id)).where(col(Comment.item_id) == item.id, col(Comment.waits).is_(True))
    item.comment_id = await tx.scalar(query.order_by(col(Comment.id)).limit(1)) or item.comment_id
