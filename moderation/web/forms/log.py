"""The form that searches the log."""

from collections.abc import Iterable

from werkzeug.datastructures import MultiDict
from wtforms import DateField, Form, SelectChoice, SelectField, StringField
from wtforms.validators import Optional

from moderation.models import Site
from moderation.statuses import Change
from moderation.text import clean_line


class DayField(DateField):  # type: ignore[misc]
    """A day. What is none is not shown again: a browser's calendar could not hold it."""

    def _value(self) -> str:
        return self.data.isoformat() if self.data else ""


class LogForm(Form):  # type: ignore[misc]
    """Which entries of the log to show. Sent by GET: it changes nothing."""

    change = SelectField(
        "Kind",
        choices=[
            SelectChoice("", "Any"),
            *(SelectChoice(c.value, c.value.replace("_", " ")) for c in Change),
        ],
        default="",
    )
    moderator = SelectField("By", default="")
    site = SelectField("Site", default="")
    comment = StringField(
        "Comment",
        filters=[lambda text: clean_line(text or "")],
        render_kw={"maxlength": 64, "autocomplete": "off"},
    )
    first = DayField("From", [Optional()])
    last = DayField("To", [Optional()])

    def __init__(
        self,
        formdata: MultiDict[str, str],
        *,
        actors: Iterable[tuple[int, str]],
        sites: Iterable[Site],
    ) -> None:
        """Bind what was asked to the form; who and which sites can be chosen is the caller's."""
        super().__init__(formdata)
        self.site_ids = {site.key: site.id for site in sites}
        self.moderator.choices = [
            SelectChoice("", "Anybody"),
            *(SelectChoice(str(number), name) for number, name in actors),
        ]
        self.site.choices = [SelectChoice("", "All"), *map(SelectChoice, self.site_ids)]
