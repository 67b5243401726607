"""Bans of words; of every ban a label, a reason, and who set it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # SQLite copies the table for this. No trigger hangs on it and no other table refers to it.
    with op.batch_alter_table("bans") as bans:
        bans.add_column(sa.Column("word", sa.Text(), nullable=True))
        bans.add_column(sa.Column("label", sa.Text(), nullable=True))
        bans.add_column(sa.Column("reason", sa.Text(), nullable=True))
        bans.add_column(sa.Column("moderator_id", BIG_ID, nullable=True))
        bans.alter_column("lookup_hash", existing_type=sa.LargeBinary(), nullable=True)
        bans.create_foreign_key(
            op.f("fk_bans_moderator_id_moderators"), "moderators", ["moderator_id"], ["id"]
        )
        bans.create_unique_constraint(op.f("uq_bans_site_id_word"), ["site_id", "word"])
    everywhere, of_word = sa.text("site_id IS NULL"), sa.text("word IS NOT NULL")
    op.create_index(
        "ix_bans_word_everywhere",
        "bans",
        ["word"],
        unique=True,
        sqlite_where=everywhere,
        postgresql_where=everywhere,
    )
    op.create_index(
        "ix_bans_words", "bans", ["site_id"], sqlite_where=of_word, postgresql_where=of_word
    )
    op.create_index("ix_bans_created", "bans", ["created_at", "id"])
