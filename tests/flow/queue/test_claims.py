"""Claims lead colleagues to different comments, and end by themselves."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import Select, select, text

from moderation.flow.queue import claims as claims_of_queue
from moderation.flow.queue.claims import (
    CLAIM_FOR,
    claim,
    claim_next,
    claimed_by,
    forget_expired,
    release,
    release_all,
)
from moderation.flow.queue.filters import Filters
from moderation.flow.queue.page import Order, Place
from moderation.models import Claim, Comment, Moderator
from moderation.statuses import Queue, Status
from tests.doubles import NOON
from tests.flow.desk import Desk
from tests.together import together

SECOND = dt.timedelta(seconds=1)


def take(desk: Desk, comment_id: int, by: Moderator, now: dt.datetime = NOON) -> bool:
    with desk.database.transaction() as session:
        return claim(session, comment_id, by, now=now)


def take_next(desk: Desk, by: Moderator, now: dt.datetime = NOON, **more: object) -> int | None:
    with desk.database.transaction() as session:
        found = claim_next(
            session,
            by,
            Queue.HELD,
            Filters(),
            now=now,
            **more,  # type: ignore[arg-type]
        )
        return found.id if found else None


def literal_ids(*ids: int) -> Select[int]:
    """A query that finds these comments, in this order."""
    return select(Comment.id).where(Comment.id.in_(ids)).order_by(Comment.id)


def claims(desk: Desk) -> dict[int, int]:
    with desk.database.reading() as session:
        rows = session.scalars(select(Claim))
        return {row.comment_id: row.moderator_id for row in rows}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_who_found_a_comment_taken_lets_go_of_it_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.comment(), desk.comment()
    read_ids = claims_of_queue.sorted_ids

    def read_and_be_slow(*arguments: Any) -> Any:
        take(desk, first, desk.linus)
        monkeypatch.setattr(claims_of_queue, "sorted_ids", read_ids)
        return literal_ids(first, second)

    monkeypatch.setattr(claims_of_queue, "sorted_ids", read_and_be_slow)
    with desk.database.transaction() as session:
        found = claim_next(session, desk.grace, Queue.HELD, Filters(), now=NOON)
        assert found is not None and found.id == second
        with desk.database.transaction() as other:
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            release_all(other, desk.linus)


def test_each_is_led_to_another_comment_and_then_to_none(desk: Desk) -> None:
    first, second = desk.comment(), desk.comment()
    desk.comment(Status.APPROVED)

    assert [take_next(desk, desk.grace), take_next(desk, desk.linus)] == [first, second]
    assert take_next(desk, desk.bound) is None
    assert take_next(desk, desk.grace) == first, "one's own is not in the way"


def test_many_at_the_same_instant_get_different_ones(desk: Desk) -> None:
    for _ in range(4):
        desk.comment()
    taken: list[int | None] = []

    together(*[lambda by=by: taken.append(take_next(desk, by)) for by in (desk.grace, desk.linus)])

    assert None not in taken and len(set(taken)) == 2


def test_a_claim_ends_by_itself_and_is_renewed_by_its_owner(desk: Desk) -> None:
    comment_id = desk.comment()
    assert take(desk, comment_id, desk.grace)
    assert not take(desk, comment_id, desk.linus, NOON + CLAIM_FOR - SECOND)
    assert take(desk, comment_id, desk.grace, NOON + CLAIM_FOR - SECOND)
    assert not take(desk, comment_id, desk.linus, NOON + CLAIM_FOR)
    assert take(desk, comment_id, desk.linus, NOON + 2 * CLAIM_FOR)


def test_colleagues_see_who_has_it_open_and_oneself_does_not(desk: Desk) -> None:
    comment_id = desk.comment()
    take(desk, comment_id, desk.grace)
    with desk.database.reading() as session:
        seen = [
            claimed_by(session, [comment_id], who, now=now)
            for who, now in (
                (desk.linus, NOON),
                (desk.grace, NOON),
                (desk.linus, NOON + CLAIM_FOR),
            )
        ]
    assert seen == [{comment_id: "grace"}, {}, {}]


def test_going_on_lets_go_of_what_was_open_before(desk: Desk) -> None:
    first, second, third = (desk.comment() for _ in range(3))
    take_next(desk, desk.grace)

    assert take_next(desk, desk.grace, after=Place(None, first)) == second
    assert claims(desk) == {second: desk.grace.id}
    assert take_next(desk, desk.linus, order=Order.NEWEST) == third


@pytest.mark.parametrize("everything", [True, False])
def test_letting_go_frees_ones_own_only(desk: Desk, everything: bool) -> None:
    mine, hers = desk.comment(), desk.comment()
    take(desk, mine, desk.linus)
    take(desk, hers, desk.grace)
    with desk.database.transaction() as session:
        if everything:
            release_all(session, desk.linus)
        else:
            release(session, [mine, hers], desk.linus)
    assert claims(desk) == {hers: desk.grace.id}


def test_ended_claims_are_taken_out(desk: Desk) -> None:
    old, fresh = desk.comment(), desk.comment()
    take(desk, old, desk.grace)
    take(desk, fresh, desk.linus, NOON + SECOND)
    with desk.database.transaction() as session:
        forget_expired(session, now=NOON + CLAIM_FOR)
    assert claims(desk) == {fresh: desk.linus.id}
