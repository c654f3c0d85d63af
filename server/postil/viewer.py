"""Who is asking. Pure and frozen: it is made once at the door and never changes on the way."""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Whom an answer is for. A page keeps one revision counter for each."""

    PUBLIC = "public"
    STAFF = "staff"


class Role(StrEnum):
    READER = "reader"
    MODERATOR = "moderator"
    OWNER = "owner"


class Scope(StrEnum):
    """How far a moderator's token reaches: `page` is what a site's own page may hold for an hour."""

    PAGE = "page"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A viewer of one site.

    `author_key` is the hash of the guest's token, None where the browser has none yet.
    `session` is the id of the staff token that was shown, so that revoking it ends its sockets.
    """

    site: str
    author_key: str | None = None
    role: Role = Role.READER
    scope: Scope = Scope.PAGE
    moderator: str | None = None
    session: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role is not Role.READER

    @property
    def audience(self) -> Audience:
        return Audience.STAFF if self.is_staff else Audience.PUBLIC
