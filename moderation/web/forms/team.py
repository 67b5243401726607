"""The forms by which people sign in, keep their account, and owners their team."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    Field,
    PasswordField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length

from moderation.statuses import Role
from moderation.web.forms.fields import NAME_MAX, cleaned_line, email_field

CODE_MAX = 60  # a recovery code with hyphens and some space around it
ALL_SITES = "*"  # the key of no site
ROLES = {
    Role.VIEWER: "Viewer: looks",
    Role.MODERATOR: "Moderator: decides",
    Role.OWNER: "Owner: also configures",
}


def _password_field(label: str, *, is_new: bool) -> PasswordField:
    """A field for a password, taken exactly as it is typed."""
    autocomplete = "new-password" if is_new else "current-password"
    return PasswordField(
        label,
        [InputRequired("Please enter a password.")],
        render_kw={"autocomplete": autocomplete},
    )


class SignInForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Email and password."""

    email = EmailField("Email", [InputRequired()], render_kw={"autocomplete": "username"})
    password = _password_field("Password", is_new=False)


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A code of an authenticator app; at sign-in also a recovery code."""

    code = StringField(
        "Code",
        filters=[cleaned_line],
        validators=[
            DataRequired("Please enter a code."),
            Length(max=CODE_MAX, message="This code is too long."),
        ],
        render_kw={
            "autocomplete": "one-time-code",
            "autocapitalize": "off",
            "spellcheck": "false",
            "maxlength": CODE_MAX,
        },
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """The password once more, before something that it protects."""

    password = _password_field("Your password", is_new=False)


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, twice, since nobody sees what they type."""

    new = _password_field("New password", is_new=True)
    again = _password_field("The same again", is_new=True)

    def validate_again(self, field: Field) -> None:
        """What was typed twice is the same."""
        if field.data != self.new.data:
            raise ValidationError("These two passwords are not the same.")


class ChangePasswordForm(NewPasswordForm):
    """A new password in place of the old."""

    old = _password_field("Password so far", is_new=False)


class NameForm(FlaskForm):  # type: ignore[misc]
    """The name that colleagues see."""

    name = StringField(
        "Name",
        filters=[cleaned_line],
        validators=[
            DataRequired("Please enter a name."),
            Length(max=NAME_MAX, message="Please use a name of at most %(max)d characters."),
        ],
        render_kw={"autocomplete": "nickname", "maxlength": NAME_MAX},
    )

    def validate_name(self, field: Field) -> None:
        """Colleagues see it in the log, so it is no email address."""
        if "@" in field.data:
            raise ValidationError("Please use a name: colleagues read it in the log.")


class JoinForm(NameForm, NewPasswordForm):
    """What somebody invited chooses."""


class RoleForm(FlaskForm):  # type: ignore[misc]
    """A role and where it holds; `sites` are (key, name) of what the owner may give."""

    role = SelectField(
        "Role", choices=[SelectChoice(role.value, words) for role, words in ROLES.items()]
    )
    site = SelectField("Site")

    def __init__(self, sites: list[tuple[str, str]], *arguments: Any, **known: Any) -> None:
        """Bind what was sent, with these sites to choose from."""
        super().__init__(*arguments, **known)
        self.site.choices = [SelectChoice(key, name) for key, name in sites]


class InviteForm(RoleForm):
    """Whom an owner invites, as what."""

    email = email_field("Email", autocomplete="off", missing="Please enter an email address.")
