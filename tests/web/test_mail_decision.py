"""The page behind a link of a mail that decides: it asks first, works once, gets around nothing."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from moderation.flow.mails import claim_mails, prepare
from moderation.flow.queue.calls import escalate
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, DecisionLink, Event, FindingRow, Mail, Moderator, Site
from moderation.privacy.links import DecisionLinks
from moderation.sender import LEASE
from moderation.services import Services
from moderation.statuses import (
    Change,
    Code,
    MailAction,
    Reason,
    Role,
    Status,
    Urgency,
    Verdict,
)
from tests.conftest import SECRETS
from tests.doubles import Clock
from tests.factories import make_comment
from tests.web.pages import Page
from tests.web.people import give_second_factor, said, sign_in

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEXT = "Zqtext that nobody else sees"
DAY = 86_400


@pytest.fixture
def urgent(services: Services, site: Site, grace: Moderator, linus: Moderator) -> int:
    """A comment that Linus found urgent, and Grace's mail about it that left."""
    now = services.clock()
    with services.database.transaction() as session:
        comment = make_comment(session, session.merge(site), body=TEXT)
        found = [Code.TOXICITY, Code.LINKS]
        for code in found:
            session.add(
                FindingRow(
                    comment_id=comment.id, event_id=1, code=code, verdict=Verdict.HOLD,
                    attribute="toxicity", value=0.95, threshold=0.8, status=comment.status,
                )
            )  # fmt: skip
        escalate(session, comment, Urgency.SELF_HARM, moderator=linus, now=now)
        session.execute(update(Mail).where(Mail.moderator_id == linus.id).values(ended_at=now))
        for mail in claim_mails(session, now=now, lease_for=LEASE):
            assert prepare(session, mail, vault=services.vault, now=now)
        return comment.id


@pytest.fixture
def path(services: Services, urgent: int) -> Callable[[MailAction], str]:
    """Where Grace's link leads that decides so."""
    with services.database.reading() as session:
        link = session.scalars(select(DecisionLink)).one()
    links = DecisionLinks(SECRETS["SECRET_KEY"])
    return lambda action: links.address("", link.mail_id, link.key, action)


Path = Callable[[MailAction], str]


def status_of(services: Services, comment_id: int) -> Status:
    with services.database.reading() as session:
        return session.get_one(Comment, comment_id).status


def change(services: Services, person: Moderator, **values: object) -> None:
    with services.database.transaction() as session:
        for name, value in values.items():
            setattr(session.get_one(Moderator, person.id), name, value)


def move(services: Services, comment_id: int, by: Moderator) -> None:
    with services.database.transaction() as session:
        seen = session.get_one(Comment, comment_id).version
        decide_by_hand(
            session, comment_id, Change.REJECTED, version_seen=seen, moderator=by,
            now=services.clock(), reason=Reason.SPAM,
        )  # fmt: skip


def test_it_shows_the_comment_and_asks_and_one_button_decides(
    client: FlaskClient, path: Path, urgent: int, services: Services, grace: Moderator
) -> None:
    answer = client.get(path(MailAction.APPROVE))
    assert answer.status_code == 200
    page = Page(answer.text)
    assert TEXT in page.text and "urgent: Self-harm" in page.text
    assert "toxicity 95% likely (limit 80%)" in page.text
    assert "You decide as grace" in page.text
    assert len(page.all("button")) == len(page.all("form")) == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers

    done = client.post(path(MailAction.APPROVE))

    assert (done.status_code, done.headers["Location"]) == (303, path(MailAction.APPROVE))
    assert done.headers["Referrer-Policy"] == "no-referrer"
    assert status_of(services, urgent) is Status.APPROVED
    with services.database.reading() as session:
        event = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.moderator_id, event.data["by_mail"]) == (grace.id, 1)
    after = client.get(path(MailAction.APPROVE))
    assert "Approved" in after.text and "Sign in to see or undo it" in after.text
    assert TEXT not in after.text, "once used, the link shows nothing"


def test_looking_at_it_decides_nothing_however_often(
    client: FlaskClient, path: Path, everything: Callable[[], object]
) -> None:
    """Mail scanners open every link."""
    before = everything()
    for action in MailAction:
        for _ in range(2):
            assert client.get(path(action)).status_code == 200
            assert client.head(path(action)).status_code == 200
    assert everything() == before


def test_a_rejection_asks_for_its_reason(
    client: FlaskClient, path: Path, urgent: int, services: Services
) -> None:
    for sent in ({}, {"reason": ""}, {"reason": "dislike"}):
        answer = client.post(path(MailAction.REJECT), data=sent)
        assert answer.status_code == 400
        assert said(answer) and TEXT in answer.text
    assert status_of(services, urgent) is Status.HELD
    client.post(path(MailAction.REJECT), data={"reason": "threat"})
    with services.database.reading() as session:
        comment = session.get_one(Comment, urgent)
    assert (comment.status, comment.reason) == (Status.REJECTED, Reason.THREAT)


def test_a_link_works_once_and_the_others_of_its_mail_go_with_it(
    client: FlaskClient, path: Path, urgent: int, services: Services
) -> None:
    client.post(path(MailAction.SPAM))
    for action in MailAction:
        answer = client.post(path(action), data={"reason": "other"})
        assert answer.status_code == 200 and "Rejected as spam" in answer.text
        assert TEXT not in answer.text
    with services.database.reading() as session:
        comment = session.get_one(Comment, urgent)
        moves = session.scalars(select(Event).where(Event.change == Change.REJECTED)).all()
    assert (comment.reason, len(moves)) == (Reason.SPAM, 1)


