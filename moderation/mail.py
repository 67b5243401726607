"""Sending one mail over SMTP. Knows no database; what goes wrong is a typed error."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

from moderation.errors import MailFailed, MailRefused
from moderation.statuses import MailSecurity

TIMEOUT = 30.0  # seconds for each step of the conversation
# What servers answer to each recipient while it is the login that is wrong (RFC 4954, section 6).
LOGIN_CODES = (530, 534, 535, 538)
LATER = "The SMTP server wants the mail later (it answered {code})."


@dataclass(frozen=True, kw_only=True)
class Mailer:
    """A way to one SMTP server. Certificates are verified; each mail has its own connection."""

    host: str
    port: int
    security: MailSecurity
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    domain: str
    """Who we say we are."""
    timeout: float = TIMEOUT

    def send(self, message: EmailMessage) -> None:
        """Hand the mail over: once this returns, the server has taken it.

        Raises MailRefused where it never will, MailFailed where it may later.
        """
        with _told(self), _left(self._connect()) as server:
            self._sign_in(server)
            _hand_over(server, message)

    def _connect(self) -> smtplib.SMTP:
        # Heeds SSL_CERT_FILE; checks the certificate and its name.
        context = ssl.create_default_context()
        if self.security is MailSecurity.TLS:
            return smtplib.SMTP_SSL(
                self.host, self.port, self.domain, timeout=self.timeout, context=context
            )
        server = smtplib.SMTP(self.host, self.port, self.domain, timeout=self.timeout)
        if self.security is MailSecurity.STARTTLS:
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if not self.user:
            return
        try:
            server.login(self.user, self.password)
        except smtplib.SMTPNotSupportedError:
            raise MailFailed(
                "The SMTP server takes no login here: empty SMTP_USER, or change SMTP_SECURITY."
            ) from None
        except (smtplib.SMTPAuthenticationError, UnicodeEncodeError):
            raise MailFailed(
                "The SMTP server refuses the login: check SMTP_USER and SMTP_PASSWORD."
            ) from None


@contextmanager
def _left(server: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """Say goodbye at the end. What the server answers to it must not have a taken mail repeated."""
    try:
        yield server
    finally:
        with suppress(OSError):
            server.quit()
        server.close()


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPNotSupportedError:
        raise MailRefused("the SMTP server takes no address in this script") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise _refusal(max(codes, default=0)) from None
    except smtplib.SMTPSenderRefused as error:
        if error.smtp_code < 500:
            raise MailFailed(LATER.format(code=error.smtp_code)) from None
        raise MailFailed(
            f"The SMTP server takes no mail from MAIL_FROM (it answered {error.smtp_code}): "
            "check MAIL_FROM and SMTP_USER."
        ) from None
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code) from None


def _refusal(code: int) -> MailRefused | MailFailed:
    if code in LOGIN_CODES:
        return MailFailed(
            f"The SMTP server wants a login (it answered {code}): set SMTP_USER and SMTP_PASSWORD."
        )
    if 500 <= code < 600:
        return MailRefused(f"the SMTP server answered {code}")
    return MailFailed(LATER.format(code=code))


@contextmanager
def _told(mailer: Mailer) -> Iterator[None]:
    """Say what went wrong on the way, and its remedy, without what the server said: it quotes."""
    place = f"{mailer.host}:{mailer.port}"
    try:
        yield
    except (MailRefused, MailFailed):
        raise
    except ssl.SSLCertVerificationError:
        raise MailFailed(
            f"The certificate of {place} cannot be verified: SMTP_HOST must be the name in it, and "
            "its issuer known to this machine (SSL_CERT_FILE)."
        ) from None
    except (ssl.SSLError, smtplib.SMTPNotSupportedError):
        raise MailFailed(
            f"No encrypted connection to {place}: SMTP_SECURITY is {mailer.security}, which most "
            "servers offer on port " + ("465." if mailer.security is MailSecurity.TLS else "587.")
        ) from None
    except smtplib.SMTPResponseException as error:
        raise MailFailed(LATER.format(code=error.smtp_code)) from None
    except (OSError, smtplib.SMTPException):
        raise MailFailed(
            f"No SMTP server answers at {place}: check SMTP_HOST, SMTP_PORT and SMTP_SECURITY."
        ) from None
