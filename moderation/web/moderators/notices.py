"""What one is told of by mail, chosen by each for themselves."""

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from moderation.flow.notices.wishes import save_wishes, wishes_of
from moderation.services import services
from moderation.web.forms.notices import NoticesForm, fields_of
from moderation.web.gate import current_moderator
from moderation.web.moderators import moderators

DONE = "notices_done"  # said once


@moderators.get("/account/notices")
def notices() -> str:
    """The page, with what is in force."""
    with services().database.reading() as db:
        chosen = fields_of(wishes_of(db, current_moderator()))
    return _show(NoticesForm(formdata=None, data=chosen))


@moderators.post("/account/notices")
def change_notices() -> ResponseReturnValue:
    """Keep what was chosen."""
    form, now = NoticesForm(), services().clock()
    if not form.validate_on_submit():
        return _show(form), 400
    with services().database.transaction() as db:
        save_wishes(db, current_moderator(), form.wishes(), now=now)
    session[DONE] = "Kept: this is what you are told from now on."
    return redirect(url_for("moderators.notices"), 303)


def _show(form: NoticesForm) -> str:
    return render_template(
        "moderators/notices.html",
        form=form,
        done=session.pop(DONE, None),
        sends_mail=services().mailer is not None,
        me=current_moderator(),
    )
