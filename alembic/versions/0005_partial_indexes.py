"""Indexes of comments: of those alone that anybody asks for by them, and of an author's in their order

Revision ID: 0005
Revises: 0004
"""

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BEFORE = {
    "author_id": ["author_id"],
    "parent_id": ["parent_id"],
    "roots": ["section_id", "depth", "id"],
    "public_roots": ["section_id", "depth", "shown", "id"],
    "support": ["section_id", "depth", "shown", "support", "id"],
    "states": ["site_id", "state", "id"],
    "kin": ["site_id", "kin", "id"],
    "networks": ["site_id", "network", "id"],
    "items": ["item_id", "waits", "id"],
    "waiting": ["site_id", "waits", "id"],
}
AFTER = {
    "author": (["author_id", "site_id", "id"], None),
    "roots": (["section_id", "id"], "depth = 0"),
    "public_roots": (["section_id", "shown", "id"], "depth = 0"),
    "support": (["section_id", "shown", "support", "id"], "depth = 0"),
    "hidden": (["site_id", "id"], "state = 'hidden'"),
    "kin": (["site_id", "kin", "id"], "kin IS NOT NULL"),
    "networks": (["site_id", "network", "id"], "network IS NOT NULL"),
    "items": (["item_id", "waits", "id"], "item_id IS NOT NULL"),
    "waiting": (["site_id", "id"], "waits IS TRUE"),
}


def upgrade() -> None:
    for name in BEFORE:
        op.drop_index(f"ix_comment_{name}", "comment")
    for name, (columns, where) in AFTER.items():
        each = {"sqlite_where": text(where.replace("TRUE", "1")), "postgresql_where": text(where)} if where else {}
        op.create_index(f"ix_comment_{name}", "comment", columns, **each)


def downgrade() -> None:
    for name in AFTER:
        op.drop_index(f"ix_comment_{name}", "comment")
    for name, columns in BEFORE.items():
        op.create_index(f"ix_comment_{name}", "comment", columns)
