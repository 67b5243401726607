"""Owners over their people: within their reach, and never without an owner of all sites."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import LastOwner, NotAllowed, UnknownModerator
from moderation.flow.team.managing import (
    change_role,
    reset_second_factor,
    sign_out_everywhere,
    switch_off,
    switch_on,
)
from moderation.flow.team.reach import find_managed, may_grant, read_team, take_charge
from moderation.flow.team.sessions import start_session
from moderation.models import Event, Moderator, SignIn, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Role
from tests.doubles import NOON
from tests.factories import make_moderator, make_site

HOUR = dt.timedelta(hours=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def do(
    database: Database,
    act: Callable[..., Any],
    person: Moderator,
    by: Moderator | None,
    **known: Any,
) -> Any:
    """Do it in a transaction of its own."""
    with database.transaction() as session:
        row = session.get_one(Moderator, person.id)
        return act(session, row, by=by, now=NOON, **known)


def read(database: Database, person: Moderator) -> Moderator:
    with database.reading() as session:
        return session.get_one(Moderator, person.id)


def sessions(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(SignIn)) or 0


def test_a_role_is_changed_and_changed_back(
    database: Database, owner: Moderator, grace: Moderator, logged: Callable[[], list[Any]]
) -> None:
    assert do(database, change_role, grace, owner, role=Role.OWNER, site_id=None)
    assert read(database, grace).role is Role.OWNER
    assert not do(database, change_role, grace, owner, role=Role.OWNER, site_id=None)
    assert do(database, change_role, grace, owner, role=Role.MODERATOR, site_id=None)
    assert read(database, grace).role is Role.MODERATOR

    changes = [(change, data["before"], data["role"]) for change, _, data in logged()]
    assert changes == [
        (Change.ROLE_CHANGED, "moderator", "owner"),
        (Change.ROLE_CHANGED, "owner", "moderator"),
    ]


def test_switching_off_ends_all_sessions_at_once_and_on_lets_in_again(
    database: Database, owner: Moderator, grace: Moderator, logged: Callable[[], list[Any]]
) -> None:
    with database.transaction() as session:
        for _ in range(2):
            start_session(session, grace.id, now=NOON, lifetime=HOUR)

    assert do(database, switch_off, grace, owner)
    assert (read(database, grace).is_active, sessions(database)) == (False, 0)
    assert not do(database, switch_off, grace, owner)
    assert do(database, switch_on, grace, owner)
    assert not do(database, switch_on, grace, owner)
    assert read(database, grace).is_active
    assert logged()[-2:] == [
        (Change.SWITCHED_OFF, owner.id, {"sessions": 2, "person": grace.id}),
        (Change.SWITCHED_ON, owner.id, {"person": grace.id}),
    ]


@pytest.mark.parametrize("how", ["off", "demoted", "moved"])
@pytest.mark.parametrize("who", ["another", "themselves", "the operator"])
@sqlite
def test_the_last_active_owner_of_all_sites_stays(
    database: Database, vault: Vault, owner: Moderator, site_owner: Moderator, who: str, how: str
) -> None:
    with database.transaction() as session:
        gone = make_moderator(session, vault, email="gone@example.com", role=Role.OWNER)
        gone.is_active = False  # an owner who is off helps nobody
    by = {"another": gone, "themselves": owner, "the operator": None}[who]
    acts: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "off": (switch_off, {}),
        "demoted": (change_role, {"role": Role.MODERATOR, "site_id": None}),
        "moved": (change_role, {"role": Role.OWNER, "site_id": site_owner.site_id}),
    }
    act, known = acts[how]

    with pytest.raises(LastOwner):
        do(database, act, owner, by, **known)

    after = read(database, owner)
    assert (after.role, after.site_id, after.is_active) == (Role.OWNER, None, True)
    do(database, switch_on, gone, None)
    assert do(database, act, owner, None, **known), "now there is another"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_two_owners_who_demote_each_other_at_once_leave_one(
    database: Database, vault: Vault, owner: Moderator
) -> None:
    with database.transaction() as session:
        other = make_moderator(session, vault, email="other@example.com", role=Role.OWNER)
    start, done = threading.Barrier(2), []

    def demote(by: Moderator, whom: Moderator) -> None:
        start.wait()
        try:
            with database.transaction() as session:
                charge = take_charge(session, by)
                person = find_managed(session, whom.id, charge)
                change_role(session, person, role=Role.VIEWER, site_id=None, by=charge, now=NOON)
            done.append("demoted")
        except (LastOwner, NotAllowed):
            done.append("refused")

    for _ in range(5):
        done.clear()
        threads = [
            threading.Thread(target=demote, args=pair) for pair in ((owner, other), (other, owner))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(done) == ["demoted", "refused"]
        with database.transaction() as session:
            for person in (owner, other):
                session.get_one(Moderator, person.id).role = Role.OWNER


@sqlite
def test_an_owner_of_one_site_reaches_that_site_only(
    database: Database,
    vault: Vault,
    owner: Moderator,
    grace: Moderator,
    site_owner: Moderator,
    site: Site,
) -> None:
    with database.transaction() as session:
        other = make_site(session, "blog")
        here = make_moderator(session, vault, email="here@example.com", site=site)
        there = make_moderator(session, vault, email="there@example.com", site=other)
    with database.reading() as session:
        assert [p.id for p in read_team(session, site_owner)] == [site_owner.id, here.id]
        assert len(read_team(session, owner)) == 5
        assert find_managed(session, here.id, site_owner).id == here.id
        for hidden in (owner, grace, there):
            with pytest.raises(UnknownModerator):
                find_managed(session, hidden.id, site_owner)
    with pytest.raises(NotAllowed):
        do(database, change_role, here, site_owner, role=Role.VIEWER, site_id=None)
    with pytest.raises(NotAllowed):
        do(database, change_role, here, site_owner, role=Role.VIEWER, site_id=other.id)
    assert do(database, change_role, here, site_owner, role=Role.OWNER, site_id=site.id)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("wanted", list(Role))
def test_only_owners_give_roles(role: Role, wanted: Role) -> None:
    assert may_grant(Moderator(role=role, site_id=None), wanted, 7) is (role is Role.OWNER)
    assert may_grant(Moderator(role=role, site_id=7), wanted, 7) is (role is Role.OWNER)
    assert not may_grant(Moderator(role=role, site_id=7), wanted, None)
    assert may_grant(None, wanted, None)


@sqlite
def test_who_is_no_owner_any_more_takes_no_charge(
    database: Database, vault: Vault, owner: Moderator
) -> None:
    with database.transaction() as session:
        stale = make_moderator(session, vault, email="stale@example.com", role=Role.OWNER)
    for act, known in (
        (change_role, {"role": Role.MODERATOR, "site_id": None}),
        (switch_off, {}),
    ):
        do(database, act, stale, owner, **known)
        with pytest.raises(NotAllowed), database.transaction() as session:
            take_charge(session, stale)


@sqlite
def test_a_second_factor_is_reset_by_others_only(
    database: Database, owner: Moderator, grace: Moderator, logged: Callable[[], list[Any]]
) -> None:
    assert not do(database, reset_second_factor, grace, owner)
    with database.transaction() as session:
        for person in (owner, grace):
            session.get_one(Moderator, person.id).totp_ciphertext = b"x"
            start_session(session, person.id, now=NOON, lifetime=HOUR, factor_given=True)

    assert do(database, reset_second_factor, grace, owner)
    with pytest.raises(NotAllowed):
        do(database, reset_second_factor, owner, owner)

    assert (read(database, grace).has_second_factor, sessions(database)) == (False, 1)
    assert logged()[-1] == (Change.SECOND_FACTOR_RESET, owner.id, {"person": grace.id})


@sqlite
def test_what_the_operator_does_is_logged_as_theirs(database: Database, grace: Moderator) -> None:
    with database.transaction() as session:
        start_session(session, grace.id, now=NOON, lifetime=HOUR)
    assert do(database, sign_out_everywhere, grace, None) == 1
    assert do(database, sign_out_everywhere, grace, None) == 0
    with database.reading() as session:
        event = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert event is not None
    assert (event.change, event.actor, event.moderator_id, event.data) == (
        Change.SESSIONS_ENDED,
        Actor.OPERATOR,
        None,
        {"count": 1, "person": grace.id},
    )


@sqlite
def test_owners_of_a_site_find_what_happened_to_their_people_in_its_log(
    database: Database, vault: Vault, site_owner: Moderator, site: Site
) -> None:
    with database.transaction() as session:
        here = make_moderator(session, vault, email="here@example.com", site=site)
    do(database, switch_off, here, site_owner)
    with database.reading() as session:
        assert session.scalars(select(Event.site_id)).all() == [site.id]
