"""Every error becomes a status, a stable code and a sentence; nothing of the request is echoed."""

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as AnyResponse

from moderation import errors
from moderation.web.answers import wants_json
from moderation.web.headers import allow_framing_by
from moderation.web.limits import ask_to_wait

log = structlog.get_logger()

# Error type -> HTTP status and what people read. docs/operating.md lists the codes.
ANSWERS: dict[type[errors.ModerationError], tuple[int, LazyString | str]] = {
    errors.ModerationError: (500, _l("Something went wrong on our side. Please try again.")),
    errors.ScorerUnavailable: (503, "The scorer is not available just now."),
    errors.UnknownSite: (404, _l("There is no such site here.")),
    errors.ForeignArticle: (
        400,
        _l("The article’s address is missing, or is not on one of this site’s origins."),
    ),
    errors.ForeignForm: (
        403,
        _l(
            "This form came from a page of another site, so nothing was sent. Your browser’s back "
            "button keeps what you typed: please send it from the page of the comments."
        ),
    ),
    errors.UnknownParent: (400, _l("The comment you reply to is no longer there.")),
    errors.ArticleClosed: (403, _l("Comments are closed here.")),
    errors.DuplicateComment: (409, _l("You said this already.")),
    errors.TokenReused: (400, _l("This form was already sent. Send it again as a new comment.")),
    errors.UnknownComment: (
        404,
        _l("There is no comment here. The link may be old or incomplete."),
    ),
    errors.UnknownCommenter: (404, "There is no commenter here."),
    errors.UnknownBan: (404, "There is no such ban."),
    errors.UnknownWebhook: (404, "There is no such webhook."),
    errors.TooManyWebhooks: (409, "There are 20 webhooks already. Remove one first."),
    errors.UnknownLink: (
        404,
        _l(
            "This link does not work: it is incomplete, too old, or was revoked. To get a new one "
            "by mail, ask for your data through the “Privacy” link at the form (one a day at most)."
        ),
    ),
    errors.UnknownDecisionLink: (
        404,
        "This link does not work: it is incomplete or old. Sign in to decide about comments.",
    ),
    errors.DecisionLinkOver: (
        410,
        "This link decides nothing any more: it was used, is too old, or your account changed. "
        "Sign in to decide.",
    ),
    errors.EditRefused: (403, _l("Your comment cannot be changed any more.")),
    errors.MailRefused: (502, "The mail could not be delivered to this address."),
    errors.MailFailed: (503, "The mail could not be sent just now."),
    errors.VersionConflict: (409, "Somebody else was faster: this comment has moved."),
    errors.NothingToUndo: (409, "There is nothing to undo: the comment has moved since."),
    errors.UnknownArticle: (404, "There is no such article here."),
    errors.UnknownBatch: (404, "There is no such act of yours."),
    errors.UnknownStanding: (404, "There is no such standing decision."),
    errors.TooManyStanding: (
        409,
        "Too many standing decisions are in force on this site: lift one first. Nothing was done.",
    ),
    errors.UnknownText: (
        409,
        "A colleague has changed or removed this text meanwhile. Go back, reload the page, and "
        "look at it first.",
    ),
    errors.UnknownNote: (404, "There is no such note."),
    errors.NothingToNote: (
        409,
        "No note is kept about what is erased, or about somebody of whom nothing is kept that "
        "says who it is.",
    ),
    errors.NothingToAppeal: (
        409,
        _l("There is nothing to look at again: the comment is not rejected, or you asked before."),
    ),
    errors.OwnAppeal: (
        409,
        "You rejected this comment, so a colleague judges the appeal. You can still take your own "
        "decision back.",
    ),
    errors.AppealUnanswered: (
        409,
        "A refused appeal is answered: tell the commenter why, below Explain it.",
    ),
    errors.AddressNotProven: (
        409,
        "Only who proved that the address is theirs can be trusted: anybody could type it.",
    ),
    errors.SignInRefused: (401, "Email and password do not belong together."),
    errors.CodeRefused: (401, "This code is not right, or was used already."),
    errors.WeakPassword: (400, "This password is too short or too easy to guess."),
    errors.UnknownModerator: (404, "There is nobody here whom you can manage."),
    errors.UnknownInvitation: (
        404,
        "This link does not work: it is incomplete, was used, is too old, or was withdrawn. Ask "
        "the owner who sent it for a new one.",
    ),
    errors.AlreadyThere: (409, "Somebody signs in with this email already."),
    errors.LastOwner: (
        409,
        "This is the last active owner of all sites. Make somebody else one first.",
    ),
    errors.NotAllowed: (403, "Your role does not include this."),
    errors.UndecryptableEmail: (500, _l("Something went wrong on our side. Please try again.")),
}
HTTP_MESSAGES = {
    400: _l("This request could not be understood."),
    401: _l("Please sign in."),
    403: _l("This is not allowed."),
    404: _l("There is nothing here."),
    405: _l("This page cannot be used that way."),
    413: _l(
        "This is too long to send. Please shorten it; your browser’s back button keeps the text."
    ),
    415: _l("Please send the form from the page itself."),
    429: _l("Too many requests. Please wait a minute."),
    500: _l("Something went wrong on our side. Please try again."),
    503: _l("We cannot answer just now. Please try again in a minute."),
}


