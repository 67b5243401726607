"""A real SMTP server on loopback, which can refuse like real ones do."""

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.ports import free_port

HOST = "127.0.0.1"
USER, PASSWORD = "comments", "open sesame"
# What somebody else's server writes down is not in our log.
logging.getLogger("mail").addHandler(logging.NullHandler())
logging.getLogger("mail").propagate = False


@dataclass
class MailServer:
    """What it answers, and what it took."""

    port: int = field(default_factory=free_port)
    sender_answer: str | None = None
    recipient_answer: str | None = None
    data_answer: str | None = None
    """Instead of taking it."""
    quit_answer: str = "221 Bye"
    on_quit: Callable[[], None] = lambda: None
    """Called when a client says goodbye: it has heard that its mail is taken."""
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str | None] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        """All it took, oldest first."""
        return [message_from_bytes(each, policy=policy.default) for each in self.raw]  # type: ignore[misc]

    async def handle_MAIL(  # noqa: N802 (the library's name)
        self, _server: Any, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.data_answer:
            return self.data_answer
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.senders.append(envelope.mail_from)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        self.on_quit()
        return self.quit_answer


def settings_for(server: MailServer) -> dict[str, Any]:
    """Settings of an installation that sends its mails there."""
    return {
        "SMTP_HOST": HOST,
        "SMTP_PORT": server.port,
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "comments@news.example",
        "PUBLIC_URL": "https://talk.example",
    }


@contextmanager
def mail_server(
    certificate: Path | None = None, *, tls_at_once: bool = False, with_login: bool = False
) -> Iterator[MailServer]:
    """Serve until the end of the block; with a certificate STARTTLS or TLS at once is demanded.

    A login needs a certificate.
    """
    server = MailServer()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    controller = Controller(
        server,
        hostname=HOST,
        port=server.port,
        ssl_context=context if tls_at_once else None,
        tls_context=None if tls_at_once else context,
        require_starttls=context is not None and not tls_at_once,
        authenticator=_authenticate,
        auth_required=with_login,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _authenticate(
    _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
) -> AuthResult:
    known = isinstance(data, LoginPassword) and data == LoginPassword(
        USER.encode(), PASSWORD.encode()
    )
    return AuthResult(success=known, handled=False)
