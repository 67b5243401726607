"""The form by which owners add a webhook: where it leads, and what it is told."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    Field,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, NumberRange

from moderation.models import Site
from moderation.outgoing.guard import URL_MAX, Guard
from moderation.statuses import DeliveryFailure, Occasion
from moderation.web.forms.fields import cleaned_line
from moderation.web.forms.team import ALL_SITES

OCCASIONS = {
    Occasion.URGENT: "a comment is urgent",
    Occasion.HELD: "a comment is held",
    Occasion.WAITING: "comments have waited for long",
    Occasion.SCORER_DOWN: "the scorer is down",
    Occasion.SURGE: "very many comments come under one article",
}
FAILURES = {
    DeliveryFailure.ADDRESS_REFUSED: "its address is not public, or not allowed here",
    DeliveryFailure.UNKNOWN_HOST: "there is no host of this name",
    DeliveryFailure.NO_CONNECTION: "nobody takes connections there",
    DeliveryFailure.CERTIFICATE: "its certificate cannot be verified",
    DeliveryFailure.TIMEOUT: "it did not answer in time",
    DeliveryFailure.NO_ANSWER: "the connection broke without an answer",
    DeliveryFailure.UNREADABLE: "no key here opens its address or secret",
}
OPEN_MAX = 10_000


class WebhookForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """An endpoint, of which site, for what."""

    url = StringField(
        "Address of the endpoint",
        filters=[cleaned_line],
        validators=[DataRequired("Please enter an address.")],
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "off",
            "spellcheck": "false",
            "inputmode": "url",
            "dir": "ltr",
            "placeholder": "https://",
            "maxlength": URL_MAX,
        },
    )
    site = SelectField("Comments of")
    occasions = SelectMultipleField(
        "Tell it when",
        choices=[SelectChoice(each.value, words) for each, words in OCCASIONS.items()],
        validators=[InputRequired("Please choose at least one.")],
    )
    open_max = IntegerField(
        "How many may wait for it at a time",
        default=1_000,
        validators=[
            InputRequired("Please enter a number."),
            NumberRange(1, OPEN_MAX, f"Please enter a number from 1 to {OPEN_MAX:,}."),
        ],
        render_kw={"min": 1, "max": OPEN_MAX},
    )

    def __init__(
        self, sites: Sequence[Site], guard: Guard, *arguments: Any, everywhere: bool, **known: Any
    ) -> None:
        """Bind what was sent, with these sites to choose from, and all of them `everywhere`."""
        super().__init__(*arguments, **known)
        self._guard = guard
        self._sites = {site.key: site for site in sites}
        self.site.choices = [SelectChoice(site.key, site.name) for site in sites]
        if everywhere:
            self.site.choices.insert(0, SelectChoice(ALL_SITES, "All sites, those to come too"))

    @property
    def where(self) -> Site | None:
        """The site that was chosen; None: all."""
        return self._sites.get(self.site.data)

    @property
    def wanted(self) -> list[Occasion]:
        """What it is to be told of."""
        return [Occasion(word) for word in self.occasions.data]

    def validate_url(self, field: Field) -> None:
        """It may lead there; kept in its plainest spelling."""
        try:
            field.data = self._guard.read(field.data).url
        except ValueError as error:
            raise ValidationError(str(error)) from None
