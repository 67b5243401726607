"""What mails say. Plain text from templates; nothing in it was typed by a reader."""

import datetime as dt
import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from config import ROOT
from moderation.errors import MailRefused
from moderation.text import clean_line

TITLE_MAX = 80  # characters of a site's name in a subject
# Only .html is escaped: in plain text an & is an &.
_templates = Environment(
    loader=FileSystemLoader(ROOT / "templates" / "mails"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Who a mail is from and to, and what makes it the same mail when it is sent again."""

    sender: str
    to: str
    message_id: str
    date: dt.datetime


def proof_letter(
    envelope: Envelope, *, site: str, link: str, hours: int, expires_at: dt.datetime
) -> EmailMessage:
    """Asks whether an address is its reader's. `site` is the name that its owner gave it.

    Raises MailRefused where no mail can go to such an address.
    """
    name = clean_line(site)
    body = _templates.get_template("proof.txt").render(
        site=name, link=link, hours=hours, expires_at=f"{expires_at:%d %B %Y, %H:%M} UTC"
    )
    return _letter(envelope, f"Is this your address? Comments of {name[:TITLE_MAX]}", body)


def trial_letter(envelope: Envelope, *, public_url: str) -> EmailMessage:
    """Tells an operator that mails arrive. Raises MailRefused as `proof_letter` does."""
    body = _templates.get_template("trial.txt").render(public_url=public_url)
    return _letter(envelope, "Test of the comments", body)


def new_message_id(domain: str) -> str:
    """A name for a mail that no other has."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def domain_of(url: str) -> str:
    """The host of `url` as mails write it: an IP address in brackets (RFC 5321, section 4.1.3)."""
    host = urlsplit(url).hostname or "localhost"
    try:
        address = ip_address(host)
    except ValueError:
        # Only a name for ourselves: it need not be found, but must not be refused.
        return host.encode("ascii", "ignore").decode() or "localhost"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _letter(envelope: Envelope, subject: str, body: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = envelope.sender
    message["To"] = _deliverable(envelope.to)
    message["Subject"] = subject
    message["Date"] = format_datetime(envelope.date)
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    message.set_content(body)
    return message


def _deliverable(address: str) -> str:
    """The address with its domain in ASCII, which every server takes, where that is possible."""
    try:
        parts = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise MailRefused("no mail can go to such an address") from None
    return parts.ascii_email or parts.normalized
