"""The form by which moderators choose what they are told by mail, and that of a link in a mail."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    Form,
    IntegerField,
    SelectChoice,
    SelectField,
    TimeField,
    ValidationError,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from moderation.flow.notices.hours import time_zones
from moderation.flow.notices.wishes import WAITING_HOURS
from moderation.models import NoticeWishes
from moderation.statuses import HeldNotice, Reason

HOURS_MAX = 168  # a week
HELD = {
    HeldNotice.NEVER: "Not told",
    HeldNotice.AT_ONCE: "At once, one mail in a quarter of an hour at most",
    HeldNotice.HOURLY: "Every hour: how many wait",
    HeldNotice.DAILY: "Once a day: how many wait",
}


class NoticesForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Occasions, hours and quiet hours."""

    urgent = BooleanField("An urgent comment, at once and at any hour")
    held = SelectField(
        "Comments that begin to wait",
        choices=[SelectChoice(word.value, says) for word, says in HELD.items()],
    )
    digest_hour = SelectField(
        "Hour of the daily mail",
        choices=[SelectChoice(str(hour), f"{hour:02}:00") for hour in range(24)],
    )
    waiting = BooleanField("The oldest comment waits for too long")
    waiting_hours = IntegerField(
        "Too long, in hours",
        validators=[
            InputRequired("Please say after how many hours."),
            NumberRange(1, HOURS_MAX, "Please enter a number from %(min)d to %(max)d."),
        ],
        render_kw={"min": 1, "max": HOURS_MAX},
    )
    surge = BooleanField("Very many comments at a time under one article")
    scorer_down = BooleanField("The scorer is down for some minutes, and is back")
    quiet_from = TimeField("Quiet from", validators=[Optional()])
    quiet_until = TimeField("Quiet until", validators=[Optional()])
    time_zone = SelectField("Time zone")

    def __init__(self, *arguments: Any, **known: Any) -> None:
        """Bind what was sent, with the time zones of this machine to choose from."""
        super().__init__(*arguments, **known)
        self.time_zone.choices = [SelectChoice(name, name) for name in time_zones()]

    def validate_quiet_from(self, field: Field) -> None:
        """Not without an end. (Where it is empty itself, the end's check says so.)"""
        _need_both(self.quiet_until)

    def validate_quiet_until(self, field: Field) -> None:
        """Not without a beginning, and at another time."""
        _need_both(self.quiet_from)
        if field.data == self.quiet_from.data:
            raise ValidationError("Please choose another time than that of the beginning.")

    def wishes(self) -> NoticeWishes:
        """What was chosen."""
        return NoticeWishes(
            urgent=self.urgent.data,
            held=HeldNotice(self.held.data),
            digest_hour=int(self.digest_hour.data),
            waiting_hours=self.waiting_hours.data if self.waiting.data else None,
            surge=self.surge.data,
            scorer_down=self.scorer_down.data,
            quiet_from=self.quiet_from.data,
            quiet_until=self.quiet_until.data,
            time_zone=self.time_zone.data,
        )


def _need_both(other: Field) -> None:
    if not any(other.raw_data or ()):
        raise ValidationError("Please fill in both, or neither.")


def fields_of(wishes: NoticeWishes) -> dict[str, Any]:
    """These wishes as the form's fields."""
    return {
        "urgent": wishes.urgent,
        "held": wishes.held.value,
        "digest_hour": str(wishes.digest_hour),
        "waiting": wishes.waiting_hours is not None,
        "waiting_hours": wishes.waiting_hours or WAITING_HOURS,
        "surge": wishes.surge,
        "scorer_down": wishes.scorer_down,
        "quiet_from": wishes.quiet_from,
        "quiet_until": wishes.quiet_until,
        "time_zone": wishes.time_zone,
    }


class ReasonForm(Form):  # type: ignore[misc]  # wtforms ships no types
    """Why a comment is rejected from a mail. Who knows the link needs no other token."""

    reason = SelectField(
        "Reason",
        choices=[
            SelectChoice("", "Choose a reason"),
            *(SelectChoice(r.value, r.value.replace("_", " ")) for r in Reason),
        ],
        validators=[InputRequired("Choose a reason for the rejection.")],
        default="",
    )
