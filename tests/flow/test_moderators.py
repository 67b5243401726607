"""Who may sign in: passwords are hashed, sessions end, refusals tell nothing."""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import SignInRefused
from moderation.flow import moderators
from moderation.flow.moderators import (
    check_password,
    end_all_sessions,
    end_session,
    find_moderator,
    find_signed_in,
    hash_password,
    start_session,
)
from moderation.models import Event, Moderator, SignIn
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Role
from tests.doubles import NOON
from tests.factories import PASSWORD, make_moderator

HOUR = dt.timedelta(hours=1)


def test_a_password_is_stored_as_argon2id_of_rfc_9106() -> None:
    used = extract_parameters(moderators._hasher.hash("x" * 10))
    assert used.type.name == "ID"
    assert used.memory_cost >= 64 * 1024  # the RFC's second recommendation
    assert (used.time_cost, used.parallelism) == (3, 4)


def test_only_the_right_password_of_an_active_account_signs_in(grace: Moderator) -> None:
    assert check_password(grace, PASSWORD) is grace
    refusals = []
    inactive = Moderator(password_hash=grace.password_hash, is_active=False)
    broken = Moderator(password_hash="no hash", is_active=True)
    for account, password in (
        (grace, PASSWORD + "x"),
        (grace, ""),
        (None, PASSWORD),
        (inactive, PASSWORD),
        (broken, PASSWORD),
    ):
        with pytest.raises(SignInRefused) as refusal:
            check_password(account, password)
        refusals.append(str(refusal.value))
    assert len(set(refusals)) == 1  # nobody learns which of them it was


def test_an_unknown_account_costs_as_much_as_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(extract_parameters(str(hash)))
            return super().verify(hash, password)

    monkeypatch.setattr(moderators, "_hasher", Watched())
    moderators._nobodys_hash.cache_clear()
    with pytest.raises(SignInRefused):
        check_password(None, PASSWORD)

    assert checked == [extract_parameters(hash_password(PASSWORD))]


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 10"):
        hash_password("x" * 9)


def test_an_account_is_found_by_any_spelling_of_its_email(
    database: Database, vault: Vault, grace: Moderator
) -> None:
    with database.reading() as session:
        for email in ("grace@example.com", "GRACE@Example.com"):
            found = find_moderator(session, email, vault)
            assert found is not None
            assert found.id == grace.id
        assert find_moderator(session, "linus@example.com", vault) is None


def test_neither_email_nor_password_is_stored_in_clear(grace: Moderator, vault: Vault) -> None:
    stored = repr({c.key: getattr(grace, c.key) for c in Moderator.__table__.columns})
    assert "grace@example.com" not in stored
    assert PASSWORD not in stored
    assert grace.role is Role.MODERATOR
    assert grace.email_ciphertext
    assert vault.decrypt(grace.email_ciphertext, row=f"moderator:{grace.id}") == "grace@example.com"


def test_a_session_lasts_its_time_and_no_longer(database: Database, grace: Moderator) -> None:
    with database.transaction() as session:
        token = start_session(session, grace.id, now=NOON, lifetime=HOUR)
    with database.reading() as session:
        last = NOON + HOUR - dt.timedelta(seconds=1)
        found = find_signed_in(session, token, now=last)
        assert found is not None
        assert found.id == grace.id
        assert find_signed_in(session, token, now=NOON + HOUR) is None
        assert find_signed_in(session, token[:-1], now=NOON) is None
        assert find_signed_in(session, "", now=NOON) is None


def test_the_token_of_a_session_is_not_stored(database: Database, grace: Moderator) -> None:
    with database.transaction() as session:
        token = start_session(session, grace.id, now=NOON, lifetime=HOUR)
    with database.reading() as session:
        row = session.scalars(select(SignIn)).one()
        assert token.encode() not in row.token_hash
        assert len(row.token_hash) == 32


def test_signing_out_ends_one_session_and_a_new_password_all(
    database: Database, grace: Moderator
) -> None:
    with database.transaction() as session:
        tokens = [start_session(session, grace.id, now=NOON, lifetime=HOUR) for _ in range(3)]
        end_session(session, tokens[0])
    with database.reading() as session:
        alive = [find_signed_in(session, token, now=NOON) is not None for token in tokens]
    assert alive == [False, True, True]
    with database.transaction() as session:
        end_all_sessions(session, grace)
    with database.reading() as session:
        assert not any(find_signed_in(session, token, now=NOON) for token in tokens)


def test_an_account_that_is_switched_off_is_signed_out(
    database: Database, grace: Moderator
) -> None:
    with database.transaction() as session:
        token = start_session(session, grace.id, now=NOON, lifetime=HOUR)
        session.get_one(Moderator, grace.id).is_active = False
    with database.reading() as session:
        assert find_signed_in(session, token, now=NOON) is None


def test_ended_sessions_leave_no_rows_and_each_sign_in_is_logged(
    database: Database, grace: Moderator
) -> None:
    with database.transaction() as session:
        start_session(session, grace.id, now=NOON, lifetime=HOUR)
        start_session(session, grace.id, now=NOON + HOUR, lifetime=HOUR)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 1
        events = session.scalars(select(Event)).all()
        assert [(event.change, event.moderator_id) for event in events] == [
            (Change.SIGNED_IN, grace.id)
        ] * 2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Cheap hashes, where the cost itself is not the question."""
    if "database" in request.fixturenames:
        monkeypatch.setattr(moderators, "_hasher", PasswordHasher(1, 8, 1))
    yield
    moderators._nobodys_hash.cache_clear()


@pytest.fixture
def grace(database: Database, vault: Vault, quick: None) -> Moderator:
    with database.transaction() as session:
        return make_moderator(session, vault)
