"""What is kept of an invitation: its sealed email, its mail, and when both are forgotten."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.flow.keys import count_left, rotate_moderators
from moderation.flow.mails import claim_mails, forget_ended, prepare, write_invitation
from moderation.flow.team.invitations import (
    JOIN_FOR,
    KEEP_ENDED,
    RESET_FOR,
    forget_invitations,
    withdraw,
)
from moderation.models import Invitation, Mail, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.setup import new_key
from moderation.statuses import MailKind, MailOutcome
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.flow.team.inviting import DAY, EMAIL, SECOND, accept, reset, send

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_the_email_of_an_invitation_is_sealed_and_goes_with_it(
    database: Database, vault: Vault, owner: Moderator
) -> None:
    used, open_one = send(database, vault, owner), send(database, vault, owner, email="b@b.example")

    def stored() -> str:
        with database.reading() as session:
            return repr([tuple(row) for row in session.execute(Invitation.__table__.select())])

    assert "colleague" not in stored() and used.email_ciphertext
    accept(database, vault, used)
    with database.transaction() as session:
        withdraw(session, open_one.id, by=owner, now=NOON)
    with database.reading() as session:
        rows = session.scalars(select(Invitation)).all()
    assert {(row.email_hash, row.email_ciphertext) for row in rows} == {(None, None)}


def mail(database: Database, vault: Vault, invitation: Invitation, *, at: dt.datetime) -> object:
    """What a sender finds of the mail that carries this invitation."""
    with database.transaction() as session:
        write_invitation(session, invitation, message_id="<1@x>", now=NOON)
        (claimed,) = claim_mails(session, now=at, lease_for=DAY)
        found = prepare(session, claimed, vault=vault, now=at)
        return found or claimed.outcome


@sqlite
def test_an_invitation_is_mailed_to_whom_it_is_for(
    database: Database, vault: Vault, owner: Moderator, grace: Moderator, site: Site
) -> None:
    invitation = send(database, vault, owner, site=site)

    found = mail(database, vault, invitation, at=NOON + JOIN_FOR - SECOND)
    link = mail(database, vault, reset(database, grace, owner), at=NOON)

    assert (found.kind, found.address, found.site, found.public_id, found.expires_at) == (  # type: ignore[attr-defined]
        MailKind.INVITATION, EMAIL, "News", invitation.public_id, invitation.expires_at
    )  # fmt: skip
    assert (link.kind, link.address, link.site) == (MailKind.RESET, "grace@example.com", None)  # type: ignore[attr-defined]
    assert link.expires_at == NOON + RESET_FOR  # type: ignore[attr-defined]


@sqlite
@pytest.mark.parametrize("how", ["used", "withdrawn", "too late"])
def test_a_link_that_works_no_more_is_not_mailed(
    database: Database, vault: Vault, owner: Moderator, how: str
) -> None:
    invitation = send(database, vault, owner)
    if how == "used":
        accept(database, vault, invitation)
    if how == "withdrawn":
        with database.transaction() as session:
            withdraw(session, invitation.id, by=owner, now=NOON)
    late = how == "too late"

    outcome = mail(database, vault, invitation, at=NOON + JOIN_FOR if late else NOON)

    assert outcome is (MailOutcome.GIVEN_UP if late else MailOutcome.DROPPED)


def test_old_invitations_are_forgotten_with_their_mails(
    database: Database, vault: Vault, owner: Moderator
) -> None:
    used, late = send(database, vault, owner), send(database, vault, owner, email="b@b.example")
    with database.transaction() as session:
        for each in (used, late):
            write_invitation(session, each, message_id="<1@x>", now=NOON)
    accept(database, vault, used)

    def forget(now: dt.datetime) -> int:
        with database.transaction() as session:
            return forget_invitations(session, now=now, limit=10)

    assert forget(NOON + KEEP_ENDED) == 0
    assert forget(NOON + KEEP_ENDED + SECOND) == 1
    assert forget(NOON + JOIN_FOR + KEEP_ENDED) == 0
    assert forget(NOON + JOIN_FOR + KEEP_ENDED + SECOND) == 1
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Mail)) == 0
        assert forget_ended(session, now=NOON + 30 * DAY, limit=10) == 0


@sqlite
def test_open_invitations_turn_with_the_keys(
    database: Database, vault: Vault, owner: Moderator
) -> None:
    invitation = send(database, vault, owner)
    newer = Vault(
        vault_key=new_key(),
        index_key=new_key(),
        old_vault_keys=SECRETS["VAULT_KEY"],
        old_index_keys=SECRETS["INDEX_KEY"],
    )
    with database.transaction() as session:
        assert count_left(session, newer).moderators == 2
        rotate_moderators(session, newer, after=0, limit=10)
        assert count_left(session, newer).moderators == 0
        fresh = session.get_one(Invitation, invitation.id)
    assert accept(database, newer, fresh).name == "New"
