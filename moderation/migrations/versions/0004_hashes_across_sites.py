"""Two more keyed hashes of a commenter's email: on all sites, and of its domain.

They need the email in clear, so `flask keys rotate` fills them in rows that are there already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("anywhere_hash", "domain_hash"):
        op.add_column("commenter_emails", sa.Column(column, sa.LargeBinary(), nullable=True))
        op.create_index(f"ix_commenter_emails_{column}", "commenter_emails", [column])
