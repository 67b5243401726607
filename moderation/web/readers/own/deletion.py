"""A commenter deletes their comment, from its private page: a page asks, its button does it."""

import structlog
from flask import make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import VersionConflict
from moderation.flow.own.deletion import delete_own
from moderation.models import Comment
from moderation.services import services
from moderation.statuses import Status
from moderation.web.forms.own import ActForm
from moderation.web.readers import readers
from moderation.web.readers.own.links import find_own, keep_private, lead_back

log = structlog.get_logger()


@readers.get("/c/<token>/delete")
def delete_form(token: str) -> AnyResponse:
    """Ask whether it is to go for good."""
    with services().database.reading() as session:
        comment = find_own(session, token)
    if comment.status is Status.DELETED:
        return lead_back(token)
    return _ask(token, comment)


@readers.post("/c/<token>/delete")
def delete_comment(token: str) -> AnyResponse:
    """Delete it, once: a second click finds it gone."""
    with services().database.reading() as session:
        comment = find_own(session, token)
    form = ActForm(request.form, comment, "delete")
    if comment.status is Status.DELETED:
        return lead_back(token)
    if not form.validate():
        return _ask(token, comment, 400, _("Please press the button once more."))
    assert form.token is not None
    try:
        with services().database.transaction() as session:
            is_new = delete_own(
                session, comment.id, version_seen=form.token.version, now=services().clock()
            )
            # On the disk before the commit: a restored backup must not bring it back.
            services().housekeeper.note_erased(comment.public_id)
    except VersionConflict:
        return _ask_again(token)
    if is_new:
        log.info("comment_deleted", comment=comment.id, site=comment.site_id)
    return lead_back(token)


def _ask_again(token: str) -> AnyResponse:
    with services().database.reading() as session:
        comment = find_own(session, token)
    moved = _("Your comment’s status changed in the meantime. Do you still want to delete it?")
    return _ask(token, comment, 409, moved)


def _ask(
    token: str, comment: Comment, status: int = 200, message: str | None = None
) -> AnyResponse:
    page = render_template(
        "readers/private_delete.html",
        token=token,
        comment=comment,
        form=ActForm(None, comment, "delete"),
        message=message,
    )
    return keep_private(make_response(page, status))
