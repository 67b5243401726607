"""Addresses, bans of more kinds, legal holds, erasures, and mails as rows."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    name_commenters()
    op.add_column("commenter_emails", sa.Column("wanted_at", MOMENT, nullable=True))
    op.create_index("ix_commenter_emails_wanted_at", "commenter_emails", ["wanted_at"])
    op.execute(
        "UPDATE commenter_emails SET wanted_at = coalesce("
        "(SELECT max(comments.created_at) FROM comments "
        "WHERE comments.commenter_id = commenter_emails.commenter_id), "
        "(SELECT commenters.created_at FROM commenters "
        "WHERE commenters.id = commenter_emails.commenter_id))"
    )
    op.add_column("comments", sa.Column("emptied_at", MOMENT, nullable=True))
    op.create_index("ix_comments_decided", "comments", ["status", "decided_at"])
    widen_bans()
    create_comment_addresses()
    create_legal_holds()
    create_erasures()
    create_mails()


def name_commenters() -> None:
    """Give every commenter an opaque id and a version of the links to their data."""
    op.add_column(
        "commenters",
        sa.Column("public_id", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
    op.add_column(
        "commenters", sa.Column("link_version", sa.Integer(), nullable=False, server_default="1")
    )
    commenters = sa.table("commenters", sa.column("id"), sa.column("public_id"))
    connection = op.get_bind()
    ids = connection.execute(sa.select(commenters.c.id)).scalars().all()
    if ids:
        connection.execute(
            sa.update(commenters)
            .where(commenters.c.id == sa.bindparam("which"))
            .values(public_id=sa.bindparam("name")),
            [{"which": number, "name": secrets.token_urlsafe(12)} for number in ids],
        )
    op.create_index("ix_commenters_public_id", "commenters", ["public_id"], unique=True)


def widen_bans() -> None:
    """A ban may name a domain or an address range, hold on all sites, and end by itself."""
    # SQLite copies the table for this. No trigger hangs on it and no other table refers to it.
    with op.batch_alter_table("bans") as bans:
        bans.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default="email"))
        bans.add_column(sa.Column("expires_at", MOMENT, nullable=True))
        bans.alter_column("site_id", existing_type=sa.BigInteger(), nullable=True)
    with op.batch_alter_table("bans") as bans:
        bans.alter_column("kind", existing_type=sa.String(32), server_default=None)
    op.create_index("ix_bans_lookup_hash", "bans", ["lookup_hash"])
    op.create_index(
        "ix_bans_everywhere",
        "bans",
        ["lookup_hash"],
        unique=True,
        sqlite_where=sa.text("site_id IS NULL"),
        postgresql_where=sa.text("site_id IS NULL"),
    )


def create_comment_addresses() -> None:
    op.create_table(
        "comment_addresses",
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("range_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_addresses_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_addresses")),
    )
    op.create_index("ix_comment_addresses_range_hash", "comment_addresses", ["range_hash"])
    op.create_index("ix_comment_addresses_created_at", "comment_addresses", ["created_at"])


def create_legal_holds() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("moderator_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_legal_holds_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderators.id"], name=op.f("fk_legal_holds_moderator_id_moderators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index("ix_legal_holds_comment_id", "legal_holds", ["comment_id"])


def create_erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("commenter_id", BIG_ID, nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("run_after", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_erasures_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["commenters.id"], name=op.f("fk_erasures_commenter_id_commenters")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_commenter_id", "erasures", ["commenter_id"])
    op.create_index("ix_erasures_run_after", "erasures", ["run_after"])


def create_mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("commenter_id", BIG_ID, nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("run_after", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("day_hash", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_mails_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["commenters.id"], name=op.f("fk_mails_commenter_id_commenters")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("day_hash", name=op.f("uq_mails_day_hash")),
    )
    op.create_index("ix_mails_commenter_id", "mails", ["commenter_id"])
    op.create_index("ix_mails_due", "mails", ["ended_at", "run_after"])
