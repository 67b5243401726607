"""Reports of readers: what they count, what they bring back to people, and what stops them."""

import datetime as dt
from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import func, select, update

from moderation.flow.decide import decide, is_open_to_machine
from moderation.flow.own.edits import edit
from moderation.flow.queue.cards import read_cards
from moderation.flow.reports import TOLD_A_DAY, take_report
from moderation.flow.review import undo
from moderation.flow.telling import read_told
from moderation.models import Article, Comment, Event, FindingRow, Mail, Report, SiteText
from moderation.statuses import (
    Actor,
    Change,
    Code,
    MailKind,
    Queue,
    ReportReason,
    Status,
    TextKind,
    Urgency,
)
from tests.doubles import INFO, NOON
from tests.factories import score_of
from tests.flow.desk import Desk

URGENT = {
    ReportReason.THREAT: Urgency.THREAT_TO_LIFE,
    ReportReason.SELF_HARM: Urgency.SELF_HARM,
    ReportReason.CHILD_ABUSE: Urgency.CHILD_ABUSE,
    ReportReason.PERSONAL_DATA: Urgency.PERSONAL_DATA,
}
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


@pytest.fixture
def ranges() -> Iterator[bytes]:
    """Networks that nobody came from before."""
    return (b"%d" % number for number in count())


def report_from(
    desk: Desk,
    comment_id: int,
    *ranges: bytes,
    reason: ReportReason = ReportReason.ABUSE,
    now: dt.datetime = NOON,
) -> Comment:
    """Have readers of these networks report the comment; as it stands then."""
    for each in ranges:
        with desk.database.transaction() as session:
            comment = session.get_one(Comment, comment_id)
            take_report(session, comment, reason, range_hash=each, now=now)
    with desk.database.reading() as session:
        return session.get_one(Comment, comment_id)


def edit_and_publish(desk: Desk, comment_id: int, *, now: dt.datetime) -> None:
    """Its commenter gives it another text, which the machine finds clean."""
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        known = {"now": now, "repeat_window": DAY}
        edit(session, comment_id, "You fools.", version_seen=comment.version, **known)  # type: ignore[arg-type]
        session.add(score_of(comment_id, {"toxicity": 0.1}))
        session.flush()
        decide(session, comment, presets=INFO.presets, readings=(), **known)  # type: ignore[arg-type]
        assert comment.status is Status.APPROVED


def reports_on_card(desk: Desk, comment_id: int) -> dict[ReportReason, int]:
    with desk.database.reading() as session:
        [card] = read_cards(session, [session.get_one(Comment, comment_id)], now=NOON)
        return card.reports


def urgent_mails(desk: Desk) -> int:
    with desk.database.reading() as session:
        query = select(func.count()).select_from(Mail).where(Mail.kind == MailKind.URGENT)
        return session.scalar(query) or 0


