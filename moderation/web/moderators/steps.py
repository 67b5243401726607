"""The steps of signing in after the password: the second factor, and a password of one's own."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded

from moderation.errors import CodeRefused, SignInRefused, WeakPassword
from moderation.flow.team import second_factor
from moderation.flow.team.accounts import email_of, known_about
from moderation.flow.team.invitations import withdraw_password_links
from moderation.flow.team.passwords import hash_password, is_password
from moderation.flow.team.record import record, record_sign_in
from moderation.flow.team.sessions import end_others, go_on
from moderation.models import Moderator, SignIn
from moderation.services import services
from moderation.statuses import Change
from moderation.web.forms.team import CodeForm, NewPasswordForm
from moderation.web.gate import current_session, factor_required
from moderation.web.limits import forget_count, is_first, is_within, limiter, retry_after
from moderation.web.moderators import moderators
from moderation.web.moderators.sign_in import keep, next_page, session_lifetime

# Wrong codes in a row for one account. Three of a million codes are right at a time, so who has
# the password and guesses day and night gets in within a year with a probability of 3 %.
CODE_LIMITS = "10 per hour; 30 per day"


@moderators.route("/login/code", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """Asks for a code of the app, or a recovery code."""
    if "moderator" in g:
        return redirect(url_for("moderators.queue"))
    form = CodeForm()
    if not form.validate_on_submit():
        return _show_code(form), 400 if form.errors else 200
    try:
        _give_code(current_session(), form.code.data)
    except RateLimitExceeded:
        refused = "Too many attempts. Please wait a quarter of an hour."
        return _show_code(form, refused), 429, {"Retry-After": str(retry_after())}
    except CodeRefused:
        refused = "This code is not right, or was used already. The app shows a new one soon."
        return _show_code(form, refused), 401
    return redirect(next_page())


@moderators.route("/login/password", methods=["GET", "POST"])
def first_password() -> ResponseReturnValue:
    """Asks for a password of one's own, where somebody else made the one in force."""
    if "moderator" in g:
        return redirect(url_for("moderators.queue"))
    form, found = NewPasswordForm(), current_session()
    problem = None
    if form.validate_on_submit():
        try:
            _replace_password(found, hash_new(found.moderator, form.new.data))
            return redirect(next_page())
        except WeakPassword as weak:
            problem = str(weak)
    page = render_template("moderators/first_password.html", form=form, problem=problem)
    return page, 400 if form.errors or problem else 200


def hash_new(moderator: Moderator, password: str) -> str:
    """The hash of somebody's new password. Raises WeakPassword, also where it is the old one."""
    if is_password(moderator, password):
        raise WeakPassword("This is the password that you have now. Please choose another.")
    email = email_of(moderator, services().vault)
    return hash_password(password, about=known_about(email, moderator.site, moderator.name))


def _show_code(form: CodeForm, refused: str | None = None) -> str:
    shown = CodeForm(formdata=None) if refused else form  # no code goes out again
    return render_template("moderators/second_step.html", form=shown, refused=refused)


def _give_code(found: SignIn, code: str) -> None:
    """Use the code up and go on. Raises CodeRefused, RateLimitExceeded."""
    moderator, now, vault = found.moderator, services().clock(), services().vault
    key = ("second step", str(moderator.id))
    with limiter.limit(services().settings.RATE_SIGN_IN):  # by address range
        pass
    if not is_within(CODE_LIMITS, *key):
        if is_first(CODE_LIMITS, "second step limited", str(moderator.id)):
            with services().database.transaction() as db:
                record_sign_in(db, moderator, Change.SIGN_IN_LIMITED, now=now, reason="code")
        raise CodeRefused("too many attempts at this account")
    try:
        with services().database.transaction() as db:
            second_factor.check_code(db, moderator, code, vault=vault, now=now)
            token = go_on(
                db,
                found,
                now=now,
                lifetime=session_lifetime(),
                factor_required=factor_required(),
                factor_given=True,
            )
    except (CodeRefused, SignInRefused):
        with services().database.transaction() as db:
            record_sign_in(db, moderator, Change.SIGN_IN_FAILED, now=now, reason="code")
        raise CodeRefused("no code of this person") from None
    forget_count(CODE_LIMITS, *key)
    keep(token)


def _replace_password(found: SignIn, password_hash: str) -> None:
    now = services().clock()
    with services().database.transaction() as db:
        moderator = db.get_one(Moderator, found.moderator_id)
        moderator.password_hash, moderator.must_change_password = password_hash, False
        end_others(db, found, now=now)
        withdraw_password_links(db, moderator, by=moderator, now=now)
        record(db, Change.PASSWORD_CHANGED, about=moderator, by=moderator, now=now)
        token = go_on(
            db,
            found,
            now=now,
            lifetime=session_lifetime(),
            factor_required=factor_required(),
            factor_given=found.factor_given,
        )
    keep(token)
