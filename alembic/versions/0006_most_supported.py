"""Most supported first, of equal support the earlier first: as an index has them, so that a page walks no further

Revision ID: 0006
Revises: 0005
"""

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROOTS = {"sqlite_where": text("depth = 0"), "postgresql_where": text("depth = 0")}


def upgrade() -> None:
    op.drop_index("ix_comment_support", "comment")
    op.create_index("ix_comment_support", "comment", ["section_id", "shown", text("support DESC"), "id"], **ROOTS)


def downgrade() -> None:
    op.drop_index("ix_comment_support", "comment")
    op.create_index("ix_comment_support", "comment", ["section_id", "shown", "support", "id"], **ROOTS)
