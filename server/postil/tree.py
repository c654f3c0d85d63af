"""From rows to threads: what fits into a window, and replies nested under their parents. Pure, linear."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from postil.answers import CommentAnswer, NestedComment

# A thread shows so many replies before "show more", so that one long quarrel does not fill the window.
REPLIES_AT_FIRST = 20


class Thread(NamedTuple):
    """A root in a window: how many comments stand under it, and how many of them the window takes."""

    root: str
    size: int
    take: int

    @property
    def is_cut(self) -> bool:
        return self.take < self.size


def plan(roots: Iterable[tuple[str, int]], limit: int) -> list[Thread]:
    """Which of `roots` (id, size), in order, fit into `limit` comments; a parent always before its replies."""
    threads: list[Thread] = []
    room = limit
    for root, size in roots:
        if room <= 0:
            break
        take = min(size, REPLIES_AT_FIRST, room - 1)
        threads.append(Thread(root, size, take))
        room -= 1 + take
    return threads


def nest(comments: Sequence[CommentAnswer]) -> list[NestedComment]:
    """The same comments, each with its replies; one whose parent is not among them stands at the top."""
    nested = {comment.id: NestedComment(**comment.model_dump()) for comment in comments}
    top: list[NestedComment] = []
    for comment in nested.values():
        parent = nested.get(comment.parent or "")
        (parent.replies if parent else top).append(comment)
    return top
