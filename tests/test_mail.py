"""One mail over SMTP to a real server on loopback: what is taken, refused, and how it is told."""

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from config import SettingsError, load_settings
from moderation.errors import MailFailed, MailRefused
from moderation.letters import Envelope, domain_of, new_message_id, proof_letter, trial_letter
from moderation.mail import Mailer
from moderation.statuses import MailSecurity
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.mail_server import HOST, PASSWORD, USER, MailServer, mail_server

TO = "ada@reader.example"
FROM = "comments@news.example"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def mailer(port: int, security: MailSecurity = MailSecurity.NONE, **changes: Any) -> Mailer:
    return Mailer(
        host=HOST, port=port, security=security, domain="news.example", timeout=30, **changes
    )


def envelope(to: str = TO, message_id: str = "<one@news.example>") -> Envelope:
    return Envelope(sender=FROM, to=to, message_id=message_id, date=NOON)


def letter(to: str = TO, site: str = "News", **changes: str) -> EmailMessage:
    link = changes.pop("link", "https://talk.example/p/token")
    known = {"site": site, "link": link, "hours": 48, "expires_at": NOON, "language": "en"}
    return proof_letter(envelope(to, **changes), **known)  # type: ignore[arg-type]


def test_a_mail_arrives_as_it_was_written(server: MailServer) -> None:
    mailer(server.port).send(letter(site="Cats & <Dogs> – Größe"))

    (mail,) = server.mails
    assert (server.senders, server.recipients) == ([FROM], [TO])
    assert (mail["From"], mail["To"]) == (FROM, TO)
    assert mail["Subject"] == "Is this your address? Comments of Cats & <Dogs> – Größe"
    assert mail["Message-ID"] == "<one@news.example>"
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    body = mail.get_content().replace("\r\n", "\n")
    assert "to the comments of Cats & <Dogs> – Größe: with" in body
    assert "\nhttps://talk.example/p/token\n" in body
    assert "works for 48 hours, until May 4, 2026, 12:00 UTC." in body
    assert "If it was not you, ignore this mail" in body


@pytest.mark.parametrize("separator", ["\r\n", "\n", "\r", "\u2028", "\x00", "\x0b", "\x85"])
def test_the_name_of_a_site_adds_no_header(server: MailServer, separator: str) -> None:
    mailer(server.port).send(letter(site=f"News{separator}Bcc: eve@evil.example"))

    (mail,) = server.mails
    assert "Bcc" not in mail
    assert server.recipients == [TO]
    assert len(mail.keys()) == len(letter().keys())


@pytest.mark.parametrize(
    "to",
    [
        "ada@reader.example\r\nBcc: eve@evil.example",
        "ada@reader.example, eve@evil.example",
        "Ada <ada@reader.example>",
        "nobody",
        "",
    ],
)
def test_only_one_plain_address_gets_a_mail(to: str) -> None:
    with pytest.raises(MailRefused) as told:
        letter(to)

    assert "@" not in str(told.value)


def test_a_long_name_and_a_long_host_spoil_nothing(server: MailServer) -> None:
    host = ".".join(["a-long-name-of-a-host"] * 8)
    message_id, link = new_message_id(host), f"https://{host}/p/{'x' * 300}"

    mailer(server.port).send(letter(site="N" * 500, message_id=message_id, link=link))

    (mail,) = server.mails
    assert mail["Message-ID"] == message_id
    assert link in mail.get_content().split()
    assert message_id.encode() in server.raw[0]


def test_a_domain_in_another_script_gets_its_mail(server: MailServer) -> None:
    mailer(server.port).send(letter("ada@bücher.example"))

    assert server.recipients == ["ada@xn--bcher-kva.example"]


@pytest.mark.parametrize("answer", ["421 busy", "500 what"])
def test_a_mail_that_was_taken_has_left_whatever_comes_after(
    server: MailServer, answer: str
) -> None:
    server.quit_answer = answer

    mailer(server.port).send(letter())

    assert server.recipients == [TO]


@pytest.mark.parametrize("step", ["recipient_answer", "data_answer"])
def test_a_refusal_for_good_is_told_apart(server: MailServer, step: str) -> None:
    setattr(server, step, f"550 no such person {TO}")

    with pytest.raises(MailRefused) as told:
        mailer(server.port).send(letter())

    assert str(told.value) == "the SMTP server answered 550"


@pytest.mark.parametrize(
    "step, answer, remedy",
    [
        ("recipient_answer", f"451 {TO} later", "wants the mail later (it answered 451)"),
        ("data_answer", "452 full", "wants the mail later (it answered 452)"),
        ("sender_answer", "450 later", "wants the mail later (it answered 450)"),
        ("sender_answer", f"550 who is {FROM}", "check MAIL_FROM and SMTP_USER"),
        ("recipient_answer", "530 first say who you are", "set SMTP_USER and SMTP_PASSWORD"),
    ],
)
def test_what_may_work_later_is_told_with_its_remedy(
    server: MailServer, step: str, answer: str, remedy: str
) -> None:
    setattr(server, step, answer)

    with pytest.raises(MailFailed) as told:
        mailer(server.port).send(letter())

    assert remedy in str(told.value)
    assert "@" not in str(told.value)
    assert server.raw == []


