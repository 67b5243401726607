"""The forms of mails that commenters wish, and of an appeal."""

from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, SelectChoice, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from moderation.flow.own.appeals import APPEAL_MAX
from moderation.models import Comment, CommentWishes, MailWishes
from moderation.statuses import Mailing, Status
from moderation.web.forms.fields import cleaned
from moderation.web.forms.own import ActForm

ALL, ASKED, NONE = "all", "asked", "none"
WORDS = {True: ALL, None: ASKED, False: NONE}
SOME = [
    SelectChoice(ASKED, _l("only where I ask for it")),
    SelectChoice(NONE, _l("never")),
]
OF_WORDS = {word: wish for wish, word in WORDS.items()}


class WishForm(ActForm):
    """Which mails about one comment its commenter wishes; for one state of these wishes."""

    links = BooleanField(_l("Mail me the link to this page, once"))
    replies = BooleanField(_l("Mail me when somebody answers"))
    decisions = BooleanField(_l("Mail me what is decided about it"))

    def __init__(
        self, formdata: MultiDict[str, str] | None, comment: Comment, wishes: CommentWishes
    ) -> None:
        """Bind what was sent, or what is wished, to the form."""
        wished = {mailing.value: getattr(wishes, mailing.value) for mailing in Mailing}
        super().__init__(formdata, comment, "wishes", version=wishes.version, **wished)
        if comment.status is Status.REJECTED:  # nobody can answer it; a wish stays as it was
            self.replies.data = wishes.replies
            self.offered = [self.decisions, self.links]
        else:
            self.offered = [self.replies, self.decisions, self.links]

    @property
    def wanted(self) -> set[Mailing]:
        """What is ticked, or was where it is not offered."""
        return {mailing for mailing in Mailing if self[mailing.value].data}


class AllWishesForm(Form):  # type: ignore[misc]  # wtforms ships no types
    """Which mails about all of their comments on a site the owner of an address wishes.

    Sent from the page behind a mailed link, which is the proof: it needs no other token.
    """

    replies = SelectField(
        _l("When somebody answers"),
        choices=[SelectChoice(ALL, _l("to any of my comments")), *SOME],
    )
    decisions = SelectField(
        _l("When it is decided"),
        choices=[SelectChoice(ALL, _l("about any of my comments")), *SOME],
    )
    links = SelectField(_l("The link to a private page"), choices=SOME)

    def __init__(self, formdata: MultiDict[str, str] | None, wishes: MailWishes) -> None:
        """Bind what was sent, or what is wished, to the form."""
        said = {mailing.value: WORDS[getattr(wishes, mailing.value)] for mailing in Mailing}
        super().__init__(formdata, data=said)

    @property
    def wanted(self) -> dict[Mailing, bool | None]:
        """What was chosen, as `wish_for_all` has it."""
        return {mailing: OF_WORDS[self[mailing.value].data] for mailing in Mailing}


class AppealForm(ActForm):
    """Why a rejected comment should be looked at again."""

    text = TextAreaField(
        _l("Why should it be looked at again?"),
        filters=[cleaned],
        validators=[
            DataRequired(_l("Please say why.")),
            Length(max=APPEAL_MAX, message=_l("Please say it in at most %(max)d characters.")),
        ],
        render_kw={"rows": 5, "maxlength": APPEAL_MAX},
    )

    def __init__(self, formdata: MultiDict[str, str] | None, comment: Comment, **data: Any) -> None:
        """Bind what was sent (or None) to the appeal against this rejection."""
        super().__init__(formdata, comment, "appeal", **data)
