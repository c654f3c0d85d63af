"""Tables, and nothing else. Times are whole epoch seconds, ids opaque text (ids.py).

Text that orders (ids, paths) is compared byte by byte on every database.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ColumnElement, Enum, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped
from sqlmodel import Field, SQLModel, col

from postil.states import Anchor, OutlineSource, SectionState, State
from postil.viewer import Role, Scope

# Tables are not validated when they are made (what comes in is, by its schema), so they need no validators.
SQLModel.model_config["defer_build"] = True

PARTIAL = "partial"  # what is noted of a partial index: its rows


def ordered_text(length: int) -> String:
    """A text type whose order is that of its bytes; SQLite's is so already."""
    plain = String(length)
    return plain.with_variant(String(length, collation="C"), "postgresql")


def enum_text(kind: type[StrEnum]) -> Enum:
    """A column of `kind` that is plain text in the database, so that a new member needs no migration."""
    return Enum(kind, native_enum=False, length=16, values_callable=lambda k: [member.value for member in k])


def partial_index(name: str, *columns: str | Mapped[Any] | ColumnElement[Any], where: str) -> Index:
    """An index of those rows alone. Found only by statements that say `where` themselves, in the statement's text: of a
    parameter a planner does not know what it will be.
    """
    on_sqlite = where.replace("TRUE", "1")  # as SQLAlchemy says it to each of them
    return Index(name, *columns, sqlite_where=text(on_sqlite), info={PARTIAL: where})


def tell_postgresql() -> None:
    """Say in PostgreSQL's own terms which rows partial indexes have: for whoever makes or compares schemas. Said where
    they stand it would load the whole of that dialect at every start on SQLite.
    """
    for index in [index for table in SQLModel.metadata.tables.values() for index in table.indexes]:
        if PARTIAL in index.info:
            index.dialect_options["postgresql"]["where"] = text(index.info[PARTIAL])


ID = ordered_text(11)


class Lineage(SQLModel, table=True):
    """One row: which history this database tells. Restoring a backup starts a new epoch."""

    id: int = Field(default=1, primary_key=True)
    epoch: str
    secret: str


class Site(SQLModel, table=True):
    """`reasons` are the site's own, each {"text", "is_spam"}; none: postil.policy.REASONS. `queue_revision` counts
    what changed in the moderators' queue.
    """

    id: str = Field(primary_key=True, sa_type=ID)
    name: str
    edit_window: int = 900
    signing_key: str | None = None
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    queue_revision: int = Field(default=0, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)


class Origin(SQLModel, table=True):
    """An origin belongs to one site, and tells which."""

    origin: str = Field(primary_key=True)
    site_id: str = Field(foreign_key="site.id", index=True, sa_type=ID)


class Moderator(SQLModel, table=True):
    """An account of a site. `address` and `password_hash` (argon2) are None until the invitation is taken up;
    `totp_secret` where he wants a second step, `totp_step` the last one used, so that none works twice.
    """

    __table_args__ = (
        UniqueConstraint("site_id", "skeleton"),
        Index("ux_moderator_address", "site_id", "address", unique=True),
    )

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    name: str
    skeleton: str
    role: Role = Field(sa_type=enum_text(Role))
    address: str | None = Field(default=None, index=True)
    password_hash: str | None = None
    totp_secret: str | None = None
    totp_step: int | None = Field(default=None, sa_type=BigInteger)
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
    """A moderator's sign-in: a cookie's, or a bearer token. One granted to a page names the session that granted it.

    `device` is what his browser called itself, shortened, so that he knows it in the list of his sessions.
    """

    id: str = Field(primary_key=True, sa_type=ID)
    token_hash: str = Field(unique=True)
    moderator_id: str = Field(foreign_key="moderator.id", index=True, sa_type=ID)
    scope: Scope = Field(sa_type=enum_text(Scope))
    granted_by: str | None = Field(default=None, index=True, sa_type=ID)
    device: str = ""
    created_at: int = Field(default=0, sa_type=BigInteger)
    seen_at: int = Field(default=0, sa_type=BigInteger)
    expires_at: int = Field(index=True, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)


