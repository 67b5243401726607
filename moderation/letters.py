"""What mails say. Plain text from templates; nothing in it was typed by a reader.

Those to readers speak the language of the site's pages, by the same catalogues.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date
from email_validator import EmailNotValidError, validate_email
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from config import ROOT
from moderation.errors import MailRefused
from moderation.languages import catalogue
from moderation.statuses import MailAction, MailKind, Status
from moderation.text import clean_line
from moderation.words import REASONS, RULES, URGENCIES, show_span

TITLE_MAX = 80  # characters of a site's name in a subject


def _make_environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates" / "mails"),
        autoescape=select_autoescape(),  # only .html: in plain text an & is an &
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.filters["one_line"] = clean_line
    made.globals.update(RULES=RULES, URGENCIES=URGENCIES)
    return made


_templates = _make_environment()
# The same each time, without a number in it, so that mail programs put mails of a kind together.
SUBJECTS = {
    MailKind.URGENT: "Urgent: a comment on {about}",
    MailKind.HELD: "Comments wait: {about}",
    MailKind.DIGEST: "The queue: {about}",
    MailKind.WAITING: "Comments have waited for long: {about}",
    MailKind.SCORER_DOWN: "The scorer is down: {about}",
    MailKind.SCORER_BACK: "The scorer is back: {about}",
    MailKind.SURGE: "Very many comments: {about}",
}


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Who a mail is from and to, and what makes it the same mail when it is sent again."""

    sender: str
    to: str
    message_id: str
    date: dt.datetime


class AsItIs(UnstructuredHeader):
    """A header in one piece: folded or encoded, an address is found by no mail program."""

    name: str  # of the class that the registry makes of this one

    def fold(self, *, policy: Any) -> str:
        """The line as it stands in the mail. RFC 5322 allows 998 characters."""
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", AsItIs)  # type: ignore[arg-type]  # likewise
POLICY = SMTP.clone(header_factory=_headers)


def proof_letter(
    envelope: Envelope,
    *,
    site: str,
    link: str,
    hours: int,
    expires_at: dt.datetime,
    language: str,
) -> EmailMessage:
    """Asks whether an address is its reader's. `site` is the name that its owner gave it.

    Raises MailRefused where no mail can go to such an address.
    """
    name = clean_line(site)
    body = (
        _templates_in(language)
        .get_template("proof.txt")
        .render(
            site=name,
            link=link,
            hours=hours,
            expires_at=_moment_in(expires_at, language),
        )
    )
    subject = catalogue(language).gettext("Is this your address? Comments of %(site)s")
    return _letter(envelope, subject % {"site": name[:TITLE_MAX]}, body)


def reader_letter(
    envelope: Envelope,
    kind: MailKind,
    *,
    letter: Any,
    site: str,
    link: str,
    unsubscribe: str,
    language: str,
) -> EmailMessage:
    """Tells a commenter what a `letter` of the flow says of their comment. Raises MailRefused.

    `link` leads to its private page, `unsubscribe` ends such mails: also by one click in the mail
    program (RFC 8058), which needs https.
    """
    name = clean_line(site)
    body = (
        _templates_in(language)
        .get_template(f"{kind}.txt")
        .render(
            letter=letter,
            reason=_reason(letter, language),
            site=name,
            link=link,
            unsubscribe=unsubscribe,
        )
    )
    subject = _subject(kind, letter, language) % {"site": name[:TITLE_MAX]}
    message = _letter(envelope, subject, body)
    if unsubscribe.startswith("https://"):
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def _subject(kind: MailKind, letter: Any, language: str) -> str:
    words = catalogue(language)
    if kind is MailKind.PRIVATE_LINK:
        return words.gettext("The private page of your comment on %(site)s")
    if kind is MailKind.REPLIES:
        return words.gettext("Somebody answered your comment on %(site)s")
    if letter.status is Status.APPROVED:
        return words.gettext("Your comment on %(site)s is published")
    return words.gettext("Your comment on %(site)s was not published")


def _reason(letter: Any, language: str) -> str | None:
    """Why a comment was rejected, as the site says it, or in the built-in words."""
    if letter.reason is None:
        return None
    return clean_line(letter.sentence or catalogue(language).gettext(REASONS[letter.reason]))


@cache
def _templates_in(language: str) -> Environment:
    made = _make_environment()
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]  # by its extension
    return made


def invitation_letter(
    envelope: Envelope, *, site: str | None, host: str, link: str, expires_at: dt.datetime
) -> EmailMessage:
    """Invites somebody to the team of a site, or of all at `host` (None). Raises MailRefused."""
    name = clean_line(site or "")
    body = _templates.get_template("invitation.txt").render(
        site=name, host=host, link=link, expires_at=_moment(expires_at)
    )
    about = name[:TITLE_MAX] or domain_of(host)
    return _letter(envelope, f"Invitation to moderate the comments of {about}", body)


def reset_letter(
    envelope: Envelope, *, host: str, link: str, expires_at: dt.datetime
) -> EmailMessage:
    """Carries the link by which a moderator sets a new password. Raises MailRefused."""
    body = _templates.get_template("reset.txt").render(
        host=host, link=link, expires_at=_moment(expires_at)
    )
    return _letter(envelope, f"A new password for the comments at {domain_of(host)}", body)


def notice_letter(
    envelope: Envelope,
    kind: MailKind,
    *,
    notice: Any,
    site: str | None,
    links: Mapping[MailAction, str],
    public_url: str,
    now: dt.datetime,
) -> EmailMessage:
    """Tells a moderator what a `notice` of the flow says. Raises MailRefused.

    `site` is the name that its owner gave it, None where the mail is about all that they see;
    `links` decide about the comment that it is about.
    """
    name = clean_line(site or "")
    body = _templates.get_template(f"{kind}.txt").render(
        notice=notice,
        site=name,
        links={action.value: link for action, link in links.items()},
        public_url=public_url,
        moment=lambda at: f"{at.astimezone(notice.zone):%d %B %Y, %H:%M %Z}",
        span=lambda at: show_span(max(0.0, (now - at).total_seconds())),
    )
    about = name[:TITLE_MAX] or domain_of(public_url)
    return _letter(envelope, SUBJECTS[kind].format(about=about), body)


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


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC"


def _moment_in(moment: dt.datetime, language: str) -> str:
    return f"{format_date(moment, 'long', locale=language)}, {moment:%H:%M} UTC"


def _letter(envelope: Envelope, subject: str, body: str) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
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
