"""The queue: exact counts, indexed filters, search, claims, bulk decisions, reports."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(32)


def upgrade() -> None:
    widen_comments()
    widen_findings()
    op.create_index("ix_events_created", "events", ["created_at"])
    op.create_index("ix_events_moderator", "events", ["moderator_id", "id"])
    create_counts()
    create_claims()
    create_batches()
    create_reports()
    if op.get_bind().dialect.name == "sqlite":
        search_on_sqlite()
    else:
        search_on_postgresql()


def widen_comments() -> None:
    for column in (
        sa.Column("risk", sa.Integer(), nullable=False, server_default="-1"),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("urgent", WORD, nullable=True),
        sa.Column("reports", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("comments", column)
    comments = sa.table(
        "comments", sa.column("id"), sa.column("risk", sa.Integer()), sa.column("language")
    )
    scores = sa.table("scores", sa.column("comment_id"), sa.column("language"))
    language = sa.select(scores.c.language).where(scores.c.comment_id == comments.c.id)
    op.execute(sa.update(comments).values(language=language.scalar_subquery()))
    op.execute(sa.update(comments).values(risk=highest_score(comments.c.id)))
    for name, columns in {
        "ix_comments_site": ["site_id", "status", "created_at"],
        "ix_comments_risk": ["status", "risk", "id"],
        "ix_comments_commenter": ["commenter_id", "status", "created_at"],
        "ix_comments_language": ["status", "language", "created_at"],
        "ix_comments_reason": ["status", "reason", "id"],
    }.items():
        op.create_index(name, "comments", columns)
    op.drop_index("ix_comments_commenter_id", "comments")  # the one above begins likewise
    for name, where in (
        ("ix_comments_urgent", sa.text("urgent IS NOT NULL")),
        ("ix_comments_reported", sa.text("reports > 0")),
    ):
        op.create_index(
            name, "comments", ["created_at"], sqlite_where=where, postgresql_where=where
        )


def highest_score(comment_id: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """The highest attribute of a comment's score, in thousandths; -1 where it has none."""
    scores = sa.table("scores", sa.column("comment_id"), sa.column("attributes", sa.JSON()))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    take_apart = sa.func.json_each if is_sqlite else sa.func.json_each_text
    each = take_apart(scores.c.attributes).table_valued("key", "value")
    number = each.c.value if is_sqlite else sa.cast(each.c.value, sa.Float())
    highest = sa.cast(sa.func.round(1000 * sa.func.max(number)), sa.Integer())
    found = sa.select(highest).select_from(scores.join(each, sa.true()))
    return sa.func.coalesce(found.where(scores.c.comment_id == comment_id).scalar_subquery(), -1)


def widen_findings() -> None:
    op.add_column("findings", sa.Column("status", WORD, nullable=True))
    op.execute(
        "UPDATE findings SET status = "
        "(SELECT comments.status FROM comments WHERE comments.id = findings.comment_id)"
    )
    op.create_index("ix_findings_filter", "findings", ["code", "status", "attribute", "comment_id"])


def create_counts() -> None:
    op.create_table(
        "queue_deltas",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("queue", WORD, nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_queue_deltas_site_id_sites")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_deltas")),
    )
    op.execute(
        "INSERT INTO queue_deltas (site_id, queue, delta) "
        "SELECT site_id, CASE WHEN status = 'rejected' AND reason = 'spam' THEN 'spam' "
        "ELSE status END AS queue, count(*) FROM comments "
        "WHERE status IN ('held', 'approved', 'rejected') GROUP BY site_id, queue"
    )


def create_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("moderator_id", BIG_ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_claims_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderators.id"], name=op.f("fk_claims_moderator_id_moderators")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_claims")),
    )
    op.create_index("ix_claims_moderator_id", "claims", ["moderator_id"])
    op.create_index("ix_claims_expires_at", "claims", ["expires_at"])


def create_batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("moderator_id", BIG_ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderators.id"], name=op.f("fk_batches_moderator_id_moderators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("public_id", name=op.f("uq_batches_public_id")),
    )
    op.create_index("ix_batches_created_at", "batches", ["created_at"])
    op.create_table(
        "batch_items",
        sa.Column("batch_id", BIG_ID, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_batch_items_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("batch_id", "comment_id", name=op.f("pk_batch_items")),
    )


def create_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("range_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_reports_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint(
            "comment_id", "range_hash", name=op.f("uq_reports_comment_id_range_hash")
        ),
    )
    op.create_index("ix_reports_open", "reports", ["comment_id", "closed_at"])


def search_on_sqlite() -> None:
    """FTS5 over the rows themselves (external content), kept by triggers."""
    op.execute(
        "CREATE VIRTUAL TABLE comments_search USING fts5(name, body, content='comments', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 2')"
    )
    op.execute("INSERT INTO comments_search (comments_search) VALUES ('rebuild')")
    added = "INSERT INTO comments_search (rowid, name, body) VALUES (NEW.id, NEW.name, NEW.body);"
    gone = (
        "INSERT INTO comments_search (comments_search, rowid, name, body) "
        "VALUES ('delete', OLD.id, OLD.name, OLD.body);"
    )
    op.execute(f"CREATE TRIGGER comments_search_added AFTER INSERT ON comments BEGIN {added} END")
    op.execute(f"CREATE TRIGGER comments_search_gone AFTER DELETE ON comments BEGIN {gone} END")
    op.execute(
        "CREATE TRIGGER comments_search_changed AFTER UPDATE OF name, body ON comments "
        f"BEGIN {gone} {added} END"
    )


def search_on_postgresql() -> None:
    op.execute(
        "CREATE INDEX ix_comments_search ON comments "
        "USING gin (to_tsvector('simple', "
        "regexp_replace(name || ' ' || body, '[^[:alnum:]]+', ' ', 'g')))"
    )
