"""The team: invitations, a second factor, sessions that are seen and ended, mails to moderators."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    widen_moderators()
    renew_sign_ins()
    create_recovery_codes()
    create_invitations()
    widen_mails()


def widen_moderators() -> None:
    # The default stays, as events refer to this table: SQLite would copy it to take it off.
    op.add_column("moderators", sa.Column("last_sign_in_at", MOMENT, nullable=True))
    op.add_column("moderators", sa.Column("totp_ciphertext", sa.LargeBinary(), nullable=True))
    op.add_column("moderators", sa.Column("totp_step", sa.Integer(), nullable=True))
    op.add_column("moderators", sa.Column("totp_set_at", MOMENT, nullable=True))
    op.add_column(
        "moderators",
        sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def renew_sign_ins() -> None:
    """Sessions gain a number, and when they were used last; those of before end."""
    op.drop_table("sign_ins")
    op.create_table(
        "sign_ins",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("moderator_id", BIG_ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("factor_given", sa.Boolean(), nullable=False),
        sa.Column("totp_ciphertext", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderators.id"], name=op.f("fk_sign_ins_moderator_id_moderators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index("ix_sign_ins_moderator_id", "sign_ins", ["moderator_id"])


def create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("moderator_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["moderators.id"],
            name=op.f("fk_recovery_codes_moderator_id_moderators"),
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_index("ix_recovery_codes_moderator_id", "recovery_codes", ["moderator_id"])


def create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("moderator_id", BIG_ID, nullable=True),
        sa.Column("invited_by", BIG_ID, nullable=True),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("site_id", BIG_ID, nullable=True),
        sa.Column("email_hash", sa.LargeBinary(), nullable=True),
        sa.Column("email_ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderators.id"], name=op.f("fk_invitations_moderator_id_moderators")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["moderators.id"], name=op.f("fk_invitations_invited_by_moderators")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_invitations_site_id_sites")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitations_public_id")),
    )
    for column in ("moderator_id", "email_hash", "expires_at"):
        op.create_index(f"ix_invitations_{column}", "invitations", [column])


def widen_mails() -> None:
    """A mail may go to a moderator or to somebody invited, and be about no single site."""
    # SQLite copies the table for this. No trigger hangs on it and no other table refers to it.
    with op.batch_alter_table("mails") as mails:
        mails.add_column(sa.Column("moderator_id", BIG_ID, nullable=True))
        mails.add_column(sa.Column("invitation_id", BIG_ID, nullable=True))
        mails.alter_column("site_id", existing_type=sa.BigInteger(), nullable=True)
        mails.create_foreign_key(
            op.f("fk_mails_moderator_id_moderators"), "moderators", ["moderator_id"], ["id"]
        )
        mails.create_foreign_key(
            op.f("fk_mails_invitation_id_invitations"), "invitations", ["invitation_id"], ["id"]
        )
    op.create_index("ix_mails_moderator_id", "mails", ["moderator_id"])
    op.create_index("ix_mails_invitation_id", "mails", ["invitation_id"])
