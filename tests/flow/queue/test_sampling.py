"""Which comments are drawn to check the machine, and what becomes of the drawn ones."""

import secrets

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.queue.cards import Card, read_cards
from moderation.flow.queue.page import ORDERS, Order
from moderation.flow.queue.queues import read_counts
from moderation.flow.queue.sampling import is_drawn
from moderation.flow.review import undo
from moderation.flow.store import change_status
from moderation.models import Comment, Event
from moderation.statuses import Actor, Change, Queue, Reason, Status, Urgency
from tests.doubles import NOON
from tests.factories import make_score
from tests.flow.desk import Desk


def undo_last(desk: Desk, comment_id: int) -> None:
    with desk.database.transaction() as session:
        seen = session.get_one(Comment, comment_id).version
        undo(session, comment_id, version_seen=seen, moderator=desk.grace, now=NOON)


def waiting(desk: Desk) -> tuple[int, list[int]]:
    """How many the tab says are in the sample, and which are."""
    with desk.database.reading() as session:
        return read_counts(session, desk.grace)[Queue.AUDIT], desk.ids(Queue.AUDIT)


def scored(desk: Desk, status: Status = Status.HELD, *, risk: int = 950) -> int:
    comment_id = desk.comment(status, risk=risk)
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        comment.score = make_score(comment, risk)
    return comment_id


def card_of(database: Database, comment_id: int) -> tuple[bool, Card]:
    """Whether the score is hidden, and the card."""
    with database.reading() as session:
        [card] = read_cards(session, [session.get_one(Comment, comment_id)], now=NOON)
        return card.is_score_hidden, card


def is_hidden(desk: Desk, comment_id: int) -> bool:
    return card_of(desk.database, comment_id)[0]


# The draw


@pytest.mark.parametrize("percent", [1, 5, 50])
def test_about_so_many_in_a_hundred_are_drawn(percent: int) -> None:
    names = [f"name-{number}" for number in range(20_000)]  # the same in each run
    drawn = sum(is_drawn(name, "score", percent) for name in names)
    assert abs(drawn / 200 - percent) < 0.12 * percent + 0.2


def test_nobody_and_everybody_can_be_drawn() -> None:
    names = [secrets.token_urlsafe(16) for _ in range(2_000)]
    assert not any(is_drawn(name, "score", 0) for name in names)
    assert all(is_drawn(name, "score", 100) for name in names)


def test_the_draw_is_the_same_each_time_and_another_for_each_purpose() -> None:
    names = [f"name-{number}" for number in range(1_000)]
    score = [is_drawn(name, "score", 20) for name in names]
    assert score == [is_drawn(name, "score", 20) for name in names]
    both = sum(s and is_drawn(name, "audit", 20) for s, name in zip(score, names, strict=True))
    assert 15 <= both <= 70, "about 40 of 1000 are drawn for both"


# Hidden scores


def test_a_site_says_how_many_scores_are_hidden(desk: Desk) -> None:
    comment_id = scored(desk)
    assert not is_hidden(desk, comment_id)
    desk.set_policy(hidden_score_share=100)
    assert is_hidden(desk, comment_id)


def test_five_in_a_hundred_are_hidden_where_a_site_says_nothing(desk: Desk) -> None:
    comment_id = scored(desk)
    with desk.database.transaction() as session:
        desk.site = session.merge(desk.site)
        desk.site.policy = {}
        comment = session.get_one(Comment, comment_id)
        drawn = {}
        for number in range(400):
            comment.public_id = f"name-{number}"
            [card] = read_cards(session, [comment], now=NOON)
            drawn[number] = card.is_score_hidden
            assert drawn[number] is is_drawn(comment.public_id, "score", 5)
    assert 5 < sum(drawn.values()) < 40


def test_only_what_waits_for_its_first_look_is_hidden(desk: Desk) -> None:
    desk.set_policy(hidden_score_share=100)
    unscored, public = desk.comment(), scored(desk, Status.APPROVED)
    urgent = scored(desk)
    with desk.database.transaction() as session:
        session.get_one(Comment, urgent).urgent = Urgency.SELF_HARM

    assert not is_hidden(desk, unscored)
    assert not is_hidden(desk, public)
    assert not is_hidden(desk, urgent)


