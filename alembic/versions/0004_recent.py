"""The newest comments of a section, whatever their depth, by an index

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_comment_recent", "comment", ["section_id", "shown", "id"])


def downgrade() -> None:
    raise NotImplementedError("Put the backup back: `postil restore` with the copy made before the migration.")
