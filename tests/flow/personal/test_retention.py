"""What is over goes, what is not stays, and a legal hold keeps it."""

import datetime as dt

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.commenters import find_or_create_commenter
from moderation.flow.own.appealing import appeal
from moderation.flow.personal.holds import lift_holds, set_hold
from moderation.flow.personal.retention import PURGES, count_due, purge_batch
from moderation.flow.review import decide_by_hand
from moderation.models import (
    Comment,
    CommentAddress,
    CommenterEmail,
    Event,
    FindingRow,
    Score,
    Site,
)
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Code, Status, Verdict
from tests.doubles import NOON
from tests.factories import make_comment
from tests.flow.desk import plain_moderator

DAY = dt.timedelta(days=1)
BY_NAME = {purge.name: purge for purge in PURGES}
EMAIL = "ada@example.com"
# Kind → the days after which it goes by default.
TIMES = {"rejected": 180, "addresses": 30, "emails": 365, "identities": 730}


def fill(session: Session, site: Site, vault: Vault) -> Comment:
    """A rejected comment with everything that can hang on one."""
    comment = make_comment(session, site, status=Status.REJECTED, email=EMAIL, vault=vault)
    event = session.scalars(select(Event).where(Event.comment_id == comment.id)).first()
    assert event is not None
    session.add_all(
        [
            CommentAddress(
                comment_id=comment.id, range_hash=b"r", ciphertext=b"c", created_at=NOON
            ),
            FindingRow(
                comment_id=comment.id,
                event_id=event.id,
                code=Code.BANNED_WORD,
                verdict=Verdict.HOLD,
                detail="lovely",
            ),
            Score(
                comment_id=comment.id,
                model="double",
                checkpoint="0",
                graph="int8",
                normaliser=1,
                attributes={"toxicity": 0.9},
                complete=True,
                languages=["en"],
                has_words=True,
                created_at=NOON,
            ),
        ]
    )
    session.flush()
    return comment


def purge(session: Session, site: Site, kind: str, *, now: dt.datetime) -> int:
    """One batch; as many as the count before says."""
    due = count_due(session, site, BY_NAME[kind], now=now)
    done = purge_batch(session, site, BY_NAME[kind], now=now, limit=100)
    assert done == due
    return done


@pytest.mark.parametrize("kind", TIMES)
def test_it_goes_after_its_time_and_not_before(
    database: Database, site: Site, vault: Vault, kind: str
) -> None:
    with database.transaction() as session:
        fill(session, site, vault)
        just_before = NOON + TIMES[kind] * DAY
        assert purge(session, site, kind, now=just_before) == 0
        assert purge(session, site, kind, now=just_before + dt.timedelta(seconds=1)) == 1
        assert purge(session, site, kind, now=just_before + 999 * DAY) == 0


@pytest.mark.parametrize("kind", TIMES)
def test_the_policy_of_the_site_says_the_time(
    database: Database, site: Site, vault: Vault, kind: str
) -> None:
    field = {
        "rejected": "keep_rejected_days",
        "addresses": "keep_address_days",
        "emails": "keep_email_days",
        "identities": "keep_identity_days",
    }[kind]
    with database.transaction() as session:
        site = session.get_one(Site, site.id)
        site.policy = {"keep_email_days": 1, field: 2}
        fill(session, site, vault)
        assert purge(session, site, kind, now=NOON + 2 * DAY) == 0
        assert purge(session, site, kind, now=NOON + 3 * DAY) == 1


def test_a_rejected_text_leaves_a_tombstone_and_nothing_typed(
    database: Database, site: Site, vault: Vault
) -> None:
    with database.transaction() as session:
        comment = fill(session, site, vault)
        purge(session, site, "rejected", now=NOON + 181 * DAY)

        assert (comment.status, comment.name, comment.body) == (Status.DELETED, "", "")
        assert (comment.text_hash, comment.submission_hash) == (b"", b"")
        assert comment.emptied_at == NOON + 181 * DAY
        for table in (FindingRow, Score, CommentAddress):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        last = session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert last is not None and last.change is Change.PURGED


