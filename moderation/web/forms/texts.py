"""The forms by which owners write what commenters, and their moderators, read."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from moderation.flow.texts import SENTENCE_MAX, TEXT_MAX, TITLE_MAX
from moderation.web.filters import REASONS
from moderation.web.forms.fields import cleaned, cleaned_line
from moderation.words import URGENCIES

TOO_LONG = "Please use at most %(max)d characters."


def _area(label: str, longest: int, rows: int, *required: Any) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[cleaned],
        validators=[*required, Length(max=longest, message=TOO_LONG)],
        render_kw={"rows": rows, "maxlength": longest},
    )


class TextsForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A text for each code of a kind; an empty one is none. `seen` marks what the page showed."""

    seen = HiddenField()

    @property
    def wanted(self) -> dict[str, str]:
        """What was typed, by code."""
        return {name.removeprefix("for_"): self[name].data for name in self.names}

    @property
    def names(self) -> list[str]:
        """The fields of texts, in order."""
        return [field.short_name for field in self if field.short_name.startswith("for_")]


class ReasonsForm(TextsForm):
    """A sentence for each reason of a rejection."""


class HelpForm(TextsForm):
    """Whom to turn to, for each kind of urgency."""


for _code in REASONS:
    _label = _code.replace("_", " ").capitalize()
    setattr(ReasonsForm, f"for_{_code}", _area(_label, SENTENCE_MAX, 2))
for _kind, _words in URGENCIES.items():
    setattr(HelpForm, f"for_{_kind}", _area(_words, TEXT_MAX, 4))


class ExplanationForm(FlaskForm):  # type: ignore[misc]
    """One explanation to choose from."""

    seen = HiddenField()
    title = StringField(
        "Title, for moderators",
        filters=[cleaned_line],
        validators=[
            DataRequired("Please give it a title."),
            Length(max=TITLE_MAX, message=TOO_LONG),
        ],
        render_kw={"maxlength": TITLE_MAX, "autocomplete": "off"},
    )
    text = _area("Text, for the commenter", TEXT_MAX, 5, DataRequired("Please write a text."))
