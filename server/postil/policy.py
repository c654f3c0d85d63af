"""Action -> who may. One table; visibility is not here but in the query (reading.visible)."""

from enum import StrEnum
from typing import Any

from postil.errors import Forbidden, Unauthorized
from postil.viewer import Role, Scope, Viewer


class Action(StrEnum):
    APPROVE = "approve"
    HIDE = "hide"
    RESTORE = "restore"
    REFUSE = "refuse"
    PURGE = "purge"
    UNDO = "undo"
    BAN = "ban"
    SET_SECTION = "set_section"
    REVIEW = "review"
    GRANT = "grant"
    ANCHOR = "anchor"
    SET_RULES = "set_rules"
    SET_PEOPLE = "set_people"


STAFF = frozenset({Role.MODERATOR, Role.OWNER})

ANYWHERE = frozenset({Scope.PAGE, Scope.FULL})
HERE = frozenset({Scope.FULL})

# A token that lives in a stranger's page can do only what can be undone (house, section 6), and sees only that page.
MAY: dict[Action, tuple[frozenset[Role], frozenset[Scope]]] = {
    Action.APPROVE: (STAFF, ANYWHERE),
    Action.HIDE: (STAFF, ANYWHERE),
    Action.RESTORE: (STAFF, ANYWHERE),
    Action.REFUSE: (STAFF, ANYWHERE),
    Action.UNDO: (STAFF, ANYWHERE),
    Action.BAN: (STAFF, ANYWHERE),
    Action.SET_SECTION: (STAFF, ANYWHERE),
    Action.PURGE: (STAFF, HERE),
    Action.REVIEW: (STAFF, HERE),
    Action.GRANT: (STAFF, HERE),
    Action.ANCHOR: (frozenset({Role.OWNER}), HERE),
    Action.SET_RULES: (frozenset({Role.OWNER}), HERE),
    Action.SET_PEOPLE: (frozenset({Role.OWNER}), HERE),
}

# Why a comment is hidden, until the site has a list of its own. Those that are spam teach the site's filter.
REASONS: tuple[dict[str, Any], ...] = (
    {"text": "spam", "is_spam": True},
    {"text": "off topic", "is_spam": False},
    {"text": "personal attack", "is_spam": False},
    {"text": "against the law", "is_spam": False},
)


def allow(viewer: Viewer, action: Action) -> None:
    """Raise unless the viewer's role and token reach to `action` on his own site."""
    roles, scopes = MAY[action]
    if not viewer.is_staff:
        raise Unauthorized("Sign in as a moderator of this site first.")
    if viewer.role not in roles or viewer.scope not in scopes:
        raise Forbidden(f"This sign-in may not {action.replace('_', ' ')}: open the service's own page for that.")
