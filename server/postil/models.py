"""Tables, and nothing else. Times are whole epoch seconds, ids opaque text (ids.py).

Text that orders (ids, paths) is compared byte by byte on every database.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Enum, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from postil.states import Anchor, OutlineSource, SectionState, State
from postil.viewer import Role, Scope


def ordered_text(length: int) -> String:
    """A text type whose order is that of its bytes; SQLite's is so already."""
    plain = String(length)
    return plain.with_variant(String(length, collation="C"), "postgresql")


def enum_text(kind: type[StrEnum]) -> Enum:
    """A column of `kind` that is plain text in the database, so that a new member needs no migration."""
    return Enum(kind, native_enum=False, length=16, values_callable=lambda k: [member.value for member in k])


ID = ordered_text(11)


class Lineage(SQLModel, table=True):
    """One row: which history this database tells. Restoring a backup starts a new epoch."""

    id: int = Field(default=1, primary_key=True)
    epoch: str
    secret: str


class Site(SQLModel, table=True):
    id: str = Field(primary_key=True, sa_type=ID)
    name: str
    premoderate: bool = False
    edit_window: int = 900
    signing_key: str | None = None
    created_at: int = Field(sa_type=BigInteger)


class Origin(SQLModel, table=True):
    """An origin belongs to one site, and tells which."""

    origin: str = Field(primary_key=True)
    site_id: str = Field(foreign_key="site.id", index=True, sa_type=ID)


class Moderator(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("site_id", "skeleton"),)

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    name: str
    skeleton: str
    role: Role = Field(sa_type=enum_text(Role))
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)


class OneTimeCode(SQLModel, table=True):
    """A sign-in link's code, or the code a popup hands to the page that opened it."""

    code_hash: str = Field(primary_key=True)
    moderator_id: str = Field(foreign_key="moderator.id", index=True, sa_type=ID)
    origin: str | None = None
    session_id: str | None = Field(default=None, sa_type=ID)
    expires_at: int = Field(index=True, sa_type=BigInteger)


class StaffSession(SQLModel, table=True):
    """A bearer token of a moderator. One that was granted to a page names the session that granted it."""

    id: str = Field(primary_key=True, sa_type=ID)
    token_hash: str = Field(unique=True)
    moderator_id: str = Field(foreign_key="moderator.id", index=True, sa_type=ID)
    scope: Scope = Field(sa_type=enum_text(Scope))
    granted_by: str | None = Field(default=None, index=True, sa_type=ID)
    expires_at: int = Field(index=True, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)


class Author(SQLModel, table=True):
    """A guest: known by the hash of a token that only his browser has."""

    __table_args__ = (UniqueConstraint("site_id", "token_hash"),)

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    token_hash: str
    name: str
    created_at: int = Field(sa_type=BigInteger)


class Page(SQLModel, table=True):
    """`reference` is the hash of the outline that decides for everybody; `anchors` counts how often places moved.

    `published_at` is the time that the latest publication was signed at: an older one comes too late.
    """

    __table_args__ = (UniqueConstraint("site_id", "key"), Index("ix_page_reference", "site_id", "reference"))

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    key: str
    url: str
    title: str = ""
    public_revision: int = Field(default=0, sa_type=BigInteger)
    staff_revision: int = Field(default=0, sa_type=BigInteger)
    views: int = Field(default=0, sa_type=BigInteger)
    reference: str | None = None
    anchors: int = 0
    published_at: int | None = Field(default=None, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)


class PageAlias(SQLModel, table=True):
    """A key under which a page was known before it moved: old links and open windows still find it."""

    site_id: str = Field(primary_key=True, foreign_key="site.id", sa_type=ID)
    key: str = Field(primary_key=True)
    page_id: str = Field(foreign_key="page.id", index=True, sa_type=ID)


class PageMove(SQLModel, table=True):
    """An address whose outline is that of `page_id`'s reference. `found`: how the old address answers, once asked.

    Bounded for each page (moving.MOST_MOVES). `settled_at`: the owner has said yes or no.
    """

    page_id: str = Field(primary_key=True, foreign_key="page.id", sa_type=ID)
    key: str = Field(primary_key=True)
    url: str
    seen_at: int = Field(sa_type=BigInteger)
    asked_at: int | None = Field(default=None, sa_type=BigInteger)
    found: str | None = None
    settled_at: int | None = Field(default=None, sa_type=BigInteger)


