"""Decisions that hold for what is said again; texts of a site; explanations to commenters."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(32)


def upgrade() -> None:
    create_standing_decisions()
    create_texts()
    by_standing = sa.text("code IN ('standing_rejected', 'standing_approved')")
    op.create_index(
        "ix_findings_standing",
        "findings",
        ["value"],
        sqlite_where=by_standing,
        postgresql_where=by_standing,
    )


def create_standing_decisions() -> None:
    table = "standing_decisions"
    op.create_table(
        table,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("moderator_id", BIG_ID, nullable=False),
        sa.Column("batch_id", BIG_ID, nullable=False),
        sa.Column("change", WORD, nullable=False),
        sa.Column("reason", WORD, nullable=True),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("letters", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
            )
            for column, other in (
                ("site_id", "sites"),
                ("comment_id", "comments"),
                ("moderator_id", "moderators"),
                ("batch_id", "batches"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_standing_decisions_in_force", table, ["site_id", "expires_at"])
    for column in ("comment_id", "batch_id", "expires_at"):
        op.create_index(f"ix_{table}_{column}", table, [column])


def create_texts() -> None:
    op.create_table(
        "site_texts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_site_texts_site_id_sites")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_texts")),
        sa.UniqueConstraint(
            "site_id", "kind", "code", name=op.f("uq_site_texts_site_id_kind_code")
        ),
    )
    op.create_table(
        "explanations",
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_explanations_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("comment_id", "version", name=op.f("pk_explanations")),
    )
