"""Threads stay with their words: places, references, sightings, anchorings

Revision ID: 0002
Revises: 0001
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(length=11).with_variant(sa.String(length=11, collation="C"), "postgresql")
SOURCE = sa.Enum("seen", "published", "fetched", name="outlinesource", native_enum=False, length=16)
JSON = sa.JSON()
OUTLINE = sa.table(
    "outline",
    sa.column("page_id"),
    sa.column("hash"),
    sa.column("sections", JSON),
    sa.column("places", JSON),
    sa.column("size"),
)
SECTION = sa.table("section", sa.column("id"), sa.column("outline_hash"), sa.column("at"))
ANCHORS = ("kept", "split", "merged", "back", "unsure", "gone", "same", "merge", "apart", "undo", "moved")

# The owner's log of places is append-only in the database itself, like the moderators' (0001).
SQLITE_LOG = """
CREATE TRIGGER anchoring_is_kept_{what} BEFORE {what} ON anchoring
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END
"""
POSTGRES_LOG = """
CREATE TRIGGER anchoring_is_kept BEFORE UPDATE OR DELETE ON anchoring
FOR EACH ROW EXECUTE FUNCTION decision_is_kept();
"""


def upgrade() -> None:
    # No batch mode: it would copy tables that others point to. SQLite adds and drops columns in place.
    op.add_column("site", sa.Column("signing_key", sa.String(), nullable=True))
    op.add_column("page", sa.Column("reference", sa.String(), nullable=True))
    op.add_column("page", sa.Column("anchors", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("page", sa.Column("published_at", sa.BigInteger(), nullable=True))
    op.add_column("outline", sa.Column("source", SOURCE, nullable=False, server_default="seen"))
    op.add_column("outline", sa.Column("size", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outline", sa.Column("places", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("outline", sa.Column("excerpts", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("outline", sa.Column("network", sa.String(), nullable=True))
    op.add_column("outline", sa.Column("referenced_at", sa.BigInteger(), nullable=True))
    op.add_column("section", sa.Column("outline_hash", sa.String(), nullable=True))
    op.add_column("section", sa.Column("at", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("section", sa.Column("is_shared", sa.Boolean(), nullable=False, server_default=sa.false()))
    _make_tables()
    _place_known_sections(op.get_bind())
    # What a visitor's copy called a section is not told to others any more.
    op.execute("UPDATE section SET heading = ''")
    for column in ("level", "element_id", "key", "nth"):
        op.drop_column("section", column)
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(SQLITE_LOG.format(what=what))
    else:
        op.execute(POSTGRES_LOG)


def _make_tables() -> None:
    op.create_table(
        "pagealias",
        sa.Column("site_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("site_id", "key"),
    )
    op.create_index("ix_pagealias_page_id", "pagealias", ["page_id"])
    op.create_table(
        "pagemove",
        sa.Column("page_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.String(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"]),
        sa.PrimaryKeyConstraint("page_id", "key"),
    )
    op.create_table(
        "sighting",
        sa.Column("page_id", ID, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"]),
        sa.PrimaryKeyConstraint("page_id", "hash", "network"),
    )
    op.create_index("ix_sighting_last_at", "sighting", ["last_at"])
    op.create_table(
        "anchoring",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("section_id", ID, nullable=True),
        sa.Column("move", sa.Enum(*ANCHORS, name="anchor", native_enum=False, length=16), nullable=False),
        sa.Column("old_hash", sa.String(), nullable=True),
        sa.Column("at", sa.Integer(), nullable=True),
        sa.Column("new_hash", sa.String(), nullable=True),
        sa.Column("to", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("place", ID, nullable=True),
        sa.Column("moderator_id", ID, nullable=True),
        sa.Column("answers", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_page_reference", "page", ["site_id", "reference"])
    for column in ("site_id", "page_id", "answers"):
        op.create_index(f"ix_anchoring_{column}", "anchoring", [column])


def _place_known_sections(bind: sa.Connection) -> None:
    """Write down where the sections of kept outlines stand, as the rule of the first schema put them."""
    rows = bind.execute(sa.text("SELECT id, page_id, heading, level, element_id, key, nth FROM section ORDER BY id"))
    known: dict[str, list[Any]] = {}
    for row in rows:
        known.setdefault(row.page_id, []).append(row)
    for page, hash, seen in bind.execute(sa.select(OUTLINE.c.page_id, OUTLINE.c.hash, OUTLINE.c.sections)).all():
        ids = _stand(seen, known.get(page, []))
        places = [{"id": id} if id else {} for id in ids]
        this = (OUTLINE.c.page_id == page) & (OUTLINE.c.hash == hash)
        bind.execute(sa.update(OUTLINE).where(this).values(places=places, size=len(seen)))
        for at, id in enumerate(ids):
            bind.execute(sa.update(SECTION).where(SECTION.c.id == id).values(outline_hash=hash, at=at))


def _stand(seen: Iterable[dict[str, Any]], known: list[Any]) -> list[str | None]:
    """By the author's key, else the element's id, else the heading among equal ones."""
    counted: Counter[tuple[int, str]] = Counter()
    left = {row.id: row for row in known}
    stand: list[str | None] = []
    for section in seen:
        name = (section["level"], section["heading"])
        for row in left.values():
            by_key = section.get("key") and section["key"] == row.key
            by_id = section.get("id") and section["id"] == row.element_id
            if by_key or by_id or (row.level, row.heading, row.nth) == (*name, counted[name]):
                break
        else:
            row = None
        counted[name] += 1
        stand.append(left.pop(row.id).id if row else None)
    return stand


def downgrade() -> None:
    raise NotImplementedError("Put the backup back: `postil restore` with the copy made before the migration.")
