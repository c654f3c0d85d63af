"""Action -> who may. One table; visibility is not here but in the query (reading.visible)."""

from enum import StrEnum

from postil.errors import Forbidden, Unauthorized
from postil.viewer import Role, Scope, Viewer


class Action(StrEnum):
    APPROVE = "approve"
    HIDE = "hide"
    RESTORE = "restore"
    PURGE = "purge"
    SET_SECTION = "set_section"
    GRANT = "grant"
    ANCHOR = "anchor"


STAFF = frozenset({Role.MODERATOR, Role.OWNER})

# A token that lives in a stranger's page can do only what can be undone (house, section 6).
MAY: dict[Action, tuple[frozenset[Role], frozenset[Scope]]] = {
    Action.APPROVE: (STAFF, frozenset({Scope.PAGE, Scope.FULL})),
    Action.HIDE: (STAFF, frozenset({Scope.PAGE, Scope.FULL})),
    Action.RESTORE: (STAFF, frozenset({Scope.PAGE, Scope.FULL})),
    Action.PURGE: (STAFF, frozenset({Scope.FULL})),
    Action.SET_SECTION: (STAFF, frozenset({Scope.FULL})),
    Action.GRANT: (STAFF, frozenset({Scope.FULL})),
    Action.ANCHOR: (frozenset({Role.OWNER}), frozenset({Scope.FULL})),
}


def allow(viewer: Viewer, action: Action) -> None:
    """Raise unless the viewer's role and token reach to `action` on his own site."""
    roles, scopes = MAY[action]
    if not viewer.is_staff:
        raise Unauthorized("Sign in as a moderator of this site first.")
    if viewer.role not in roles or viewer.scope not in scopes:
        raise Forbidden(f"This sign-in may not {action.replace('_', ' ')}: open the service's own page for that.")
