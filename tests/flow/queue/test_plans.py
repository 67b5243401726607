"""What a page of the queue reads does not grow with all that was ever found."""

import pytest

from moderation.db import Database
from moderation.flow.explanations import find_unexplained
from moderation.flow.queue.cards import read_cards
from moderation.flow.queue.page import Order
from moderation.models import Comment
from moderation.statuses import Code, Queue, Status
from tests.doubles import INFO, NOON
from tests.flow.desk import Desk
from tests.plans import listening, plan_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_findings_are_looked_up_by_their_comment(database: Database, desk: Desk) -> None:
    toxic = ((Code.TOXICITY, "toxicity"),)
    with database.reading() as session:
        parent = session.get_one(Comment, desk.comment(Status.APPROVED, findings=toxic))
    answer = desk.comment(Status.HELD, findings=toxic, parent=parent)
    with database.reading() as session, listening(database.engine) as asked:
        read_cards(session, [session.get_one(Comment, answer)], now=NOON)
        find_unexplained(session, INFO)
    with database.engine.connect() as connection:
        plans = [
            step
            for statement, values in asked
            for step in plan_of(connection, statement, values)
            if " findings " in f"{step} "
        ]

    assert len(plans) == 3  # the cards', their parents', and of what no words are marked in yet
    assert not [step for step in plans if "ix_findings_comment (comment_id=?" not in step]


def test_the_most_reported_come_from_an_index(database: Database, desk: Desk) -> None:
    desk.comment(Status.APPROVED)
    with listening(database.engine) as asked:
        assert desk.ids(Queue.REPORTED, order=Order.REPORTS) == []
    with database.engine.connect() as connection:
        plans = [
            step
            for statement, values in asked
            if "ORDER BY comments.risk" in statement
            for step in plan_of(connection, statement, values)
        ]

    assert any("ix_comments_weight" in step for step in plans), plans
