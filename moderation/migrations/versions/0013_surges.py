"""Surges, and samples for checking the machine."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "surges",
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("moderator_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_surges_article_id_articles")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_surges_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderators.id"], name=op.f("fk_surges_moderator_id_moderators")
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_surges")),
    )
    op.create_index(op.f("ix_surges_ended_at"), "surges", ["ended_at"])
    op.add_column(
        "comments", sa.Column("sampled", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    sampled = sa.column("sampled", sa.Boolean()).is_(True)
    op.create_index(
        "ix_comments_sampled",
        "comments",
        ["created_at"],
        sqlite_where=sampled,
        postgresql_where=sampled,
    )