class Author(SQLModel, table=True):
    """A guest: known by the hash of a token that only his browser has.

    `flags_right` and `flags_wrong`: how often a moderator agreed with a flag of his, and how often not.
    """

    __table_args__ = (UniqueConstraint("site_id", "token_hash"),)

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    token_hash: str
    name: str
    flags_right: int = 0
    flags_wrong: int = 0
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
    `pace`: in the state `slow`, one comment of an author in so many minutes.
    """

    id: str = Field(primary_key=True, sa_type=ID)
    page_id: str = Field(foreign_key="page.id", index=True, sa_type=ID)
    state: SectionState = Field(default=SectionState.OPEN, sa_type=enum_text(SectionState))
    pace: int = 0
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
    `edition` counts its edits: an approval names the one it saw. `held` is the edition that waits while readers still
    see the text before it. `flags` are those no moderator has answered yet; `appealed`: its author asks again.
    `waits`: a moderator should look (queueing.needs_review), `item_id` is where in the queue it stands or stood, `why`
    what brought it there (postil.rules.Why). `kin` is equal for what one flood posts, `network` stands for where it
    came from and is of use for 30 days at most (postil.networks). `learned`: what the spam filter was told it is.
    """

    # Nobody asks for a comment's replies by its id, but by their root; and none is ever deleted, which would.
    __table_args__ = (
        partial_index("ix_comment_roots", "section_id", "id", where="depth = 0"),
        partial_index("ix_comment_public_roots", "section_id", "shown", "id", where="depth = 0"),
        Index("ix_comment_recent", "section_id", "shown", "id"),
        Index("ix_comment_thread", "root_id", "path"),
        Index("ix_comment_public_changes", "page_id", "public_revision"),
        Index("ix_comment_staff_changes", "page_id", "staff_revision"),
        Index("ix_comment_author", "author_id", "site_id", "id"),
        Index("ix_comment_site", "site_id", "id"),
        partial_index("ix_comment_hidden", "site_id", "id", where="state = 'hidden'"),
        partial_index("ix_comment_kin", "site_id", "kin", "id", where="kin IS NOT NULL"),
        partial_index("ix_comment_networks", "site_id", "network", "id", where="network IS NOT NULL"),
        partial_index("ix_comment_items", "item_id", "waits", "id", where="item_id IS NOT NULL"),
        partial_index("ix_comment_waiting", "site_id", "id", where="waits IS TRUE"),
    )

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    page_id: str = Field(foreign_key="page.id", sa_type=ID)
    section_id: str = Field(foreign_key="section.id", sa_type=ID)
    parent_id: str | None = Field(default=None, foreign_key="comment.id", sa_type=ID)
    root_id: str = Field(sa_type=ID)
    path: str = Field(sa_type=ordered_text(11 * 64))
    depth: int = 0
    author_id: str | None = Field(default=None, foreign_key="author.id", sa_type=ID)
    author_name: str = ""
    state: State = Field(sa_type=enum_text(State))
    source: str = ""
    html: str = ""
    renderer: int = 0
    edition: int = 0
    held: int | None = None
    reason: str | None = None
    outline_hash: str | None = None
    support: int = 0
    flags: int = 0
    appealed: bool = False
    waits: bool = False
    item_id: str | None = Field(default=None, sa_type=ID)
    why: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    kin: str | None = None
    network: str | None = None
    learned: str | None = None
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


# Most supported first, of equal support the earlier first. Here, because the order is a column's, which was not yet.
partial_index(
    "ix_comment_support",
    *(col(Comment.section_id), col(Comment.shown), col(Comment.support).desc(), col(Comment.id)),
    where="depth = 0",
)


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
    """`answered_by`: the decision that agreed with it or did not; None while it is open."""

    comment_id: str = Field(primary_key=True, foreign_key="comment.id", sa_type=ID)
    author_id: str = Field(primary_key=True, foreign_key="author.id", index=True, sa_type=ID)
    reason: str
    note: str = ""
    answered_by: str | None = Field(default=None, index=True, sa_type=ID)
    created_at: int = Field(sa_type=BigInteger)


class Edition(SQLModel, table=True):
    """A text of a comment that waited for a moderator, or that one which waited has replaced."""

    comment_id: str = Field(primary_key=True, foreign_key="comment.id", sa_type=ID)
    number: int = Field(primary_key=True)
    source: str
    html: str
    renderer: int
    edited_at: int | None = Field(default=None, sa_type=BigInteger)


