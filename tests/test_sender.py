"""The sender over a real SMTP server on loopback: once, or once more where it is killed."""

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from moderation import sender
from moderation.app import create_app
from moderation.db import Database
from moderation.flow import mails
from moderation.flow.commenters import find_or_create_commenter
from moderation.housekeeping import Housekeeper
from moderation.metrics import REGISTRY
from moderation.models import Commenter, Mail, Site
from moderation.privacy.links import ProofLinks
from moderation.sender import LEASE, Sender
from moderation.serve import start_background
from moderation.services import Services
from moderation.statuses import MailOutcome, ScorerMode
from tests.doubles import NOON, Clock
from tests.factories import make_site
from tests.mail_server import HOST, MailServer, mail_server, settings_for
from tests.servers import wait_until

EMAIL = "ada@reader.example"
DAY = 86_400
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def overrides(server: MailServer) -> dict[str, Any]:
    return settings_for(server)


@pytest.fixture
def site(database: Database) -> Site:
    with database.transaction() as session:
        site = make_site(session)
        site.name = "Cats & Dogs"
        return site


@pytest.fixture
def senders(services: Services) -> list[Sender]:
    """What the serving process would run."""
    return [each for each in services.backgrounds if isinstance(each, Sender)]


@pytest.fixture
def send(senders: list[Sender]) -> Sender:
    (sender,) = senders
    return sender


def ask(services: Services, site: Site, email: str | None = EMAIL) -> int:
    now = services.clock()
    with services.database.transaction() as session:
        who = (
            find_or_create_commenter(session, site, email, vault=services.vault, now=now)
            if email
            else None
        )
        number = session.query(Mail).count()
        return mails.ask_for_proof(session, site, who, message_id=f"<{number}@x>", now=now).id


def outcomes(database: Database) -> list[MailOutcome | None]:
    with database.reading() as session:
        return list(session.scalars(select(Mail.outcome).order_by(Mail.id)))


def test_a_mail_leaves_once_with_a_link_that_works(
    services: Services, site: Site, send: Sender, server: MailServer
) -> None:
    ask(services, site)

    assert [send(), send()] == [True, False]

    (mail,) = server.mails
    assert (server.senders, server.recipients) == (["comments@news.example"], [EMAIL])
    body = mail.get_content()
    (link,) = [line for line in body.split() if line.startswith("https://talk.example/p/")]
    links = ProofLinks(services.settings.SECRET_KEY.get_secret_value())
    token = link.removeprefix("https://talk.example/p/")
    with services.database.reading() as session:
        ada = session.scalars(select(Commenter)).one()
    hours = dt.timedelta(hours=1)
    assert links.read(token, now=NOON + 47 * hours) == (ada.public_id, 1)
    assert links.read(token, now=NOON + 48 * hours) is None
    assert "Cats & Dogs" in body and "48 hours, until May 6, 2026, 12:00 UTC" in body
    assert outcomes(services.database) == [MailOutcome.SENT]


