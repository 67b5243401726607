"""An index of findings by comment and code.

With one by comment alone SQLite read all findings with a code where it was asked for those of a few
comments: the index of the queue's filter begins with the code, and holds all that was asked for.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_findings_comment", "findings", ["comment_id", "code"])
    op.drop_index("ix_findings_comment_id", "findings")


def downgrade() -> None:
    op.create_index("ix_findings_comment_id", "findings", ["comment_id"])
    op.drop_index("ix_findings_comment", "findings")
