"""The form by which people of the team write as staff."""

import secrets
from typing import Self

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from moderation.models import Comment
from moderation.services import services
from moderation.web.forms.fields import cleaned, cleaned_line

FORM_ID_MAX = 64  # characters


class StaffForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A text; which article and comment it is about, and which form this is, stand beside it."""

    article = HiddenField(filters=[cleaned_line])
    title = HiddenField(filters=[cleaned_line])
    parent = HiddenField(filters=[cleaned_line])
    form_id = HiddenField(
        filters=[cleaned_line],
        validators=[DataRequired("This form is incomplete."), Length(max=FORM_ID_MAX)],
    )
    body = TextAreaField(filters=[cleaned], validators=[DataRequired("Please write something.")])

    @classmethod
    def fresh(
        cls, *, article: str = "", title: str = "", parent: Comment | None = None, body: str = ""
    ) -> Self:
        """A form that was not sent yet; what is sent twice with its id is one comment."""
        data = {
            "article": article,
            "title": title,
            "parent": parent.public_id if parent else "",
            "form_id": secrets.token_urlsafe(12),
            "body": body,
        }
        return cls(formdata=None, data=data)

    def validate_body(self, field: Field) -> None:
        """Within the limit of all comments."""
        longest = services().settings.BODY_MAX
        if len(field.data) > longest:
            raise ValidationError(f"Please use at most {longest:,} characters.")

    @property
    def problem(self) -> str | None:
        """What is wrong with what was sent, if anything."""
        return next((str(each) for found in self.errors.values() for each in found), None)
