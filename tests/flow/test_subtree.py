"""What answers a comment is found with it, and new or waiting answers do not get past it."""

import pytest

from moderation.errors import UnknownParent
from moderation.flow.articles import read_page
from moderation.flow.bulk import (
    Choice,
    decide_portion,
    find_batch,
    items_of,
    start_batch,
    undo_portion,
)
from moderation.flow.submit import Submission, submit
from moderation.flow.subtree import count_below, find_below
from moderation.models import Comment, FindingRow
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Code, Reason, Status
from tests.doubles import NOON
from tests.factories import ARTICLE
from tests.flow.desk import Desk
from tests.flow.standing import DAY, arrive
from tests.plans import listening, plan_of


def reply(desk: Desk, to: int, status: Status = Status.APPROVED, *, beside: int = 0) -> int:
    """An answer; where the thread is as deep as it may be, it hangs `beside` what it answers."""
    with desk.database.reading() as session:
        parent = session.get_one(Comment, beside or to)
    comment_id = desk.comment(status, parent=parent)
    with desk.database.transaction() as session:
        session.get_one(Comment, comment_id).parent_id = to
    return comment_id


def below(desk: Desk, comment_id: int, **most: int) -> list[int]:
    with desk.database.reading() as session:
        found = find_below(session, session.get_one(Comment, comment_id), **most)
        return [comment.id for comment in found]


def status_of(desk: Desk, comment_id: int) -> Status:
    with desk.database.reading() as session:
        return session.get_one(Comment, comment_id).status


def test_all_that_answers_it_is_found_and_nothing_else(desk: Desk) -> None:
    other, top = desk.comment(Status.APPROVED), desk.comment(Status.APPROVED)
    first, second = reply(desk, top), reply(desk, top, Status.HELD)
    gone = reply(desk, first, Status.REJECTED)
    deep = reply(desk, gone)
    beside = reply(desk, deep, beside=gone)
    reply(desk, second, Status.PROCESSING)
    reply(desk, other)
    after = desk.comment(Status.APPROVED)

    assert below(desk, top) == [first, deep, beside, second]
    assert below(desk, first) == [deep, beside]
    assert below(desk, deep) == [beside], "though it does not hang below it"
    assert below(desk, second) == below(desk, after) == []
    assert below(desk, top, most=2) == [first, deep]


def test_they_are_counted_up_to_a_number(desk: Desk) -> None:
    top = desk.comment(Status.APPROVED)
    first = reply(desk, top)
    ids = [reply(desk, first), reply(desk, top, Status.HELD)]
    reply(desk, top, Status.REJECTED)

    def counted(comment_id: int, most: int) -> int:
        with desk.database.reading() as session:
            return count_below(session, session.get_one(Comment, comment_id), most=most)

    assert [counted(top, most) for most in (1, 2, 3, 9)] == [2, 3, 3, 3]
    assert [counted(comment_id, 9) for comment_id in (first, *ids)] == [1, 0, 0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_index_finds_the_tree_among_all_of_the_article(desk: Desk) -> None:
    top = desk.comment(Status.APPROVED)
    with desk.database.reading() as session:
        comment = session.get_one(Comment, top)
        with listening(desk.database.engine) as asked:
            count_below(session, comment)
        (only,) = asked
        (step,) = plan_of(session.connection(), *only)
        assert "(article_id=? AND status=? AND path>? AND path<?)" in step


def test_the_last_byte_of_a_number_may_be_the_highest(desk: Desk) -> None:
    for _ in range(255):
        top = desk.comment(Status.APPROVED)
        if top % 256 == 255:
            break
    answer = reply(desk, top)
    desk.comment(Status.APPROVED)

    assert below(desk, top) == [answer]


def test_parent_and_answers_go_and_come_back_as_one(desk: Desk) -> None:
    top = desk.comment(Status.APPROVED)
    ids = [top, reply(desk, top), reply(desk, top, Status.HELD)]
    with desk.database.transaction() as session:
        found = [session.get_one(Comment, comment_id) for comment_id in ids]
        choices = [Choice(comment.public_id, comment.version) for comment in found]
        batch = start_batch(session, desk.grace, now=NOON)
        decide_portion(
            session,
            batch.id,
            choices,
            Change.REJECTED,
            moderator=desk.grace,
            now=NOON,
            reason=Reason.HATE,
        )
    assert {status_of(desk, comment_id) for comment_id in ids} == {Status.REJECTED}

    with desk.database.transaction() as session:
        items = items_of(session, find_batch(session, batch.public_id, desk.grace), desk.grace)
        undo_portion(session, items, moderator=desk.grace, now=NOON)
    assert [status_of(desk, comment_id) for comment_id in ids] == [
        Status.APPROVED,
        Status.APPROVED,
        Status.HELD,
    ]


@pytest.mark.parametrize("status", [Status.REJECTED, Status.HELD, Status.DELETED])
def test_nobody_answers_what_is_hidden(desk: Desk, vault: Vault, status: Status) -> None:
    top = desk.comment(status)
    with desk.database.transaction() as session:
        site = session.merge(desk.site)
        submission = Submission(
            submission_id="s",
            page=read_page(site, ARTICLE),
            parent=session.get_one(Comment, top).public_id,
            name="Bob",
            email="",
            body="But why?",
        )
        with pytest.raises(UnknownParent):
            submit(session, site, submission, vault=vault, now=NOON, repeat_window=DAY)


@pytest.mark.parametrize(
    "status, wanted",
    [
        (Status.APPROVED, Status.APPROVED),
        (Status.REJECTED, Status.HELD),
        (Status.HELD, Status.HELD),
        (Status.DELETED, Status.HELD),
        (Status.PROCESSING, Status.APPROVED),
    ],
)
def test_an_answer_that_was_on_its_way_is_held(desk: Desk, status: Status, wanted: Status) -> None:
    top = desk.comment(status)
    with desk.database.reading() as session:
        parent = session.get_one(Comment, top)

    found, decided = arrive(desk, "But why?", parent=parent)

    assert found is wanted
    with desk.database.reading() as session:
        codes = session.query(FindingRow.code).filter_by(event_id=decided.id).all()
    assert [code for (code,) in codes] == ([Code.PARENT_HIDDEN] if wanted is Status.HELD else [])
