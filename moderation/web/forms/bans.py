"""The forms by which moderators ban: whom, where, for how long, and why."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from moderation.flow.bans.targets import WORD_MAX, WORD_MIN
from moderation.models import Site
from moderation.privacy.addresses import range_of
from moderation.privacy.vault import is_email
from moderation.statuses import BanKind
from moderation.text import fold
from moderation.web.filters import BAN_DAYS, BAN_KINDS
from moderation.web.forms.fields import EMAIL_MAX, REASON_MAX, cleaned_line
from moderation.web.forms.team import ALL_SITES


class BanForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Where, for how long and why; whom is known already."""

    site = SelectField("Where")
    days = SelectField(
        "For how long",
        choices=[SelectChoice(days, words.capitalize()) for days, words in BAN_DAYS.items()],
        default="7",
    )
    reason = StringField(
        "Reason, for your colleagues",
        filters=[cleaned_line],
        validators=[
            DataRequired("Please say why."),
            Length(max=REASON_MAX, message="Please use at most %(max)d characters."),
        ],
        render_kw={"autocomplete": "off", "maxlength": REASON_MAX},
    )

    def __init__(self, sites: Sequence[Site], *arguments: Any, everywhere: bool) -> None:
        """Bind what was sent, with these sites to choose from, and all of them `everywhere`."""
        super().__init__(*arguments)
        self.sites = {site.key: site for site in sites}
        self.site.choices = [SelectChoice(site.key, site.name) for site in sites]
        if everywhere:
            self.site.choices.append(SelectChoice(ALL_SITES, "All sites, those to come too"))

    @property
    def where(self) -> Site | None:
        """The site that was chosen; None: all."""
        return self.sites.get(self.site.data)


class NewBanForm(BanForm):
    """The same, and whom. An email travels in the body only, as addresses of pages are logged."""

    kind = SelectField(
        "What to ban",
        choices=[SelectChoice(kind.value, words.capitalize()) for kind, words in BAN_KINDS.items()],
    )
    whom = StringField(
        "Which one",
        filters=[cleaned_line],
        validators=[
            DataRequired("Please say which one."),
            Length(max=EMAIL_MAX, message="This is too long."),
        ],
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "off",
            "spellcheck": "false",
            "maxlength": EMAIL_MAX,
        },
    )

    def validate_whom(self, field: Field) -> None:
        """It is what `kind` says."""
        problem = _problem(self.kind.data, field.data)
        if problem:
            raise ValidationError(problem)


def _problem(kind: str, whom: str) -> str | None:
    if kind == BanKind.EMAIL and not is_email(whom):
        return "Please enter an email address, such as name@example.com."
    if kind == BanKind.DOMAIN and not is_email(f"anybody@{whom.removeprefix('@')}"):
        return "Please enter a domain, such as example.com."
    if kind == BanKind.ADDRESS and range_of(whom) is None:
        return (
            "Please enter a network address, such as 192.0.2.1. Ranges wider than /24 (IPv4) or "
            "/48 (IPv6) cannot be banned."
        )
    if kind == BanKind.WORD and not WORD_MIN <= len(fold(whom)) <= WORD_MAX:
        return f"Please enter a word or phrase of {WORD_MIN} to {WORD_MAX} characters."
    return None
