"""The forms on a commenter's private page: each does one thing to one comment, once."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, TextAreaField, ValidationError
from wtforms.csrf.core import CSRF
from wtforms.validators import DataRequired

from moderation.models import Comment
from moderation.policy.context import Policy
from moderation.policy.personal_data import find_emails
from moderation.services import services
from moderation.web.forms.comments import (
    OPEN_TOO_LONG,
    UNRECOGNISED,
    longest_body,
    refuse_too_long,
)
from moderation.web.forms.fields import cleaned
from moderation.web.tokens import ActToken, ActTokens


@dataclass(frozen=True)
class ActPlace:
    """What a form does to which version of which comment, and the token it came back with."""

    act: str
    public_id: str
    version: int
    sent: str = ""


class ActTokenCSRF(CSRF):  # type: ignore[misc]  # wtforms ships no types
    """WTForms' protection by a token of `ActTokens`; what it says is left on the form."""

    def setup_form(self, form: Any) -> Any:
        self.place: ActPlace = form.meta.csrf_context
        self.tokens = ActTokens(services().settings.SECRET_KEY.get_secret_value())
        self.sent = self.tokens.read(self.place.sent, self.place.act, self.place.public_id)
        form.token = self.sent
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        place = self.place
        return self.tokens.issue(place.act, place.public_id, place.version, now=services().clock())

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        if self.sent is None:
            raise ValidationError(str(UNRECOGNISED))
        age = services().clock().timestamp() - self.sent.issued_at
        if age > services().settings.FORM_MAX_AGE:
            raise ValidationError(str(OPEN_TOO_LONG))


class ActForm(Form):  # type: ignore[misc]
    """A button that does `act` to a comment, and nothing else."""

    class Meta:
        csrf = True
        csrf_class = ActTokenCSRF

    token: ActToken | None = None

    def __init__(
        self,
        formdata: MultiDict[str, str] | None,
        comment: Comment,
        act: str,
        *,
        version: int | None = None,
        **data: Any,
    ) -> None:
        """Bind what was sent (or None) to the form of this act.

        `version` is of what it changes, where that is not the comment itself.
        """
        sent = formdata.get("csrf_token", "") if formdata else ""
        seen = comment.version if version is None else version
        place = ActPlace(act, comment.public_id, seen, sent)
        super().__init__(formdata, meta={"csrf_context": place}, data=data)


class EditForm(ActForm):
    """The text of a comment once more; the rules are those of the form it came by."""

    body = TextAreaField(
        _l("Comment"),
        filters=[cleaned],
        validators=[DataRequired(_l("Please write a comment."))],
        render_kw={"rows": 8},
    )

    def __init__(
        self, formdata: MultiDict[str, str] | None, comment: Comment, policy: Policy
    ) -> None:
        """Bind what was sent (or None) to the comment as its site's rules let it be."""
        super().__init__(formdata, comment, "edit", body=comment.body)
        self.known = find_emails(comment.body)
        self.longest = longest_body(policy)

    def validate_body(self, field: Field) -> None:
        """Within the limit, and without an email address that was not there before.

        The commenter's own is not asked for here. Comparing with the stored one would tell who
        got hold of the link whether they guess it; so all addresses are refused alike.
        """
        refuse_too_long(field.data, self.longest)
        if find_emails(field.data) - self.known:
            raise ValidationError(
                _(
                    "An email address stands in your comment, where everyone could read it. "
                    "Please take it out."
                )
            )
