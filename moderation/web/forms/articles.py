"""The forms by which owners give one article rules of its own."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import NumberRange, Optional

from moderation.flow.articles import URL_MAX
from moderation.models import Article
from moderation.policy.articles import OWN_RULES
from moderation.policy.limits import NUMBERS
from moderation.statuses import Publishing
from moderation.web.forms.fields import cleaned_line
from moderation.web.forms.rules import (
    LimitsForm,
    NumberField,
    language_field,
    lines,
    number,
)

NEVER = 0  # days, as typed; the rule itself is None then
DAYS_MAX = NUMBERS["closes_after_days"].most
PUBLISHING = {
    Publishing.MACHINE: "The machine publishes what it finds clean",
    Publishing.FIRST: "A person approves first comments",
    Publishing.HUMAN: "A person approves everything",
    Publishing.CLOSED: "Closed: no new comments",
}
PRESETS = {"relaxed": "Relaxed", "balanced": "Balanced", "strict": "Strict"}
EMAIL = {"yes": "Required", "no": "Not required"}


def _choice(label: str, choices: Mapping[Any, str]) -> SelectField:
    known = {"": "As the site", **choices}
    return SelectField(label, choices=[SelectChoice(value, says) for value, says in known.items()])


class ArticleForm(LimitsForm):
    """Who publishes under an article, and its own rules; what is left empty is as on the site."""

    rules = ("publishing", *OWN_RULES)
    publishing = _choice("Who publishes", PUBLISHING)
    closes_after_days = NumberField(
        "Close after so many days",
        validators=[
            Optional(),
            NumberRange(
                *(NEVER, DAYS_MAX),
                f"Please enter a whole number from {NEVER} (never) to {DAYS_MAX:,}.",
            ),
        ],
    )
    email_required = _choice("An email address", EMAIL)
    body_max = number("body_max", "Characters of a comment, at most", is_optional=True)
    links_max = number("links_max", "Links in a comment that need no look", is_optional=True)
    language = language_field("Language of the article", Optional())
    preset = _choice("How much the model holds", PRESETS)
    banned_words = lines("Banned words")
    suspect_words = lines("Suspect words")
    reserved_names = lines("Names that nobody else may use")

    @classmethod
    def shown(cls, rules: dict[str, Any]) -> dict[str, Any]:
        """Choices have words, and an article that never closes has a number."""
        shown = {"publishing": "", "email_required": "", "preset": "", **rules}
        if "email_required" in rules:
            shown["email_required"] = "yes" if rules["email_required"] else "no"
        if "closes_after_days" in rules and rules["closes_after_days"] is None:
            shown["closes_after_days"] = NEVER
        return {**shown, **cls.shown_limits(rules.get("thresholds", {}))}

    @property
    def wanted(self) -> dict[str, Any]:
        """Only what is not left to the site. The article's word on who publishes is among it."""
        plain = [name for name in self.rules if name != "thresholds"]
        typed: dict[str, Any] = {name: self[name].data for name in plain}
        typed["thresholds"] = self.own_limits
        wanted = {name: value for name, value in typed.items() if value not in (None, "", [], {})}
        if "email_required" in wanted:
            wanted["email_required"] = wanted["email_required"] == "yes"
        if wanted.get("closes_after_days") == NEVER:
            wanted["closes_after_days"] = None
        return wanted


def own_rules(article: Article | None) -> dict[str, Any]:
    """What an article has of its own, by name, as ArticleForm reads it."""
    if article is None:
        return {}
    publishing = {"publishing": article.publishing} if article.publishing else {}
    return {**publishing, **(article.rules or {})}


class AddressForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Which article is meant. It asks and changes nothing, so it needs no token."""

    article = StringField(
        "Address of the article",
        filters=[cleaned_line],
        render_kw={
            **{"type": "url", "maxlength": URL_MAX, "autocomplete": "off", "dir": "ltr"},
            "placeholder": "https://…",
        },
    )

    class Meta:
        """Part of addresses."""

        csrf = False