class WaitingView(SQLModel, table=True):
    """Views of pages that have no row yet. Bounded (discussion.WAITING_PAGES)."""

    site_id: str = Field(primary_key=True, foreign_key="site.id", sa_type=ID)
    key: str = Field(primary_key=True)
    views: int = 0
    seen_at: int = Field(index=True, sa_type=BigInteger)


class Visit(SQLModel, table=True):
    """That a browser has seen a page on a day; swept when the day is over."""

    visit_hash: str = Field(primary_key=True)
    day: int = Field(index=True)


class Section(SQLModel, table=True):
    """A part of a page and its thread.

    It was last seen at `at` of the outline `outline_hash`; that is evidence, never identity. `is_shared`: it stands, or
    once stood, in the page's reference, so everybody may see it. `heading` is the owner's own text, or "".
    """

    id: str = Field(primary_key=True, sa_type=ID)
    page_id: str = Field(foreign_key="page.id", index=True, sa_type=ID)
    state: SectionState = Field(default=SectionState.OPEN, sa_type=enum_text(SectionState))
    heading: str = ""
    outline_hash: str | None = None
    at: int = 0
    is_shared: bool = False
    comments: int = 0
    shown: int = 0
    pending: int = 0
    hidden: int = 0
    last_at: int | None = Field(default=None, sa_type=BigInteger)
    faces: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    public_revision: int = Field(default=0, sa_type=BigInteger)
    staff_revision: int = Field(default=0, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)


class Outline(SQLModel, table=True):
    """The list of sections that some copy of the page shows, kept once a comment refers to it or the owner gave it.

    `size` is how many `sections` there are; `places` has for each of them a dict of postil.places.Place, `excerpts`
    how it begins, where the owner's own text was read. `referenced_at`: when it last became the page's reference, None
    where it never was. `network` stands for who brought it, so that one network's are bounded.
    """

    page_id: str = Field(primary_key=True, foreign_key="page.id", sa_type=ID)
    hash: str = Field(primary_key=True)
    source: OutlineSource = Field(default=OutlineSource.SEEN, sa_type=enum_text(OutlineSource))
    sections: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    size: int = 0
    places: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    excerpts: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    network: str | None = None
    referenced_at: int | None = Field(default=None, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)


class Sighting(SQLModel, table=True):
    """That readers of one network were shown an outline, first and last. Bounded (promotion.MOST_SIGHTINGS)."""

    page_id: str = Field(primary_key=True, foreign_key="page.id", sa_type=ID)
    hash: str = Field(primary_key=True)
    network: str = Field(primary_key=True)
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(index=True, sa_type=BigInteger)


class Anchoring(SQLModel, table=True):
    """One decision about where a thread stands; append-only, as moderators' decisions are. It may outlive its page.

    From `at` of the outline `old_hash` to `to` of `new_hash` (None: to nowhere). `moderator_id` is None where a rule
    decided, or somebody at the command line (`move` tells which).
    `place` is the id that the place has without the thread, so that it can be undone.
    `answers`: the decision that this one settles or undoes. An unsure one that nothing answers is asked of the owner.
    """

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", index=True, sa_type=ID)
    page_id: str = Field(index=True, sa_type=ID)
    section_id: str | None = Field(default=None, sa_type=ID)
    move: Anchor = Field(sa_type=enum_text(Anchor))
    old_hash: str | None = None
    at: int | None = None
    new_hash: str | None = None
    to: int | None = None
    score: float = 0.0
    reason: str = ""
    place: str | None = Field(default=None, sa_type=ID)
    moderator_id: str | None = Field(default=None, foreign_key="moderator.id", sa_type=ID)
    answers: str | None = Field(default=None, index=True, sa_type=ID)
    created_at: int = Field(sa_type=BigInteger)


