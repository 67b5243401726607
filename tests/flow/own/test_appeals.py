"""Appeals: one for each comment, judged by somebody else, answered, and taken back with an undo."""

import datetime as dt
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from moderation.errors import AppealUnanswered, NothingToAppeal, OwnAppeal, VersionConflict
from moderation.flow.bulk import Choice, decide_portion, start_batch
from moderation.flow.own.appealing import appeal
from moderation.flow.own.appeals import may_appeal, read_open_appeals
from moderation.flow.personal.export import export_commenter
from moderation.flow.personal.taking_down import take_down
from moderation.flow.queue.queues import read_counts
from moderation.flow.review import decide_by_hand, undo
from moderation.flow.standing.forgetting import forget_ended_standing
from moderation.flow.store import change_status
from moderation.flow.telling import read_told
from moderation.models import Appeal, Comment, Event, Moderator
from moderation.privacy.vault import Vault
from moderation.statuses import (
    Actor,
    AppealOutcome,
    Change,
    Queue,
    Reason,
    Role,
    Status,
)
from tests.doubles import NOON
from tests.flow.desk import Desk
from tests.flow.standing import SPAM, arrive, set_one
from tests.together import together

WORDS = "I meant the tree, not the mayor."
ANSWER = "We read it again: it names a person."


@pytest.fixture
def rejected(desk: Desk) -> int:
    """A comment that Grace rejected, and its commenter appealed."""
    comment_id = desk.comment()
    desk.decide(comment_id, Change.REJECTED, reason=Reason.INSULT)
    ask(desk, comment_id)
    return comment_id


def ask(desk: Desk, comment_id: int, *, seen: int | None = None) -> None:
    """Appeal against the rejection as it stands now, or stood in the version `seen`."""
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        appeal(session, comment, WORDS, version_seen=seen or comment.version, now=NOON)


def refuse(desk: Desk, comment_id: int, by: Moderator, words: str = ANSWER) -> None:
    desk.decide(comment_id, Change.REJECTED, by=by, reason=Reason.INSULT, words=words)


def take_back(desk: Desk, comment_id: int, by: Moderator) -> None:
    with desk.database.transaction() as session:
        seen = session.get_one(Comment, comment_id).version
        undo(session, comment_id, version_seen=seen, moderator=by, now=NOON)


def stands(desk: Desk, comment_id: int) -> tuple[Status, bool, AppealOutcome | None]:
    """Its status, whether its appeal waits, and how that was answered."""
    with desk.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        return comment.status, comment.appealed, session.get_one(Appeal, comment_id).outcome


def last(desk: Desk, comment_id: int) -> Event:
    with desk.database.reading() as session:
        query = select(Event).where(Event.comment_id == comment_id).order_by(Event.id.desc())
        return session.scalars(query.limit(1)).one()


def counts(desk: Desk) -> dict[Queue, int]:
    with desk.database.reading() as session:
        return read_counts(session, desk.grace)


def only(desk: Desk, *people: Moderator) -> None:
    """Switch off all other moderators."""
    with desk.database.transaction() as session:
        for person in session.scalars(select(Moderator)):
            person.is_active = person.id in {each.id for each in people}


def test_an_appealed_comment_stands_in_a_queue_of_its_own_and_stays_rejected(
    desk: Desk, rejected: int
) -> None:
    assert desk.ids(Queue.APPEALS) == desk.ids(Queue.REJECTED) == [rejected]
    assert counts(desk)[Queue.APPEALS] == counts(desk)[Queue.REJECTED] == 1
    assert desk.ids(Queue.APPEALS, by=desk.bound) == []
    entry = last(desk, rejected)
    assert (entry.change, entry.actor, entry.data) == (Change.APPEALED, Actor.COMMENTER, {})
    with desk.database.reading() as session:
        comment = session.get_one(Comment, rejected)
        (waiting,) = read_open_appeals(session, [comment]).values()
        assert (waiting.appeal.text, waiting.against) == (WORDS, "grace")


def test_each_has_the_words_of_its_rejection_and_the_judges_of_its_site(desk: Desk) -> None:
    here, elsewhere = desk.comment(), desk.comment(site=desk.other_site)
    for comment_id, words in ((here, "Not here."), (elsewhere, "Nor there.")):
        desk.decide(comment_id, Change.REJECTED, reason=Reason.INSULT, words=words)
        ask(desk, comment_id)
    with desk.database.reading() as session:
        comments = [session.get_one(Comment, each) for each in (here, elsewhere)]
        found = read_open_appeals(session, comments)
    assert [found[here].explanation, found[elsewhere].explanation] == ["Not here.", "Nor there."]
    assert found[elsewhere].judges - found[here].judges == {desk.bound.id}
    assert {desk.grace.id, desk.linus.id} == found[here].judges


@pytest.mark.parametrize("status", [Status.HELD, Status.APPROVED, Status.PROCESSING])
def test_only_what_is_rejected_can_be_appealed(desk: Desk, status: Status) -> None:
    comment_id = desk.comment(status)
    with pytest.raises(NothingToAppeal):
        ask(desk, comment_id)


