"""A commenter asks, once, that somebody else looks at the rejection of their comment."""

import structlog
from flask import make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import NothingToAppeal, VersionConflict
from moderation.flow.own.appealing import appeal
from moderation.flow.own.appeals import may_appeal
from moderation.flow.telling import read_told
from moderation.models import Comment
from moderation.services import services
from moderation.web.forms.own_letters import AppealForm
from moderation.web.limits import ask_to_wait, count_form, lets_in, say_to_wait
from moderation.web.readers import readers
from moderation.web.readers.own.links import find_own, keep_private, lead_back

log = structlog.get_logger()


@readers.get("/c/<token>/appeal")
def appeal_form(token: str) -> AnyResponse:
    """The reason of the rejection, and room to say why it should be looked at again."""
    with services().database.reading() as session:
        comment = find_own(session, token)
        if not may_appeal(session, comment):
            return lead_back(token)
    return _show(token, comment, AppealForm(None, comment))


@readers.post("/c/<token>/appeal")
def appeal_comment(token: str) -> AnyResponse:
    """Put it before another judge; a second click finds it there."""
    with services().database.reading() as session:
        comment = find_own(session, token)
        if not may_appeal(session, comment):
            return lead_back(token)
    form = AppealForm(request.form, comment)
    if not lets_in(count_form):
        return ask_to_wait(_show(token, comment, form, 429, say_to_wait()))
    if not form.validate():
        return _show(token, comment, form, 400)
    assert form.token is not None  # validate() refused the form otherwise
    try:
        with services().database.transaction() as session:
            comment = find_own(session, token)
            appeal(
                session,
                comment,
                form.text.data,
                version_seen=form.token.version,
                now=services().clock(),
            )
    except NothingToAppeal:
        return lead_back(token)
    except VersionConflict:
        return _show_moved(token, form)
    log.info("comment_appealed", comment=comment.id, site=comment.site_id)
    return lead_back(token)


def _show_moved(token: str, form: AppealForm) -> AnyResponse:
    """Another rejection stands by now: the typed words in a form against that one."""
    with services().database.reading() as session:
        comment = find_own(session, token)
        if not may_appeal(session, comment):
            return lead_back(token)
    again = AppealForm(None, comment)
    again.text.data = form.text.data
    moved = _(
        "Your comment’s status changed in the meantime, so nothing was sent yet. Your text is "
        "still here: look at your private page, and send it once more if you still want to."
    )
    return _show(token, comment, again, 409, moved)


def _show(
    token: str,
    comment: Comment,
    form: AppealForm,
    status: int = 200,
    message: str | None = None,
) -> AnyResponse:
    with services().database.reading() as session:
        told = read_told(session, comment)
    page = render_template(
        "readers/private_appeal.html",
        token=token,
        comment=comment,
        form=form,
        told=told,
        message=message,
    )
    return keep_private(make_response(page, status))
