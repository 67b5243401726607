"""One's own account: name, password, second factor, sessions."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from moderation.errors import WeakPassword
from moderation.flow.team import second_factor
from moderation.flow.team.accounts import email_of, rename
from moderation.flow.team.invitations import withdraw_password_links
from moderation.flow.team.record import record
from moderation.flow.team.sessions import end_one, end_others, hold, read_sessions
from moderation.privacy.vault import mask
from moderation.services import services
from moderation.statuses import Change
from moderation.web.forms.team import ChangePasswordForm, ConfirmForm, NameForm
from moderation.web.gate import current_moderator, current_session, factor_required, session_idle
from moderation.web.moderators import moderators
from moderation.web.moderators.confirming import WRONG, is_confirmed, problem_with
from moderation.web.moderators.steps import hash_new

DONE = "account_done"  # what a form did, shown once
NEEDED = "Everybody needs a second factor here, so it cannot be taken away."


@moderators.get("/account")
def account() -> str:
    """The page, with what the last form did."""
    return _show(done=session.pop(DONE, None))


@moderators.post("/account/name")
def change_name() -> ResponseReturnValue:
    """Another name for colleagues to see."""
    form = NameForm()
    if not form.validate_on_submit():
        return _show(name_form=form), 400
    with services().database.transaction() as db:
        rename(db, current_moderator(), form.name.data, now=services().clock())
    return _back("Your name is changed.")


@moderators.post("/account/covering")
def change_covering() -> ResponseReturnValue:
    """Whether the text of toxic comments is covered until one asks for it."""
    wanted = request.form.get("covers_toxic") == "yes"
    with services().database.transaction() as db:
        hold(db, current_session()).moderator.covers_toxic = wanted
    return _back("Toxic text is covered now." if wanted else "No text is covered now.")


@moderators.post("/account/password")
def change_password() -> ResponseReturnValue:
    """Another password, against the one so far; all other sessions end."""
    form, me = ChangePasswordForm(), current_moderator()
    if not form.validate_on_submit():
        return _show(password_form=form), 400
    if not is_confirmed(me, form.old.data):
        return _show(password_form=form, password_problem=WRONG), 400
    try:
        password_hash = hash_new(me, form.new.data)
    except WeakPassword as weak:
        return _show(password_form=form, password_problem=str(weak)), 400
    with services().database.transaction() as db:
        found = hold(db, current_session()).moderator
        found.password_hash = password_hash
        end_others(db, current_session(), now=services().clock())
        withdraw_password_links(db, found, by=found, now=services().clock())
        record(db, Change.PASSWORD_CHANGED, about=found, by=found, now=services().clock())
    return _back("Your password is changed. All other sessions have ended.")


@moderators.post("/account/second-factor/off")
def remove_second_factor() -> ResponseReturnValue:
    """Sign in with the password alone from now on."""
    form, me = ConfirmForm(), current_moderator()
    problem = NEEDED if factor_required() else problem_with(form, me)
    if problem:
        return _show(factor_problem=problem), 400
    with services().database.transaction() as db:
        found = hold(db, current_session()).moderator
        second_factor.remove(db, found, by=found, now=services().clock())
    return _back("The second factor is off: your password alone lets you in.")


@moderators.post("/account/recovery-codes")
def make_recovery_codes() -> ResponseReturnValue:
    """Fresh recovery codes, shown this once; the older ones end."""
    form, me = ConfirmForm(), current_moderator()
    problem = problem_with(form, me)
    if problem or not me.has_second_factor:
        return _show(factor_problem=problem), 400
    with services().database.transaction() as db:
        found = hold(db, current_session()).moderator
        codes = second_factor.new_recovery_codes(db, found, now=services().clock())
    onwards = url_for("moderators.account")
    return render_template("moderators/recovery_codes.html", codes=codes, onwards=onwards)


@moderators.post("/account/sessions/<row:session_id>/end")
def end_session_of_mine(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions; this one leads to the sign-in."""
    with services().database.transaction() as db:
        end_one(db, current_moderator(), session_id, now=services().clock())
    if session_id == current_session().id:
        session.clear()
        return redirect(url_for("moderators.sign_in"), 303)
    return _back("The session has ended.")


@moderators.post("/account/sessions/end")
def end_other_sessions() -> Response:
    """Sign out everywhere else."""
    with services().database.transaction() as db:
        count = end_others(db, current_session(), now=services().clock())
    return _back(f"Signed out everywhere else: {count} ended.")


def _back(done: str) -> Response:
    session[DONE] = done
    return redirect(url_for("moderators.account"), 303)


def _show(**changes: Any) -> str:
    me, here, now = current_moderator(), current_session(), services().clock()
    email = email_of(me, services().vault)
    with services().database.reading() as db:
        shown = {
            "email": mask(email) if email else None,
            "sessions": read_sessions(db, me, now=now, idle=session_idle()),
            "codes_left": second_factor.count_codes(db, me),
        }
    return render_template(
        "moderators/account.html",
        **{
            "me": me,
            "here": here,
            "factor_required": factor_required(),
            "name_form": NameForm(formdata=None, name=me.name),
            "password_form": ChangePasswordForm(formdata=None),
            "confirm": ConfirmForm(formdata=None),
            **shown,
            **changes,
        },
    )
