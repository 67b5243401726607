"""Sessions: they end by time, by lack of use and by hand; half signed in they owe a step."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import SignInRefused
from moderation.flow.team.sessions import (
    HALF_SIGNED_IN,
    TOUCH_EVERY,
    Owed,
    end_all_sessions,
    end_one,
    end_others,
    end_session,
    find_session,
    go_on,
    hold,
    needs_touch,
    owed_by,
    read_sessions,
    start_session,
    touch,
)
from moderation.models import Moderator, SignIn
from moderation.privacy.vault import Vault
from moderation.statuses import Change
from tests.doubles import NOON
from tests.factories import make_moderator

HOUR, SECOND = dt.timedelta(hours=1), dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def start(database: Database, moderator: Moderator, **known: object) -> str:
    with database.transaction() as session:
        return start_session(session, moderator.id, now=NOON, lifetime=HOUR, **known)  # type: ignore[arg-type]


def find(database: Database, token: str, now: dt.datetime = NOON) -> SignIn | None:
    with database.reading() as session:
        return find_session(session, token, now=now, idle=DAY)


def change(database: Database, moderator: Moderator, **values: object) -> None:
    with database.transaction() as session:
        row = session.get_one(Moderator, moderator.id)
        for name, value in values.items():
            setattr(row, name, value)


def test_a_session_lasts_its_time_and_no_longer(database: Database, grace: Moderator) -> None:
    token = start(database, grace)

    found = find(database, token, NOON + HOUR - SECOND)

    assert found is not None and found.moderator.id == grace.id
    assert find(database, token, NOON + HOUR) is None
    assert find(database, token[:-1]) is None
    assert find(database, "") is None


def test_a_session_ends_without_use_and_goes_on_with_it(
    database: Database, grace: Moderator
) -> None:
    with database.transaction() as session:
        token = start_session(session, grace.id, now=NOON, lifetime=DAY)

    def find_at(now: dt.datetime) -> SignIn | None:
        with database.reading() as session:
            return find_session(session, token, now=now, idle=HOUR)

    assert find_at(NOON + HOUR) is None
    found = find_at(NOON + HOUR - SECOND)
    assert found is not None and needs_touch(found, now=NOON + HOUR - SECOND)
    with database.transaction() as session:
        touch(session, found, now=NOON + HOUR - SECOND)
    assert find_at(NOON + 2 * HOUR - 2 * SECOND) is not None


@sqlite
def test_its_use_is_written_every_few_minutes_only(database: Database, grace: Moderator) -> None:
    found = find(database, start(database, grace))
    assert found is not None

    assert not needs_touch(found, now=NOON + TOUCH_EVERY - SECOND)
    assert needs_touch(found, now=NOON + TOUCH_EVERY)
    with database.transaction() as session:
        end_all_sessions(session, grace)
        touch(session, found, now=NOON)  # ended in this instant: nothing to write, nothing breaks
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0


@sqlite
def test_only_the_hash_of_its_token_is_stored(database: Database, grace: Moderator) -> None:
    token = start(database, grace)
    with database.reading() as session:
        row = session.scalars(select(SignIn)).one()
    assert len(token) >= 43
    stored = repr({c.key: getattr(row, c.key) for c in SignIn.__table__.columns})
    assert token not in stored
    assert token.encode() not in row.token_hash


def test_signing_out_ends_one_session_and_a_new_password_all(
    database: Database, grace: Moderator
) -> None:
    tokens = [start(database, grace) for _ in range(3)]
    with database.transaction() as session:
        end_session(session, tokens[0])
    assert [find(database, token) is not None for token in tokens] == [False, True, True]
    with database.transaction() as session:
        assert end_all_sessions(session, grace) == 2
    assert not any(find(database, token) for token in tokens)


def test_one_ends_ones_own_sessions_and_nobody_elses(
    database: Database, vault: Vault, grace: Moderator, logged: Callable[[], list[object]]
) -> None:
    with database.transaction() as session:
        other = make_moderator(session, vault, email="hopper@example.com")
    tokens = [start(database, grace) for _ in range(3)]
    of_other = find(database, start(database, other))
    mine = [found for token in tokens if (found := find(database, token))]
    assert of_other is not None
    with database.transaction() as session:
        assert not end_one(session, grace, of_other.id, now=NOON)
        assert end_one(session, grace, mine[1].id, now=NOON)
        assert not end_one(session, grace, mine[1].id, now=NOON)
        assert end_others(session, mine[0], now=NOON) == 1

    with database.reading() as session:
        left = read_sessions(session, grace, now=NOON, idle=DAY)
        assert [each.id for each in left] == [mine[0].id]
        assert len(read_sessions(session, other, now=NOON, idle=DAY)) == 1
        assert read_sessions(session, grace, now=NOON + HOUR, idle=DAY) == []
    assert logged()[-2:] == [(Change.SESSIONS_ENDED, grace.id, {"count": 1})] * 2


@sqlite
def test_an_account_that_is_switched_off_is_signed_out(
    database: Database, grace: Moderator
) -> None:
    token = start(database, grace)
    change(database, grace, is_active=False)
    assert find(database, token) is None


@sqlite
def test_ended_sessions_leave_no_rows_and_each_sign_in_is_logged(
    database: Database, grace: Moderator, logged: Callable[[], list[object]]
) -> None:
    with database.transaction() as session:
        start_session(session, grace.id, now=NOON, lifetime=HOUR)
        start_session(session, grace.id, now=NOON + HOUR, lifetime=HOUR)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 1
        assert session.get_one(Moderator, grace.id).last_sign_in_at == NOON + HOUR
    assert logged() == [(Change.SIGNED_IN, grace.id, {})] * 2


@sqlite
@pytest.mark.parametrize(
    ("has", "required", "given", "owed"),
    [
        ({}, False, False, None),
        ({}, True, False, Owed.FACTOR),
        ({"totp_ciphertext": b"x"}, False, False, Owed.CODE),
        ({"totp_ciphertext": b"x"}, True, True, None),
        ({"must_change_password": True}, False, False, Owed.RENEW),
        ({"must_change_password": True}, True, False, Owed.RENEW),
        ({"must_change_password": True, "totp_ciphertext": b"x"}, True, False, Owed.CODE),
        ({"must_change_password": True, "totp_ciphertext": b"x"}, True, True, Owed.RENEW),
    ],
)
def test_what_a_session_owes(
    database: Database,
    grace: Moderator,
    logged: Callable[[], list[object]],
    has: dict[str, object],
    required: bool,
    given: bool,
    owed: Owed | None,
) -> None:
    change(database, grace, **has)
    token = start(database, grace, factor_required=required, factor_given=given)
    found = find(database, token)

    assert found is not None
    assert owed_by(found, factor_required=required) is owed
    assert found.expires_at == NOON + (HALF_SIGNED_IN if owed else HOUR)
    assert logged() == ([] if owed else [(Change.SIGNED_IN, grace.id, {})])


def test_a_step_moves_the_session_to_another_token_once(
    database: Database, grace: Moderator, logged: Callable[[], list[object]]
) -> None:
    change(database, grace, totp_ciphertext=b"x")
    token = start(database, grace)
    found = find(database, token)
    assert found is not None

    def step() -> str:
        with database.transaction() as session:
            return go_on(
                session,
                found,
                now=NOON,
                lifetime=HOUR,
                factor_required=False,
                factor_given=True,
            )

    new = step()

    assert find(database, token) is None
    after = find(database, new)
    assert after is not None and owed_by(after, factor_required=False) is None
    assert after.expires_at == NOON + HOUR
    assert logged() == [(Change.SIGNED_IN, grace.id, {})]
    with pytest.raises(SignInRefused):
        step()


@pytest.mark.parametrize("what", ["ended", "another", "password", "off"])
def test_a_session_is_held_only_as_it_was(
    database: Database, grace: Moderator, what: str, vault: Vault
) -> None:
    """A request that was long on its way must not act for a session that is gone meanwhile."""
    token = start(database, grace)
    found = find(database, token)
    assert found is not None
    with database.transaction() as session:
        assert hold(session, found).id == found.id
    if what in ("ended", "another"):
        with database.transaction() as session:
            end_session(session, token)
        if what == "another":  # which SQLite gives the same number
            start(database, grace)
    else:
        values = {"password_hash": "new"} if what == "password" else {"is_active": False}
        change(database, grace, **values)

    with pytest.raises(SignInRefused), database.transaction() as session:
        hold(session, found)


def test_a_secret_in_force_is_offered_no_more(database: Database, grace: Moderator) -> None:
    for given, left in ((True, None), (False, b"sealed")):
        token = start(database, grace, offered=b"sealed")
        found = find(database, token)
        assert found is not None
        with database.transaction() as session:
            again = go_on(
                session,
                found,
                now=NOON,
                lifetime=HOUR,
                factor_required=True,
                factor_given=given,
            )
        kept = find(database, again)
        assert kept is not None and kept.totp_ciphertext == left
