"""A standing decision never outlives the text it was made of, whoever is faster."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import moderation.flow.decide as deciding
from moderation.db import Database
from moderation.errors import UnknownComment, UnknownStanding
from moderation.flow.bulk import start_batch
from moderation.flow.personal.taking_down import take_down
from moderation.flow.redaction import redact, undo_redaction
from moderation.flow.standing.acts import find_to_change, lift, set_standing
from moderation.flow.standing.force import decided_by
from moderation.models import Comment, Event, StandingDecision
from moderation.policy.decide import Decision
from moderation.statuses import Actor, Change, Reason, Status
from tests.doubles import NOON
from tests.flow.desk import Desk
from tests.flow.standing import SPAM, arrive, set_one
from tests.together import wait_for_a_lock

CLAIM = "Bob Miller of seven Mill Lane is a thief, tell him what you think of it."
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def lifted(database: Database) -> list[Event]:
    with database.reading() as session:
        query = select(Event).where(Event.change == Change.STANDING_LIFTED)
        return list(session.scalars(query.order_by(Event.id)))


def comment_of(desk: Desk, standing_id: int) -> int:
    with desk.database.reading() as session:
        return session.get_one(StandingDecision, standing_id).comment_id


def mask(desk: Desk, comment_id: int) -> None:
    with desk.database.transaction() as session:
        seen = session.get_one(Comment, comment_id).version
        made = redact(
            session,
            comment_id,
            ["seven Mill Lane"],
            version_seen=seen,
            moderator=desk.grace,
            now=NOON,
        )
        assert made is not None


def test_masking_ends_it_and_the_log_tells(desk: Desk) -> None:
    standing_id, _ = set_one(desk, body=CLAIM)
    other, _ = set_one(desk)
    comment_id = comment_of(desk, standing_id)

    mask(desk, comment_id)

    with desk.database.reading() as session:
        assert list(session.scalars(select(StandingDecision.id))) == [other], "no letter is kept"
    (event,) = lifted(desk.database)
    assert (event.actor, event.moderator_id) == (Actor.MODERATOR, desk.grace.id)
    assert event.data == {"standing": standing_id, "decision": "rejected"}
    assert arrive(desk, CLAIM)[0] is Status.APPROVED
    with desk.database.transaction() as session, pytest.raises(UnknownStanding):
        find_to_change(session, standing_id, desk.grace)


def test_what_was_approved_is_not_let_through_after_it_was_masked(desk: Desk) -> None:
    standing_id, _ = set_one(desk, Change.APPROVED, body=CLAIM)
    mask(desk, comment_of(desk, standing_id))

    assert arrive(desk, CLAIM, toxicity=0.9)[0] is Status.HELD


def test_the_text_that_comes_back_is_another_one_too(desk: Desk) -> None:
    comment_id = desk.comment(body=CLAIM)
    mask(desk, comment_id)
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        batch = start_batch(session, desk.grace, now=NOON)
        set_standing(session, comment, Change.REJECTED, batch=batch, moderator=desk.grace, now=NOON)
        seen = comment.version
        undo_redaction(session, comment_id, version_seen=seen, moderator=desk.grace, now=NOON)

    assert len(lifted(desk.database)) == 1
    with desk.database.reading() as session:
        assert session.scalars(select(StandingDecision)).all() == []


def test_erasure_ends_it_and_the_log_tells(desk: Desk) -> None:
    standing_id, _ = set_one(desk)
    comment_id = comment_of(desk, standing_id)
    with desk.database.transaction() as session:
        take_down(session, comment_id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)
    with desk.database.transaction() as session:
        take_down(session, comment_id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)

    (event,) = lifted(desk.database)
    assert (event.actor, event.moderator_id) == (Actor.MACHINE, None)
    assert event.data["standing"] == standing_id


def test_one_that_was_over_is_not_told_to_end(desk: Desk) -> None:
    standing_id, _ = set_one(desk, body=CLAIM)
    with desk.database.transaction() as session:
        found = find_to_change(session, standing_id, desk.grace)
        lift(session, found, moderator=desk.grace, now=NOON)

    mask(desk, comment_of(desk, standing_id))

    assert len(lifted(desk.database)) == 1
    with desk.database.reading() as session:
        assert session.get(StandingDecision, standing_id) is None


def test_what_is_masked_while_the_machine_decides_by_it_decides_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_one(desk, Change.APPROVED, body=CLAIM)
    other, _ = set_one(desk)

    def ask(session: Session, decision: Decision) -> StandingDecision | None:
        session.execute(delete(StandingDecision).where(StandingDecision.id != other))
        return decided_by(session, decision)

    monkeypatch.setattr(deciding, "decided_by", ask)
    status, event = arrive(desk, CLAIM, toxicity=0.9)

    assert status is Status.HELD
    assert "standing" not in event.data and "standing" not in str(event.data["findings"])
    _, event = arrive(desk, SPAM)
    assert (event.reason, event.data["standing"]) == (Reason.SPAM, other)


@postgresql
def test_what_is_erased_between_the_look_and_the_act_is_not_written_down_again(desk: Desk) -> None:
    comment_id = desk.comment(body=SPAM)
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        with desk.database.transaction() as other:
            take_down(other, comment_id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)
        batch = start_batch(session, desk.grace, now=NOON)
        with pytest.raises(UnknownComment):
            set_standing(
                session,
                comment,
                Change.REJECTED,
                batch=batch,
                moderator=desk.grace,
                now=NOON,
                reason=Reason.SPAM,
            )

    with desk.database.reading() as session:
        assert session.scalars(select(StandingDecision)).all() == []


@postgresql
def test_an_erasure_waits_for_who_sets_one_and_takes_it_out(desk: Desk) -> None:
    comment_id = desk.comment(body=SPAM)

    def erase() -> None:
        with desk.database.transaction() as session:
            take_down(session, comment_id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)

    with ThreadPoolExecutor(1) as pool:
        with desk.database.transaction() as session:
            comment = session.get_one(Comment, comment_id)
            batch = start_batch(session, desk.grace, now=NOON)
            set_standing(
                session, comment, Change.REJECTED, batch=batch, moderator=desk.grace, now=NOON
            )
            erasing = pool.submit(erase)
            wait_for_a_lock(desk.database)
        erasing.result(timeout=30)

    with desk.database.reading() as session:
        assert session.scalars(select(StandingDecision)).all() == []


@postgresql
def test_what_a_colleague_lifts_meanwhile_is_not_lifted_twice(desk: Desk) -> None:
    older, _ = set_one(desk)
    with ThreadPoolExecutor(1) as pool:
        with desk.database.transaction() as session:
            found = find_to_change(session, older, desk.linus)
            lift(session, found, moderator=desk.linus, now=NOON)
            session.flush()
            setting = pool.submit(set_one, desk)
            wait_for_a_lock(desk.database)
        setting.result(timeout=30)

    assert [event.moderator_id for event in lifted(desk.database)] == [desk.linus.id]