@pytest.mark.parametrize("security", MailSecurity)
def test_a_server_that_is_not_there_is_told(security: MailSecurity, deserted_port: int) -> None:
    with pytest.raises(MailFailed, match=f"No SMTP server answers at {HOST}:{deserted_port}"):
        mailer(deserted_port, security).send(letter())


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server((HOST, 0)) as silent:
        slow = mailer(silent.getsockname()[1])
        with pytest.raises(MailFailed, match="No SMTP server answers"):
            Mailer(**{**vars(slow), "timeout": 0.05}).send(letter())


@pytest.mark.parametrize("at_once, security", [(False, "starttls"), (True, "tls")])
def test_an_encrypted_connection_is_used_where_its_certificate_counts(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool, security: str
) -> None:
    with mail_server(certificate, tls_at_once=at_once) as server:
        way = mailer(server.port, MailSecurity(security))
        with pytest.raises(MailFailed, match="certificate .* cannot be verified"):
            way.send(letter())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        way.send(letter())

    assert server.recipients == [TO]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_nothing_is_said_to_a_server_without_encryption(server: MailServer, security: str) -> None:
    with pytest.raises(MailFailed, match=f"SMTP_SECURITY is {security}"):
        mailer(server.port, MailSecurity(security)).send(letter())

    assert server.raw == []


@pytest.mark.parametrize("password", [PASSWORD, "wrong", "größer"])
def test_a_login_is_used_and_a_wrong_one_told(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate, with_login=True) as server:
        way = mailer(server.port, MailSecurity.STARTTLS, user=USER, password=password)
        if password == PASSWORD:
            way.send(letter())
        else:
            with pytest.raises(MailFailed, match="check SMTP_USER and SMTP_PASSWORD"):
                way.send(letter())
        with pytest.raises(MailFailed):
            mailer(server.port, MailSecurity.STARTTLS).send(letter())

    assert len(server.raw) == (password == PASSWORD)


def test_a_mailer_shows_no_password() -> None:
    assert PASSWORD not in repr(mailer(25, user=USER, password=PASSWORD))


def test_a_trial_says_whence_it_comes(server: MailServer) -> None:
    mailer(server.port).send(trial_letter(envelope(), public_url="https://talk.example"))

    assert "https://talk.example" in server.mails[0].get_content()


@pytest.mark.parametrize(
    "url, domain",
    [
        ("https://talk.example:8443/x", "talk.example"),
        ("http://127.0.0.1:8000", "[127.0.0.1]"),
        ("http://[::1]:8000", "[IPv6:::1]"),
        ("https://bücher.example", "bcher.example"),
    ],
)
def test_we_name_ourselves_as_mails_do(url: str, domain: str) -> None:
    assert domain_of(url) == domain
    assert new_message_id(domain) != new_message_id(domain)


# Settings

MAIL = {"SMTP_HOST": "smtp.example.com", "MAIL_FROM": FROM}


def test_mail_is_encrypted_and_off_until_a_host_is_named(tmp_path: Path) -> None:
    without = load_settings(tmp_path / "none", **SECRETS)
    with_host = load_settings(tmp_path / "none", **SECRETS, **MAIL, SMTP_PASSWORD=PASSWORD)

    assert (without.SMTP_HOST, without.MAIL_FROM) == ("", "")
    assert (with_host.SMTP_PORT, with_host.SMTP_SECURITY) == (587, MailSecurity.STARTTLS)
    assert PASSWORD not in repr(with_host)


@pytest.mark.parametrize(
    "host, is_here", [("127.0.0.1", True), ("localhost", True), ("smtp", False)]
)
def test_only_this_machine_gets_mails_unencrypted(tmp_path: Path, host: str, is_here: bool) -> None:
    given = {**SECRETS, **MAIL, "SMTP_HOST": host, "SMTP_SECURITY": "none"}
    if is_here:
        assert load_settings(tmp_path / "none", **given).SMTP_SECURITY is MailSecurity.NONE
    else:
        with pytest.raises(SettingsError, match="SMTP_SECURITY: .*another machine"):
            load_settings(tmp_path / "none", **given)


@pytest.mark.parametrize(
    "sender",
    ["", "nobody", "a@example.com\r\nBcc: b@example.com", "a@example.com\n", "A <a@example.com>"],
)
def test_mails_need_one_address_that_they_are_from(tmp_path: Path, sender: str) -> None:
    with pytest.raises(SettingsError, match="MAIL_FROM: ") as told:
        load_settings(tmp_path / "none", **{**SECRETS, **MAIL, "MAIL_FROM": sender})

    assert not sender or sender not in str(told.value)