@pytest.mark.parametrize("status", [Status.HELD, Status.APPROVED, Status.PROCESSING])
def test_other_comments_stay(database: Database, site: Site, status: Status) -> None:
    with database.transaction() as session:
        comment = make_comment(session, site, status=status)
        for kind in ("rejected", "deleted"):
            assert purge(session, site, kind, now=NOON + 9999 * DAY) == 0
        assert comment.body


def test_a_rejected_text_stays_until_its_appeal_is_answered_and_its_days_after_that(
    database: Database, site: Site, vault: Vault
) -> None:
    sent, answered = NOON + 179 * DAY, NOON + 300 * DAY
    with database.transaction() as session:
        comment = fill(session, site, vault)
        seen = comment.version
        appeal(session, comment, "It names a tree.", version_seen=seen, now=sent)
        assert purge(session, site, "rejected", now=NOON + 181 * DAY) == 0
        decide_by_hand(
            session,
            comment.id,
            Change.REJECTED,
            version_seen=comment.version,
            moderator=plain_moderator(session, "grace"),
            now=answered,
            words="It names a person.",
        )
        assert purge(session, site, "rejected", now=answered + 180 * DAY) == 0
        assert purge(session, site, "rejected", now=answered + 181 * DAY) == 1


def test_another_site_is_left_alone(database: Database, site: Site, vault: Vault) -> None:
    with database.transaction() as session:
        fill(session, site, vault)
        other = Site(key="other", name="Other", origins=[], policy={}, created_at=NOON)
        session.add(other)
        session.flush()
        for kind in TIMES:
            assert purge(session, other, kind, now=NOON + 9999 * DAY) == 0


@pytest.mark.parametrize("kind", TIMES)
def test_a_legal_hold_keeps_it_until_it_ends(
    database: Database, site: Site, vault: Vault, kind: str
) -> None:
    late = NOON + 800 * DAY
    with database.transaction() as session:
        comment = fill(session, site, vault)
        until = NOON + 900 * DAY
        set_hold(session, comment, reason="court", expires_at=until, now=NOON, moderator=None)
        assert purge(session, site, kind, now=late) == 0
        assert purge(session, site, kind, now=until) == 1


def test_a_lifted_hold_keeps_nothing(database: Database, site: Site, vault: Vault) -> None:
    with database.transaction() as session:
        comment = fill(session, site, vault)
        until = NOON + 900 * DAY
        set_hold(session, comment, reason="court", expires_at=until, now=NOON, moderator=None)
        assert lift_holds(session, comment, now=NOON, moderator=None) == 1
        assert purge(session, site, "rejected", now=NOON + 800 * DAY) == 1
        changes = set(session.scalars(select(Event.change)))
        assert {Change.LEGAL_HOLD_SET, Change.LEGAL_HOLD_LIFTED} <= changes
        events = session.scalars(select(Event)).all()
        assert "court" not in str([event.data for event in events])


def test_a_purged_email_is_still_known_and_comes_back_with_a_comment(
    database: Database, site: Site, vault: Vault
) -> None:
    later = NOON + 400 * DAY
    with database.transaction() as session:
        comment = fill(session, site, vault)
        purge(session, site, "emails", now=later)
        row = session.scalars(select(CommenterEmail)).one()
        session.refresh(row)
        assert row.ciphertext is None
        assert row.lookup_hash is not None

        found = find_or_create_commenter(session, site, EMAIL, vault=vault, now=later)

        assert found is not None and found.id == comment.commenter_id
        assert row.ciphertext is not None and row.wanted_at == later
        assert vault.decrypt(row.ciphertext, row=f"commenter:{found.id}") == EMAIL


def test_who_is_no_longer_known_is_a_new_person(
    database: Database, site: Site, vault: Vault
) -> None:
    later = NOON + 800 * DAY
    with database.transaction() as session:
        comment = fill(session, site, vault)
        purge(session, site, "identities", now=later)
        found = find_or_create_commenter(session, site, EMAIL, vault=vault, now=later)
        assert found is not None and found.id != comment.commenter_id