def register_errors(app: Flask) -> None:
    """Handle every error of ours, of Werkzeug, and those nobody expected."""
    app.register_error_handler(errors.ModerationError, answer_moderation_error)
    app.register_error_handler(CSRFError, answer_csrf_error)
    app.register_error_handler(RateLimitExceeded, answer_rate_limit)
    app.register_error_handler(OperationalError, answer_database_error)
    app.register_error_handler(PoolTimeout, answer_database_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_unexpected)


def answer_moderation_error(error: errors.ModerationError) -> Response:
    """Look the error's type up in ANSWERS."""
    status, message = ANSWERS[type(error)]
    return _answer(status, error.code, message)


def answer_csrf_error(_error: CSRFError) -> Response:
    """A moderator's form went stale, or came from elsewhere."""
    return _answer(400, "csrf", "This page was open for too long. Go back, reload it, try again.")


def answer_rate_limit(_error: RateLimitExceeded) -> Response:
    """Too many requests from one address range."""
    return ask_to_wait(_answer(429, "rate_limited", HTTP_MESSAGES[429]))


def answer_database_error(_error: SQLAlchemyError) -> Response:
    """The database does not answer."""
    log.error("database_failed", endpoint=request.endpoint, exc_info=True)
    response = _answer(503, "unavailable", HTTP_MESSAGES[503])
    response.headers["Retry-After"] = "60"
    return response


def answer_http_error(error: HTTPException) -> AnyResponse:
    """Werkzeug's own errors, in our words; redirects and ready responses pass."""
    if error.response is not None:
        return error.response
    status = error.code or 500
    if status < 400:
        return error.get_response()
    response = _answer(status, f"http_{status}", HTTP_MESSAGES.get(status, error.name))
    if status == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def answer_unexpected(_error: Exception) -> Response:
    """A bug: logged by type and place, told as our fault."""
    log.error("unexpected_error", endpoint=request.endpoint, exc_info=True)
    return _answer(500, "internal", HTTP_MESSAGES[500])


def _answer(status: int, code: str, words: LazyString | str) -> Response:
    message = str(words)
    g.error_code = code  # for the log
    if wants_json():
        response = jsonify(error=code, message=message, errors={"form": [message]})
    else:
        # Where the site is known the error stands in its frame, instead of a blocked one.
        allow_framing_by(sorted(g.get("cors_origins", ())))
        response = make_response(render_template("error.html", status=status, message=message))
    response.status_code = status
    return response