@pytest.mark.parametrize("change", [Change.APPROVED, Change.REJECTED, Change.HELD])
def test_a_persons_decision_uncovers_it_for_good(desk: Desk, change: Change) -> None:
    desk.set_policy(hidden_score_share=100)
    comment_id = scored(desk)
    reason = {"reason": Reason.INSULT} if change is Change.REJECTED else {}
    desk.decide(comment_id, change, **reason)
    assert not is_hidden(desk, comment_id)
    undo_last(desk, comment_id)
    assert not is_hidden(desk, comment_id)


def test_the_log_says_which_decisions_were_made_without_it(desk: Desk) -> None:
    shown, hidden = scored(desk), scored(desk)
    desk.decide(shown, Change.APPROVED)
    desk.set_policy(hidden_score_share=100)
    desk.decide(hidden, Change.APPROVED)

    with desk.database.reading() as session:
        events = session.scalars(
            select(Event).where(Event.change == Change.APPROVED).order_by(Event.id)
        ).all()
    assert [(e.comment_id, e.data) for e in events] == [
        (shown, {}),
        (hidden, {"score_hidden": True}),
    ]


def test_who_blurs_what_is_toxic_learns_nothing_from_it(desk: Desk) -> None:
    desk.set_policy(hidden_score_share=100)
    mild, toxic = scored(desk, risk=10), scored(desk, risk=990)
    assert card_of(desk.database, mild)[1].is_toxic is card_of(desk.database, toxic)[1].is_toxic


# The sample


def test_what_the_machine_approves_goes_to_review(desk: Desk) -> None:
    desk.comment(Status.APPROVED)
    desk.set_policy(audit_share=100)
    drawn = desk.comment(Status.APPROVED)
    desk.comment(Status.HELD)
    desk.comment(Status.REJECTED)

    assert waiting(desk) == (1, [drawn])


def decide_again(desk: Desk, comment_id: int, **more: dict[str, int]) -> None:
    """The machine approves what it held."""
    with desk.database.transaction() as session:
        change_status(
            session,
            session.get_one(Comment, comment_id),
            Status.APPROVED,
            change=Change.DECIDED,
            actor=Actor.MACHINE,
            now=NOON,
            **more,
        )


def test_what_is_decided_again_by_the_machine_is_drawn_then(desk: Desk) -> None:
    desk.set_policy(audit_share=100)
    comment_id = desk.comment(Status.HELD)
    decide_again(desk, comment_id)
    assert waiting(desk) == (1, [comment_id])


def test_what_a_standing_decision_approved_is_a_persons_word(desk: Desk) -> None:
    desk.set_policy(audit_share=100)
    decide_again(desk, desk.comment(Status.HELD), data={"standing": 1})
    assert waiting(desk) == (0, [])


@pytest.mark.parametrize("change", [Change.APPROVED, Change.REJECTED, Change.HELD])
def test_a_decision_takes_it_out_and_its_undo_puts_it_back(desk: Desk, change: Change) -> None:
    desk.set_policy(audit_share=100)
    comment_id = desk.comment(Status.APPROVED)
    desk.decide(comment_id, change, reason=Reason.INSULT if change is Change.REJECTED else None)
    assert waiting(desk) == (0, [])

    undo_last(desk, comment_id)
    assert waiting(desk) == (1, [comment_id])

    desk.decide(comment_id, Change.APPROVED)  # and after an undo it can still be confirmed
    assert waiting(desk) == (0, [])


def test_a_person_approving_is_no_sample(desk: Desk) -> None:
    desk.set_policy(audit_share=100)
    desk.decide(desk.comment(Status.HELD), Change.APPROVED)
    assert waiting(desk) == (0, [])


def test_the_sample_can_be_sorted_and_filtered_like_the_others(desk: Desk) -> None:
    desk.set_policy(audit_share=100)
    low = desk.comment(Status.APPROVED, risk=10, language="de")
    high = desk.comment(Status.APPROVED, risk=700)

    assert [str(order) for order in ORDERS[Queue.AUDIT]] == ["oldest", "riskiest", "newest"]
    assert desk.ids(Queue.AUDIT) == [low, high]
    assert desk.ids(Queue.AUDIT, order=Order.RISKIEST) == [high, low]
    assert desk.ids(Queue.AUDIT, order=Order.NEWEST) == [high, low]
    assert desk.ids(Queue.AUDIT, language="de") == [low]
    assert desk.ids(Queue.AUDIT, words="lovely") == [low, high]
    assert desk.ids(Queue.AUDIT, by=desk.bound) == []