class QueueItem(SQLModel, table=True):
    """One thing for moderators to decide: a comment, or many of one kin. `size` of them wait; open while any does.

    `kinds` are those of the comments' `why`, between bars, as “|words|flags|”. `at`: when the latest came.
    `claimed_by` looks at it since `claimed_at`. `revision` is the site's queue_revision of its last change.
    """

    __table_args__ = (
        Index("ix_queueitem_open", "site_id", "is_open", "id"),
        Index("ix_queueitem_kin", "site_id", "kin", "is_open"),
        Index("ix_queueitem_changes", "site_id", "revision"),
    )

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    comment_id: str = Field(foreign_key="comment.id", index=True, sa_type=ID)
    kin: str | None = None
    kinds: str = ""
    size: int = 0
    is_open: bool = True
    claimed_by: str | None = Field(default=None, foreign_key="moderator.id", sa_type=ID)
    claimed_at: int | None = Field(default=None, sa_type=BigInteger)
    revision: int = Field(default=0, sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)


class Appeal(SQLModel, table=True):
    """What an author says against a decision, once. `answered_by`: the decision that answered."""

    decision_id: str = Field(primary_key=True, sa_type=ID)
    comment_id: str = Field(foreign_key="comment.id", index=True, sa_type=ID)
    text: str
    answered_by: str | None = Field(default=None, sa_type=ID)
    created_at: int = Field(sa_type=BigInteger)


class Rule(SQLModel, table=True):
    """A version of a rule of a site; append-only, the highest version of a number is the one in force.

    What the settings of a kind are says postil.rules. `moderator_id` is None for those a site begins with.
    """

    site_id: str = Field(primary_key=True, foreign_key="site.id", sa_type=ID)
    number: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    kind: str
    name: str
    effect: str
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    is_on: bool = True
    moderator_id: str | None = Field(default=None, foreign_key="moderator.id", sa_type=ID)
    created_at: int = Field(sa_type=BigInteger)


class SpamWord(SQLModel, table=True):
    """In how many comments that moderators called spam, and in how many others, a word was; "" counts them all."""

    site_id: str = Field(primary_key=True, foreign_key="site.id", sa_type=ID)
    word: str = Field(primary_key=True)
    spam: int = 0
    ham: int = 0


class NetworkKey(SQLModel, table=True):
    """What networks are hashed with for a while. When it is deleted, what was hashed with it says nothing any more."""

    starts_at: int = Field(primary_key=True, sa_type=BigInteger)
    secret: str


class Ban(SQLModel, table=True):
    """An author, or whoever comes from a network, may not write until `until` (None: for good), or until lifted."""

    __table_args__ = (Index("ix_ban_author", "site_id", "author_id"), Index("ix_ban_network", "site_id", "network"))

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    author_id: str | None = Field(default=None, foreign_key="author.id", sa_type=ID)
    network: str | None = None
    name: str = ""
    reason: str | None = None
    until: int | None = Field(default=None, sa_type=BigInteger)
    lifted_at: int | None = Field(default=None, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)


class Decision(SQLModel, table=True):
    """One row of the moderation log. Append-only: triggers refuse to change or delete it.

    About a comment, a section, a ban or an account: that one's id is there. `moderator_id` is None where a rule decided
    (`rule`, `rule_version`, with `why` in words), or somebody at the command line. `from_reason` is what was said
    before, so that an undo restores it. `edition`: the text that was seen. `batch`: what was decided at once.
    """

    __table_args__ = (Index("ix_decision_site", "site_id", "id"), Index("ix_decision_moderator", "moderator_id", "id"))

    id: str = Field(primary_key=True, sa_type=ID)
    site_id: str = Field(foreign_key="site.id", sa_type=ID)
    comment_id: str | None = Field(default=None, foreign_key="comment.id", index=True, sa_type=ID)
    section_id: str | None = Field(default=None, index=True, sa_type=ID)
    ban_id: str | None = Field(default=None, index=True, sa_type=ID)
    account_id: str | None = Field(default=None, sa_type=ID)
    moderator_id: str | None = Field(default=None, foreign_key="moderator.id", sa_type=ID)
    move: str
    from_state: str
    to_state: str
    reason: str | None = None
    from_reason: str | None = None
    note: str | None = None
    rule: int | None = None
    rule_version: int | None = None
    why: str | None = None
    edition: int | None = None
    batch: str | None = Field(default=None, index=True, sa_type=ID)
    undoes: str | None = Field(default=None, index=True, sa_type=ID)
    created_at: int = Field(sa_type=BigInteger)
