"""Links that set a new password: once, until a time, for no account that is off."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import NotAllowed, UnknownInvitation
from moderation.flow.team.invitations import RESET_FOR, set_password_by
from moderation.flow.team.passwords import check_password, hash_password
from moderation.flow.team.sessions import start_session
from moderation.models import Moderator, SignIn
from moderation.privacy.vault import Vault
from moderation.statuses import Change
from tests.doubles import NOON
from tests.flow.team.inviting import DAY, reset, works

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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
