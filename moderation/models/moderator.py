"""People who sign in, and what they sign in with."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.models.site import Site
from moderation.statuses import InvitationKind, Role


class Moderator(Base):
    """A person who signs in; on one site, or on all where `site_id` is empty."""

    __tablename__ = "moderators"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(Text)  # shown to colleagues
    email_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    email_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    password_hash: Mapped[str] = mapped_column(Text)
    must_change_password: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # somebody else made it
    role: Mapped[Role] = mapped_column(enum_of(Role))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]
    last_sign_in_at: Mapped[dt.datetime | None]
    totp_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)  # empty: no second factor
    totp_step: Mapped[int | None]  # the newest time step a code of which was taken
    totp_set_at: Mapped[dt.datetime | None]
    # Wants the text of toxic comments covered until they ask for it.
    covers_toxic: Mapped[bool] = mapped_column(default=False, server_default=false())

    site: Mapped[Site | None] = relationship()

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone does not let them in."""
        return self.totp_ciphertext is not None


class SignIn(Base):
    """A signed-in browser. The cookie carries the token, the row only its SHA-256.

    Which browser it is, is not kept.
    """

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"), index=True)
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime]  # to a few minutes: see flow/team/sessions.py
    expires_at: Mapped[dt.datetime]
    factor_given: Mapped[bool] = mapped_column(default=False)  # the second one
    totp_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)  # offered, not yet confirmed

    moderator: Mapped[Moderator] = relationship()


class RecoveryCode(Base):
    """A code that stands once for a lost second factor. Used up, its row is gone."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # SHA-256
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"), index=True)


class Invitation(Base):
    """A link that was made for somebody and works once. The link itself is derived, not stored."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)  # what the link signs
    kind: Mapped[InvitationKind] = mapped_column(enum_of(InvitationKind))
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"), index=True)
    """Whose password it sets; who joined by it."""
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))  # None: operator
    role: Mapped[Role | None] = mapped_column(enum_of(Role))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    # Whom it invites; gone as soon as it is used or withdrawn.
    email_hash: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    email_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    used_at: Mapped[dt.datetime | None]
    withdrawn_at: Mapped[dt.datetime | None]

    site: Mapped[Site | None] = relationship()
