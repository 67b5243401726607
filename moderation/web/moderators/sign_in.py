"""Signing in and out. Throttled by account and by address; sessions live in the database."""

import datetime as dt
import re

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from werkzeug.wrappers import Response

from moderation.errors import SignInRefused
from moderation.flow.moderators import (
    SCOPE,
    check_password,
    end_session,
    find_moderator,
    record_sign_in,
    start_session,
)
from moderation.models import Moderator
from moderation.services import services
from moderation.statuses import Change
from moderation.web.forms import SignInForm
from moderation.web.gate import SIGNED_IN
from moderation.web.limits import is_within, limiter, retry_after
from moderation.web.moderators import moderators

# Two slashes begin another host's address, a backslash is read as a slash, and white space is
# dropped on the way to the browser: "/\t/evil.example" would become "//evil.example".
LOCAL_PATH = re.compile(r"/(?![/\\])[^\s\x00-\x1f\x7f]*")


@moderators.get("/")
def home() -> Response:
    """The front door leads to the queue."""
    return redirect(url_for("moderators.queue"))


@moderators.route("/login", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The sign-in page; a refusal does not say whether the account exists."""
    form = SignInForm()
    if not form.validate_on_submit():
        page = render_template("moderators/sign_in.html", form=form, refused=None)
        return page, 400 if form.errors else 200
    try:
        _throttle(form.email.data)
        moderator = _check(form.email.data, form.password.data)
    except RateLimitExceeded:
        message = "Too many attempts. Please wait a quarter of an hour."
        page = render_template("moderators/sign_in.html", form=form, refused=message)
        return page, 429, {"Retry-After": str(retry_after())}
    except SignInRefused:
        message = "Email and password do not belong together."
        return render_template("moderators/sign_in.html", form=form, refused=message), 401
    _start(moderator)
    return redirect(_next_page())


@moderators.post("/logout")
def sign_out() -> Response:
    """End this browser's session."""
    with services().database.transaction() as db:
        end_session(db, session.get(SIGNED_IN, ""))
    session.clear()
    return redirect(url_for("moderators.sign_in"))


def _throttle(email: str) -> None:
    limits = services().settings.RATE_SIGN_IN
    with limiter.limit(limits):  # by address range; raises RateLimitExceeded
        pass
    account = services().vault.lookup_hash(email, scope=SCOPE).hex()
    if not is_within(limits, "sign in", account):
        raise SignInRefused("too many attempts for this account")


def _check(email: str, password: str) -> Moderator:
    with services().database.reading() as db:
        moderator = find_moderator(db, email, services().vault)
    try:
        return check_password(moderator, password)
    except SignInRefused:
        with services().database.transaction() as db:
            known = moderator.id if moderator else None
            record_sign_in(db, known, Change.SIGN_IN_FAILED, now=services().clock())
        raise


def _start(moderator: Moderator) -> None:
    lifetime = dt.timedelta(hours=services().settings.SESSION_HOURS)
    with services().database.transaction() as db:
        token = start_session(db, moderator.id, now=services().clock(), lifetime=lifetime)
    session.clear()  # nothing of before survives: no session fixation
    session[SIGNED_IN] = token


def _next_page() -> str:
    """Where the person wanted to go; only to paths of this host."""
    target = request.args.get("next", "")
    return target if LOCAL_PATH.fullmatch(target) else url_for("moderators.queue")
