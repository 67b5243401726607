"""The forms by which owners set the rules of a site: one for each section of the page."""

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from moderation.errors import ForeignArticle
from moderation.flow.articles import origin_of
from moderation.flow.sites import NAME_MAX, ORIGINS_MAX
from moderation.policy.limits import CONTACT_MAX
from moderation.statuses import Publishing
from moderation.web.forms.fields import cleaned_line
from moderation.web.forms.rules import (
    LimitsForm,
    LinesField,
    RulesForm,
    as_the_rules,
    language_field,
    lines,
    number,
    radio,
    switch,
)

PUBLISHING = {
    Publishing.MACHINE: "The machine publishes what it finds clean; the rest waits for a person.",
    Publishing.FIRST: "A person approves first comments. Those of people with a proven address and "
    "an approved comment are left to the machine.",
    Publishing.HUMAN: "A person approves everything.",
    Publishing.CLOSED: "Closed: no new comments. Those that are there stay.",
}
PRESETS = {
    "relaxed": "Relaxed: holds what the model is nearly sure of. Little waits; about half of what "
    "is toxic appears.",
    "balanced": "Balanced: of clean comments about 3 in 100 wait; about 1 toxic comment in 5 "
    "appears.",
    "strict": "Strict: about 10 in 100 clean comments wait; fewer than 1 toxic comment in 10 "
    "appears.",
}
ORDERS = {"oldest": "Oldest first", "newest": "Newest first"}


class PublishingForm(RulesForm):
    """Who publishes, and for how long an article takes comments."""

    rules = ("publishing", "closes_after_days")
    publishing = radio("Under every article", PUBLISHING)
    closes_after_days = number("closes_after_days", "Close articles after so many days")


class ModelForm(LimitsForm):
    """How much the model holds."""

    rules = ("preset", "thresholds", "language")
    preset = radio("How much it holds", PRESETS)
    language = language_field(
        "Language of the site", DataRequired("Please enter a language, such as en.")
    )

    @classmethod
    def shown(cls, rules: dict[str, Any]) -> dict[str, Any]:
        """A field for each attribute."""
        return {**rules, **cls.shown_limits(rules["thresholds"])}

    @property
    def wanted(self) -> dict[str, Any]:
        """Only the limits that were typed."""
        return {
            "preset": self.preset.data,
            "thresholds": self.own_limits,
            "language": self.language.data,
        }


class WritingForm(RulesForm):
    """What the form asks of commenters, and what they may do afterwards."""

    rules = (
        "email_required",
        "confirm_addresses",
        "body_max",
        "links_max",
        "edit_minutes",
        "nudge",
    )
    email_required = switch("An email address is required")
    confirm_addresses = switch("Ask new commenters by mail whether the address is theirs")
    body_max = number("body_max", "Characters of a comment, at most")
    links_max = number("links_max", "Links in a comment that need no look")
    edit_minutes = number("edit_minutes", "Minutes in which commenters may change their text")
    nudge = switch("Ask once, “post it or change it?”, before a text that the model finds rude")


class WordsForm(RulesForm):
    """Words and names that a comment is held for."""

    rules = ("banned_words", "reject_banned_words", "suspect_words", "reserved_names")
    banned_words = lines("Banned words")
    reject_banned_words = switch("Reject what holds a banned word, instead of holding it")
    suspect_words = lines("Suspect words")
    reserved_names = lines("Names that nobody else may use")


class ThreadForm(RulesForm):
    """How readers meet a thread."""

    rules = ("newest_first", "reply_depth", "avatars")
    newest_first = radio("Order", ORDERS)
    reply_depth = number("reply_depth", "Levels of replies")
    avatars = switch("A picture beside each name")

    @classmethod
    def shown(cls, rules: dict[str, Any]) -> dict[str, Any]:
        """The order is a choice of two."""
        return {**rules, "newest_first": "newest" if rules["newest_first"] else "oldest"}

    @property
    def wanted(self) -> dict[str, Any]:
        """The choice of two is a yes or no."""
        return {**super().wanted, "newest_first": self.newest_first.data == "newest"}


class WatchForm(RulesForm):
    """When people are to look although the machine would not ask them."""

    rules = (
        "report_holds",
        *("surge_comments", "surge_holds", "surge_minutes", "surge_hours"),
        *("hidden_score_share", "audit_share"),
    )
    report_holds = number("report_holds", "Reports by different readers that hold a comment")
    surge_comments = number("surge_comments", "Comments under one article that are very many")
    surge_holds = number("surge_holds", "Held comments under one article that are very many")
    surge_minutes = number("surge_minutes", "Within so many minutes")
    surge_hours = number("surge_hours", "Then a person approves everything there for so many hours")
    hidden_score_share = number(
        "hidden_score_share", "Percent of held comments decided without seeing the score"
    )
    audit_share = number("audit_share", "Percent of what the machine approved, to look at")


class DataForm(RulesForm):
    """How long personal data stays, and who answers for it."""

    rules = (
        *("contact", "keep_email_days", "keep_identity_days", "keep_rejected_days"),
        *("keep_address_days", "keep_undo_days", "erasure_days"),
    )
    contact = StringField(
        "Who answers for the site",
        filters=[cleaned_line],
        validators=[as_the_rules],
        render_kw={"maxlength": CONTACT_MAX, "autocomplete": "off", "dir": "auto"},
    )
    keep_email_days = number("keep_email_days", "Days to keep an email")
    keep_identity_days = number("keep_identity_days", "Days to know a commenter again")
    keep_rejected_days = number("keep_rejected_days", "Days to keep rejected comments")
    keep_address_days = number("keep_address_days", "Days to keep networks")
    keep_undo_days = number("keep_undo_days", "Days to keep what was masked")
    erasure_days = number("erasure_days", "Days to think an erasure over")


class AddressesForm(RulesForm):
    """What makes two addresses the same article."""

    rules = ("tracking_parameters",)
    tracking_parameters = lines("Parameters that do not make another article")


class SiteForm(FlaskForm):  # type: ignore[misc]
    """Name and origins. `removes` holds the origins that the page has warned of removing."""

    name = StringField(
        "Name",
        filters=[cleaned_line],
        validators=[
            DataRequired("Please enter a name."),
            Length(max=NAME_MAX, message="Please use at most %(max)d characters."),
        ],
        render_kw={"maxlength": NAME_MAX, "autocomplete": "off", "dir": "auto"},
    )
    origins = LinesField("Addresses of its pages", render_kw={"rows": 3, "dir": "ltr"})
    removes = HiddenField()

    def validate_origins(self, field: Field) -> None:
        """Each is one; kept without path, once."""
        try:
            field.data = list(dict.fromkeys(map(origin_of, field.data)))
        except ForeignArticle as error:
            says = f"An origin looks like https://example.com, one a line: {error}."
            raise ValidationError(says) from None
        if not field.data:
            raise ValidationError("Please enter at least one, such as https://example.com.")
        if len(field.data) > ORIGINS_MAX:
            raise ValidationError(f"Please enter at most {ORIGINS_MAX}.")

    def removed_of(self, origins: Iterable[str]) -> list[str]:
        """Those of the stored origins that would go."""
        return [origin for origin in origins if origin not in self.origins.data]
