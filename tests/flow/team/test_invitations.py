"""Invitations: once, until a time, unless withdrawn; to no more than who invites has."""

import threading
from collections.abc import Callable

import pytest

from moderation.db import Database
from moderation.errors import AlreadyThere, NotAllowed, UnknownInvitation
from moderation.flow.team.accounts import find_moderator
from moderation.flow.team.invitations import JOIN_FOR, RESET_FOR, SECOND_CLICK, read_open, withdraw
from moderation.flow.team.managing import change_role, switch_off
from moderation.flow.team.passwords import check_password
from moderation.models import Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Role
from tests.doubles import NOON
from tests.factories import PASSWORD, make_moderator, make_site
from tests.flow.team.inviting import DAY, EMAIL, SECOND, accept, send, works

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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
