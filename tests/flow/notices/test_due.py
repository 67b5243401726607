"""Whether a mail is sent now, later or not at all, is asked when it is sent."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.notices.places import place_of
from moderation.models import Article, Comment, DecisionLink, Mail
from moderation.statuses import HeldNotice, MailKind, MailOutcome, Role, Urgency
from tests.doubles import NOON, Clock
from tests.flow.told import Team

HOUR = dt.timedelta(hours=1)
QUIET = {"quiet_from": dt.time(11), "quiet_until": dt.time(14)}  # NOON lies between


def test_an_urgent_mail_says_why_where_and_since_when(team: Team, clock: Clock) -> None:
    comment = team.hold(body="zqsecret", name="Zqname")
    clock.forward(600)
    team.escalate(comment)
    first, second = team.send()
    assert (first.address, second.address) == ("grace@example.com", "linus@example.com")
    assert (first.kind, first.site) == (MailKind.URGENT, "News")
    assert first.notice is not None and first.notice.comment is not None
    told = first.notice.comment
    assert (told.place, told.urgency, told.came_at, told.is_public) == (
        "news.example.com/trees",
        Urgency.SELF_HARM,
        NOON,
        False,
    )
    said = repr(first).lower()
    assert "zqsecret" not in said and "zqname" not in said


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda team, c: team.approve(c), id="decided"),
        pytest.param(lambda team, _: team.change(team.linus, is_active=False), id="off"),
        pytest.param(
            lambda team, _: team.change(team.linus, site_id=team.other_site.id), id="moved"
        ),
        pytest.param(lambda team, _: team.wish(team.linus, urgent=False), id="wants none"),
        pytest.param(lambda team, _: team.change(team.linus, email_ciphertext=b"?"), id="no email"),
    ],
)
def test_what_is_no_longer_wanted_is_dropped(
    team: Team, change: Callable[[Team, int], None]
) -> None:
    team.wish(team.grace, urgent=False)
    comment = team.hold()
    team.escalate(comment)
    change(team, comment)
    assert team.send() == []
    assert team.outcomes() == [MailOutcome.DROPPED]


def test_quiet_hours_put_off_all_but_what_is_urgent(
    team: Team, database: Database, clock: Clock
) -> None:
    team.change(team.grace, is_active=False)
    team.wish(team.linus, held=HeldNotice.AT_ONCE, **QUIET)
    comment = team.hold()
    team.escalate(comment)
    assert [each.kind for each in team.send()] == [MailKind.URGENT]
    with database.reading() as session:
        put_off = session.scalars(select(Mail).where(Mail.kind == MailKind.HELD)).one()
    assert (put_off.run_after, put_off.ended_at) == (NOON + 2 * HOUR, None)
    team.hold()
    assert team.written(MailKind.HELD) == ["linus"], "the one that waits says it as well"

    clock.forward(2 * 3600)
    (notice,) = team.notices()
    assert [(each.name, each.count, each.oldest) for each in notice.queues] == [("News", 2, NOON)]


def test_a_mail_about_a_queue_that_is_empty_by_now_is_dropped(team: Team) -> None:
    team.wish(team.linus, held=HeldNotice.AT_ONCE)
    team.approve(team.hold())
    assert team.send() == []
    assert team.outcomes() == [MailOutcome.DROPPED]


def test_each_is_told_of_their_own_sites(team: Team) -> None:
    for person in (team.grace, team.linus, team.bound):
        team.wish(person, held=HeldNotice.AT_ONCE)
    team.hold()
    team.hold(team.other_site)
    told = {
        each.address.partition("@")[0]: [queue.name for queue in each.notice.queues]
        for each in team.send()
        if each.notice
    }
    assert told == {"grace": ["News", "Other"], "linus": ["News"], "bound": ["Other"]}


@pytest.mark.parametrize("role, links", [(Role.VIEWER, 0), (Role.MODERATOR, 1), (Role.OWNER, 1)])
def test_only_who_decides_gets_links_that_decide(
    team: Team, database: Database, role: Role, links: int
) -> None:
    team.change(team.grace, is_active=False)
    team.change(team.linus, role=role)
    comment = team.hold()
    team.escalate(comment)
    (sent,) = team.send()
    assert sent.notice and sent.notice.comment
    assert (sent.notice.comment.links is not None) is bool(links)
    with database.reading() as session:
        made = session.scalars(select(DecisionLink)).all()
        version = session.get_one(Comment, comment).version
    assert [(m.mail_id, m.comment_id, m.version, m.expires_at) for m in made] == [
        (sent.mail_id, comment, version, NOON + 24 * HOUR)
    ] * links


def test_a_mail_that_is_tried_again_has_the_links_it_had(
    team: Team, database: Database, clock: Clock
) -> None:
    team.change(team.grace, is_active=False)
    team.escalate(team.hold())
    team.send(None)
    clock.forward(3600)
    team.send()
    with database.reading() as session:
        (link,) = session.scalars(select(DecisionLink)).all()
    assert link.expires_at == NOON + 24 * HOUR


def test_a_mail_that_leaves_after_its_links_had_their_time_has_none(
    team: Team, clock: Clock
) -> None:
    team.change(team.grace, is_active=False)
    team.escalate(team.hold())
    [first] = team.send(None)
    clock.forward(24 * 3600)
    [last] = team.send()
    assert first.notice and first.notice.comment and last.notice and last.notice.comment
    assert first.notice.comment.links and first.notice.comment.links.until == NOON + 24 * HOUR
    assert last.notice.comment.links is None


def test_a_mail_that_is_tried_again_has_no_links_to_what_it_does_not_tell_of(
    team: Team, clock: Clock
) -> None:
    team.wish(team.linus, held=HeldNotice.AT_ONCE)
    first = team.hold()
    team.send(None)
    team.approve(first)
    team.hold()
    clock.forward(3600)
    (notice,) = team.notices()
    assert notice.comment is not None and notice.comment.links is None


@pytest.mark.parametrize(
    "key, place",
    [
        ("news.example.com/a/b?q=text", "news.example.com/a/b"),
        ("news.example.com/ä b\u202e<i>", "news.example.com/%C3%A4%20b%E2%80%AE%3Ci%3E"),
        ("news.example.com/" + "a" * 200, "news.example.com/" + "a" * 103 + "…"),
    ],
)
def test_an_article_is_told_by_host_and_path(key: str, place: str) -> None:
    assert place_of(Article(key=key)) == place
