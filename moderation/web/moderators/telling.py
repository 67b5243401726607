"""What a rejection tells its commenter, as the form of a card sends it."""

from sqlalchemy.orm import Session

from moderation.flow.texts import find_explanation
from moderation.models import Comment
from moderation.web.forms.decisions import DecisionForm


def explanation_in(session: Session, comment: Comment, form: DecisionForm) -> str:
    """The typed words of a rejection, else those that were chosen; empty where there are none.

    Raises UnknownText where an owner removed what was chosen.
    """
    if form.chosen_reason is None:
        return ""
    if form.own.data or form.explanation.data is None:
        return str(form.own.data)
    return find_explanation(session, comment.site_id, form.explanation.data).text