def test_there_is_one_appeal_for_a_comment_answered_or_not(desk: Desk, rejected: int) -> None:
    for answer in (lambda: None, lambda: refuse(desk, rejected, desk.linus)):
        answer()
        with pytest.raises(NothingToAppeal):
            ask(desk, rejected)
        with desk.database.reading() as session:
            assert not may_appeal(session, session.get_one(Comment, rejected))


def test_nobody_decides_about_it_who_has_not_seen_the_words(desk: Desk) -> None:
    comment_id = desk.comment()
    desk.decide(comment_id, Change.REJECTED, reason=Reason.INSULT)
    with desk.database.reading() as session:
        seen = session.get_one(Comment, comment_id).version
    ask(desk, comment_id)
    with pytest.raises(VersionConflict) as conflict, desk.database.transaction() as session:
        decide_by_hand(
            session, comment_id, Change.APPROVED, version_seen=seen, moderator=desk.linus, now=NOON
        )
    assert conflict.value.by == "the commenter"


def test_a_form_for_one_rejection_does_not_appeal_against_the_next(desk: Desk) -> None:
    comment_id = desk.comment()
    desk.decide(comment_id, Change.REJECTED, reason=Reason.INSULT)
    with desk.database.reading() as session:
        seen = session.get_one(Comment, comment_id).version
    desk.decide(comment_id, Change.REJECTED, by=desk.linus, reason=Reason.SPAM)

    with pytest.raises(VersionConflict):
        ask(desk, comment_id, seen=seen)
    with desk.database.reading() as session:
        assert session.get(Appeal, comment_id) is None
    ask(desk, comment_id, seen=seen + 1)
    with pytest.raises(NothingToAppeal):  # a second click, not a conflict
        ask(desk, comment_id, seen=seen + 1)


@pytest.mark.parametrize("change", [Change.APPROVED, Change.REJECTED])
def test_who_rejected_it_does_not_judge_the_appeal(
    desk: Desk, rejected: int, change: Change
) -> None:
    with pytest.raises(OwnAppeal):
        desk.decide(rejected, change, reason=None, words=ANSWER)
    assert stands(desk, rejected) == (Status.REJECTED, True, None)


def test_a_colleague_grants_it(desk: Desk, rejected: int) -> None:
    desk.decide(rejected, Change.APPROVED, by=desk.linus)
    assert stands(desk, rejected) == (Status.APPROVED, False, AppealOutcome.GRANTED)
    assert counts(desk)[Queue.APPEALS] == 0
    assert last(desk, rejected).data == {"appeal": "granted"}


def test_a_colleague_refuses_it_with_words_that_the_commenter_reads(
    desk: Desk, rejected: int
) -> None:
    with pytest.raises(AppealUnanswered):
        refuse(desk, rejected, desk.linus, words="")
    refuse(desk, rejected, desk.linus)
    assert stands(desk, rejected) == (Status.REJECTED, False, AppealOutcome.REFUSED)
    assert counts(desk)[Queue.APPEALS] == 0
    assert last(desk, rejected).data == {"appeal": "refused", "explained": True}
    with desk.database.reading() as session:
        assert read_told(session, session.get_one(Comment, rejected)).explanation == ANSWER


@pytest.mark.parametrize("grants", [True, False])
def test_undoing_the_answer_lets_the_appeal_wait_again(
    desk: Desk, rejected: int, grants: bool
) -> None:
    if grants:
        desk.decide(rejected, Change.APPROVED, by=desk.linus)
    else:
        refuse(desk, rejected, desk.linus)
    take_back(desk, rejected, desk.linus)
    assert stands(desk, rejected) == (Status.REJECTED, True, None)
    assert desk.ids(Queue.APPEALS) == [rejected] and counts(desk)[Queue.APPEALS] == 1
    with pytest.raises(OwnAppeal):
        desk.decide(rejected, Change.APPROVED)


def test_holding_it_answers_nothing(desk: Desk, rejected: int) -> None:
    desk.decide(rejected, Change.HELD)
    assert stands(desk, rejected) == (Status.HELD, True, None)
    with pytest.raises(OwnAppeal):
        desk.decide(rejected, Change.APPROVED)
    desk.decide(rejected, Change.APPROVED, by=desk.linus)
    assert stands(desk, rejected) == (Status.APPROVED, False, AppealOutcome.GRANTED)


