"""Every score says its checkpoint, graph, normaliser and preset, each in a column of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DIGITS = 12  # of the checkpoint's sha256; the graph follows after a hyphen


def upgrade() -> None:
    op.add_column("scores", sa.Column("checkpoint", sa.Text(), nullable=True))
    op.add_column("scores", sa.Column("graph", sa.Text(), nullable=True))
    op.add_column("scores", sa.Column("normaliser", sa.Integer(), nullable=True))
    op.add_column("scores", sa.Column("preset", sa.Text(), nullable=True))
    carry_over()
    # SQLite copies the table for this. No trigger hangs on it and no other table refers to it.
    with op.batch_alter_table("scores") as scores:
        for name, kind in (
            ("checkpoint", sa.Text()),
            ("graph", sa.Text()),
            ("normaliser", sa.Integer()),
        ):
            scores.alter_column(name, existing_type=kind, nullable=False)
        scores.drop_column("model_version")


def carry_over() -> None:
    """Split the version, and look up the preset in the decision that was made by that version."""
    scores = sa.table(
        "scores",
        *map(sa.column, ("comment_id", "model_version", "checkpoint", "graph", "normaliser")),
        sa.column("preset"),
    )
    events = sa.table(
        "events",
        *map(sa.column, ("id", "comment_id", "change")),
        sa.column("data", sa.JSON()),
    )
    preset = (
        sa.select(events.c.data["preset"].as_string())
        .where(
            events.c.comment_id == scores.c.comment_id,
            events.c.change == "decided",
            events.c.data["model_version"].as_string() == scores.c.model_version,
        )
        .order_by(events.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    op.execute(
        sa.update(scores).values(
            checkpoint=sa.func.substr(scores.c.model_version, 1, DIGITS),
            graph=sa.func.substr(scores.c.model_version, DIGITS + 2),
            normaliser=0,
            preset=preset,
        )
    )
