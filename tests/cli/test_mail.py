"""`flask mail test`: a mail now, or what to do about it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import Result

from moderation.services import Services
from tests.mail_server import HOST, MailServer, mail_server, settings_for

Run = Callable[..., Result]
TO = "operator@example.com"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def overrides(server: MailServer) -> dict[str, Any]:
    return settings_for(server)


def test_a_mail_is_sent_now(run: Run, server: MailServer) -> None:
    done = run("mail", "test", TO)

    assert (done.exit_code, server.recipients) == (0, [TO])
    assert f"{HOST}:{server.port} took the mail." in done.output
    assert "https://talk.example" in server.mails[0].get_content()


@pytest.mark.parametrize(
    "answer, remedy",
    [
        ("550 no", "This address gets no mail: the SMTP server answered 550."),
        ("451 no", "wants the mail later (it answered 451)"),
        ("530 no", "set SMTP_USER and SMTP_PASSWORD"),
    ],
)
def test_what_the_server_says_is_told_with_its_remedy(
    run: Run, server: MailServer, answer: str, remedy: str
) -> None:
    server.recipient_answer = answer

    done = run("mail", "test", TO)

    assert done.exit_code == 1
    assert remedy in done.output


def test_what_is_no_address_is_told(run: Run, server: MailServer) -> None:
    done = run("mail", "test", "operator@example.com, eve@example.com")

    assert done.exit_code == 1
    assert "Check its spelling" in done.output
    assert server.raw == []


@pytest.mark.parametrize("overrides", [{}])
def test_without_a_server_the_settings_are_named(run: Run) -> None:
    done = run("mail", "test", TO)

    assert done.exit_code == 1
    assert "SMTP_HOST is empty" in done.output
    assert "Traceback" not in done.output


def test_a_server_that_does_not_answer_is_named(
    run: Run, services: Services, deserted_port: int
) -> None:
    object.__setattr__(services.mailer, "port", deserted_port)

    done = run("mail", "test", TO)

    assert done.exit_code == 1
    told = f"No SMTP server answers at {HOST}:{deserted_port}: check SMTP_HOST, SMTP_PORT"
    assert told in done.output
