"""The form under an article, and the one by which people ask for their own data."""

from dataclasses import dataclass
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import (
    Field,
    Form,
    HiddenField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.csrf.core import CSRF
from wtforms.validators import DataRequired, Length, Optional

from moderation.policy.context import Policy
from moderation.services import services
from moderation.web.forms.fields import (
    NAME_MAX,
    cleaned,
    cleaned_line,
    email_field,
)
from moderation.web.tokens import FormToken, FormTokens

UNRECOGNISED = _l(
    "This form could not be recognised, so nothing was sent yet. Your text is still here: please "
    "send it once more."
)
OPEN_TOO_LONG = _l(
    "This form was open for a long time, so nothing was sent yet. Your text is still here: please "
    "send it once more."
)


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
            self.place.site,
            self.place.article_key,
            now=now,
            first_at=first_at,
            asked=self.sent.asked if self.sent else "",
        )

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        settings, now = services().settings, services().clock().timestamp()
        if self.sent is None:
            raise ValidationError(str(UNRECOGNISED))
        if now - self.sent.issued_at > settings.FORM_MAX_AGE:
            raise ValidationError(str(OPEN_TOO_LONG))
        if now - self.sent.first_at < settings.FORM_MIN_AGE:
            raise ValidationError(_("That was very fast. Please send it again."))


def longest_body(policy: Policy) -> int:
    """How many characters a comment may have: the site's word, within the installation's."""
    most = services().settings.BODY_MAX
    return min(policy.body_max or most, most)


def refuse_too_long(text: str, longest: int) -> None:
    """Raise ValidationError for a text of more than `longest` characters."""
    if len(text) > longest:
        raise ValidationError(
            _("Please use at most %(number)s characters.", number=format_decimal(longest))
        )


class CommentForm(Form):  # type: ignore[misc]
    """The familiar form. Hidden fields say where it stands; `website` is the honeypot."""

    class Meta:
        csrf = True
        csrf_class = FormTokenCSRF

    token: FormToken | None = None

    article = HiddenField()
    title = HiddenField(filters=[cleaned_line])
    published = HiddenField(filters=[cleaned_line])
    parent = HiddenField(filters=[cleaned_line])
    mine = HiddenField(filters=[cleaned_line])  # a private link that this browser keeps
    name = StringField(
        _l("Name"),
        filters=[cleaned_line],
        validators=[
            DataRequired(_l("Please enter a name.")),
            Length(max=NAME_MAX, message=_l("Please use a name of at most %(max)d characters.")),
        ],
        render_kw={"autocomplete": "name", "maxlength": NAME_MAX},
    )
    email = email_field(_l("Email"), autocomplete="email")  # required or not: `__init__`
    body = TextAreaField(
        _l("Comment"),
        filters=[cleaned],
        validators=[DataRequired(_l("Please write a comment."))],
        render_kw={"rows": 6},
    )
    website = StringField(_l("Leave this field empty"), filters=[cleaned_line])

    def __init__(self, formdata: MultiDict[str, str] | None, place: FormPlace, **data: Any) -> None:
        """Bind what was sent (or None) to the form that stands at `place`."""
        super().__init__(formdata, meta={"csrf_context": place}, data=data)
        # No maxlength: browsers cut what is pasted down to it without a word.
        self.longest = longest_body(place.policy)
        self.email.validators = [
            DataRequired(_l("Please enter your email address."))
            if place.policy.email_required
            else Optional(),
            *self.email.validators,
        ]
        self.email.flags.required = place.policy.email_required

    def validate_name(self, field: Field) -> None:
        """A name everyone sees must not be an email address."""
        if "@" in field.data and "." in field.data.rpartition("@")[2]:
            raise ValidationError(_("Please use a name: an email address here would be public."))

    def validate_body(self, field: Field) -> None:
        """Within the limit, and without the address that we promise not to publish."""
        refuse_too_long(field.data, self.longest)
        if self.email.data and self.email.data.lower() in field.data.lower():
            raise ValidationError(
                _(
                    "Your email address stands in your comment, where everyone could read it. "
                    "Please take it out."
                )
            )


class OwnDataForm(Form):  # type: ignore[misc]
    """Whose data is asked for. Needs no token: it does what anybody may ask for anybody."""

    email = email_field(
        _l("Email"), autocomplete="email", missing=_l("Please enter your email address.")
    )
