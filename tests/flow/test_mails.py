"""Mails as rows: claimed once, prepared only where somebody is to get one, settled by outcome."""

import datetime as dt
import threading

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.flow.commenters import find_or_create_commenter
from moderation.flow.keys import rotate_commenters
from moderation.flow.mails import (
    LONGEST_PAUSE,
    MAX_ATTEMPTS,
    Outgoing,
    any_due,
    ask_for_proof,
    claim_mails,
    forget_ended,
    pause_after,
    prepare,
    settle,
)
from moderation.flow.personal.erasure import forget
from moderation.flow.proof import PROOF_FOR, confirm_address, wants_proof
from moderation.models import Commenter, CommenterEmail, Event, Mail, Site
from moderation.policy.context import Policy
from moderation.privacy.vault import Vault
from moderation.setup import new_key
from moderation.statuses import Actor, Change, MailOutcome, Publishing
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import make_site
from tests.together import wait_for_a_lock

EMAIL = "ada@reader.example"
LEASE = dt.timedelta(minutes=10)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def ask(
    database: Database,
    vault: Vault,
    site: Site,
    email: str | None = EMAIL,
    *,
    now: dt.datetime = NOON,
) -> int:
    """A mail to this address; to nobody for None."""
    with database.transaction() as session:
        who = (
            find_or_create_commenter(session, site, email, vault=vault, now=now) if email else None
        )
        return ask_for_proof(session, site, who, message_id=f"<{now}@x>", now=now).id


def take(
    database: Database, vault: Vault, *, now: dt.datetime = NOON, limit: int = 1
) -> list[Outgoing | None]:
    """Claim and prepare."""
    with database.transaction() as session:
        claimed = claim_mails(session, now=now, lease_for=LEASE, limit=limit)
        return [prepare(session, mail, vault=vault, now=now) for mail in claimed]


def take_one(database: Database, vault: Vault, *, now: dt.datetime = NOON) -> Outgoing:
    (outgoing,) = take(database, vault, now=now)
    assert outgoing is not None
    return outgoing


def end(
    database: Database,
    outgoing: Outgoing,
    outcome: MailOutcome | None,
    *,
    now: dt.datetime = NOON,
) -> MailOutcome | None:
    with database.transaction() as session:
        return settle(session, outgoing, outcome, now=now)


def read(database: Database, mail_id: int) -> Mail:
    with database.reading() as session:
        return session.get_one(Mail, mail_id)


def test_a_mail_that_is_due_is_prepared_with_all_it_needs(
    database: Database, vault: Vault, site: Site
) -> None:
    mail_id = ask(database, vault, site)

    outgoing = take_one(database, vault)

    with database.reading() as session:
        ada = session.scalars(select(Commenter)).one()
    assert (outgoing.mail_id, outgoing.address, outgoing.site) == (mail_id, EMAIL, "News")
    assert (outgoing.public_id, outgoing.link_version) == (ada.public_id, 1)
    assert (outgoing.message_id, outgoing.created_at) == (f"<{NOON}@x>", NOON)


def test_a_claimed_mail_is_nobody_elses_until_its_lease_is_over(
    database: Database, vault: Vault, site: Site
) -> None:
    ask(database, vault, site)
    first = take_one(database, vault)

    assert take(database, vault, now=NOON + LEASE - MINUTE) == []
    again = take_one(database, vault, now=NOON + LEASE)

    assert (again.mail_id, again.message_id) == (first.mail_id, first.message_id)
    assert again.lease != first.lease
    end(database, first, MailOutcome.SENT)
    assert read(database, first.mail_id).outcome is None, "the lease is another's by now"
    end(database, again, MailOutcome.SENT)
    assert read(database, first.mail_id).outcome is MailOutcome.SENT


def test_a_claim_takes_the_oldest_and_no_more_than_it_may(
    database: Database, vault: Vault, site: Site
) -> None:
    mails = [ask(database, vault, site, f"r{n}@reader.example") for n in range(4)]

    taken = [o.mail_id for o in take(database, vault, limit=3) if o]

    assert taken == mails[:3]
    assert [o.mail_id for o in take(database, vault, limit=3) if o] == mails[3:]


@pytest.mark.parametrize("outcome", [MailOutcome.SENT, MailOutcome.REFUSED])
def test_what_ended_is_not_sent_again(
    database: Database, vault: Vault, site: Site, outcome: MailOutcome
) -> None:
    mail_id = ask(database, vault, site)
    assert end(database, take_one(database, vault), outcome, now=NOON + MINUTE) is outcome

    mail = read(database, mail_id)
    assert (mail.outcome, mail.ended_at, mail.lease) == (outcome, NOON + MINUTE, None)
    with database.reading() as session:
        assert not any_due(session, now=NOON + 9 * DAY)
    assert take(database, vault, now=NOON + 9 * DAY) == []


