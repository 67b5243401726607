"""Who gets a mail for what happened, and how few of them a flood makes."""

import datetime as dt
import threading

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Connection

from moderation.db import Database
from moderation.flow.decide import decide
from moderation.flow.mails import claim_mails, drop_notices
from moderation.flow.notices.announce import announce
from moderation.flow.review import undo
from moderation.models import Article, Comment, FindingRow, Mail, Moderator, Site, Surge
from moderation.statuses import Code, HeldNotice, MailKind, MailOutcome, Occasion
from tests.doubles import NOON, Clock
from tests.factories import make_comment, make_score
from tests.flow.told import Team

MINUTE = 60
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def at_once(team: Team, *people: Moderator) -> None:
    for person in people or (team.grace, team.linus, team.bound):
        team.wish(person, held=HeldNotice.AT_ONCE)


def test_an_urgent_comment_is_told_to_all_of_its_site_who_did_not_switch_it_off(team: Team) -> None:
    comment = team.hold()
    team.escalate(comment)
    assert team.written(MailKind.URGENT) == ["grace", "linus"]

    team.wish(team.grace, urgent=False)
    team.change(team.linus, is_active=False)
    team.escalate(comment)
    assert team.written(MailKind.URGENT) == ["grace", "linus"]


def test_the_mail_is_written_with_the_comment_or_not_at_all(team: Team, database: Database) -> None:
    comment = team.hold()
    with database.reading() as session:
        announce(
            session,
            Occasion.URGENT,
            site_id=team.site.id,
            comment=session.get_one(Comment, comment),
            now=NOON,
        )
    assert team.written(MailKind.URGENT) == []


def test_held_comments_are_told_to_who_wants_them_at_once(team: Team) -> None:
    team.hold()
    assert team.written(MailKind.HELD) == []
    at_once(team)
    team.wish(team.grace, held=HeldNotice.HOURLY)
    team.hold()
    assert team.written(MailKind.HELD) == ["linus"]


