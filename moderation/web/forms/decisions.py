"""The forms by which moderators decide about comments: one, many, or that one is urgent."""

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from moderation.flow.texts import TEXT_MAX
from moderation.statuses import Reason
from moderation.web.forms.fields import cleaned
from moderation.words import URGENCIES


class DecisionForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A moderator's decision about the version they saw."""

    action = SelectField(choices=["approve", "reject", "spam", "hold", "undo"])
    version = HiddenField(validators=[InputRequired()])
    reason = SelectField(
        choices=[
            SelectChoice("", "Choose a reason"),
            *(SelectChoice(r.value, r.value.replace("_", " ")) for r in Reason),
        ],
        default="",  # only a rejection sends one
    )
    below = BooleanField("and hide what answers it")
    # The number of one to choose from; typed words go before it.
    explanation = IntegerField(validators=[Optional(), NumberRange(1, 2**63 - 1)])
    own = TextAreaField(
        "What the commenter reads beside the reason",
        filters=[cleaned],
        validators=[
            Length(max=TEXT_MAX, message="Please explain it in at most %(max)d characters.")
        ],
    )

    @property
    def chosen_reason(self) -> Reason | None:
        """The one of a rejection; None of any other decision."""
        chosen = {"reject": self.reason.data, "spam": Reason.SPAM}.get(self.action.data)
        return Reason(chosen) if chosen else None

    @property
    def wants_below(self) -> bool:
        """Whether what answers the comment is to be hidden too, which another page asks first."""
        return bool(self.below.data) and self.chosen_reason is not None

    def validate_version(self, field: Field) -> None:
        """A whole number."""
        if not field.data.isdecimal() or len(field.data) > 9:
            raise ValidationError("The version is no number.")

    def validate_reason(self, field: Field) -> None:
        """A rejection needs a reason."""
        if self.action.data == "reject" and not field.data:
            raise ValidationError("Choose a reason for the rejection.")


class BulkForm(FlaskForm):  # type: ignore[misc]
    """What to do with many comments; which ones stands beside it, by id and version."""

    action = SelectField(choices=["approve", "reject", "spam", "hold"])
    reason = DecisionForm.reason
    standing = BooleanField("and for what says the same in the next 24 hours")
    # The chosen comment that the page was opened at, by its public id: what says the same as this
    # one is decided likewise, and its commenter reads what explains the rejection.
    first = HiddenField()
    # Whether the others answer that one: they are left alone where it moved.
    below = HiddenField()
    own = DecisionForm.own
    validate_reason = DecisionForm.validate_reason
    chosen_reason = DecisionForm.chosen_reason

    def validate_standing(self, field: Field) -> None:
        """Whatever is held waits for a person anyway."""
        if field.data and self.action.data == "hold":
            raise ValidationError("Only an approval or a rejection can hold for what comes next.")


class EscalationForm(FlaskForm):  # type: ignore[misc]
    """Why a comment has to be looked at before all others."""

    kind = SelectField(
        "Why is it urgent?",
        choices=[
            SelectChoice("", "Choose a kind"),
            *(SelectChoice(kind.value, words) for kind, words in URGENCIES.items()),
        ],
        validators=[InputRequired("Choose why it is urgent.")],
        default="",
    )
