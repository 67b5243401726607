"""Invitations: once, until a time, unless withdrawn; to no more than who invites has."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import AlreadyThere, NotAllowed, UnknownInvitation
from moderation.flow.keys import count_left, rotate_moderators
from moderation.flow.mails import claim_mails, forget_ended, prepare, write_invitation
from moderation.flow.team.accounts import find_moderator
from moderation.flow.team.invitations import (
    JOIN_FOR,
    KEEP_ENDED,
    RESET_FOR,
    SECOND_CLICK,
    find_open,
    forget_invitations,
    invite,
    join,
    make_password_link,
    read_open,
    set_password_by,
    withdraw,
)
from moderation.flow.team.managing import change_role, switch_off
from moderation.flow.team.passwords import check_password, hash_password
from moderation.flow.team.sessions import start_session
from moderation.models import Invitation, Mail, Moderator, SignIn, Site
from moderation.privacy.vault import Vault
from moderation.setup import new_key
from moderation.statuses import Change, MailKind, MailOutcome, Role
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import PASSWORD, make_moderator, make_site

EMAIL = "new@colleague.example"
SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def send(
    database: Database,
    vault: Vault,
    by: Moderator | None,
    *,
    email: str = EMAIL,
    role: Role = Role.MODERATOR,
    site: Site | None = None,
    now: dt.datetime = NOON,
) -> Invitation:
    with database.transaction() as session:
        site_id = site.id if site else None
        return invite(session, email, role=role, site_id=site_id, by=by, vault=vault, now=now)


def accept(
    database: Database, vault: Vault, invitation: Invitation, *, now: dt.datetime = NOON
) -> Moderator:
    password_hash = hash_password(PASSWORD)
    with database.transaction() as session:
        return join(
            session, invitation, name="New", password_hash=password_hash, vault=vault, now=now
        )


def works(database: Database, invitation: Invitation, *, now: dt.datetime = NOON) -> bool:
    try:
        with database.reading() as session:
            find_open(session, invitation.public_id, now=now)
    except UnknownInvitation:
        return False
    return True


def test_who_is_invited_joins_once_with_the_role_and_the_site(
    database: Database,
    vault: Vault,
    owner: Moderator,
    site: Site,
    logged: Callable[[], list[object]],
) -> None:
    invitation = send(database, vault, owner, role=Role.VIEWER, site=site)

    joined = accept(database, vault, invitation)

    assert (joined.name, joined.role, joined.site_id) == ("New", Role.VIEWER, site.id)
    with database.reading() as session:
        found = find_moderator(session, EMAIL, vault)
        assert found is not None and check_password(found, PASSWORD)
    assert not works(database, invitation)
    with pytest.raises(UnknownInvitation):
        accept(database, vault, invitation)
    assert logged() == [
        (Change.INVITED, owner.id, {"invitation": invitation.id, "role": "viewer"}),
        (Change.JOINED, joined.id, {"invitation": invitation.id, "role": "viewer"}),
    ]


def test_a_link_works_for_its_time(database: Database, vault: Vault, owner: Moderator) -> None:
    invitation = send(database, vault, owner)
    assert JOIN_FOR == 7 * DAY and RESET_FOR == DAY

    assert works(database, invitation, now=NOON + JOIN_FOR - SECOND)
    assert not works(database, invitation, now=NOON + JOIN_FOR)
    with pytest.raises(UnknownInvitation):
        accept(database, vault, invitation, now=NOON + JOIN_FOR)


def test_what_is_withdrawn_works_no_more(
    database: Database, vault: Vault, owner: Moderator, logged: Callable[[], list[object]]
) -> None:
    invitation = send(database, vault, owner)
    with database.transaction() as session:
        withdraw(session, invitation.id, by=owner, now=NOON)

    assert not works(database, invitation)
    with pytest.raises(UnknownInvitation):
        accept(database, vault, invitation)
    assert logged()[-1] == (Change.INVITATION_WITHDRAWN, owner.id, {"invitation": invitation.id})
    with pytest.raises(UnknownInvitation), database.transaction() as session:
        withdraw(session, invitation.id, by=owner, now=NOON)


def test_inviting_again_ends_the_first_link(
    database: Database, vault: Vault, owner: Moderator, site: Site
) -> None:
    first = send(database, vault, owner)
    elsewhere = send(database, vault, owner, site=site)
    later = NOON + SECOND_CLICK
    second = send(database, vault, owner, email="NEW+x@Colleague.example", now=later)

    alive = [works(database, each) for each in (first, elsewhere, second)]

    assert alive == [False, True, True]


def test_a_second_click_makes_no_second_link(
    database: Database, vault: Vault, owner: Moderator, site: Site
) -> None:
    first = send(database, vault, owner)
    again = send(database, vault, owner, now=NOON + SECOND_CLICK - SECOND)
    other = send(database, vault, owner, role=Role.VIEWER, now=NOON + SECOND)

    assert again.id == first.id != other.id
    assert [works(database, each) for each in (first, other)] == [False, True]


@sqlite
def test_an_owner_of_one_site_invites_to_that_site_only(
    database: Database, vault: Vault, site_owner: Moderator, site: Site
) -> None:
    with database.transaction() as session:
        other = make_site(session, "blog")
    for role in Role:
        for where in (None, other):
            with pytest.raises(NotAllowed):
                send(database, vault, site_owner, role=role, site=where)
        assert send(database, vault, site_owner, role=role, site=site).role is role


@sqlite
@pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
def test_who_is_no_owner_invites_nobody(database: Database, vault: Vault, role: Role) -> None:
    with database.transaction() as session:
        person = make_moderator(session, vault, role=role)
    with pytest.raises(NotAllowed):
        send(database, vault, person, role=Role.VIEWER)


@sqlite
def test_owners_see_and_withdraw_what_concerns_their_sites(
    database: Database, vault: Vault, owner: Moderator, site_owner: Moderator, site: Site
) -> None:
    of_all, of_site = send(database, vault, owner), send(database, vault, owner, site=site)
    with database.reading() as session:
        seen = [each.id for each in read_open(session, site_owner, now=NOON)]
        assert [each.id for each in read_open(session, owner, now=NOON)] == [of_site.id, of_all.id]
    assert seen == [of_site.id]
    with pytest.raises(UnknownInvitation), database.transaction() as session:
        withdraw(session, of_all.id, by=site_owner, now=NOON)
    assert works(database, of_all)


@sqlite
def test_nobody_is_invited_who_can_sign_in(
    database: Database, vault: Vault, owner: Moderator
) -> None:
    with pytest.raises(AlreadyThere):
        send(database, vault, owner, email="OWNER+x@example.com")


@sqlite
def test_of_two_invitations_of_one_person_one_makes_an_account(
    database: Database, vault: Vault, owner: Moderator, site: Site
) -> None:
    both = [send(database, vault, owner), send(database, vault, owner, site=site)]
    accept(database, vault, both[0])

    with pytest.raises(AlreadyThere):
        accept(database, vault, both[1])


@sqlite
@pytest.mark.parametrize("how", ["off", "demoted"])
def test_who_loses_their_power_leaves_no_open_door(
    database: Database, vault: Vault, owner: Moderator, site: Site, how: str
) -> None:
    with database.transaction() as session:
        rogue = make_moderator(session, vault, email="rogue@example.com", role=Role.OWNER)
    opened = send(database, vault, rogue)
    kept = send(database, vault, owner, site=site)
    with database.transaction() as session:
        person = session.get_one(Moderator, rogue.id)
        if how == "off":
            switch_off(session, person, by=owner, now=NOON)
        else:
            change_role(session, person, role=Role.VIEWER, site_id=None, by=owner, now=NOON)

    assert (works(database, opened), works(database, kept)) == (False, True)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_of_two_who_use_a_link_at_once_one_joins(
    database: Database, vault: Vault, owner: Moderator
) -> None:
    invitation = send(database, vault, owner)
    start, done = threading.Barrier(4), []

    def try_it() -> None:
        start.wait()
        try:
            done.append(accept(database, vault, invitation).name)
        except (UnknownInvitation, AlreadyThere):
            done.append("refused")

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == ["New", "refused", "refused", "refused"]


def reset(
    database: Database, person: Moderator, by: Moderator | None, *, now: dt.datetime = NOON
) -> Invitation:
    with database.transaction() as session:
        return make_password_link(session, session.get_one(Moderator, person.id), by=by, now=now)


def test_a_link_sets_a_password_once_and_ends_all_sessions(
    database: Database,
    vault: Vault,
    owner: Moderator,
    grace: Moderator,
    logged: Callable[[], list[object]],
) -> None:
    first, link = reset(database, grace, owner), reset(database, grace, owner)
    assert not works(database, first), "the newest counts"
    assert not works(database, link, now=NOON + RESET_FOR)
    with database.transaction() as session:
        start_session(session, grace.id, now=NOON, lifetime=DAY)
    new_hash = hash_password("another horse battery")
    with database.transaction() as session:
        set_password_by(session, link, new_hash, now=NOON)

    with database.reading() as session:
        assert check_password(session.get_one(Moderator, grace.id), "another horse battery")
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0
    with pytest.raises(UnknownInvitation), database.transaction() as session:
        set_password_by(session, link, new_hash, now=NOON)
    assert logged()[-1] == (Change.PASSWORD_CHANGED, grace.id, {"invitation": link.id})
    assert (
        Change.PASSWORD_LINK_MADE,
        owner.id,
        {"invitation": link.id, "person": grace.id},
    ) in logged()


@sqlite
def test_nobody_makes_such_a_link_for_their_own_account(
    database: Database, owner: Moderator
) -> None:
    with pytest.raises(NotAllowed):
        reset(database, owner, owner)


@sqlite
def test_a_link_opens_no_account_that_is_off(
    database: Database, vault: Vault, owner: Moderator, grace: Moderator
) -> None:
    link = reset(database, grace, owner)
    with database.transaction() as session:
        session.get_one(Moderator, grace.id).is_active = False

    assert not works(database, link)
    with pytest.raises(UnknownInvitation), database.transaction() as session:
        set_password_by(session, link, "x", now=NOON)


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
