"""Writing: the form comes in, is checked, stored, and answered."""

import datetime as dt
import time
from dataclasses import replace

import structlog
from flask import Response, jsonify, request, url_for
from flask_babel import format_timedelta
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from moderation.errors import ArticleClosed, DuplicateComment, TokenReused, UnknownParent
from moderation.flow.commenters import hashes_for
from moderation.flow.own.edits import time_to_edit
from moderation.flow.own.mine import show_waiting
from moderation.flow.proof import wants_proof
from moderation.flow.submit import Submission, submit
from moderation.metrics import SUBMISSIONS
from moderation.models import Comment
from moderation.privacy.addresses import range_of
from moderation.services import services
from moderation.statuses import Code, Status
from moderation.web.answers import wants_json
from moderation.web.forms.comments import CommentForm
from moderation.web.limits import ask_to_wait, count_form, is_within, lets_in, say_to_wait
from moderation.web.readers import readers
from moderation.web.readers.nudge import count_answer, nudge
from moderation.web.readers.own.links import private_links
from moderation.web.readers.stand import Stand, expect_form, find_stand
from moderation.web.readers.thread import render_thread

log = structlog.get_logger()

LOOK_EVERY = 0.025  # seconds between looks for the outcome
RETRY_AFTER = 60  # seconds, for answers 503
CLOSED = _l("Comments are closed here.")

MESSAGES = {
    Status.APPROVED: _l("Thank you. Your comment is published."),
    Status.HELD: _l("Thank you. Your comment was received, and a person will look at it."),
    Status.PROCESSING: _l("Thank you. Your comment was received and is being checked."),
}


@readers.post("/s/<site_key>/comments")
def submit_comment(site_key: str) -> Response:
    """Take a comment: 201 published, 202 received; otherwise the form again with what was typed."""
    expect_form(site_key)
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.form)
    form = CommentForm(request.form, stand.form_place(request.form.get("csrf_token", "")))
    if not lets_in(count_form):
        return _refuse(stand, form, 429, say_to_wait())
    if form.validate():
        return _store(stand, form)  # closed or not: a retry gets the answer of its first time
    if stand.is_closed:
        return _refuse(stand, form, 403, str(CLOSED))
    return _refuse(stand, form, 400)


def _store(stand: Stand, form: CommentForm) -> Response:
    submission = _submission(stand, form)
    try:
        if question := nudge(stand, form, submission):
            return question
        with services().database.transaction() as session:
            comment, is_new = submit(
                session,
                stand.site,
                replace(submission, signals=_signals(stand, form)),
                vault=services().vault,
                now=services().clock(),
                repeat_window=services().repeat_window,
            )
            if is_new:
                _ask_for_proof(session, stand, comment)
                count_answer(session, stand, form)
    except TokenReused:
        if stand.is_closed:  # there is no sending it once more
            return _refuse(stand, form, 403, str(CLOSED))
        form["csrf_token"].errors = [
            _(
                "This form was sent before with another text, and that comment was received. Your "
                "new text is still here: send it once more to add it as a comment of its own."
            )
        ]
        return _refuse(stand, form, 400)
    except UnknownParent:
        form.parent.errors = [_("The comment you reply to is no longer there.")]
        form.parent.data = ""
        return _refuse(stand, form, 400)
    except ArticleClosed:
        return _refuse(stand, form, 403, str(CLOSED))
    except DuplicateComment:
        return _refuse(stand, form, 409, _("You said this already."))
    except OperationalError:
        log.error("submission_not_stored", exc_info=True)
        return _refuse(
            stand, form, 503, _("Your comment could not be stored just now. Please send it again.")
        )
    if is_new:
        log.info("comment_stored", comment=comment.id, site=stand.site.id)
        services().wake()
    return _accept(stand, comment.id, comment.public_id, comment.link_version)


def _ask_for_proof(session: Session, stand: Stand, comment: Comment) -> None:
    """Ask by mail whether the address is theirs, where the rules want it."""
    # What fills in the trap is a program: the address it typed is somebody else's.
    is_by_hand = Code.HONEYPOT not in comment.signals
    if is_by_hand and wants_proof(stand.policy, comment.commenter):
        services().mail_proof(session, stand.site, comment.commenter)


