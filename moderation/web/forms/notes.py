"""The forms by which moderators write notes and mask passages."""

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SelectMultipleField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from moderation.web.forms.decisions import DecisionForm
from moderation.web.forms.fields import cleaned

NOTE_MAX = 500
WORDS_MAX = 2_000


class NoteForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A note for colleagues."""

    text = TextAreaField(
        filters=[cleaned],
        validators=[
            DataRequired("The note was empty, so nothing was written down."),
            Length(max=NOTE_MAX, message="Please use at most %(max)d characters."),
        ],
    )


class VersionForm(FlaskForm):  # type: ignore[misc]
    """Which version of the comment was seen."""

    version: HiddenField = DecisionForm.version
    validate_version = DecisionForm.validate_version


class RedactionForm(VersionForm):
    """What to mask: suspects that were ticked, and words that were typed, one passage a line."""

    suspects = SelectMultipleField(validate_choice=False)
    words = TextAreaField(
        filters=[cleaned],
        validators=[Length(max=WORDS_MAX, message="Please use at most %(max)d characters.")],
    )

    @property
    def passages(self) -> list[str]:
        """All of them."""
        typed = [line.strip() for line in self.words.data.split("\n")]
        return [*(self.suspects.data or ()), *filter(None, typed)]

    def validate_words(self, _field: Field) -> None:
        """There is something to mask."""
        if not self.passages:
            raise ValidationError("Tick or type what should be masked.")
