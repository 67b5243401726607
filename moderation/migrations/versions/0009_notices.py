"""Who is told of what, and when; what they were told; links that decide from a mail."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    widen_mails()
    create_wishes()
    op.create_table(
        "tellings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tellings")),
    )
    create_links()


def widen_mails() -> None:
    """A mail may be about a comment or an article."""
    # SQLite copies the table for this. No trigger hangs on it and no other table refers to it.
    with op.batch_alter_table("mails") as mails:
        mails.add_column(sa.Column("comment_id", BIG_ID, nullable=True))
        mails.add_column(sa.Column("article_id", BIG_ID, nullable=True))
        mails.create_foreign_key(
            op.f("fk_mails_comment_id_comments"), "comments", ["comment_id"], ["id"]
        )
        mails.create_foreign_key(
            op.f("fk_mails_article_id_articles"), "articles", ["article_id"], ["id"]
        )


def create_wishes() -> None:
    op.create_table(
        "notice_wishes",
        sa.Column("moderator_id", BIG_ID, nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("held", sa.String(32), nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False),
        sa.Column("waiting_hours", sa.Integer(), nullable=True),
        sa.Column("scorer_down", sa.Boolean(), nullable=False),
        sa.Column("surge", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("next_digest_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["moderators.id"],
            name=op.f("fk_notice_wishes_moderator_id_moderators"),
        ),
        sa.PrimaryKeyConstraint("moderator_id", name=op.f("pk_notice_wishes")),
    )
    for column in ("held", "next_digest_at"):
        op.create_index(f"ix_notice_wishes_{column}", "notice_wishes", [column])


def create_links() -> None:
    op.create_table(
        "decision_links",
        sa.Column("mail_id", BIG_ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("password_seen", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("used_for", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["mails.id"],
            name=op.f("fk_decision_links_mail_id_mails"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_decision_links_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_decision_links")),
    )
