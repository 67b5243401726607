"""Setting up a second factor: offered after the password, confirmed by a code, codes shown once.

Reached from the account, and half signed in where everybody needs a second factor.
"""

from urllib.parse import urlsplit

import segno
from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation.errors import CodeRefused
from moderation.flow.team import second_factor as factors
from moderation.flow.team.sessions import end_others, go_on, hold
from moderation.models import SignIn
from moderation.services import services
from moderation.web.forms.team import CodeForm, ConfirmForm
from moderation.web.gate import current_session, factor_required
from moderation.web.moderators import moderators
from moderation.web.moderators.confirming import problem_with
from moderation.web.moderators.sign_in import keep, next_page, session_lifetime

QUIET_ZONE = 4  # light modules around a QR code (ISO/IEC 18004)


@moderators.route("/account/second-factor", methods=["GET", "POST"])
def second_factor() -> ResponseReturnValue:
    """What to scan, and the code that shows it was scanned; answers the recovery codes, once."""
    form, found = CodeForm(), current_session()
    if not form.validate_on_submit():
        return _show(form=form), 400 if form.errors else 200
    try:
        codes = _set_up(found, form.code.data)
    except CodeRefused:
        problem = "This code is not right. Is the clock of your device? Try the next one."
        return _show(form=form, problem=problem), 401
    onwards = next_page() if "moderator" not in g else url_for("moderators.account")
    return render_template("moderators/recovery_codes.html", codes=codes, onwards=onwards)


@moderators.post("/account/second-factor/offer")
def offer_second_factor() -> ResponseReturnValue:
    """Make a fresh secret to set up, against the password."""
    form, found = ConfirmForm(), current_session()
    problem = problem_with(form, found.moderator)
    if problem:
        return _show(confirm=form, problem=problem), 400
    sealed = factors.offer_secret(found.moderator, services().vault)
    with services().database.transaction() as db:
        hold(db, found).totp_ciphertext = sealed
    page = url_for("moderators.second_factor", next=request.args.get("next"))
    return redirect(page, 303)


def _show(
    *,
    form: CodeForm | None = None,
    confirm: ConfirmForm | None = None,
    problem: str | None = None,
) -> str:
    found = current_session()
    secret = factors.offered_secret(found, services().vault)
    host = urlsplit(services().settings.public_url).hostname or ""
    picture = None
    if secret and not found.moderator.has_second_factor:
        picture = _draw(factors.address_for_apps(found.moderator, secret, host))
    return render_template(
        "moderators/second_factor.html",
        form=form or CodeForm(formdata=None),
        confirm=confirm or ConfirmForm(formdata=None),
        problem=problem,
        secret=secret,
        picture=picture,
        is_set_up=found.moderator.has_second_factor,
        is_whole="moderator" in g,
    )


def _set_up(found: SignIn, code: str) -> list[str]:
    now, vault, token = services().clock(), services().vault, None
    with services().database.transaction() as db:
        held = hold(db, found)
        codes = factors.set_up(db, found, code, vault=vault, now=now)
        end_others(db, found, now=now)
        if "moderator" in g:  # signed in before
            held.factor_given = True
        else:
            token = go_on(
                db,
                found,
                now=now,
                lifetime=session_lifetime(),
                factor_required=factor_required(),
                factor_given=True,
            )
    if token is not None:
        keep(token)
    return codes


def _draw(text: str) -> tuple[int, str]:
    """A QR code as the size of its square and the outline of its dark modules, for SVG."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=QUIET_ZONE))
    dark = [(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module]
    return len(rows), "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)