def test_a_link_that_is_too_old_shows_and_decides_nothing(
    client: FlaskClient, path: Path, urgent: int, services: Services, clock: Clock
) -> None:
    clock.forward(DAY)
    for answer in (client.get(path(MailAction.APPROVE)), client.post(path(MailAction.APPROVE))):
        assert (answer.status_code, TEXT in answer.text) == (410, False)
        assert "too old" in answer.text and "Sign in to decide" in answer.text
    assert status_of(services, urgent) is Status.HELD


def test_where_the_comment_moved_it_says_who_moved_it(
    client: FlaskClient, path: Path, urgent: int, services: Services, linus: Moderator
) -> None:
    move(services, urgent, linus)
    for answer in (client.get(path(MailAction.APPROVE)), client.post(path(MailAction.APPROVE))):
        assert answer.status_code == 409
        assert said(answer) == (
            "It is rejected now, by linus, so this link decides nothing any more."
        )
        assert TEXT not in answer.text
    assert status_of(services, urgent) is Status.REJECTED


@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"role": Role.VIEWER}], ids=["off", "looks only"]
)
def test_who_lost_the_right_to_decide_decides_nothing(
    client: FlaskClient,
    path: Path,
    urgent: int,
    services: Services,
    grace: Moderator,
    values: dict[str, object],
) -> None:
    change(services, grace, **values)
    for answer in (client.get(path(MailAction.APPROVE)), client.post(path(MailAction.APPROVE))):
        assert (answer.status_code, TEXT in answer.text) == (410, False)
    assert status_of(services, urgent) is Status.HELD


@sqlite
@pytest.mark.parametrize(
    "overrides, guard",
    [
        pytest.param({}, "factor", id="has a second factor"),
        pytest.param({"SECOND_FACTOR": "required"}, None, id="needs one"),
        pytest.param({}, "password", id="has a password of somebody else's"),
    ],
    indirect=["overrides"],
)
def test_a_mailed_link_is_no_way_around_a_second_factor(
    client: FlaskClient,
    path: Path,
    urgent: int,
    services: Services,
    grace: Moderator,
    guard: str | None,
) -> None:
    """It leads to the comment's own page, which the sign-in guards."""
    if guard == "factor":
        give_second_factor(services, grace)
    if guard == "password":
        change(services, grace, must_change_password=True)
    for answer in (client.get(path(MailAction.APPROVE)), client.post(path(MailAction.APPROVE))):
        assert (answer.status_code, TEXT in answer.text) == (303, False)
        onwards = answer.headers["Location"]
        assert client.get(onwards).headers["Location"] == f"/login?next={onwards}"
    assert status_of(services, urgent) is Status.HELD


@sqlite
def test_a_link_that_nobody_signed_here_leads_nowhere(
    client: FlaskClient, path: Path, urgent: int, services: Services
) -> None:
    good = path(MailAction.APPROVE)
    with services.database.reading() as session:
        link = session.scalars(select(DecisionLink)).one()
    ours = DecisionLinks(SECRETS["SECRET_KEY"])
    unknown = ours.address("", 999, link.key, MailAction.APPROVE)
    older = ours.address("", link.mail_id, "anotherKey", MailAction.APPROVE)
    other = DecisionLinks("t" * 43).address("", link.mail_id, link.key, MailAction.APPROVE)
    answers = [
        getattr(client, method)(each)
        for each in (good[:-1], good + "x", "/decision/forged", unknown, older, other)
        for method in ("get", "post")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert status_of(services, urgent) is Status.HELD


@sqlite
@pytest.mark.parametrize(
    "overrides", [{"PUBLIC_URL": "https://comments.example.com"}], indirect=True
)
def test_it_works_over_https_from_a_page_that_says_nothing_of_where_it_is(
    app: Flask, path: Path, urgent: int, services: Services
) -> None:
    sent = app.test_client().post(path(MailAction.APPROVE), base_url="https://comments.example.com")
    assert (sent.status_code, status_of(services, urgent)) == (303, Status.APPROVED)


@sqlite
def test_who_signs_in_afterwards_undoes_it(
    client: FlaskClient, path: Path, urgent: int, services: Services
) -> None:
    client.post(path(MailAction.APPROVE))
    sign_in(client)
    page = Page(client.get(f"/queue/{public_id(services, urgent)}").text)
    assert "by a link in a mail" in page.text
    fields = {
        "csrf_token": page.value("csrf_token"), "version": page.value("version"), "action": "undo"
    }  # fmt: skip
    client.post(f"/queue/{public_id(services, urgent)}/decisions", data=fields)
    with services.database.reading() as session:
        comment = session.get_one(Comment, urgent)
    assert (comment.status, comment.urgent) == (Status.HELD, Urgency.SELF_HARM)


@sqlite
def test_an_owner_of_another_site_cannot_read_it_by_a_link_from_before(
    client: FlaskClient, path: Path, services: Services, grace: Moderator
) -> None:
    with services.database.transaction() as session:
        other = Site(key="o", name="O", origins=[], policy={}, created_at=services.clock())
        session.add(other)
        session.flush()
        number = other.id
    change(services, grace, site_id=number)
    assert TEXT not in client.get(path(MailAction.APPROVE)).text


def public_id(services: Services, comment_id: int) -> str:
    with services.database.reading() as session:
        return session.get_one(Comment, comment_id).public_id
