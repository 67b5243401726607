"""The forms people fill in. WTForms checks; texts are cleaned before they are checked."""

from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    EmailField,
    Field,
    Form,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.csrf.core import CSRF
from wtforms.validators import DataRequired, Email, InputRequired, Length, NumberRange, Optional

from moderation.policy.context import Policy
from moderation.services import services
from moderation.statuses import Reason
from moderation.text import clean, clean_line
from moderation.web.filters import REVEAL_REASONS
from moderation.web.tokens import FormToken, FormTokens

NAME_MAX = 80
REASON_MAX = 300
DAYS_MAX = 3650
EMAIL_MAX = 254  # RFC 5321, 4.5.3.1.3, as RFC 3696 erratum 1690 corrects it


@dataclass(frozen=True)
class FormPlace:
    """Where a form stands, and the token it came back with (empty when first shown)."""

    site: str
    article_key: str
    policy: Policy
    sent: str = ""


class FormTokenCSRF(CSRF):  # type: ignore[misc]  # wtforms ships no types
    """WTForms' protection without a session or cookie: the signed token is the proof.

    The token read is left on the form as `token`, for its submission id.
    """

    def setup_form(self, form: Any) -> Any:
        self.place: FormPlace = form.meta.csrf_context
        self.tokens = FormTokens(services().settings.SECRET_KEY.get_secret_value())
        self.sent = self.tokens.read(self.place.sent, self.place.site, self.place.article_key)
        form.token = self.sent
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        now = services().clock()
        # The minimum age counts from the form's first token, so that a form shown again
        # with an error is not refused for being young.
        first_at = self.sent.first_at if self.sent else now.timestamp()
        return self.tokens.issue(
            self.place.site, self.place.article_key, now=now, first_at=first_at
        )

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        settings, now = services().settings, services().clock().timestamp()
        if self.sent is None:
            raise ValidationError("This form could not be recognised. Please send it again.")
        if now - self.sent.issued_at > settings.FORM_MAX_AGE:
            raise ValidationError("This form was open for a long time. Please send it again.")
        if now - self.sent.first_at < settings.FORM_MIN_AGE:
            raise ValidationError("That was very fast. Please send it again.")


def _clean(value: str | None) -> str:
    return clean(value or "")


def _clean_line(value: str | None) -> str:
    return clean_line(value or "")


def _email_field(label: str, *, autocomplete: str, missing: str | None = None) -> EmailField:
    """A field for an address, with the limits that every one has; `missing` makes it required."""
    return EmailField(
        label,
        filters=[_clean_line],
        validators=[
            *([DataRequired(missing)] if missing else []),
            Length(max=EMAIL_MAX, message="This email address is too long."),
            Email("Please enter an email address, such as name@example.com."),
        ],
        render_kw={"autocomplete": autocomplete, "maxlength": EMAIL_MAX},
    )


class CommentForm(Form):  # type: ignore[misc]
    """The familiar form. Hidden fields say where it stands; `website` is the honeypot."""

    class Meta:
        csrf = True
        csrf_class = FormTokenCSRF

    token: FormToken | None = None

    article = HiddenField()
    title = HiddenField(filters=[_clean_line])
    published = HiddenField(filters=[_clean_line])
    parent = HiddenField(filters=[_clean_line])
    name = StringField(
        "Name",
        filters=[_clean_line],
        validators=[
            DataRequired("Please enter a name."),
            Length(max=NAME_MAX, message="Please use a name of at most %(max)d characters."),
        ],
        render_kw={"autocomplete": "name", "maxlength": NAME_MAX},
    )
    email = _email_field("Email", autocomplete="email")  # required or not: `__init__`
    body = TextAreaField(
        "Comment",
        filters=[_clean],
        validators=[DataRequired("Please write a comment.")],
        render_kw={"rows": 6},
    )
    website = StringField("Leave this field empty", filters=[_clean_line])

    def __init__(self, formdata: MultiDict[str, str] | None, place: FormPlace, **data: Any) -> None:
        """Bind what was sent (or None) to the form that stands at `place`."""
        super().__init__(formdata, meta={"csrf_context": place}, data=data)
        self.body.render_kw = {**self.body.render_kw, "maxlength": services().settings.BODY_MAX}
        self.email.validators = [
            DataRequired("Please enter your email address.")
            if place.policy.email_required
            else Optional(),
            *self.email.validators,
        ]
        self.email.flags.required = place.policy.email_required

    def validate_name(self, field: Field) -> None:
        """A name everyone sees must not be an email address."""
        if "@" in field.data and "." in field.data.rpartition("@")[2]:
            raise ValidationError("Please use a name: an email address here would be public.")

    def validate_body(self, field: Field) -> None:
        """Within the limit, and without the address that we promise not to publish."""
        longest = services().settings.BODY_MAX
        if len(field.data) > longest:
            raise ValidationError(f"Please use at most {longest:,} characters.")
        if self.email.data and self.email.data.lower() in field.data.lower():
            raise ValidationError(
                "Your email address stands in your comment, where everyone could read it. "
                "Please take it out."
            )


class SignInForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Email and password."""

    email = EmailField("Email", [InputRequired()], render_kw={"autocomplete": "username"})
    password = PasswordField(
        "Password", [InputRequired()], render_kw={"autocomplete": "current-password"}
    )


class DecisionForm(FlaskForm):  # type: ignore[misc]
    """A moderator's decision about the version they saw."""

    action = SelectField(choices=["approve", "reject", "undo"])
    version = HiddenField(validators=[InputRequired()])
    reason = SelectField(
        choices=[
            SelectChoice("", "Choose a reason"),
            *(SelectChoice(r.value, r.value.replace("_", " ")) for r in Reason),
        ],
        default="",  # only a rejection sends one
    )

    def validate_version(self, field: Field) -> None:
        """A whole number."""
        if not field.data.isdecimal() or len(field.data) > 9:
            raise ValidationError("The version is no number.")

    def validate_reason(self, field: Field) -> None:
        """A rejection needs a reason."""
        if self.action.data == "reject" and not field.data:
            raise ValidationError("Choose a reason for the rejection.")


class OwnDataForm(Form):  # type: ignore[misc]
    """Whose data is asked for. Needs no token: it does what anybody may ask for anybody."""

    email = _email_field("Email", autocomplete="email", missing="Please enter your email address.")


class HoldForm(FlaskForm):  # type: ignore[misc]
    """Why the law wants a comment kept, and for how long."""

    reason = StringField(
        "Reason, for your colleagues",
        filters=[_clean_line],
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

    email = _email_field(
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