def test_by_default_no_number_of_reports_hides_anything(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    comment = report_from(desk, comment_id, *(b"%d" % number for number in range(20)))
    assert (comment.status, comment.reports) == (Status.APPROVED, 20)
    assert desk.ids(Queue.REPORTED) == [comment_id]


def test_as_many_networks_as_the_site_says_take_it_back_to_the_queue(desk: Desk) -> None:
    desk.set_policy(report_holds=3)
    comment_id = desk.comment(Status.APPROVED)
    with desk.database.reading() as session:
        version = session.scalars(select(Article.version)).one()

    assert report_from(desk, comment_id, b"a", b"a", b"a", b"b").status is Status.APPROVED
    comment = report_from(desk, comment_id, b"c")

    assert (comment.status, comment.decided_by) == (Status.HELD, Actor.MACHINE)
    assert desk.ids(Queue.HELD) == desk.ids(Queue.REPORTED) == [comment_id]
    with desk.database.reading() as session:
        event = session.scalars(select(Event).order_by(Event.id.desc())).first()
        row = session.scalars(select(FindingRow)).one()
        assert session.scalars(select(Article.version)).one() == version + 1
    assert event and (event.change, event.to_status) == (Change.DECIDED, Status.HELD)
    assert event.data["findings"] == [
        {"code": "reported", "verdict": "hold", "value": 3, "threshold": 3}
    ]
    assert (row.code, row.event_id, row.status) == (Code.REPORTED, event.id, Status.HELD)


def test_what_a_person_approved_is_only_counted(desk: Desk) -> None:
    desk.set_policy(report_holds=1)
    comment_id = desk.comment(Status.HELD)
    desk.decide(comment_id, Change.APPROVED)

    comment = report_from(desk, comment_id, b"a", b"b")

    assert (comment.status, comment.urgent, comment.reports) == (Status.APPROVED, None, 2)


def test_of_what_a_person_approved_an_urgent_reason_tells_once_for_each_text(desk: Desk) -> None:
    desk.set_policy(report_holds=1)
    comment_id = desk.comment(Status.HELD)
    desk.decide(comment_id, Change.APPROVED)

    comment = report_from(desk, comment_id, b"a", reason=ReportReason.THREAT)
    assert (comment.status, comment.urgent) == (Status.APPROVED, Urgency.THREAT_TO_LIFE)
    told = urgent_mails(desk)
    assert told > 0
    desk.decide(comment_id, Change.APPROVED)
    comment = report_from(desk, comment_id, b"b", reason=ReportReason.THREAT)
    assert (comment.urgent, urgent_mails(desk)) == (None, told), "somebody has said about that"
    comment = report_from(desk, comment_id, b"c", reason=ReportReason.CHILD_ABUSE)
    assert comment.urgent is Urgency.CHILD_ABUSE
    desk.decide(comment_id, Change.APPROVED)

    edit_and_publish(desk, comment_id, now=NOON + MINUTE)
    later = NOON + 2 * MINUTE
    comment = report_from(desk, comment_id, b"a", reason=ReportReason.THREAT, now=later)
    assert comment.urgent is Urgency.THREAT_TO_LIFE


def test_approving_what_reports_brought_back_ends_them(desk: Desk) -> None:
    desk.set_policy(report_holds=2)
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", b"b")
    desk.decide(comment_id, Change.APPROVED)

    comment = report_from(desk, comment_id, b"a", b"c", b"d", b"e")

    assert (comment.status, comment.reports) == (Status.APPROVED, 3)


def test_who_reported_a_text_can_report_what_an_edit_put_in_its_place(desk: Desk) -> None:
    desk.set_policy(report_holds=2)
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", b"b")
    desk.decide(comment_id, Change.APPROVED)
    edit_and_publish(desk, comment_id, now=NOON + MINUTE)
    assert reports_on_card(desk, comment_id) == {}

    later = NOON + 2 * MINUTE
    assert report_from(desk, comment_id, b"a", b"a", now=later).reports == 1
    comment = report_from(desk, comment_id, b"b", reason=ReportReason.SPAM, now=later)

    assert (comment.status, comment.reports) == (Status.HELD, 2)
    assert desk.ids(Queue.HELD) == desk.ids(Queue.REPORTED) == [comment_id]
    expected = {ReportReason.ABUSE: 1, ReportReason.SPAM: 1}
    assert reports_on_card(desk, comment_id) == expected
    desk.decide(comment_id, Change.APPROVED)
    assert report_from(desk, comment_id, b"a", b"b", now=later).reports == 0, "as they did by now"


def test_who_reports_before_and_after_an_edit_counts_once_with_the_newest_reason(
    desk: Desk,
) -> None:
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", b"b", reason=ReportReason.SPAM)
    edit_and_publish(desk, comment_id, now=NOON + MINUTE)

    later = NOON + 2 * MINUTE
    comment = report_from(desk, comment_id, b"a", reason=ReportReason.THREAT, now=later)

    assert (comment.reports, comment.urgent) == (2, Urgency.THREAT_TO_LIFE)
    expected = {ReportReason.SPAM: 1, ReportReason.THREAT: 1}
    assert reports_on_card(desk, comment_id) == expected


def test_the_machine_does_not_publish_it_again(desk: Desk) -> None:
    desk.set_policy(report_holds=1)
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a")
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        session.add(score_of(comment_id, {"toxicity": 0.1}))
        session.flush()
        assert is_open_to_machine(comment)
        decide(session, comment, now=NOON, repeat_window=DAY, presets=INFO.presets, readings=())
        assert comment.status is Status.HELD
        rows = session.scalars(select(FindingRow)).all()
    assert [row.code for row in rows] == [Code.REPORTED]


def test_the_score_it_was_published_by_keeps_its_limits(desk: Desk) -> None:
    desk.set_policy(report_holds=1)
    comment_id = desk.comment(Status.PROCESSING)
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        session.add(score_of(comment_id, {"toxicity": 0.1}))
        session.flush()
        decide(session, comment, now=NOON, repeat_window=DAY, presets=INFO.presets, readings=())
        assert comment.status is Status.APPROVED
    report_from(desk, comment_id, b"a")
    with desk.database.reading() as session:
        [card] = read_cards(session, [session.get_one(Comment, comment_id)], now=NOON)
        assert card.limits == INFO.presets["balanced"]


@pytest.mark.parametrize("reason", list(ReportReason))
def test_what_cannot_wait_becomes_urgent_at_once(desk: Desk, reason: ReportReason) -> None:
    comment_id = desk.comment(Status.APPROVED)
    comment = report_from(desk, comment_id, b"a", reason=reason)

    assert (comment.status, comment.urgent) == (Status.APPROVED, URGENT.get(reason))
    assert desk.ids(Queue.URGENT) == ([comment_id] if reason in URGENT else [])
    people = 2 if reason in URGENT else 0  # those of all sites
    assert urgent_mails(desk) == people


def test_a_second_report_of_what_is_urgent_tells_nobody_again(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", reason=ReportReason.SELF_HARM)
    comment = report_from(desk, comment_id, b"b", b"c", reason=ReportReason.THREAT)
    assert (comment.urgent, urgent_mails(desk)) == (Urgency.SELF_HARM, 2)


def test_readers_wake_people_ten_times_a_day_at_most(desk: Desk, ranges: Iterator[bytes]) -> None:
    ids = [desk.comment(Status.APPROVED) for _ in range(TOLD_A_DAY + 2)]
    threat = ReportReason.THREAT
    for comment_id in ids[:-1]:
        report_from(desk, comment_id, next(ranges), reason=threat)

    assert urgent_mails(desk) == 2 * TOLD_A_DAY
    assert desk.ids(Queue.URGENT) == ids[:-1], "the last is urgent all the same"
    tomorrow = NOON + DAY
    report_from(desk, ids[-1], next(ranges), reason=threat, now=tomorrow)
    assert urgent_mails(desk) == 2 * TOLD_A_DAY + 2


def test_what_moderators_escalate_uses_up_nothing(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", reason=ReportReason.THREAT)
    with desk.database.reading() as session:
        event = session.scalars(select(Event).where(Event.change == Change.ESCALATED)).one()
    assert (event.actor, event.moderator_id) == (Actor.MACHINE, None)
    assert event.reason == Urgency.THREAT_TO_LIFE


def test_a_commenter_is_sent_to_no_helpline_because_a_stranger_says_so(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", reason=ReportReason.SELF_HARM)
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        session.add(
            SiteText(
                site_id=comment.site_id, kind=TextKind.HELP, code=Urgency.SELF_HARM, text="Call."
            )
        )
        session.flush()
        assert read_told(session, comment).help is None


def test_a_card_says_how_many_reported_it_for_what(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", reason=ReportReason.SPAM)
    report_from(desk, comment_id, b"b", b"c", reason=ReportReason.ABUSE)
    with desk.database.transaction() as session:
        session.execute(update(Report).where(Report.range_hash == b"c").values(closed_at=NOON))
        session.add(
            Report(
                comment_id=comment_id,
                reason=ReportReason.SPAM,
                range_hash=b"d",
                created_at=NOON,
            )
        )
    with desk.database.reading() as session:
        [card] = read_cards(session, [session.get_one(Comment, comment_id)], now=NOON)
    assert list(card.reports.items()) == [(ReportReason.SPAM, 2), (ReportReason.ABUSE, 1)]


def test_taking_a_rejection_back_renews_what_brought_it_to_the_queue(desk: Desk) -> None:
    desk.set_policy(report_holds=2)
    comment_id = desk.comment(Status.APPROVED)
    report_from(desk, comment_id, b"a", b"b")
    desk.decide(comment_id, Change.REJECTED)
    with desk.database.reading() as session:
        assert session.get_one(Comment, comment_id).reports == 0
    with desk.database.transaction() as session:
        seen = session.get_one(Comment, comment_id).version
        undo(session, comment_id, version_seen=seen, moderator=desk.grace, now=NOON)
    with desk.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
    assert (comment.status, comment.reports) == (Status.HELD, 2)
    assert desk.ids(Queue.REPORTED) == [comment_id]
