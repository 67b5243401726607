"""Links that decide from a mail: one comment, one version, one person, once, for a day."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from moderation.db import Database
from moderation.errors import DecisionLinkOver, UnknownDecisionLink, VersionConflict
from moderation.flow.mails import forget_ended
from moderation.flow.notices.links import LinkState, decide_by_link, make_link, open_link
from moderation.flow.team.passwords import hash_again
from moderation.models import Comment, DecisionLink, Event, Mail, Moderator
from moderation.statuses import Actor, MailAction, Reason, Role, Status
from tests.doubles import Clock
from tests.flow.told import Team
from tests.together import together

DAY = 86_400


@pytest.fixture
def mailed(team: Team) -> tuple[int, int]:
    """An urgent comment and the mail about it that Linus got."""
    comment = team.hold()
    team.escalate(comment)
    return comment, next(m.mail_id for m in team.send() if m.address == "linus@example.com")


def key_of(team: Team, mail_id: int) -> str:
    with team.database.reading() as session:
        return session.get_one(DecisionLink, mail_id).key


def state(team: Team, mail_id: int) -> LinkState:
    with team.database.reading() as session:
        return open_link(session, mail_id, key_of(team, mail_id), now=team.clock()).state


def use(team: Team, mail_id: int, action: MailAction, reason: Reason | None = None) -> Event | None:
    key = key_of(team, mail_id)
    with team.database.transaction() as session:
        return decide_by_link(session, mail_id, key, action, now=team.clock(), reason=reason)


@pytest.mark.parametrize(
    "action, status, reason",
    [
        (MailAction.APPROVE, Status.APPROVED, None),
        (MailAction.REJECT, Status.REJECTED, Reason.THREAT),
        (MailAction.SPAM, Status.REJECTED, Reason.SPAM),
    ],
)
def test_it_decides_as_whom_it_was_mailed_to_and_the_log_says_how(
    team: Team, mailed: tuple[int, int], action: MailAction, status: Status, reason: Reason | None
) -> None:
    comment_id, mail_id = mailed
    given = reason if action is MailAction.REJECT else None
    event = use(team, mail_id, action, given)
    assert event is not None
    assert (event.moderator_id, event.actor) == (team.linus.id, Actor.MODERATOR)
    assert event.data["by_mail"] == 1
    with team.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        assert (comment.status, comment.reason, comment.urgent) == (status, reason, None)
    assert state(team, mail_id) is LinkState.USED


def test_it_works_once_whatever_it_decides(team: Team, mailed: tuple[int, int]) -> None:
    use(team, mailed[1], MailAction.APPROVE)
    for action in MailAction:
        with pytest.raises(DecisionLinkOver):
            use(team, mailed[1], action, Reason.OTHER)


def test_it_works_for_a_day(team: Team, mailed: tuple[int, int], clock: Clock) -> None:
    clock.forward(DAY - 1)
    assert state(team, mailed[1]) is LinkState.OPEN
    clock.forward(1)
    assert state(team, mailed[1]) is LinkState.EXPIRED
    with pytest.raises(DecisionLinkOver):
        use(team, mailed[1], MailAction.APPROVE)


def test_of_two_clicks_at_the_same_instant_one_decides(team: Team, mailed: tuple[int, int]) -> None:
    done = together(
        lambda: use(team, mailed[1], MailAction.APPROVE),
        lambda: use(team, mailed[1], MailAction.SPAM),
    )
    assert [type(each) for each in done if isinstance(each, Event)] == [Event]
    assert [type(each) for each in done if isinstance(each, Exception)] == [DecisionLinkOver]


def _hashed_anew(team: Team) -> dict[str, object]:
    """As the sign-in does it."""
    fresh = hash_again(Moderator(password_hash=PasswordHasher(1, 8, 1).hash("pass")), "pass")
    assert fresh is not None
    return {"password_hash": fresh}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda team: {"is_active": False}, id="off"),
        pytest.param(lambda team: {"role": Role.VIEWER}, id="looks only"),
        pytest.param(lambda team: {"site_id": team.other_site.id}, id="of another site"),
        pytest.param(lambda team: {"password_hash": "another"}, id="has a new password"),
        pytest.param(_hashed_anew, id="has a password hashed with other parameters"),
    ],
)
def test_who_may_not_decide_any_more_decides_nothing(
    team: Team, mailed: tuple[int, int], change: Callable[[Team], dict[str, object]]
) -> None:
    team.change(team.linus, **change(team))
    assert state(team, mailed[1]) is LinkState.REVOKED
    with pytest.raises(DecisionLinkOver):
        use(team, mailed[1], MailAction.APPROVE)
    with team.database.reading() as session:
        assert session.get_one(Comment, mailed[0]).status is Status.HELD


def test_about_what_moved_it_decides_nothing_and_is_not_used_up(
    team: Team, mailed: tuple[int, int]
) -> None:
    team.approve(mailed[0])
    assert state(team, mailed[1]) is LinkState.MOVED
    with pytest.raises(VersionConflict, match="moved") as caught:
        use(team, mailed[1], MailAction.SPAM)
    assert (caught.value.by, caught.value.status) == ("grace", Status.APPROVED)
    assert state(team, mailed[1]) is LinkState.MOVED


def test_of_a_mail_without_links_there_are_none(team: Team) -> None:
    with team.database.reading() as session, pytest.raises(UnknownDecisionLink):
        open_link(session, 7, "key", now=team.clock())


def test_a_link_of_a_mail_that_is_gone_opens_none_that_has_its_number(
    team: Team, mailed: tuple[int, int], database: Database
) -> None:
    """SQLite gives numbers again, and so does every database that is restored from a copy."""
    old = key_of(team, mailed[1])
    with database.transaction() as session:
        session.delete(session.get_one(DecisionLink, mailed[1]))
        session.flush()
        mail = session.get_one(Mail, mailed[1])
        comment = session.get_one(Comment, mailed[0])
        assert make_link(session, mail, comment, team.linus, now=team.clock())
    with database.transaction() as session:
        with pytest.raises(UnknownDecisionLink):
            open_link(session, mailed[1], old, now=team.clock())
        with pytest.raises(UnknownDecisionLink):
            decide_by_link(session, mailed[1], old, MailAction.APPROVE, now=team.clock())
    assert key_of(team, mailed[1]) != old
    assert state(team, mailed[1]) is LinkState.OPEN


def test_links_go_with_their_mail(team: Team, mailed: tuple[int, int], database: Database) -> None:
    team.clock.forward(8 * DAY)
    with database.transaction() as session:
        assert forget_ended(session, now=team.clock(), limit=10) == 2
    with database.reading() as session:
        assert session.scalars(select(DecisionLink)).all() == []
