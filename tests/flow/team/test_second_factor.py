"""The second factor: a code once, a secret that no stolen database holds, recovery codes."""

import datetime as dt
import threading
from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.errors import CodeRefused
from moderation.flow.keys import count_left, rotate_moderators
from moderation.flow.team.second_factor import (
    RECOVERY_CODES,
    address_for_apps,
    check_code,
    count_codes,
    new_recovery_codes,
    offer_secret,
    offered_secret,
    remove,
    set_up,
)
from moderation.flow.team.sessions import find_session, start_session
from moderation.models import Moderator, RecoveryCode, SignIn
from moderation.privacy.vault import Vault
from moderation.setup import new_key
from moderation.statuses import Change
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import make_moderator

STEP = dt.timedelta(seconds=30)
DAY = dt.timedelta(days=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def code_at(secret: str, moment: dt.datetime) -> str:
    """What an authenticator app shows then."""
    return pyotp.TOTP(secret).at(moment)


def offer(database: Database, vault: Vault, moderator: Moderator) -> SignIn:
    """A session that is setting a second factor up."""
    with database.transaction() as session:
        token = start_session(
            session, moderator.id, now=NOON, lifetime=DAY, offered=offer_secret(moderator, vault)
        )
        found = find_session(session, token, now=NOON, idle=DAY)
        assert found is not None
        return found


class Phone:
    """Somebody with an app, whose second factor is set up; gives codes as they sign in."""

    def __init__(self, database: Database, vault: Vault, moderator: Moderator) -> None:
        self.database, self.vault, self.number = database, vault, moderator.id
        found = offer(database, vault, moderator)
        self.secret = offered_secret(found, vault) or ""
        with database.transaction() as session:
            self.codes = set_up(session, found, code_at(self.secret, NOON), vault=vault, now=NOON)

    def try_code(self, code: str, *, at: dt.datetime) -> bool:
        """Whether it lets them in."""
        try:
            with self.database.transaction() as session:
                moderator = session.get_one(Moderator, self.number)
                check_code(session, moderator, code, vault=self.vault, now=at)
        except CodeRefused:
            return False
        return True


@pytest.fixture
def phone(database: Database, vault: Vault, grace: Moderator) -> Phone:
    return Phone(database, vault, grace)


def test_a_code_of_rfc_6238_is_what_apps_show() -> None:
    """Its test vector for SHA-1 at 1111111109 s, cut to six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert code_at(secret, dt.datetime.fromtimestamp(1111111109, dt.UTC)) == "081804"


def test_a_code_lets_in_once_also_within_its_time(phone: Phone) -> None:
    now = NOON + 4 * STEP
    code = code_at(phone.secret, now)

    assert phone.try_code(code, at=now)
    assert not phone.try_code(code, at=now)
    assert not phone.try_code(code, at=now + STEP)


def test_a_code_of_before_one_that_was_used_lets_nobody_in(phone: Phone) -> None:
    now = NOON + 4 * STEP
    assert phone.try_code(code_at(phone.secret, now), at=now)

    assert not phone.try_code(code_at(phone.secret, now - STEP), at=now)
    assert phone.try_code(code_at(phone.secret, now + STEP), at=now)


def test_the_code_that_set_it_up_lets_nobody_in(phone: Phone) -> None:
    assert not phone.try_code(code_at(phone.secret, NOON), at=NOON)


@pytest.mark.parametrize(
    ("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
@sqlite
def test_a_clock_may_be_one_step_off(phone: Phone, steps: int, is_taken: bool) -> None:
    now = NOON + 10 * STEP
    assert phone.try_code(code_at(phone.secret, now + steps * STEP), at=now) is is_taken


@sqlite
@pytest.mark.parametrize("typed", ["", "000", "abcdef", "１２", "x" * 5000, "\x00"])
def test_what_is_no_code_is_refused(phone: Phone, typed: str) -> None:
    assert not phone.try_code(typed, at=NOON + 4 * STEP)


@sqlite
def test_a_code_may_be_typed_with_spaces(phone: Phone) -> None:
    now = NOON + 4 * STEP
    code = code_at(phone.secret, now)
    assert phone.try_code(f" {code[:3]} {code[3:]} ", at=now)


def test_a_recovery_code_lets_in_once(
    phone: Phone, logged: Callable[[], list[object]], grace: Moderator
) -> None:
    first = phone.codes[0]
    assert phone.try_code(first.upper(), at=NOON)
    assert not phone.try_code(first, at=NOON)
    assert phone.try_code(phone.codes[1].replace("-", " "), at=NOON)

    with phone.database.reading() as session:
        assert count_codes(session, grace) == RECOVERY_CODES - 2
    assert logged()[-2:] == [
        (Change.RECOVERY_CODE_USED, grace.id, {"left": left}) for left in (9, 8)
    ]


@sqlite
def test_recovery_codes_are_unlike_each_other_and_stored_as_hashes(phone: Phone) -> None:
    assert len(set(phone.codes)) == RECOVERY_CODES == 10
    assert all(len(code.replace("-", "")) == 24 for code in phone.codes)  # 120 bits in base32
    with phone.database.reading() as session:
        stored = repr([row.code_hash for row in session.scalars(select(RecoveryCode))])
    assert not any(code in stored or code.replace("-", "") in stored for code in phone.codes)


def test_new_recovery_codes_replace_the_old(phone: Phone, grace: Moderator) -> None:
    with phone.database.transaction() as session:
        fresh = new_recovery_codes(session, session.get_one(Moderator, grace.id), now=NOON)

    assert not phone.try_code(phone.codes[0], at=NOON)
    assert phone.try_code(fresh[0], at=NOON)


@sqlite
def test_codes_of_one_person_let_nobody_else_in(
    phone: Phone, database: Database, vault: Vault
) -> None:
    other = Phone(database, vault, make_moderator_in(database, vault))
    now = NOON + 4 * STEP
    assert not other.try_code(phone.codes[0], at=now)
    assert not other.try_code(code_at(phone.secret, now), at=now)


def make_moderator_in(database: Database, vault: Vault) -> Moderator:
    with database.transaction() as session:
        return make_moderator(session, vault, email="hopper@example.com")


def test_a_sealed_secret_moved_to_another_row_opens_nothing(
    phone: Phone, database: Database, vault: Vault
) -> None:
    """Who can write to the database cannot give their own secret to somebody else."""
    other = make_moderator_in(database, vault)
    with database.transaction() as session:
        thief = session.get_one(Moderator, other.id)
        thief.totp_ciphertext = session.get_one(Moderator, phone.number).totp_ciphertext
        with pytest.raises(CodeRefused):
            check_code(session, thief, code_at(phone.secret, NOON + STEP), vault=vault, now=NOON)


@sqlite
def test_the_secret_is_stored_sealed(phone: Phone, database: Database) -> None:
    with database.reading() as session:
        row = session.get_one(Moderator, phone.number)
        stored = repr({c.key: getattr(row, c.key) for c in Moderator.__table__.columns})
        pending = session.scalars(select(SignIn.totp_ciphertext)).all()
    assert phone.secret not in stored
    assert pending == [None], "what was offered is in force, and is kept nowhere else"


def test_it_is_in_force_only_once_a_code_confirmed_it(
    database: Database, vault: Vault, grace: Moderator, logged: Callable[[], list[object]]
) -> None:
    found = offer(database, vault, grace)
    secret = offered_secret(found, vault) or ""
    with pytest.raises(CodeRefused), database.transaction() as session:
        set_up(session, found, "000000", vault=vault, now=NOON)
    with database.reading() as session:
        assert not session.get_one(Moderator, grace.id).has_second_factor
    with database.transaction() as session:
        set_up(session, found, code_at(secret, NOON), vault=vault, now=NOON)
    with database.reading() as session:
        assert session.get_one(Moderator, grace.id).has_second_factor
    with pytest.raises(CodeRefused), database.transaction() as session:  # it is there already
        set_up(session, found, code_at(secret, NOON + STEP), vault=vault, now=NOON)
    assert logged()[-1] == (Change.SECOND_FACTOR_SET, grace.id, {})


@sqlite
def test_without_it_its_codes_are_gone(phone: Phone, database: Database, grace: Moderator) -> None:
    with database.transaction() as session:
        remove(session, session.get_one(Moderator, grace.id), by=None, now=NOON)
    with database.reading() as session:
        assert count_codes(session, grace) == 0
    assert not phone.try_code(phone.codes[0], at=NOON)
    assert not phone.try_code(code_at(phone.secret, NOON + STEP), at=NOON)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_two_requests_with_one_code_one_gets_in(phone: Phone, kind: str) -> None:
    now = NOON + 4 * STEP
    code = code_at(phone.secret, now) if kind == "app" else phone.codes[0]
    start, done = threading.Barrier(4), []

    def sign_in() -> None:
        start.wait()
        done.append(phone.try_code(code, at=now))

    threads = [threading.Thread(target=sign_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == [False, False, False, True]


@sqlite
def test_apps_are_told_the_name_and_no_email(grace: Moderator) -> None:
    address = address_for_apps(grace, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "talk.example")

    found = pyotp.parse_uri(address)
    assert (found.name, found.issuer) == ("grace", "Comments talk.example")
    assert "example.com" not in address


@sqlite
def test_secrets_turn_with_the_keys(phone: Phone, database: Database) -> None:
    newer = Vault(
        vault_key=new_key(), index_key=SECRETS["INDEX_KEY"], old_vault_keys=SECRETS["VAULT_KEY"]
    )
    with database.transaction() as session:
        assert count_left(session, newer).moderators == 1
        rotate_moderators(session, newer, after=0, limit=10)
        assert count_left(session, newer).moderators == 0
    phone.vault = newer
    assert phone.try_code(code_at(phone.secret, NOON + 4 * STEP), at=NOON + 4 * STEP)