def test_who_rejected_it_can_take_that_back(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    desk.decide(comment_id, Change.REJECTED, reason=Reason.INSULT)
    ask(desk, comment_id)
    take_back(desk, comment_id, desk.grace)
    assert stands(desk, comment_id) == (Status.APPROVED, False, AppealOutcome.GRANTED)
    assert counts(desk)[Queue.APPEALS] == 0


def test_what_the_machine_rejected_anybody_judges(desk: Desk) -> None:
    comment_id = desk.comment(Status.REJECTED)
    ask(desk, comment_id)
    desk.decide(comment_id, Change.APPROVED)
    assert stands(desk, comment_id) == (Status.APPROVED, False, AppealOutcome.GRANTED)


def test_where_nobody_else_is_there_one_judges_oneself_and_the_log_says_so(
    desk: Desk, rejected: int
) -> None:
    only(desk, desk.grace, desk.bound)  # Bound decides on another site only
    desk.decide(rejected, Change.APPROVED)
    assert last(desk, rejected).data == {"appeal": "granted", "own_appeal": True}


def test_who_set_a_standing_rejection_does_not_judge_also_once_its_row_is_gone(
    desk: Desk,
) -> None:
    set_one(desk)
    status, event = arrive(desk, SPAM)
    assert status is Status.REJECTED and event.comment_id is not None
    with desk.database.transaction() as session:
        assert forget_ended_standing(session, now=NOON + dt.timedelta(days=9), limit=9) == 1

    ask(desk, event.comment_id)

    with pytest.raises(OwnAppeal):
        desk.decide(event.comment_id, Change.APPROVED)
    desk.decide(event.comment_id, Change.APPROVED, by=desk.linus)


@pytest.mark.parametrize("is_there", [True, False])
def test_an_entry_that_names_the_standing_decision_alone_is_read_while_that_is_there(
    desk: Desk, is_there: bool
) -> None:
    standing_id, _ = set_one(desk)
    comment_id = desk.comment()
    with desk.database.transaction() as session:
        change_status(
            session,
            session.get_one(Comment, comment_id),
            Status.REJECTED,
            change=Change.DECIDED,
            actor=Actor.MACHINE,
            now=NOON,
            data={"standing": standing_id if is_there else standing_id + 1},
        )
    ask(desk, comment_id)
    with desk.database.reading() as session:
        against = session.get_one(Appeal, comment_id).against_id
    assert against == (desk.grace.id if is_there else None)


def test_a_viewer_is_nobody_else_to_judge(desk: Desk, rejected: int) -> None:
    only(desk, desk.grace, desk.linus)
    with desk.database.transaction() as session:
        session.get_one(Moderator, desk.linus.id).role = Role.VIEWER
    desk.decide(rejected, Change.APPROVED)
    assert stands(desk, rejected)[2] is AppealOutcome.GRANTED


def test_many_at_once_leave_out_what_is_judged_on_its_own(desk: Desk, rejected: int) -> None:
    other = desk.comment()
    with desk.database.transaction() as session:
        comments = [session.get_one(Comment, each) for each in (rejected, other)]
        choices = [Choice(each.public_id, each.version) for each in comments]
        name = choices[0].public_id
        batch = start_batch(session, desk.linus, now=NOON)
        outcome = decide_portion(
            session,
            batch.id,
            choices,
            Change.REJECTED,
            moderator=desk.linus,
            now=NOON,
            reason=Reason.INSULT,
        )
    assert (outcome.moved, [left.public_id for left in outcome.left_out]) == (1, [name])
    assert stands(desk, rejected) == (Status.REJECTED, True, None)


def test_of_two_who_judge_at_once_one_is_told_who_was_faster(desk: Desk, rejected: int) -> None:
    with desk.database.transaction() as session:
        seen = session.get_one(Comment, rejected).version
        session.get_one(Moderator, desk.bound.id).site_id = None

    def judge(who: Moderator) -> str:
        try:
            with desk.database.transaction() as session:
                decide_by_hand(
                    session,
                    rejected,
                    Change.REJECTED if who is desk.bound else Change.APPROVED,
                    version_seen=seen,
                    moderator=who,
                    now=NOON,
                    words=ANSWER if who is desk.bound else "",
                )
        except VersionConflict as conflict:
            return conflict.by
        return "judged"

    found = together(partial(judge, desk.linus), partial(judge, desk.bound))
    assert sorted(found) in (["bound", "judged"], ["judged", "linus"])
    assert counts(desk)[Queue.APPEALS] == 0


def test_its_words_go_with_the_comment(desk: Desk, rejected: int) -> None:
    with desk.database.transaction() as session:
        take_down(session, rejected, change=Change.ERASED, actor=Actor.MACHINE, now=NOON)
    with desk.database.reading() as session:
        assert session.get(Appeal, rejected) is None
    assert counts(desk)[Queue.APPEALS] == 0 and desk.ids(Queue.APPEALS) == []


def test_the_copy_of_ones_data_has_it(desk: Desk, vault: Vault) -> None:
    comment_id = desk.comment(Status.REJECTED, email="ada@reader.example", vault=vault)
    ask(desk, comment_id)
    with desk.database.transaction() as session:
        commenter = session.get_one(Comment, comment_id).commenter
        assert commenter is not None
        known: dict[str, Any] = {"vault": vault, "actor": Actor.COMMENTER, "now": NOON}
        (comment,) = export_commenter(session, commenter, **known)["comments"]
    assert comment["appeal"]["text"] == WORDS and comment["appeal"]["outcome"] is None