def test_what_did_not_leave_is_tried_ever_more_rarely_and_given_up_with_its_link(
    database: Database, vault: Vault, site: Site
) -> None:
    mail_id = ask(database, vault, site)
    now, tries = NOON, []
    while read(database, mail_id).ended_at is None:
        if outgoings := take(database, vault, now=now):
            assert outgoings[0] is not None
            tries.append(now - NOON)
            end(database, outgoings[0], None, now=now)
        now += MINUTE

    assert tries[:5] == [MINUTE * n for n in (0, 1, 3, 7, 15)]
    pauses = [later - sooner for sooner, later in zip(tries, tries[1:], strict=False)]
    assert pauses == sorted(pauses) and pauses[-1] == LONGEST_PAUSE
    assert PROOF_FOR - LONGEST_PAUSE <= tries[-1] < PROOF_FOR
    assert len(tries) < MAX_ATTEMPTS
    assert read(database, mail_id).outcome is MailOutcome.GIVEN_UP


def test_a_mail_that_kills_each_sender_is_given_up(
    database: Database, vault: Vault, site: Site
) -> None:
    mail_id = ask(database, vault, site)
    for n in range(MAX_ATTEMPTS):
        assert take_one(database, vault, now=NOON + n * LEASE)

    assert take(database, vault, now=NOON + MAX_ATTEMPTS * LEASE) == [None]
    assert read(database, mail_id).outcome is MailOutcome.GIVEN_UP


def test_a_mail_whose_link_is_too_old_is_not_sent(
    database: Database, vault: Vault, site: Site
) -> None:
    mail_id = ask(database, vault, site)

    assert take(database, vault, now=NOON + PROOF_FOR) == [None]
    assert read(database, mail_id).outcome is MailOutcome.GIVEN_UP


def test_an_unknown_address_writes_the_same_row_and_sends_nothing(
    database: Database, vault: Vault, site: Site
) -> None:
    known, unknown = ask(database, vault, site), ask(database, vault, site, None)

    def looks(mail_id: int) -> dict[str, object]:
        row = {c.key: getattr(read(database, mail_id), c.key) for c in Mail.__table__.columns}
        return {key: value for key, value in row.items() if key not in ("id", "commenter_id")}

    assert looks(known) == looks(unknown)
    assert [o and o.mail_id for o in take(database, vault, limit=2)] == [known, None]
    assert read(database, unknown).outcome is MailOutcome.DROPPED
    assert read(database, unknown).day_hash is None


@pytest.mark.parametrize("how", ["purged", "no row", "another key"])
def test_an_address_that_is_no_longer_there_gets_nothing(
    database: Database, vault: Vault, site: Site, how: str
) -> None:
    mail_id = ask(database, vault, site)
    with database.transaction() as session:
        row = session.scalars(select(CommenterEmail)).one()
        if how == "purged":
            row.ciphertext = None
        elif how == "no row":
            session.delete(row)
        else:
            vault = Vault(vault_key=new_key(), index_key=SECRETS["INDEX_KEY"])

    assert take(database, vault) == [None]
    assert read(database, mail_id).outcome is MailOutcome.DROPPED


def test_an_erasure_takes_its_mails_along_even_in_the_hands_of_a_sender(
    database: Database, vault: Vault, site: Site
) -> None:
    ask(database, vault, site)
    outgoing = take_one(database, vault)
    with database.transaction() as session:
        forget(session, session.scalars(select(Commenter.id)).one())

    assert end(database, outgoing, MailOutcome.SENT) is MailOutcome.SENT
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Mail)) == 0


def test_an_address_gets_one_mail_a_day_on_all_sites(
    database: Database, vault: Vault, site: Site
) -> None:
    with database.transaction() as session:
        other = make_site(session, "blog")
    mails = [
        ask(database, vault, site),
        ask(database, vault, other, "Ada+tag@Reader.example"),
        ask(database, vault, site, "bob@reader.example"),
    ]
    taken = take(database, vault, limit=3)
    assert [o and o.mail_id for o in taken] == [mails[0], None, mails[2]]
    for outgoing in taken:
        if outgoing is not None:
            end(database, outgoing, MailOutcome.SENT)
    assert read(database, mails[1]).outcome is MailOutcome.DROPPED

    tomorrow = ask(database, vault, other, now=NOON + 12 * HOUR)
    assert take_one(database, vault, now=NOON + 12 * HOUR).mail_id == tomorrow


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_of_two_senders_that_want_the_same_day_one_gets_it(
    database: Database, vault: Vault, site: Site
) -> None:
    mails = [ask(database, vault, site), ask(database, vault, site)]
    is_claimed, found = threading.Event(), []

    def other_sender() -> None:
        with database.transaction() as session:
            (mail,) = claim_mails(session, now=NOON, lease_for=LEASE)
            is_claimed.set()
            found.append(prepare(session, mail, vault=vault, now=NOON))

    other = threading.Thread(target=other_sender)
    with database.transaction() as session:
        (mail,) = claim_mails(session, now=NOON, lease_for=LEASE)
        assert prepare(session, mail, vault=vault, now=NOON)
        other.start()
        assert is_claimed.wait(10)
        wait_for_a_lock(database)
    other.join()

    assert found == [None]
    assert [read(database, m).outcome for m in mails] == [None, MailOutcome.DROPPED]


