"""Closed by default: every endpoint needs a signed-in moderator unless it stands in PUBLIC."""

import datetime as dt

from flask import Flask, g, redirect, request, session, url_for
from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound, Unauthorized
from werkzeug.wrappers import Response

from moderation.errors import NotAllowed
from moderation.flow.team.sessions import Owed, find_session, needs_touch, owed_by, touch
from moderation.models import Moderator, SignIn
from moderation.services import services
from moderation.statuses import Role, SecondFactor

# The whole list of what a stranger may call. tests/web/test_gate.py walks all others.
PUBLIC = frozenset(
    {
        "static",
        "embed.script",
        "embed.demo",
        "machines.healthz",
        "machines.readyz",
        "machines.metrics",
        "moderators.sign_in",
        "moderators.invitation",
        "moderators.mail_decision",
        "moderators.decide_from_mail",
        "readers.thread",
        "readers.submit_comment",
        "readers.theme",
        "readers.thread_json",
        "readers.thread_html",
        "readers.new_comments",
        "readers.feed",
        "readers.form_token",
        "readers.counts",
        "readers.report_form",
        "readers.report_comment",
        "readers.notice",
        "readers.own_data",
        "readers.export",
        "readers.erasure",
        "readers.cancel",
        "readers.private_page",
        "readers.edit_form",
        "readers.edit_comment",
        "readers.delete_form",
        "readers.delete_comment",
        "readers.mine",
        "readers.appeal_form",
        "readers.appeal_comment",
        "readers.wish",
        "readers.wish_for_every_comment",
        "readers.unsubscribe",
        "readers.unsubscribe_now",
        "readers.proof_page",
        "readers.confirm",
    }
)
# All that a half signed-in session reaches, by the step that it owes; the first is where it is led.
STEPS = {
    Owed.CODE: ("moderators.second_step", "moderators.sign_out"),
    Owed.RENEW: ("moderators.first_password", "moderators.sign_out"),
    Owed.FACTOR: (
        "moderators.second_factor",
        "moderators.offer_second_factor",
        "moderators.sign_out",
    ),
}
# What an open page asks for by itself: that is no use of a session.
BY_ITSELF = frozenset({"moderators.changes", "moderators.claim_comment"})
SIGNED_IN = "signed_in"


def require_moderator() -> Response | None:
    """Find out who calls; send strangers to the sign-in page. Registered as `before_request`."""
    if isinstance(request.routing_exception, MethodNotAllowed):
        raise request.routing_exception
    # No redirect of Werkzeug's for doubled slashes (it believes the Host header), and no NUL,
    # which PostgreSQL cannot look up.
    if request.endpoint is None or "\0" in request.path:
        raise NotFound
    if request.endpoint in PUBLIC:
        return None
    # The body is read before the session is looked up: one that arrives slowly must not outlive it.
    if any("\0" in text for sent in (request.args, request.form) for _, text in sent.items(True)):
        raise BadRequest
    found = _find_session()
    if found is None:
        return _lead_to("moderators.sign_in")
    g.sign_in = found
    owed = owed_by(found, factor_required=factor_required())
    if owed is None:
        g.moderator = found.moderator
        return None
    if request.endpoint in STEPS[owed]:
        return None
    return _lead_to(STEPS[owed][0])


def current_moderator() -> Moderator:
    """Who is signed in; only behind the gate, and not while a step is owed."""
    moderator: Moderator = g.moderator
    return moderator


def current_session() -> SignIn:
    """The session of this browser, which may owe a step; only behind the gate."""
    found: SignIn = g.sign_in
    return found


def find_signed_in() -> Moderator | None:
    """Who is signed in, on a page that strangers see too; nobody who still owes a step."""
    found = _find_session()
    if found is None or owed_by(found, factor_required=factor_required()) is not None:
        return None
    return found.moderator


def require_role(needed: Role) -> Moderator:
    """Who is signed in, if their role includes `needed`. Raises NotAllowed."""
    moderator = current_moderator()
    if not moderator.role.may(needed):
        raise NotAllowed(f"this needs the role {needed}")
    return moderator


def factor_required() -> bool:
    """Whether everybody needs a second factor."""
    return services().settings.SECOND_FACTOR is SecondFactor.REQUIRED


def session_idle() -> dt.timedelta:
    """How long a session lasts without use."""
    return dt.timedelta(hours=services().settings.SESSION_IDLE_HOURS)


def register_gate(app: Flask) -> None:
    """Put the gate before every view of the app."""
    app.before_request(require_moderator)


def _find_session() -> SignIn | None:
    """The session of this browser; notes, every few minutes, that it is in use."""
    token, now = session.get(SIGNED_IN), services().clock()
    if not token:
        return None
    with services().database.reading() as db:
        found = find_session(db, token, now=now, idle=session_idle())
    is_used = request.endpoint not in BY_ITSELF
    if found is not None and is_used and needs_touch(found, now=now):
        with services().database.transaction() as db:
            touch(db, found, now=now)
    return found


def _lead_to(endpoint: str) -> Response:
    if request.method not in ("GET", "HEAD"):
        raise Unauthorized
    return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))
