"""Closed by default: every endpoint needs a signed-in moderator unless it stands in PUBLIC."""

from flask import Flask, g, redirect, request, session, url_for
from werkzeug.exceptions import MethodNotAllowed, NotFound, Unauthorized
from werkzeug.wrappers import Response

from moderation.errors import NotAllowed
from moderation.flow.moderators import find_signed_in
from moderation.models import Moderator
from moderation.services import services
from moderation.statuses import Role

# The whole list of what a stranger may call. tests/test_architecture.py walks all others.
PUBLIC = frozenset(
    {
        "static",
        "embed.script",
        "embed.demo",
        "machines.healthz",
        "machines.readyz",
        "machines.metrics",
        "moderators.sign_in",
        "readers.thread",
        "readers.submit_comment",
        "readers.thread_json",
        "readers.form_token",
        "readers.counts",
        "readers.notice",
        "readers.own_data",
        "readers.export",
        "readers.erasure",
        "readers.cancel",
        "readers.private_page",
        "readers.proof_page",
        "readers.confirm",
    }
)
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
    token = session.get(SIGNED_IN)
    with services().database.reading() as db:
        moderator = find_signed_in(db, token, now=services().clock()) if token else None
    if moderator is not None:
        g.moderator = moderator
        return None
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("moderators.sign_in", next=request.full_path.rstrip("?")))
    raise Unauthorized


def current_moderator() -> Moderator:
    """Who is signed in; only behind the gate."""
    moderator: Moderator = g.moderator
    return moderator


def require_role(needed: Role) -> Moderator:
    """Who is signed in, if their role includes `needed`. Raises NotAllowed."""
    moderator = current_moderator()
    if not moderator.role.may(needed):
        raise NotAllowed(f"this needs the role {needed}")
    return moderator


def register_gate(app: Flask) -> None:
    """Put the gate before every view of the app."""
    app.before_request(require_moderator)
