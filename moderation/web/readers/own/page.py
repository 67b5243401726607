"""The commenter's private page: state and reason of one comment. The link only reads."""

import datetime as dt

from flask import make_response, render_template
from flask_babel import format_timedelta
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.flow.articles import address_of, policy_of
from moderation.flow.numbers.decisions import usual_wait
from moderation.flow.own.appeals import may_appeal, read_appeal
from moderation.flow.own.edits import find_hindrance, time_to_edit
from moderation.flow.redaction import is_redacted
from moderation.flow.telling import read_told
from moderation.models import Comment
from moderation.services import services
from moderation.statuses import Status
from moderation.web.readers import readers
from moderation.web.readers.own.links import find_own, keep_private
from moderation.web.readers.own.wishes import wish_form


@readers.get("/c/<token>")
def private_page(token: str) -> Response:
    """What became of a comment. Unknown, forged and revoked links answer alike."""
    now = services().clock()
    with services().database.reading() as session:
        comment = find_own(session, token)
        page = render_template(
            "readers/private_page.html",
            comment=comment,
            place=f"{address_of(comment.article)}#comment-{comment.public_id}",
            token=token,
            told=read_told(session, comment),
            is_masked=is_redacted(session, comment),
            usual_wait=_usual_wait(session, comment, now),
            edit_time=_edit_time(session, comment, now),
            appeal=read_appeal(session, comment),
            may_appeal=may_appeal(session, comment),
            wish_form=wish_form(session, comment),
        )
    return keep_private(make_response(page))


def _usual_wait(session: Session, comment: Comment, now: dt.datetime) -> str | None:
    """How long a person usually takes, in words; None where no person does or nobody can tell."""
    if comment.status is not Status.HELD:
        return None
    seconds = usual_wait(session, comment.site_id, now=now)
    if seconds is None:
        return None
    return str(format_timedelta(dt.timedelta(seconds=seconds), granularity="minute"))


def _edit_time(session: Session, comment: Comment, now: dt.datetime) -> str | None:
    """For how long it can still be changed, in words; None where it cannot."""
    if find_hindrance(session, comment, now=now) is not None:
        return None
    left = time_to_edit(comment, policy_of(comment.article.site), now=now)
    return str(format_timedelta(left, granularity="minute"))
