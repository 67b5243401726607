"""The words that raised a score, as offsets; null where nobody has looked for them yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scores", sa.Column("spans", sa.JSON(), nullable=True))
