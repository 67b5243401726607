"""Notes, redactions, trusted commenters; toxic text covered for who wants that."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_notes()
    create_redactions()
    op.add_column("commenters", sa.Column("trusted_at", MOMENT, nullable=True))
    op.add_column(
        "moderators",
        sa.Column("covers_toxic", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def create_notes() -> None:
    owners = {
        "site_id": "sites",
        "comment_id": "comments",
        "commenter_id": "commenters",
        "moderator_id": "moderators",
    }
    op.create_table(
        "notes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=True),
        sa.Column("commenter_id", BIG_ID, nullable=True),
        sa.Column("moderator_id", BIG_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_notes_{column}_{table}")
            )
            for column, table in owners.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    for column in ("comment_id", "commenter_id", "removed_at"):
        op.create_index(op.f(f"ix_notes_{column}"), "notes", [column])


def create_redactions() -> None:
    op.create_table(
        "redactions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("masked_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_redactions_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redactions")),
    )
    for column in ("comment_id", "created_at"):
        op.create_index(op.f(f"ix_redactions_{column}"), "redactions", [column])