class Comment(SQLModel, table=True):
    """One entry. `path` is the ids from the root down, so its order is that of the thread read aloud.

    `shown` is states.is_shown, kept beside what it is made of so that an index can use it.
    `thread_shown` and `thread_size` count what is under a root, as readers and as staff see it.
    """

    __table_args__ = (
        Index("ix_comment_roots", "section_id", "depth", "id"),
        Index("ix_comment_public_roots", "section_id", "depth", "shown", "id"),
        Index("ix_comment_support", "section_id", "depth", "shown", "support", "id"),
        Index("ix_comment_thread", "root_id", "path"),
        Index("ix_comment_public_changes", "page_id", "public_revision"),
        Index("ix_comment_staff_changes", "page_id", "staff_revision"),
    )

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    page_id: str = Field(foreign_key="page.id", sa_type=ID)
    section_id: str = Field(foreign_key="section.id", sa_type=ID)
    parent_id: str | None = Field(default=None, foreign_key="comment.id", index=True, sa_type=ID)
    root_id: str = Field(sa_type=ID)
    path: str = Field(sa_type=ordered_text(11 * 64))
    depth: int = 0
    author_id: str | None = Field(default=None, foreign_key="author.id", index=True, sa_type=ID)
    author_name: str = ""
    state: State = Field(sa_type=enum_text(State))
    source: str = ""
    html: str = ""
    renderer: int = 0
    reason: str | None = None
    outline_hash: str | None = None
    support: int = 0
    flags: int = 0
    shown: bool = False
    shown_since: int = Field(default=0, sa_type=BigInteger)
    shown_replies: int = 0
    thread_shown: int = 0
    thread_size: int = 0
    public_revision: int = Field(default=0, sa_type=BigInteger)
    staff_revision: int = Field(default=0, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    edited_at: int | None = Field(default=None, sa_type=BigInteger)
    published_at: int | None = Field(default=None, sa_type=BigInteger)


class PublicSpan(SQLModel, table=True):
    """A comment was in the public answer from revision `since` until just before `until`.

    Only spans that ended have a row; the one that lasts is Comment.shown_since. `gone` asks here.
    """

    comment_id: str = Field(primary_key=True, foreign_key="comment.id", sa_type=ID)
    since: int = Field(primary_key=True, sa_type=BigInteger)
    until: int = Field(sa_type=BigInteger)


class Posted(SQLModel, table=True):
    """Which comment an author's nonce made, so that a retry is answered and not posted again."""

    author_id: str = Field(primary_key=True, foreign_key="author.id", sa_type=ID)
    nonce: str = Field(primary_key=True)
    body_hash: str
    comment_id: str = Field(foreign_key="comment.id", index=True, sa_type=ID)


class Reaction(SQLModel, table=True):
    comment_id: str = Field(primary_key=True, foreign_key="comment.id", sa_type=ID)
    author_id: str = Field(primary_key=True, foreign_key="author.id", index=True, sa_type=ID)


class SupportChange(SQLModel, table=True):
    """How a comment's support moved at a public revision: a cursor sorted by support is frozen at its own.

    Kept for as many revisions as a cursor may lag (cursors.MOST_BEHIND).
    """

    page_id: str = Field(primary_key=True, foreign_key="page.id", sa_type=ID)
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    comment_id: str = Field(foreign_key="comment.id", sa_type=ID)
    section_id: str = Field(sa_type=ID)
    delta: int


class Flag(SQLModel, table=True):
    comment_id: str = Field(primary_key=True, foreign_key="comment.id", sa_type=ID)
    author_id: str = Field(primary_key=True, foreign_key="author.id", index=True, sa_type=ID)
    reason: str
    note: str = ""
    created_at: int = Field(sa_type=BigInteger)


class Decision(SQLModel, table=True):
    """One row of the moderation log. Append-only: triggers refuse to change or delete it."""

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", index=True, sa_type=ID)
    comment_id: str = Field(foreign_key="comment.id", index=True, sa_type=ID)
    moderator_id: str = Field(foreign_key="moderator.id", sa_type=ID)
    move: str
    from_state: State = Field(sa_type=enum_text(State))
    to_state: State = Field(sa_type=enum_text(State))
    reason: str | None = None
    note: str | None = None
    undoes: str | None = Field(default=None, sa_type=ID)
    created_at: int = Field(sa_type=BigInteger)
