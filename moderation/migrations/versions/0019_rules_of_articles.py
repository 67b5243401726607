"""An article may have rules of its own; those that have any are listed for the owner.

As its owner may be there before any comment, when the first came is kept; so is, with a comment,
from when its page has the days count after which the article closes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("rules", sa.JSON(none_as_null=True)))
    op.add_column("articles", sa.Column("first_comment_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE articles SET first_comment_at = created_at")
    op.add_column("comments", sa.Column("article_published_at", sa.DateTime(timezone=True)))
    has_own = sa.text("publishing IS NOT NULL OR rules IS NOT NULL")
    op.create_index(
        "ix_articles_own_rules",
        "articles",
        ["site_id", "id"],
        sqlite_where=has_own,
        postgresql_where=has_own,
    )


def downgrade() -> None:
    op.drop_index("ix_articles_own_rules", "articles")
    op.drop_column("comments", "article_published_at")
    op.drop_column("articles", "first_comment_at")
    op.drop_column("articles", "rules")
