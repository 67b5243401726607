"""Signing in and out. Throttled by account and by address; sessions live in the database."""

import datetime as dt
import re

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from werkzeug.wrappers import Response

from moderation.errors import SignInRefused
from moderation.flow.team import second_factor
from moderation.flow.team.accounts import SCOPE, find_moderator
from moderation.flow.team.passwords import check_password, hash_again
from moderation.flow.team.record import record_sign_in
from moderation.flow.team.sessions import end_session, start_session
from moderation.flow.team.sessions import sign_out as end_this_session
from moderation.models import Moderator
from moderation.services import services
from moderation.statuses import Change
from moderation.web.forms.team import SignInForm
from moderation.web.gate import SIGNED_IN, current_session, factor_required
from moderation.web.limits import address_range, is_first, is_within, limiter, retry_after
from moderation.web.moderators import moderators

# Two slashes begin another host's address, a backslash is read as a slash, and white space is
# dropped on the way to the browser: "/\t/evil.example" would become "//evil.example".
LOCAL_PATH = re.compile(r"/(?![/\\])[^\s\x00-\x1f\x7f]*")
BY_PASSWORD = "password"  # noqa: S105  (why a sign-in failed, in the log)


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
    start(moderator, new_hash=hash_again(moderator, form.password.data))
    return redirect(next_page())  # where a step is owed, the gate leads there first


@moderators.post("/logout")
def sign_out() -> Response:
    """End this browser's session."""
    with services().database.transaction() as db:
        end_this_session(db, current_session(), now=services().clock())
    session.clear()
    return redirect(url_for("moderators.sign_in"))


def start(moderator: Moderator, *, new_hash: str | None = None) -> None:
    """Sign this browser in after a password, or as far as that goes; store a new hash of it.

    Raises SignInRefused where the account or its password changed since it was checked.
    """
    vault, offered = services().vault, None
    if factor_required() and not moderator.has_second_factor:
        offered = second_factor.offer_secret(moderator, vault)
    with services().database.transaction() as db:
        end_session(db, session.get(SIGNED_IN, ""))
        fresh = db.get_one(Moderator, moderator.id, with_for_update={"key_share": True})
        if not fresh.is_active or fresh.password_hash != moderator.password_hash:
            raise SignInRefused("the account changed meanwhile")
        if new_hash is not None:
            fresh.password_hash = new_hash
        token = start_session(
            db,
            moderator.id,
            now=services().clock(),
            lifetime=session_lifetime(),
            factor_required=factor_required(),
            offered=offered,
        )
    keep(token)


def keep(token: str) -> None:
    """Have the browser carry this session's token, and nothing of before: no session fixation."""
    session.clear()
    session[SIGNED_IN] = token


def session_lifetime() -> dt.timedelta:
    """How long a session lasts at most."""
    return dt.timedelta(hours=services().settings.SESSION_HOURS)


def next_page() -> str:
    """Where the person wanted to go; only to paths of this host."""
    target = request.args.get("next", "")
    return target if LOCAL_PATH.fullmatch(target) else url_for("moderators.queue")


def _throttle(email: str) -> None:
    limits = services().settings.RATE_SIGN_IN
    account = services().vault.lookup_hash(email, scope=SCOPE).hex()
    try:
        with limiter.limit(limits):  # by address range
            pass
    except RateLimitExceeded:
        # By range, not by account: whoever guesses names must not fill the log.
        if is_first(limits, "sign in limited", address_range()):
            _record_limit(None, "network")
        raise
    if not is_within(limits, "sign in", account):
        if is_first(limits, "sign in limited", account):
            _record_limit(email, "account")
        raise SignInRefused("too many attempts for this account")


def _record_limit(email: str | None, which: str) -> None:
    with services().database.transaction() as db:
        moderator = find_moderator(db, email, services().vault) if email else None
        now = services().clock()
        record_sign_in(db, moderator, Change.SIGN_IN_LIMITED, now=now, reason=which)


def _check(email: str, password: str) -> Moderator:
    with services().database.reading() as db:
        moderator = find_moderator(db, email, services().vault)
    try:
        return check_password(moderator, password)
    except SignInRefused:
        with services().database.transaction() as db:
            now = services().clock()
            record_sign_in(db, moderator, Change.SIGN_IN_FAILED, now=now, reason=BY_PASSWORD)
        raise
