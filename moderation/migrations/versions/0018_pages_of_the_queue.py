"""Indexes without which pages of the queue took the longer the more comments there were.

With one by comment alone SQLite read all findings with a code where it was asked for those of a few
comments: the index of the queue's filter begins with the code, and holds all that was asked for.
The order of the most reported was worked out anew for each page.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_findings_comment", "findings", ["comment_id", "code"])
    op.drop_index("ix_findings_comment_id", "findings")
    is_reported = sa.text("reports > 0")
    op.create_index(
        "ix_comments_weight",
        "comments",
        [sa.text("(risk + 100 * reports)"), "id"],
        sqlite_where=is_reported,
        postgresql_where=is_reported,
    )


def downgrade() -> None:
    op.drop_index("ix_comments_weight", "comments")
    op.create_index("ix_findings_comment_id", "findings", ["comment_id"])
    op.drop_index("ix_findings_comment", "findings")
