"""The states of comments, sections and outlines, and the moves between them. Pure.

post > pending | published      approve: pending > published; a published one stays, and its flags are answered
hide: pending, published > hidden; a hidden one stays, and its appeal is refused       restore: hidden > published
hold (a rule): published > pending       undo: whatever a decision did, the other way
edit: pending, published stay; the edit of a published one may wait while readers see the text before it
refuse: the edit that waits is not shown       remove (author): text gone
purge (moderator): all gone but the place in the tree
"""

from enum import StrEnum

from postil.errors import StateConflict


class State(StrEnum):
    PENDING = "pending"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REMOVED = "removed"
    PURGED = "purged"


class SectionState(StrEnum):
    OPEN = "open"
    SLOW = "slow"
    LOCKED = "locked"
    CLOSED = "closed"


class OutlineSource(StrEnum):
    """Who showed it: a reader's browser, the owner's build, or the owner's site when the server looked."""

    SEEN = "seen"
    PUBLISHED = "published"
    FETCHED = "fetched"

    @property
    def is_owners(self) -> bool:
        """Whether its words are the owner's own, fit to be shown to everybody."""
        return self is not OutlineSource.SEEN


class Anchor(StrEnum):
    """Decisions about where a thread stands: by rule, then those of an owner."""

    KEPT = "kept"
    SPLIT = "split"
    MERGED = "merged"
    BACK = "back"
    UNSURE = "unsure"
    GONE = "gone"
    SAME = "same"
    MERGE = "merge"
    APART = "apart"
    UNDO = "undo"
    MOVED = "moved"


class Move(StrEnum):
    APPROVE = "approve"
    HIDE = "hide"
    RESTORE = "restore"
    EDIT = "edit"
    REMOVE = "remove"
    PURGE = "purge"
    REFUSE = "refuse"
    HOLD = "hold"
    UNDO = "undo"
    # Not of comments, and yet decisions.
    BAN = "ban"
    LIFT = "lift"
    SET_SECTION = "set_section"


P, V, H, R, X = State.PENDING, State.PUBLISHED, State.HIDDEN, State.REMOVED, State.PURGED

ALLOWED: dict[Move, dict[State, frozenset[State]]] = {
    Move.APPROVE: {P: frozenset({V}), V: frozenset({V})},
    Move.HIDE: {P: frozenset({H}), V: frozenset({H}), H: frozenset({H})},
    Move.RESTORE: {H: frozenset({V})},
    Move.REFUSE: {V: frozenset({V})},
    Move.HOLD: {V: frozenset({P})},
    Move.UNDO: {P: frozenset({P, V, H}), V: frozenset({P, V, H}), H: frozenset({P, V, H})},
    Move.EDIT: {P: frozenset({P}), V: frozenset({V})},
    Move.REMOVE: {P: frozenset({R}), V: frozenset({R}), H: frozenset({R})},
    Move.PURGE: {P: frozenset({X}), V: frozenset({X}), H: frozenset({X}), R: frozenset({X})},
}


def check(move: Move, old: State, new: State) -> None:
    """Raise StateConflict unless `move` may take a comment from `old` to `new`."""
    if new not in ALLOWED[move].get(old, frozenset()):
        raise StateConflict(f"This comment is {old}: it cannot be taken through “{move}” now.")


def is_shown(state: State, *, was_published: bool, shown_replies: int) -> bool:
    """Whether readers see the comment at all: whole, or as the tombstone that holds its replies together."""
    return state is State.PUBLISHED or (was_published and shown_replies > 0)