def test_a_flood_makes_one_mail_in_a_quarter_of_an_hour_that_counts_them_all(
    team: Team, clock: Clock
) -> None:
    at_once(team, team.linus)
    sent = []
    for _ in range(4 * 30):  # a comment every half minute, for an hour
        team.hold()
        sent += [(clock(), each.queues[0].count) for each in team.notices()]
        clock.forward(30)
    assert [(at - NOON) // dt.timedelta(minutes=1) for at, _ in sent] == [0, 15, 30, 45]
    assert [count for _, count in sent] == [1, 31, 61, 91]
    clock.forward(15 * MINUTE)
    assert [each.queues[0].count for each in team.notices()] == [120], "none is left untold"
    clock.forward(60 * MINUTE)
    assert team.notices() == []


def test_where_none_is_told_a_held_comment_costs_one_query_more(
    team: Team, database: Database
) -> None:
    team.hold()
    asked = []

    def note(_c: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if "notice_wishes" in statement or "mails" in statement:
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    team.hold()
    at_once(team, team.linus)
    asked.clear()
    team.hold()
    first = len(asked)
    asked.clear()
    team.hold()
    event.remove(database.engine, "before_cursor_execute", note)
    assert (first > 1, len(asked)) == (True, 1), asked


def test_what_goes_on_waiting_or_is_held_by_a_person_is_no_news(
    team: Team, database: Database
) -> None:
    comment = team.hold()
    at_once(team, team.linus)
    with database.transaction() as session:
        decide(
            session,
            session.get_one(Comment, comment),
            now=NOON,
            repeat_window=dt.timedelta(days=1),
            presets={},
            readings=(),
            failure=Code.SCORER_LATE,
        )
    assert team.written(MailKind.HELD) == []
    team.approve(comment)
    with database.transaction() as session:
        seen = session.get_one(Comment, comment).version
        undo(session, comment, version_seen=seen, moderator=team.grace, now=NOON)
    assert team.written(MailKind.HELD) == []


def test_a_comment_that_is_held_while_a_mail_is_on_its_way_gets_the_next_one(
    team: Team, database: Database, clock: Clock
) -> None:
    at_once(team, team.linus)
    team.hold()
    with database.transaction() as session:
        lease = {"lease": "x", "leased_until": NOON + dt.timedelta(minutes=10)}
        session.execute(update(Mail).values(**lease))
    team.hold()
    assert team.written(MailKind.HELD) == ["linus", "linus"]
    assert team.notices() == []
    with database.reading() as session:
        waits = session.scalars(select(Mail).order_by(Mail.id.desc()).limit(1)).one()
    assert waits.run_after == NOON + dt.timedelta(minutes=15)
    assert (waits.attempts, waits.lease, waits.ended_at) == (0, None, None)


@postgresql
def test_no_sender_takes_a_mail_that_somebody_counts_on_before_they_are_done(
    team: Team, database: Database, site: Site
) -> None:
    """It would read what to say without the comment that is just being held."""
    at_once(team, team.linus)
    team.hold()
    with database.transaction() as holding:
        comment = make_comment(holding, holding.merge(site))
        announce(holding, Occasion.HELD, site_id=site.id, comment=comment, now=NOON)
        holding.flush()
        assert team.send() == []
    assert team.written(MailKind.HELD) == ["linus"]
    assert [each.queues[0].count for each in team.notices()] == [2]


@postgresql
def test_a_mail_that_a_sender_is_just_taking_does_not_count(team: Team, database: Database) -> None:
    at_once(team, team.linus)
    team.hold()
    with database.transaction() as sending:
        assert claim_mails(sending, now=NOON, lease_for=dt.timedelta(minutes=10))
        holder = threading.Thread(target=team.hold)
        holder.start()
        holder.join(10)
        assert not holder.is_alive(), "it waits for the sender"
    assert team.written(MailKind.HELD) == ["linus", "linus"]


def test_a_mail_about_a_site_that_somebody_left_does_not_count(team: Team) -> None:
    """It will be dropped."""
    at_once(team, team.linus)
    team.hold()
    team.change(team.linus, site_id=team.other_site.id)
    team.hold(team.other_site)
    assert team.written(MailKind.HELD) == ["linus", "linus"]
    assert [each.queues[0].name for each in team.notices()] == ["Other"]


def test_a_surge_is_told_with_its_article_while_it_lasts(
    team: Team, database: Database, clock: Clock
) -> None:
    team.hold()
    team.wish(team.grace, surge=False)
    with database.transaction() as session:
        article = session.scalars(select(Article)).one()
        until = NOON + dt.timedelta(hours=1)
        session.add(
            Surge(
                article_id=article.id,
                site_id=article.site_id,
                comments=60,
                holds=20,
                began_at=NOON,
                until=until,
            )
        )
        for _ in range(2):
            announce(session, Occasion.SURGE, site_id=team.site.id, article=article, now=NOON)
    assert team.written(MailKind.SURGE) == ["linus"] * 2
    told, _ = team.notices()
    assert (told.place, told.article_id, told.count, told.since) == (
        "news.example.com/trees",
        article.id,
        1,
        NOON,
    )
    with database.transaction() as session:
        announce(session, Occasion.SURGE, site_id=team.site.id, article=article, now=NOON)
    clock.forward(3600)
    assert team.notices() == [], "it is over"


def test_without_mail_nothing_is_kept_for_later(team: Team, database: Database) -> None:
    team.escalate(team.hold())
    with database.transaction() as session:
        drop_notices(session, now=NOON)
    assert team.outcomes() == [MailOutcome.DROPPED] * 2


def test_the_only_comment_that_waits_is_told_with_its_codes(team: Team) -> None:
    at_once(team, team.linus)
    team.hold()
    (notice,) = team.notices()
    assert notice.comment is not None
    assert notice.comment.codes == (Code.SCORER_UNAVAILABLE,)
    assert notice.comment.links is not None


def test_of_a_hidden_score_the_mail_tells_nothing(team: Team, database: Database) -> None:
    at_once(team, team.linus)
    comment_id = team.hold()
    with database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        comment.score = make_score(comment, 950)
        session.get_one(Site, team.site.id).policy = {"hidden_score_share": 100}
        for finding in session.scalars(select(FindingRow)):
            finding.code = Code.TOXICITY
    (notice,) = team.notices()
    assert notice.comment is not None
    assert (notice.comment.codes, notice.comment.is_score_hidden) == ((), True)
