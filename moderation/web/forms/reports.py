"""The form by which a reader reports a comment."""

from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, RadioField, SelectChoice, StringField
from wtforms.validators import AnyOf

from moderation.statuses import ReportReason
from moderation.web.forms.comments import FormTokenCSRF
from moderation.web.forms.fields import cleaned_line
from moderation.web.tokens import FormToken

REPORT_REASONS = {
    ReportReason.ABUSE: _l("It insults or attacks somebody"),
    ReportReason.SPAM: _l("It is advertising"),
    ReportReason.OFF_TOPIC: _l("It has nothing to do with the article"),
    ReportReason.THREAT: _l("It threatens somebody, or calls for violence"),
    ReportReason.SELF_HARM: _l("Somebody may be about to harm themselves"),
    ReportReason.CHILD_ABUSE: _l("It shows or promotes the abuse of children"),
    ReportReason.PERSONAL_DATA: _l("It shows somebody’s personal data, such as an address"),
    ReportReason.ILLEGAL: _l("It is against the law in another way"),
    ReportReason.OTHER: _l("Something else"),
}


class ReportForm(Form):  # type: ignore[misc]  # wtforms ships no types
    """Which comment, and why. Its token is that of the article's forms; `website` is the trap."""

    class Meta:
        csrf = True
        csrf_class = FormTokenCSRF

    token: FormToken | None = None

    article = HiddenField()
    comment = HiddenField(filters=[cleaned_line])
    reason = RadioField(
        choices=[SelectChoice(reason.value, says) for reason, says in REPORT_REASONS.items()],
        validators=[AnyOf(list(REPORT_REASONS), _l("Please choose a reason."))],
        validate_choice=False,  # as that says so in English
    )
    website = StringField(_l("Leave this field empty"), filters=[cleaned_line])