def test_one_that_cannot_be_prepared_keeps_no_other_waiting(
    services: Services,
    site: Site,
    send: Sender,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = ask(services, site)
    ask(services, site, "grace@reader.example")
    prepare = mails.prepare

    def sometimes(session: Session, mail: Mail, **known: Any) -> mails.Outgoing | None:
        if mail.id == broken:
            mail.outcome = MailOutcome.SENT  # what was begun is taken back
            session.flush()
            raise ZeroDivisionError
        return prepare(session, mail, **known)

    monkeypatch.setattr(mails, "prepare", sometimes)
    assert [send(), send(), send()] == [True, True, False]
    assert server.recipients == ["grace@reader.example"]
    assert outcomes(services.database) == [None, MailOutcome.SENT]
    with services.database.reading() as session:
        assert session.get_one(Mail, broken).attempts == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_what_did_not_leave_is_tried_again_later(
    services: Services,
    site: Site,
    send: Sender,
    server: MailServer,
    clock: Clock,
    deserted_port: int,
    is_there: bool,
) -> None:
    ask(services, site)
    server.recipient_answer = "451 later"
    if not is_there:
        object.__setattr__(services.mailer, "port", deserted_port)

    assert [send(), send()] == [True, False]
    assert outcomes(services.database) == [None]
    assert server.raw == []

    server.recipient_answer = None
    object.__setattr__(services.mailer, "port", server.port)
    clock.forward(59)
    assert not send()
    clock.forward(1)
    assert [send(), send()] == [True, False]
    assert len(server.raw) == 1
    assert outcomes(services.database) == [MailOutcome.SENT]


def test_what_is_refused_is_not_tried_again(
    services: Services, site: Site, send: Sender, server: MailServer, clock: Clock
) -> None:
    ask(services, site)
    server.recipient_answer = "550 nobody"
    send()
    server.recipient_answer = None
    clock.forward(DAY)

    assert not send()
    assert outcomes(services.database) == [MailOutcome.REFUSED]
    assert server.raw == []


class Killed(BaseException):
    """The process ends here."""


def test_killed_between_taken_and_commit_it_repeats_the_same_mail_once(
    services: Services,
    site: Site,
    send: Sender,
    server: MailServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(services, site)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(mails, "settle", killed)
        send()
    assert len(server.raw) == 1
    assert not send(), "it is leased"
    clock.forward(LEASE.total_seconds())
    assert [send(), send()] == [True, False]
    clock.forward(DAY)
    assert not send()

    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"] == "<0@x>"
    assert first.as_bytes() == second.as_bytes()


def test_killed_before_it_sent_it_sends_later(
    services: Services,
    site: Site,
    send: Sender,
    server: MailServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(services, site)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(type(services.mailer), "send", killed)
        send()
    clock.forward(LEASE.total_seconds())
    send()

    assert len(server.raw) == 1


def test_two_senders_at_once_send_each_mail_once(
    services: Services, site: Site, send: Sender, server: MailServer
) -> None:
    addresses = [f"r{n}@reader.example" for n in range(12)]
    for address in addresses:
        ask(services, site, address)
        ask(services, site, address)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        while send():
            pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(server.recipients) == sorted(addresses)
    assert sorted(map(str, outcomes(services.database))) == ["dropped"] * 12 + ["sent"] * 12


def test_no_transaction_is_open_while_it_sends(
    services: Services, site: Site, send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(services, site)
    seen = []

    def look(*_: object) -> None:
        seen.append(services.database.engine.pool.checkedout())  # type: ignore[attr-defined]

    monkeypatch.setattr(type(services.mailer), "send", look)
    send()

    assert seen == [0]


def test_an_unknown_address_and_a_mail_of_today_send_nothing(
    services: Services, site: Site, send: Sender, server: MailServer
) -> None:
    for email in (EMAIL, EMAIL, None):
        ask(services, site, email)
    while send():
        pass

    assert server.recipients == [EMAIL]
    assert outcomes(services.database) == [MailOutcome.SENT] + [MailOutcome.DROPPED] * 2


def test_a_mail_that_breaks_the_sender_does_not_stop_the_next(
    services: Services,
    site: Site,
    send: Sender,
    monkeypatch: pytest.MonkeyPatch,
    server: MailServer,
) -> None:
    ask(services, site)
    ask(services, site, "bob@reader.example")
    with monkeypatch.context() as patch:
        patch.setattr(sender, "proof_letter", lambda *_, **__: 1 / 0)
        send()
    send()

    assert server.recipients == ["bob@reader.example"]
    assert outcomes(services.database) == [None, MailOutcome.SENT]


@pytest.mark.parametrize("answer", [None, f"451 {EMAIL}", f"550 {EMAIL}"])
def test_logs_tell_no_address_name_or_link(
    services: Services,
    site: Site,
    send: Sender,
    server: MailServer,
    answer: str | None,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ask(services, site)
    server.recipient_answer = answer
    before = REGISTRY.get_sample_value("comments_mails_total", {"outcome": "sent"}) or 0
    with caplog.at_level(logging.DEBUG, logger="moderation"):
        send()

    told = "\n".join([*map(str, (r.msg for r in caplog.records)), capfd.readouterr().err])
    assert "mail_tried" in told
    for secret in ("ada", "reader.example", "Cats", "/p/", "@"):
        assert secret not in told
    after = REGISTRY.get_sample_value("comments_mails_total", {"outcome": "sent"}) or 0
    assert after - before == (answer is None)


@sqlite
def test_it_goes_on_after_an_error_until_it_is_stopped(
    services: Services,
    site: Site,
    send: Sender,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender, "POLL", 0.001)
    is_due, fails = mails.any_due, iter([True, True])

    def look(*arguments: Any, **named: Any) -> bool:
        if next(fails, False):
            raise RuntimeError("told to fail")
        return is_due(*arguments, **named)

    monkeypatch.setattr(mails, "any_due", look)
    ask(services, site)
    stop = start_background(send)
    wait_until(lambda: outcomes(services.database) == [MailOutcome.SENT])
    stop()

    ask(services, site, "bob@reader.example")
    assert server.recipients == [EMAIL]
    assert "background" not in {thread.name for thread in threading.enumerate()}


@sqlite
@pytest.mark.parametrize("mode", ScorerMode)
@pytest.mark.parametrize("host", [HOST, ""])
def test_the_server_has_a_sender_in_every_mode_where_mail_is_set_up(
    settings: Settings, mode: ScorerMode, host: str
) -> None:
    changes = {"SCORER": mode, "SMTP_HOST": host}
    app = create_app(settings.model_copy(update=changes))

    backgrounds = app.extensions["moderation"].backgrounds

    app.extensions["moderation"].database.dispose()
    assert [type(each) for each in backgrounds].count(Sender) == (1 if host else 0)


def test_old_mails_go_with_the_housekeeper(
    services: Services, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    housekeeper: Housekeeper = services.housekeeper
    monkeypatch.setattr("moderation.housekeeping.BATCH", 2)
    for _ in range(5):
        ask(services, site)
    clock.forward(7 * DAY)
    housekeeper()
    assert len(outcomes(services.database)) == 5

    clock.forward(1)
    housekeeper()
    assert outcomes(services.database) == []
