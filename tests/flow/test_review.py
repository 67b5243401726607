"""Moderators decide about what they saw; two who collide are told, and nothing is lost."""

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.errors import NothingToUndo, UnknownComment, VersionConflict
from moderation.flow.log import read_log
from moderation.flow.queue.cards import find_for_review, read_cards, read_history
from moderation.flow.review import decide_by_hand, undo
from moderation.flow.store import change_status
from moderation.models import Article, Comment, Event, Moderator, Site
from moderation.statuses import Actor, Change, Reason, Status
from tests.doubles import NOON
from tests.factories import make_comment, make_site
from tests.flow.desk import plain_moderator
from tests.together import together


class Office:
    """Two moderators of all sites, Grace and Linus, and comments to decide about."""

    def __init__(self, database: Database, site: Site) -> None:
        self.database, self.site = database, site
        with database.transaction() as session:
            self.grace = plain_moderator(session, "grace")
            self.linus = plain_moderator(session, "linus")

    def comment(self, status: Status = Status.HELD, **known: object) -> int:
        with self.database.transaction() as session:
            site = session.merge(self.site)
            return make_comment(session, site, status=status, **known).id  # type: ignore[arg-type]

    def decide(
        self,
        comment_id: int,
        change: Change = Change.APPROVED,
        *,
        seen: int = 2,
        by: Moderator | None = None,
        reason: Reason | None = None,
    ) -> Event | None:
        with self.database.transaction() as session:
            return decide_by_hand(
                session,
                comment_id,
                change,
                version_seen=seen,
                moderator=by or self.grace,
                now=NOON,
                reason=reason,
            )

    def undo(self, comment_id: int, *, seen: int, by: Moderator | None = None) -> Event:
        with self.database.transaction() as session:
            return undo(
                session, comment_id, version_seen=seen, moderator=by or self.grace, now=NOON
            )

    def stored(self, comment_id: int) -> Comment:
        with self.database.reading() as session:
            return session.get_one(Comment, comment_id)

    def events(self, comment_id: int) -> list[tuple[Event, str | None]]:
        with self.database.reading() as session:
            return read_history(session, session.get_one(Comment, comment_id))

    def article_version(self) -> int:
        with self.database.reading() as session:
            return session.scalars(select(Article.version)).one()


def test_an_approved_comment_is_public_and_says_who_approved_it(office: Office) -> None:
    comment_id = office.comment()
    office.decide(comment_id)
    comment = office.stored(comment_id)
    assert (comment.status, comment.version) == (Status.APPROVED, 3)
    assert comment.decided_by is Actor.MODERATOR
    last, name = office.events(comment_id)[-1]
    assert (last.change, last.actor, name) == (Change.APPROVED, Actor.MODERATOR, "grace")
    assert last.moderator_id == office.grace.id
    assert office.article_version() == 2


def test_a_rejected_comment_keeps_the_reason(office: Office) -> None:
    comment_id = office.comment(Status.APPROVED)
    office.decide(comment_id, Change.REJECTED, reason=Reason.SPAM)
    comment = office.stored(comment_id)
    assert (comment.status, comment.reason) == (Status.REJECTED, Reason.SPAM)
    assert office.events(comment_id)[-1][0].reason == "spam"


def test_a_comment_that_moved_is_not_decided_and_it_says_who_moved_it(office: Office) -> None:
    comment_id = office.comment()
    office.decide(comment_id, Change.REJECTED, by=office.linus, reason=Reason.INSULT)
    with pytest.raises(VersionConflict) as conflict:
        office.decide(comment_id, Change.APPROVED, by=office.grace)
    assert (conflict.value.status, conflict.value.by) == (Status.REJECTED, "linus")
    assert office.stored(comment_id).status is Status.REJECTED


def test_a_comment_that_the_machine_moved_is_not_decided_either(office: Office) -> None:
    comment_id = office.comment()
    with office.database.transaction() as session:
        change_status(
            session,
            session.get_one(Comment, comment_id),
            Status.HELD,
            change=Change.DECIDED,
            actor=Actor.MACHINE,
            now=NOON,
        )
    with pytest.raises(VersionConflict) as conflict:
        office.decide(comment_id)
    assert conflict.value.by == "the machine"


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.DELETED])
def test_what_is_not_decided_yet_or_deleted_is_no_moderators_matter(
    office: Office, status: Status
) -> None:
    comment_id = office.comment(status)
    with pytest.raises(VersionConflict):
        office.decide(comment_id, seen=office.stored(comment_id).version)
    assert office.stored(comment_id).status is status


@pytest.mark.parametrize("seen", [2, 3, 99])
def test_the_same_decision_twice_changes_nothing(office: Office, seen: int) -> None:
    comment_id = office.comment()
    assert office.decide(comment_id, Change.REJECTED, reason=Reason.SPAM) is not None
    again = office.decide(
        comment_id, Change.REJECTED, seen=seen, by=office.linus, reason=Reason.SPAM
    )
    assert again is None
    assert office.stored(comment_id).version == 3
    assert len(office.events(comment_id)) == 3


def test_another_reason_is_another_decision(office: Office) -> None:
    comment_id = office.comment()
    office.decide(comment_id, Change.REJECTED, reason=Reason.SPAM)
    with pytest.raises(VersionConflict):
        office.decide(comment_id, Change.REJECTED, reason=Reason.HATE)
    office.decide(comment_id, Change.REJECTED, seen=3, reason=Reason.HATE)
    assert office.stored(comment_id).reason is Reason.HATE


