"""When a comment became public, and who of the team wrote it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("comments", sa.Column("published_at", MOMENT, nullable=True))
    comments = sa.table("comments", *map(sa.column, ("published_at", "decided_at", "status")))
    op.execute(
        comments.update()
        .where(comments.c.status == "approved")
        .values(published_at=comments.c.decided_at)
    )
    # SQLite takes a foreign key for a table that is there only together with its column, and making
    # the table anew would drop the triggers of the search.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE comments ADD COLUMN staff_id {kind} "
        "CONSTRAINT fk_comments_staff_id_moderators REFERENCES moderators (id)"
    )
    is_published = sa.text("published_at IS NOT NULL")
    for place in ("site_id", "article_id"):
        op.create_index(
            f"ix_comments_{place}_published_at",
            "comments",
            [place, "published_at"],
            sqlite_where=is_published,
            postgresql_where=is_published,
        )
