"""Passwords: hashed by argon2id, not too easy, refused without a word about why."""

import sys
import threading
import time
from contextlib import suppress
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from zxcvbn import matching

from moderation.db import Database
from moderation.errors import SignInRefused, WeakPassword
from moderation.flow.team import passwords
from moderation.flow.team.accounts import find_moderator
from moderation.flow.team.passwords import check_password, hash_again, hash_password, new_password
from moderation.models import Moderator
from moderation.privacy.vault import Vault
from moderation.statuses import Role
from tests.factories import PASSWORD

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_password_is_stored_as_argon2id_of_rfc_9106() -> None:
    used = extract_parameters(hash_password(PASSWORD))
    assert used.type.name == "ID"
    assert used.memory_cost >= 64 * 1024  # the RFC's second recommendation
    assert (used.time_cost, used.parallelism) == (3, 4)


@sqlite
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

    monkeypatch.setattr(passwords, "_hasher", Watched())
    passwords._nobodys_hash.cache_clear()
    with pytest.raises(SignInRefused):
        check_password(None, PASSWORD)

    assert checked == [extract_parameters(hash_password(PASSWORD))]


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("x" * 9, "at least 10"),
        ("password12", "very common"),
        ("qwertyuiop", "top-100"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "Repeats"),
        ("moderation1", "uncommon words"),
        ("Moderator123", "uncommon words"),
        ("daily-tree-news", "uncommon words"),
        ("grace.hopper", "uncommon words"),
        ("gracehopper1", "uncommon words"),
        ("x" * 60_000, "Repeats"),
    ],
)
def test_what_is_easy_to_guess_is_refused_with_a_sentence(password: str, says: str) -> None:
    about = ["grace.hopper@example.com", "daily-tree-news", "The Daily Tree News"]

    with pytest.raises(WeakPassword, match=says) as refusal:
        hash_password(password, about=about)

    assert password not in str(refusal.value)


@pytest.mark.parametrize("password", [PASSWORD, "fünf große Wörter ñandú", "🌳🌲 owl 🦉 lamp x"])
def test_what_is_hard_to_guess_is_taken_in_any_characters(password: str) -> None:
    assert passwords._hasher.verify(hash_password(password), password)
    assert passwords._hasher.verify(hash_password(long := password * 30), long)


@pytest.mark.parametrize(
    "text",
    [
        "4@8({[<369&#!1/|0$5+7%2/",
        "@4({[<3691!|0$5+7%2zxa",
        "({[<1!36908%2",
        "|+!5$736908%2",
        "19921992",
        "aAbB",
        "p4$$w0rd",
    ],
)
def test_no_password_is_slow_to_judge(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """zxcvbn alone takes 9 s for the second."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    began = time.thread_time()
    with suppress(WeakPassword):
        hash_password(text * (60_000 // len(text)))
    assert time.thread_time() - began < 2


def test_generated_passwords_pass() -> None:
    assert {hash_password(new_password())[:9] for _ in range(3)} == {"$argon2id"}


def test_what_is_known_of_one_person_counts_for_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """zxcvbn keeps the words it is given where all threads see them."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    refused: list[str] = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns within one judgement

    def choose(name: str) -> None:
        for _ in range(15):
            try:
                hash_password(f"{name}-1984", about=[f"{name}@example.com"])
            except WeakPassword:
                refused.append(name)

    names = ["zorblaxquin", "mirthvendol"]
    threads = [threading.Thread(target=choose, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)

    assert sorted(refused) == ["mirthvendol"] * 15 + ["zorblaxquin"] * 15
    assert matching.RANKED_DICTIONARIES["user_inputs"] == {}
    assert hash_password("zorblaxquin-1984", about=["somebody@example.com"])


def test_a_hash_is_made_again_only_where_its_parameters_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    grace = Moderator(password_hash=hash_password(PASSWORD), is_active=True)
    assert hash_again(grace, PASSWORD) is None

    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(2, 16, 1))
    fresh = hash_again(grace, PASSWORD)

    assert fresh is not None
    assert extract_parameters(fresh).time_cost == 2
    assert check_password(Moderator(password_hash=fresh, is_active=True), PASSWORD)


def test_an_account_is_found_by_any_spelling_of_its_email(
    database: Database, vault: Vault, grace: Moderator
) -> None:
    with database.reading() as session:
        for email in ("grace@example.com", "GRACE@Example.com"):
            found = find_moderator(session, email, vault)
            assert found is not None
            assert found.id == grace.id
        assert find_moderator(session, "linus@example.com", vault) is None


@sqlite
def test_neither_email_nor_password_is_stored_in_clear(grace: Moderator, vault: Vault) -> None:
    stored = repr({c.key: getattr(grace, c.key) for c in Moderator.__table__.columns})
    assert "grace@example.com" not in stored
    assert PASSWORD not in stored
    assert grace.role is Role.MODERATOR
    assert grace.email_ciphertext
    assert vault.decrypt(grace.email_ciphertext, row=f"moderator:{grace.id}") == "grace@example.com"