def test_a_human_who_agrees_with_the_machine_takes_it_over(office: Office) -> None:
    comment_id = office.comment(Status.APPROVED)
    assert office.decide(comment_id) is not None
    assert office.stored(comment_id).decided_by is Actor.MODERATOR
    assert office.article_version() == 2  # readers see no difference


@pytest.mark.parametrize("before", [Status.HELD, Status.APPROVED])
def test_undo_puts_a_comment_back_where_it_stood(office: Office, before: Status) -> None:
    comment_id = office.comment(before)
    decided = office.decide(comment_id, Change.REJECTED, reason=Reason.SPAM)
    undone = office.undo(comment_id, seen=3)
    comment = office.stored(comment_id)
    assert decided
    assert (comment.status, comment.reason, comment.version) == (before, None, 4)
    assert (undone.change, undone.data) == (Change.UNDONE, {"undone_event": decided.id})
    assert comment.decided_by is Actor.MODERATOR  # no machine decides it again


def test_undo_restores_the_reason_of_a_rejection(office: Office) -> None:
    comment_id = office.comment()
    office.decide(comment_id, Change.REJECTED, reason=Reason.THREAT)
    office.decide(comment_id, Change.APPROVED, seen=3)
    office.undo(comment_id, seen=4)
    comment = office.stored(comment_id)
    assert (comment.status, comment.reason) == (Status.REJECTED, Reason.THREAT)


def test_what_was_undone_cannot_be_undone_again(office: Office) -> None:
    comment_id = office.comment()
    office.decide(comment_id)
    office.undo(comment_id, seen=3)
    with pytest.raises(NothingToUndo):
        office.undo(comment_id, seen=4)
    assert office.stored(comment_id).status is Status.HELD


def test_the_same_undo_sent_twice_changes_nothing_the_second_time(office: Office) -> None:
    comment_id = office.comment()
    office.decide(comment_id)
    assert office.undo(comment_id, seen=3)
    assert office.undo(comment_id, seen=3) is None
    assert office.stored(comment_id).version == 4


def test_a_decision_of_the_machine_cannot_be_undone(office: Office) -> None:
    comment_id = office.comment(Status.APPROVED)
    with pytest.raises(NothingToUndo):
        office.undo(comment_id, seen=2)


def test_undo_of_what_moved_meanwhile_is_refused(office: Office) -> None:
    comment_id = office.comment()
    office.decide(comment_id)
    office.decide(comment_id, Change.REJECTED, seen=3, by=office.linus, reason=Reason.SPAM)
    with pytest.raises(VersionConflict) as conflict:
        office.undo(comment_id, seen=3)
    assert conflict.value.by == "linus"
    assert office.stored(comment_id).status is Status.REJECTED


def test_of_decisions_at_the_same_moment_exactly_one_wins(office: Office) -> None:
    for _ in range(3):
        comment_id = office.comment()
        answers = together(
            lambda c=comment_id: office.decide(c, Change.APPROVED, by=office.grace),
            lambda c=comment_id: office.decide(
                c, Change.REJECTED, by=office.linus, reason=Reason.SPAM
            ),
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Event", "VersionConflict"]
        won = next(answer for answer in answers if isinstance(answer, Event))
        lost = next(answer for answer in answers if isinstance(answer, VersionConflict))
        comment = office.stored(comment_id)
        assert (comment.status, comment.version) == (won.to_status, 3)
        assert lost.by == ("grace" if won.change is Change.APPROVED else "linus")
        assert len(office.events(comment_id)) == 3


def test_the_same_decision_by_many_at_once_is_one(office: Office) -> None:
    comment_id = office.comment()
    answers = together(*[lambda: office.decide(comment_id)] * 4)
    assert sorted(type(answer).__name__ for answer in answers) == ["Event"] + ["NoneType"] * 3
    assert office.stored(comment_id).version == 3


def test_many_moderators_and_their_sites_decisions_at_once_never_deadlock(
    office: Office,
) -> None:
    stored = [office.comment() for _ in range(8)]  # one article: each approval moves its version
    together(*[lambda c=c: office.decide(c) for c in stored])
    assert {office.stored(c).status for c in stored} == {Status.APPROVED}
    assert office.article_version() == 1 + len(stored)


def test_a_moderator_of_one_site_finds_only_its_comments(office: Office) -> None:
    with office.database.transaction() as session:
        olds = make_site(session, "olds")
        own = make_comment(session, olds)
        foreign = make_comment(session, session.merge(office.site))
        bound = plain_moderator(session, "bound", olds)
    with office.database.reading() as session:
        assert find_for_review(session, own.public_id, bound).id == own.id
        seen = {entry.event.comment_id for entry in read_log(session, bound)}
        assert seen == {own.id}
        refusals = []
        for public_id in (foreign.public_id, "unknown"):
            with pytest.raises(UnknownComment) as refusal:
                find_for_review(session, public_id, bound)
            refusals.append(str(refusal.value))
        assert refusals[0] == refusals[1]


def test_a_card_shows_the_newest_event_and_who_made_it(office: Office) -> None:
    held, approved = office.comment(), office.comment()
    office.decide(approved, by=office.linus)
    with office.database.reading() as session:
        comments = [session.get_one(Comment, held), session.get_one(Comment, approved)]
        by_machine, by_hand = read_cards(session, comments, now=NOON)
    assert (by_machine.last_event.change, by_machine.last_moderator) == (Change.DECIDED, None)
    assert not by_machine.can_undo
    assert (by_hand.last_event.change, by_hand.last_moderator) == (Change.APPROVED, "linus")
    assert by_hand.can_undo
    assert by_hand.machine_event
    assert by_hand.machine_event.change == Change.DECIDED


@pytest.fixture
def office(database: Database, site: Site) -> Office:
    return Office(database, site)