def _submission(stand: Stand, form: CommentForm) -> Submission:
    assert form.token is not None  # validate() refused the form otherwise
    return Submission(
        submission_id=form.token.submission_id,
        page=stand.page,
        parent=form.parent.data or "",
        name=form.name.data or "",
        email=form.email.data or "",
        body=form.body.data or "",
        address_range=range_of(request.remote_addr),
        mine=private_links().read(form.mine.data or ""),
    )


def _signals(stand: Stand, form: CommentForm) -> tuple[Code, ...]:
    """What is noted of how it was sent; counts it for the commenter."""
    signals, email = [], form.email.data or ""
    if form.website.data:
        signals.append(Code.HONEYPOT)
    # Over this limit the comment is held, not refused: a refusal would tell a stranger that
    # somebody comments with this address.
    if email and not is_within(
        services().settings.RATE_COMMENTER,
        "commenter",
        hashes_for(services().vault, stand.site, email)[0].hex(),
    ):
        signals.append(Code.COMMENTER_RATE)
    return tuple(signals)


def _accept(stand: Stand, comment_id: int, public_id: str, link_version: int) -> Response:
    outcome = _shown(wait_for_outcome(comment_id))
    SUBMISSIONS.labels(outcome).inc()
    token = private_links().issue(public_id, link_version)
    manage_url = services().settings.public_url + url_for("readers.private_page", token=token)
    code = 201 if outcome is Status.APPROVED else 202
    if wants_json():
        response = jsonify(
            id=public_id, status=outcome, message=str(MESSAGES[outcome]), manage_url=manage_url
        )
        response.status_code = code
        return response
    with services().database.reading() as session:
        stand = find_stand(session, stand.site.key, request.form)
        again = CommentForm(
            None, stand.form_place(), article=stand.page.url, title=stand.page.title
        )
        comment = session.get_one(Comment, comment_id)
        notice = {
            "kind": outcome.value,
            "text": str(MESSAGES[outcome]),
            "manage_url": manage_url,
            "id": public_id,
            "received": "yes",  # form.js forgets the draft
            "token": token,  # mine.js keeps it
            "edit_time": _edit_time(stand, comment),
        }
        waiting = show_waiting(session, comment) if outcome is not Status.APPROVED else None
        return render_thread(session, stand, again, status=code, notice=notice, waiting=waiting)


def _edit_time(stand: Stand, comment: Comment) -> str:
    """For how long a text can be changed, in words, whatever became of this one; else empty."""
    left = time_to_edit(comment, stand.policy, now=services().clock())
    return str(format_timedelta(left, granularity="minute")) if left > dt.timedelta() else ""


def _shown(status: Status) -> Status:
    """What a commenter is told at once: refusals are told on the private page, not here."""
    return status if status in MESSAGES else Status.HELD


def _refuse(stand: Stand, form: CommentForm, code: int, message: str | None = None) -> Response:
    """The form again, text kept, fresh token; for JSON the errors by field."""
    SUBMISSIONS.labels(str(code)).inc()
    log.info("submission_refused", site=stand.site.id, code=code, fields=sorted(form.errors))
    if wants_json():
        errors = {name: [str(each) for each in found] for name, found in form.errors.items()}
        response = jsonify(errors={"form": [message]} if message else errors)
        response.status_code = code
    else:
        is_there = code == 409  # what was said before is nobody's mistake
        kind = "known" if is_there else "refused"
        notice = {"kind": kind, "text": message} if message else None
        if notice and is_there:
            notice["received"] = "yes"
        if code == 503:
            response = render_thread(None, stand, form, status=code, notice=notice)
        else:
            with services().database.reading() as session:
                response = render_thread(session, stand, form, status=code, notice=notice)
    if code == 429:
        ask_to_wait(response)
    if code == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def wait_for_outcome(comment_id: int) -> Status:
    """Where the comment stands after at most SCORE_WAIT seconds; no transaction stays open.

    Only SCORE_WAITERS requests wait at a time: others are answered at once.
    """
    if not services().waiters.acquire(blocking=False):
        return _status_of(comment_id)
    try:
        end = time.monotonic() + services().settings.SCORE_WAIT
        while (status := _status_of(comment_id)) is Status.PROCESSING and time.monotonic() < end:
            time.sleep(LOOK_EVERY)
        return status
    finally:
        services().waiters.release()


def _status_of(comment_id: int) -> Status:
    with services().database.reading() as session:
        return session.scalars(select(Comment.status).where(Comment.id == comment_id)).one()
