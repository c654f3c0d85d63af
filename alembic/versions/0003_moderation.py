"""Moderators: accounts, a queue, rules, bans, editions, and a log of more than comments

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(length=11).with_variant(sa.String(length=11, collation="C"), "postgresql")

# As in 0001: the table is made anew, and its triggers went with the old one.
SQLITE_LOG = """
CREATE TRIGGER decision_is_kept_{what} BEFORE {what} ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END
"""
POSTGRES_LOG = """
CREATE TRIGGER decision_is_kept BEFORE UPDATE OR DELETE ON decision
FOR EACH ROW EXECUTE FUNCTION decision_is_kept();
"""

COMMENT_INDEXES = {
    "states": ["site_id", "state", "id"],
    "site": ["site_id", "id"],
    "kin": ["site_id", "kin", "id"],
    "networks": ["site_id", "network", "id"],
    "items": ["item_id", "waits", "id"],
    "waiting": ["site_id", "waits", "id"],
}


def upgrade() -> None:
    _add_columns()
    _make_tables()
    _make_the_log_anew()
    _turn_policy_into_rules(op.get_bind())
    op.drop_column("site", "premoderate")
    _queue_what_waits(op.get_bind())


def _add_columns() -> None:
    # No batch mode: it would copy tables that others point to. SQLite adds and drops columns in place.
    op.add_column("site", sa.Column("reasons", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("site", sa.Column("queue_revision", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("moderator", sa.Column("address", sa.String(), nullable=True))
    op.add_column("moderator", sa.Column("password_hash", sa.String(), nullable=True))
    op.add_column("moderator", sa.Column("totp_secret", sa.String(), nullable=True))
    op.add_column("moderator", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.create_index("ix_moderator_address", "moderator", ["address"])
    op.create_index("ux_moderator_address", "moderator", ["site_id", "address"], unique=True)
    op.add_column("staffsession", sa.Column("device", sa.String(), nullable=False, server_default=""))
    op.add_column("staffsession", sa.Column("created_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("staffsession", sa.Column("seen_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("author", sa.Column("flags_right", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("author", sa.Column("flags_wrong", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("section", sa.Column("pace", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("flag", sa.Column("answered_by", ID, nullable=True))
    op.create_index("ix_flag_answered_by", "flag", ["answered_by"])
    op.add_column("comment", sa.Column("edition", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("comment", sa.Column("held", sa.Integer(), nullable=True))
    op.add_column("comment", sa.Column("appealed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comment", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comment", sa.Column("item_id", ID, nullable=True))
    op.add_column("comment", sa.Column("why", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("comment", sa.Column("kin", sa.String(), nullable=True))
    op.add_column("comment", sa.Column("network", sa.String(), nullable=True))
    op.add_column("comment", sa.Column("learned", sa.String(), nullable=True))
    for name, columns in COMMENT_INDEXES.items():
        op.create_index(f"ix_comment_{name}", "comment", columns)


def _make_tables() -> None:
    op.create_table(
        "edition",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("comment_id", "number"),
    )
    op.create_table(
        "queueitem",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("kin", sa.String(), nullable=True),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", ID, nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["claimed_by"], ["moderator.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_queueitem_open", "queueitem", ["site_id", "is_open", "id"])
    op.create_index("ix_queueitem_kin", "queueitem", ["site_id", "kin", "is_open"])
    op.create_index("ix_queueitem_changes", "queueitem", ["site_id", "revision"])
    op.create_index("ix_queueitem_comment_id", "queueitem", ["comment_id"])
    op.create_table(
        "appeal",
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("ix_appeal_comment_id", "appeal", ["comment_id"])
    op.create_table(
        "rule",
        sa.Column("site_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("moderator_id", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"]),
        sa.PrimaryKeyConstraint("site_id", "number", "version"),
    )
    op.create_table(
        "spamword",
        sa.Column("site_id", ID, nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("site_id", "word"),
    )
    op.create_table(
        "networkkey",
        sa.Column("starts_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("starts_at"),
    )
    op.create_table(
        "ban",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ban_author", "ban", ["site_id", "author_id"])
    op.create_index("ix_ban_network", "ban", ["site_id", "network"])


def _make_the_log_anew() -> None:
    """The log learns of sections, bans and rules. What may be empty from now on needs a new table in SQLite."""
    op.create_table(
        "decision_new",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("section_id", ID, nullable=True),
        sa.Column("ban_id", ID, nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("moderator_id", ID, nullable=True),
        sa.Column("move", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=False),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("from_reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("rule", sa.Integer(), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("batch", ID, nullable=True),
        sa.Column("undoes", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    kept = "id, site_id, comment_id, moderator_id, move, from_state, to_state, reason, note, undoes, created_at"
    op.execute(f"INSERT INTO decision_new ({kept}) SELECT {kept} FROM decision")
    op.drop_table("decision")
    op.rename_table("decision_new", "decision")
    op.create_index("ix_decision_site", "decision", ["site_id", "id"])
    op.create_index("ix_decision_moderator", "decision", ["moderator_id", "id"])
    for column in ("comment_id", "section_id", "ban_id", "batch", "undoes"):
        op.create_index(f"ix_decision_{column}", "decision", [column])
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(SQLITE_LOG.format(what=what))
    else:
        op.execute(POSTGRES_LOG)


def _turn_policy_into_rules(bind: sa.Connection) -> None:
    """A site that held everything for review has a rule that says so."""
    rule = sa.table(
        "rule",
        *map(sa.column, ("site_id", "number", "version", "kind", "name", "effect", "is_on", "created_at")),
        sa.column("settings", sa.JSON()),
    )
    sites = bind.execute(sa.text("SELECT id, created_at FROM site WHERE premoderate")).all()
    for id, created_at in sites:
        bind.execute(
            sa.insert(rule).values(
                site_id=id, number=1, version=1, kind="review", name="Who is held for review", effect="hold",
                settings={"who": "everyone"}, is_on=True, created_at=created_at,
            )
        )  # fmt: skip


def _queue_what_waits(bind: sa.Connection) -> None:
    """Every comment that waits for a moderator, or is flagged, is an item of the queue, under its own id."""
    waits = "state = 'pending' OR (state = 'published' AND flags > 0)"
    bind.execute(sa.text(f"UPDATE comment SET waits = true, item_id = id WHERE {waits}"))
    columns = "id, site_id, comment_id, kinds, size, is_open, revision, at"
    kinds = "CASE WHEN flags > 0 THEN '|flags|' ELSE '|review|' END"
    bind.execute(
        sa.text(
            f"INSERT INTO queueitem ({columns}) SELECT id, site_id, id, {kinds}, 1, true, 0, created_at FROM comment"
            " WHERE waits"
        )
    )


def downgrade() -> None:
    raise NotImplementedError("Put the backup back: `postil restore` with the copy made before the migration.")