def test_the_day_counts_under_older_keys_too(database: Database, vault: Vault, site: Site) -> None:
    ask(database, vault, site)
    take_one(database, vault)
    newer = Vault(
        vault_key=new_key(),
        index_key=new_key(),
        old_vault_keys=SECRETS["VAULT_KEY"],
        old_index_keys=SECRETS["INDEX_KEY"],
    )
    ask(database, newer, site, now=NOON + MINUTE)

    assert take(database, newer, now=NOON + MINUTE) == [None]


def test_a_mail_that_failed_yesterday_gives_way_to_one_of_today(
    database: Database, vault: Vault, site: Site
) -> None:
    old = ask(database, vault, site, now=NOON + 11 * HOUR)
    failed = take_one(database, vault, now=NOON + 11 * HOUR)
    end(database, failed, None, now=NOON + 12 * HOUR)
    new = ask(database, vault, site, now=NOON + 12 * HOUR)
    of_today = take_one(database, vault, now=NOON + 12 * HOUR)
    assert of_today.mail_id == new
    end(database, of_today, MailOutcome.SENT, now=NOON + 12 * HOUR)

    assert take(database, vault, now=NOON + 13 * HOUR - MINUTE) == [None]
    assert read(database, old).outcome is MailOutcome.DROPPED


def test_what_is_stored_of_a_mail_tells_no_address(
    database: Database, vault: Vault, site: Site
) -> None:
    ask(database, vault, site)
    take_one(database, vault)

    with database.reading() as session:
        stored = repr([tuple(row) for row in session.execute(Mail.__table__.select())])

    assert "ada@" not in stored and "reader" not in stored


def test_old_mails_are_forgotten_in_batches(database: Database, vault: Vault, site: Site) -> None:
    for n in range(3):
        ask(database, vault, site, f"r{n}@reader.example")
    for outgoing in take(database, vault, limit=3):
        assert outgoing is not None
        end(database, outgoing, MailOutcome.SENT)
    switched_off = ask(database, vault, site, "x@reader.example")

    def forget_them(now: dt.datetime) -> int:
        with database.transaction() as session:
            return forget_ended(session, now=now, limit=3)

    assert forget_them(NOON + 7 * DAY) == 0
    assert read(database, switched_off)
    late = NOON + 7 * DAY + MINUTE
    assert [forget_them(late) for _ in range(3)] == [3, 1, 0]


def test_two_commenters_whom_rotated_keys_join_keep_their_mails(
    database: Database, vault: Vault, site: Site
) -> None:
    mail_id = ask(database, vault, site)
    fresh_key = new_key()
    ask(database, Vault(vault_key=SECRETS["VAULT_KEY"], index_key=fresh_key), site)
    both = Vault(
        vault_key=SECRETS["VAULT_KEY"], index_key=fresh_key, old_index_keys=SECRETS["INDEX_KEY"]
    )
    with database.transaction() as session:
        rotate_commenters(session, both, after=0, limit=10)

    with database.reading() as session:
        kept = session.scalars(select(Commenter)).one()
    assert read(database, mail_id).commenter_id == kept.id


@pytest.mark.parametrize("attempts, pause", [(1, MINUTE), (2, 2 * MINUTE), (99, LONGEST_PAUSE)])
def test_pauses_double_up_to_the_longest(attempts: int, pause: dt.timedelta) -> None:
    assert pause_after(attempts) == pause


@pytest.mark.parametrize(
    "policy, asked",
    [
        (Policy(), False),
        (Policy(confirm_addresses=True), True),
        (Policy(publishing=Publishing.FIRST), True),
        (Policy(publishing=Publishing.HUMAN), False),
    ],
)
def test_who_is_asked_for_proof(policy: Policy, asked: bool) -> None:
    assert wants_proof(policy, Commenter(confirmed_at=None)) is asked
    assert not wants_proof(policy, Commenter(confirmed_at=NOON))
    assert not wants_proof(policy, None)


def test_an_address_is_confirmed_once_and_logged_without_it(
    database: Database, vault: Vault, site: Site
) -> None:
    ask(database, vault, site)
    done = []
    for now in (NOON, NOON + HOUR):
        with database.transaction() as session:
            ada = session.scalars(select(Commenter)).one()
            done.append(confirm_address(session, ada, now=now))

    with database.reading() as session:
        ada = session.scalars(select(Commenter)).one()
        event = session.scalars(select(Event).where(Event.change == Change.ADDRESS_CONFIRMED)).one()
    assert done == [True, False]
    assert ada.confirmed_at == NOON
    assert (event.actor, event.site_id) == (Actor.COMMENTER, site.id)
    assert event.data == {"commenter": ada.id}
