"""Legal holds: an owner has the stored copy of a comment kept, and ends that again."""

import datetime as dt

from flask import redirect, session, url_for
from werkzeug.wrappers import Response

from moderation.flow.personal.holds import lift_holds, set_hold
from moderation.flow.queue.cards import find_for_review
from moderation.services import services
from moderation.web.forms.personal import HoldForm
from moderation.web.gate import current_moderator
from moderation.web.moderators.queue import HOLD_PROBLEM
from moderation.web.owners import owners


@owners.post("/queue/<public_id>/holds")
def hold(public_id: str) -> Response:
    """Keep the stored copy for some days, with a reason."""
    form, owner, now = HoldForm(), current_moderator(), services().clock()
    if not form.validate_on_submit():
        session[HOLD_PROBLEM] = next(e for found in form.errors.values() for e in found)
        return _back(public_id)
    with services().database.transaction() as db:
        set_hold(
            db,
            find_for_review(db, public_id, owner),
            reason=form.reason.data,
            expires_at=now + dt.timedelta(days=form.days.data),
            now=now,
            moderator=owner,
        )
    return _back(public_id)


@owners.post("/queue/<public_id>/holds/end")
def end_holds(public_id: str) -> Response:
    """End every hold on the comment."""
    owner = current_moderator()
    with services().database.transaction() as db:
        found = find_for_review(db, public_id, owner)
        lift_holds(db, found, now=services().clock(), moderator=owner)
    return _back(public_id)


def _back(public_id: str) -> Response:
    return redirect(url_for("moderators.comment", public_id=public_id, _anchor="hold"), 303)
