"""From a colleague's click to a decision from the mail: over a real SMTP server, end to end."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.queue.calls import escalate
from moderation.models import Comment, Mail
from moderation.sender import Sender
from moderation.services import Services
from moderation.statuses import MailOutcome, Role, Status, Urgency
from tests.doubles import Clock
from tests.factories import make_comment, make_moderator, make_site
from tests.mail_server import MailServer, mail_server, settings_for

HOST = "https://talk.example"
TEXT, NAME, TITLE = "Zqtext to be seen by nobody", "Zqname", "Trees"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def overrides(server: MailServer) -> dict[str, Any]:
    return settings_for(server)


@pytest.fixture
def send(services: Services) -> Sender:
    (sender,) = [each for each in services.backgrounds if isinstance(each, Sender)]
    return sender


@pytest.fixture
def urgent(services: Services, clock: Clock) -> int:
    """A comment that a moderator finds urgent: Grace, who decides, and a viewer are told."""
    with services.database.transaction() as session:
        site = make_site(session)
        grace = make_moderator(session, services.vault)
        make_moderator(session, services.vault, email="v@example.com", role=Role.VIEWER, site=site)
        comment = make_comment(session, site, body=TEXT, name=NAME)
        clock.forward(3 * 3600 + 20 * 60)
        escalate(session, comment, Urgency.THREAT_TO_LIFE, moderator=grace, now=clock())
        return comment.id


def links(mail: EmailMessage) -> dict[str, str]:
    """What each link of a mail says it does, and its path."""
    text = mail.get_content()
    return dict(re.findall(rf"^([\w ,]+): {HOST}(/decision/\S+)\r?$", text, re.MULTILINE))


def test_an_urgent_comment_is_decided_from_a_mail(
    services: Services, send: Sender, server: MailServer, urgent: int, client: FlaskClient
) -> None:
    assert [send(), send(), send()] == [True, True, False]

    assert server.recipients == ["grace@example.com", "v@example.com"]
    mine, theirs = server.mails
    body = mine.get_content()
    assert mine["Subject"] == theirs["Subject"] == "Urgent: a comment on News"
    assert "Why: Threat to somebody’s life" in body
    assert "Under: news.example.com/trees" in body
    assert "04 May 2026, 12:00 UTC (3 h 20 min ago) and is hidden from readers" in body
    assert f"{HOST}/account/notices" in body
    assert re.fullmatch(r"<[0-9a-f]{32}@talk\.example>", mine["Message-ID"])
    for said in (TEXT, NAME, TITLE, "Zq", "@example.com"):
        assert said not in body and said not in mine["Subject"]
    assert links(theirs) == {}
    assert list(links(mine)) == ["Approve", "Reject, with a reason", "Reject as spam"]

    path = links(mine)["Approve"]
    page = client.get(path, base_url=HOST)
    assert (page.status_code, TEXT in page.text) == (200, True)
    done = client.post(path, base_url=HOST)
    assert (done.status_code, done.headers["Location"]) == (303, path)
    with services.database.reading() as session:
        assert session.get_one(Comment, urgent).status is Status.APPROVED
    assert "work no more" in client.get(path, base_url=HOST).text


def test_it_is_sent_again_under_the_same_name(
    services: Services, send: Sender, server: MailServer, urgent: int, clock: Clock
) -> None:
    server.data_answer = "451 later"
    send(), send()
    with services.database.reading() as session:
        names = set(session.scalars(select(Mail.message_id)))
    assert len(names) == 2 and all(name.endswith("@talk.example>") for name in names)
    server.data_answer = None
    clock.forward(60)
    send(), send()
    assert {mail["Message-ID"] for mail in server.mails} == names
    assert outcomes(services.database) == [MailOutcome.SENT] * 2


def test_what_was_decided_before_it_left_is_not_mailed(
    services: Services, send: Sender, server: MailServer, urgent: int
) -> None:
    with services.database.transaction() as session:
        session.get_one(Comment, urgent).urgent = None
    assert [send(), send(), send()] == [True, True, False]
    assert (server.raw, outcomes(services.database)) == ([], [MailOutcome.DROPPED] * 2)


def outcomes(database: Database) -> list[MailOutcome | None]:
    with database.reading() as session:
        return list(session.scalars(select(Mail.outcome).order_by(Mail.id)))
