"""A commenter changes the text of their comment, from its private page."""

import structlog
from flask import make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import DuplicateComment, EditRefused, VersionConflict
from moderation.flow.articles import policy_of_article
from moderation.flow.own.edits import Hindrance, edit, find_hindrance
from moderation.models import Comment
from moderation.services import services
from moderation.statuses import Status
from moderation.web.forms.own import EditForm
from moderation.web.limits import ask_to_wait, count_form, lets_in, say_to_wait
from moderation.web.readers import readers
from moderation.web.readers.own.links import find_own, keep_private, lead_back
from moderation.web.readers.submissions import RETRY_AFTER, wait_for_outcome

log = structlog.get_logger()

HINDRANCES = {
    Hindrance.CLOSED: _l(
        "Comments are closed here, so your comment cannot be changed any more. You can still "
        "delete it."
    ),
    Hindrance.REJECTED: _l("Your comment was not published, so it cannot be changed any more."),
    Hindrance.MASKED: _l(
        "A moderator masked something in your comment, so it cannot be changed any more. You can "
        "still delete it."
    ),
    Hindrance.OVER: _l("Your comment cannot be changed any more. You can still delete it."),
}


@readers.get("/c/<token>/edit")
def edit_form(token: str) -> AnyResponse:
    """The text of the comment in a form, while it can be changed."""
    with services().database.reading() as session:
        comment = find_own(session, token)
        hindrance = find_hindrance(session, comment, now=services().clock())
    if comment.status is Status.DELETED:
        return lead_back(token)
    form = _form_for(comment)
    if hindrance is not None:
        return _show(token, comment, form, 403, str(HINDRANCES[hindrance]), is_over=True)
    return _show(token, comment, form)


@readers.post("/c/<token>/edit")
def edit_comment(token: str) -> AnyResponse:
    """Take another text: it goes round all checks again. Refused: the form again, text kept."""
    with services().database.reading() as session:
        comment = find_own(session, token)
    if comment.status is Status.DELETED:
        return lead_back(token)
    form = _form_for(comment, request.form)
    if not lets_in(count_form):
        return ask_to_wait(_show(token, comment, form, 429, say_to_wait()))
    if not form.validate():
        return _show(token, comment, form, 400)
    return _edit(token, comment, form)


def _form_for(comment: Comment, sent: MultiDict[str, str] | None = None) -> EditForm:
    return EditForm(sent, comment, policy_of_article(comment.article.site, comment.article))


def _edit(token: str, comment: Comment, form: EditForm) -> AnyResponse:
    assert form.token is not None  # validate() refused the form otherwise
    try:
        with services().database.transaction() as session:
            event = edit(
                session,
                comment.id,
                form.body.data,
                version_seen=form.token.version,
                now=services().clock(),
                repeat_window=services().repeat_window,
            )
    except EditRefused as refused:
        why = str(HINDRANCES[Hindrance(refused.hindrance)])
        return _show(token, comment, form, 403, why, is_over=True)
    except VersionConflict:
        return _show_moved(token, form)
    except DuplicateComment:
        return _show(token, comment, form, 409, _("You said this already."))
    except OperationalError:
        log.error("edit_not_stored", exc_info=True)
        failed = _("Your text could not be stored just now. Please send it again.")
        response = _show(token, comment, form, 503, failed)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    if event is not None:
        log.info("comment_edited", comment=comment.id, site=comment.site_id)
        services().housekeeper.note_emptied()
        services().wake()
        wait_for_outcome(comment.id)
    return lead_back(token)


def _show_moved(token: str, form: EditForm) -> AnyResponse:
    """Somebody moved the comment meanwhile: the typed text in a form for what it is now."""
    with services().database.reading() as session:
        comment = find_own(session, token)
    again = _form_for(comment)
    again.body.data = form.body.data
    moved = _(
        "Your comment’s status changed in the meantime, so your change is not saved yet. Your text "
        "is still here: look at your private page, and send it once more if you still want to."
    )
    return _show(token, comment, again, 409, moved)


def _show(
    token: str,
    comment: Comment,
    form: EditForm,
    status: int = 200,
    message: str | None = None,
    *,
    is_over: bool = False,
) -> AnyResponse:
    page = render_template(
        "readers/private_edit.html",
        token=token,
        comment=comment,
        form=form,
        message=message,
        is_over=is_over,
    )
    return keep_private(make_response(page, status))
