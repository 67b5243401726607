"""What commenters want to be told by mail, and appeals."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(32)


def upgrade() -> None:
    create_appeals()
    create_wishes()


def create_appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("against_id", BIG_ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("outcome", WORD, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_appeals_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(
            ["against_id"], ["moderators.id"], name=op.f("fk_appeals_against_id_moderators")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_appeals")),
    )
    op.add_column(
        "comments", sa.Column("appealed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    appealed = sa.column("appealed", sa.Boolean()).is_(True)
    op.create_index(
        "ix_comments_appealed",
        "comments",
        ["created_at"],
        sqlite_where=appealed,
        postgresql_where=appealed,
    )


def create_wishes() -> None:
    op.create_table(
        "comment_wishes",
        sa.Column("comment_id", BIG_ID, nullable=False),
        *(
            sa.Column(mailing, sa.Boolean(), nullable=False)
            for mailing in ("links", "replies", "decisions")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("linked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_wishes_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_wishes")),
    )
    op.create_table(
        "mail_wishes",
        sa.Column("commenter_id", BIG_ID, nullable=False),
        *(
            sa.Column(mailing, sa.Boolean(), nullable=True)
            for mailing in ("links", "replies", "decisions")
        ),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["commenters.id"], name=op.f("fk_mail_wishes_commenter_id_commenters")
        ),
        sa.PrimaryKeyConstraint("commenter_id", name=op.f("pk_mail_wishes")),
    )
