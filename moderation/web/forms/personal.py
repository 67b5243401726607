"""The forms about people's data: keeping a comment by law, finding and reading an address."""

from flask_wtf import FlaskForm
from wtforms import (
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from moderation.web.filters import REVEAL_REASONS
from moderation.web.forms.fields import DAYS_MAX, REASON_MAX, cleaned_line, email_field


class HoldForm(FlaskForm):  # type: ignore[misc]
    """Why the law wants a comment kept, and for how long."""

    reason = StringField(
        "Reason, for your colleagues",
        filters=[cleaned_line],
        validators=[
            DataRequired("Please say why it has to be kept."),
            Length(max=REASON_MAX, message="Please use at most %(max)d characters."),
        ],
        render_kw={"autocomplete": "off", "maxlength": REASON_MAX},
    )
    days = IntegerField(
        "Days from today",
        default=180,
        validators=[
            InputRequired("Please say for how many days."),
            NumberRange(1, DAYS_MAX, "Please enter a number from %(min)d to %(max)d."),
        ],
        render_kw={"min": 1, "max": DAYS_MAX},
    )


class SearchForm(FlaskForm):  # type: ignore[misc]
    """Whose address is this? It travels in the body, as addresses of pages are logged."""

    email = email_field(
        "Full email address", autocomplete="off", missing="Please enter an email address."
    )


class RevealForm(FlaskForm):  # type: ignore[misc]
    """Why an owner wants to read a commenter's email."""

    reason = SelectField(
        "Why do you need it?",
        choices=[
            SelectChoice("", "Choose a reason"),
            *(SelectChoice(r.value, words.capitalize()) for r, words in REVEAL_REASONS.items()),
        ],
        validators=[InputRequired("Choose a reason first.")],
        default="",
    )
