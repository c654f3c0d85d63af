"""The first schema

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(length=11).with_variant(sa.String(length=11, collation="C"), "postgresql")

# The moderation log is append-only in the database itself, not by good manners alone.
SQLITE_LOG = """
CREATE TRIGGER decision_is_kept_{what} BEFORE {what} ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END
"""
POSTGRES_LOG = """
CREATE FUNCTION decision_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'decisions are append-only'; END $$;
CREATE TRIGGER decision_is_kept BEFORE UPDATE OR DELETE ON decision
FOR EACH ROW EXECUTE FUNCTION decision_is_kept();
"""


def upgrade() -> None:
    op.create_table(
        "lineage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "site",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("premoderate", sa.Boolean(), nullable=False),
        sa.Column("edit_window", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "visit",
        sa.Column("visit_hash", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("visit_hash"),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_day"), ["day"], unique=False)

    op.create_table(
        "author",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "token_hash"),
    )
    op.create_table(
        "moderator",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("skeleton", sa.String(), nullable=False),
        sa.Column(
            "role", sa.Enum("reader", "moderator", "owner", name="role", native_enum=False, length=16), nullable=False
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "skeleton"),
    )
    op.create_table(
        "origin",
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("origin"),
    )
    with op.batch_alter_table("origin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_origin_site_id"), ["site_id"], unique=False)

    op.create_table(
        "page",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("public_revision", sa.BigInteger(), nullable=False),
        sa.Column("staff_revision", sa.BigInteger(), nullable=False),
        sa.Column("views", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "key"),
    )
    op.create_table(
        "waitingview",
        sa.Column("site_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("site_id", "key"),
    )
    with op.batch_alter_table("waitingview", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waitingview_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "onetimecode",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column("session_id", ID, nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    with op.batch_alter_table("onetimecode", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_onetimecode_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_onetimecode_moderator_id"), ["moderator_id"], unique=False)

    op.create_table(
        "outline",
        sa.Column("page_id", ID, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"]),
        sa.PrimaryKeyConstraint("page_id", "hash"),
    )
    op.create_table(
        "section",
        sa.Column("id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "slow", "locked", "closed", name="sectionstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("faces", sa.JSON(), nullable=False),
        sa.Column("public_revision", sa.BigInteger(), nullable=False),
        sa.Column("staff_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("section", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_section_page_id"), ["page_id"], unique=False)

    op.create_table(
        "staffsession",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("scope", sa.Enum("page", "full", name="scope", native_enum=False, length=16), nullable=False),
        sa.Column("granted_by", ID, nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("staffsession", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staffsession_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_staffsession_granted_by"), ["granted_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_staffsession_moderator_id"), ["moderator_id"], unique=False)

    op.create_table(
        "comment",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("section_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=False),
        sa.Column(
            "path",
            sa.String(length=704).with_variant(sa.String(length=704, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("pending", "published", "hidden", "removed", "purged", name="state", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("outline_hash", sa.String(), nullable=True),
        sa.Column("support", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("shown_since", sa.BigInteger(), nullable=False),
        sa.Column("shown_replies", sa.Integer(), nullable=False),
        sa.Column("thread_shown", sa.Integer(), nullable=False),
        sa.Column("thread_size", sa.Integer(), nullable=False),
        sa.Column("public_revision", sa.BigInteger(), nullable=False),
        sa.Column("staff_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"]),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"]),
        sa.ForeignKeyConstraint(["parent_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comment_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comment_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index("ix_comment_public_changes", ["page_id", "public_revision"], unique=False)
        batch_op.create_index("ix_comment_public_roots", ["section_id", "depth", "shown", "id"], unique=False)
        batch_op.create_index("ix_comment_roots", ["section_id", "depth", "id"], unique=False)
        batch_op.create_index("ix_comment_staff_changes", ["page_id", "staff_revision"], unique=False)
        batch_op.create_index("ix_comment_support", ["section_id", "depth", "shown", "support", "id"], unique=False)
        batch_op.create_index("ix_comment_thread", ["root_id", "path"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("move", sa.String(), nullable=False),
        sa.Column(
            "from_state",
            sa.Enum("pending", "published", "hidden", "removed", "purged", name="state", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column(
            "to_state",
            sa.Enum("pending", "published", "hidden", "removed", "purged", name="state", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("undoes", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_site_id"), ["site_id"], unique=False)

    op.create_table(
        "flag",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"]),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("comment_id", "author_id"),
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flag_author_id"), ["author_id"], unique=False)

    op.create_table(
        "posted",
        sa.Column("author_id", ID, nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"]),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("author_id", "nonce"),
    )
    with op.batch_alter_table("posted", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posted_comment_id"), ["comment_id"], unique=False)

    op.create_table(
        "publicspan",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("comment_id", "since"),
    )
    op.create_table(
        "reaction",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"]),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("comment_id", "author_id"),
    )
    with op.batch_alter_table("reaction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reaction_author_id"), ["author_id"], unique=False)

    op.create_table(
        "supportchange",
        sa.Column("page_id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("section_id", ID, nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"]),
        sa.PrimaryKeyConstraint("page_id", "revision"),
    )
    _keep_decisions()


def _keep_decisions() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRES_LOG)
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(SQLITE_LOG.format(what=what))


def downgrade() -> None:
    op.drop_table("supportchange")
    with op.batch_alter_table("reaction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reaction_author_id"))

    op.drop_table("reaction")
    op.drop_table("publicspan")
    with op.batch_alter_table("posted", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posted_comment_id"))

    op.drop_table("posted")
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flag_author_id"))

    op.drop_table("flag")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_site_id"))
        batch_op.drop_index(batch_op.f("ix_decision_comment_id"))

    op.drop_table("decision")
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.drop_index("ix_comment_thread")
        batch_op.drop_index("ix_comment_support")
        batch_op.drop_index("ix_comment_staff_changes")
        batch_op.drop_index("ix_comment_roots")
        batch_op.drop_index("ix_comment_public_roots")
        batch_op.drop_index("ix_comment_public_changes")
        batch_op.drop_index(batch_op.f("ix_comment_parent_id"))
        batch_op.drop_index(batch_op.f("ix_comment_author_id"))

    op.drop_table("comment")
    with op.batch_alter_table("staffsession", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staffsession_moderator_id"))
        batch_op.drop_index(batch_op.f("ix_staffsession_granted_by"))
        batch_op.drop_index(batch_op.f("ix_staffsession_expires_at"))

    op.drop_table("staffsession")
    with op.batch_alter_table("section", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_section_page_id"))

    op.drop_table("section")
    op.drop_table("outline")
    with op.batch_alter_table("onetimecode", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_onetimecode_moderator_id"))
        batch_op.drop_index(batch_op.f("ix_onetimecode_expires_at"))

    op.drop_table("onetimecode")
    with op.batch_alter_table("waitingview", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_waitingview_seen_at"))

    op.drop_table("waitingview")
    op.drop_table("page")
    with op.batch_alter_table("origin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_origin_site_id"))

    op.drop_table("origin")
    op.drop_table("moderator")
    op.drop_table("author")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_day"))

    op.drop_table("visit")
    op.drop_table("site")
    op.drop_table("lineage")
