"""What several forms share: the lengths of fields, how texts are cleaned, the field of an email."""

from flask_babel import lazy_gettext as _l
from wtforms import (
    EmailField,
)
from wtforms.validators import DataRequired, Email, Length

from moderation.text import clean, clean_line

NAME_MAX = 80
REASON_MAX = 300
DAYS_MAX = 3650
EMAIL_MAX = 254  # RFC 5321, 4.5.3.1.3, as RFC 3696 erratum 1690 corrects it


def cleaned(value: str | None) -> str:
    """A filter for texts of several lines."""
    return clean(value or "")


def cleaned_line(value: str | None) -> str:
    """A filter for texts of one line."""
    return clean_line(value or "")


def email_field(label: str, *, autocomplete: str, missing: str | None = None) -> EmailField:
    """A field for an address, with the limits that every one has; `missing` makes it required."""
    return EmailField(
        label,
        filters=[cleaned_line],
        validators=[
            *([DataRequired(missing)] if missing else []),
            Length(max=EMAIL_MAX, message=_l("This email address is too long.")),
            Email(_l("Please enter an email address, such as name@example.com.")),
        ],
        render_kw={"autocomplete": autocomplete, "maxlength": EMAIL_MAX},
    )
