"""Standing decisions: the list of them, lifting one, and taking that back."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from moderation.flow.standing.acts import find_to_change, lift, set_again
from moderation.flow.standing.shown import read_standing
from moderation.models import StandingDecision
from moderation.services import services
from moderation.statuses import Change, Code, Queue, Reason, Role
from moderation.web.gate import current_moderator, require_role
from moderation.web.moderators import moderators, row_number
from moderation.web.moderators.last_act import tell_next, told_last
from moderation.web.moderators.viewing import read_view

PAGE_SIZE = 25
LIFTED = "It is lifted: new comments are decided without it. What it decided stays decided."
SET = "It is in force again, until its first end."
OVER = "It has ended meanwhile: nothing was changed."


@moderators.get("/standing")
def standing() -> str:
    """Those in force, or with `?ended=1` those that ended lately; `?before=` one goes on."""
    moderator, now = current_moderator(), services().clock()
    ended, before = "ended" in request.args, request.args.get("before", type=row_number)
    with services().database.reading() as db:
        found = read_standing(
            db, moderator, ended=ended, now=now, before=before, size=PAGE_SIZE + 1
        )
        shown = found[:PAGE_SIZE]
        return render_template(
            "moderators/standing.html",
            shown=shown,
            ended=ended,
            now=now,
            next_before=shown[-1].standing.id if len(found) > PAGE_SIZE else None,
            view=read_view(db, moderator, now),
            last=told_last(),
            address_of_decided=address_of_decided,
        )


def address_of_decided(standing: StandingDecision) -> str:
    """The queue with what standing decisions like this one decided."""
    if standing.change is Change.APPROVED:
        queue, rule = Queue.APPROVED, Code.STANDING_APPROVED
    else:
        queue, rule = Queue.REJECTED, Code.STANDING_REJECTED
        if standing.reason is Reason.SPAM:
            queue = Queue.SPAM
    return url_for("moderators.queue", queue=queue.value, rule=rule.value)


@moderators.post("/standing/<row:standing_id>/lift")
def lift_standing(standing_id: int) -> Response:
    """End one now."""
    return _change(standing_id, lift, LIFTED, back="moderators.set_standing_again")


@moderators.post("/standing/<row:standing_id>/again")
def set_standing_again(standing_id: int) -> Response:
    """Take back that it was lifted."""
    return _change(standing_id, set_again, SET, back="moderators.lift_standing")


def _change(standing_id: int, act: Callable[..., bool], done: str, *, back: str) -> Response:
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.transaction() as db:
        is_done = act(db, find_to_change(db, standing_id, moderator), moderator=moderator, now=now)
    undo = {"url": url_for(back, standing_id=standing_id), "fields": {}}
    tell_next({"text": done, "undo": undo} if is_done else {"text": OVER, "is_problem": True})
    return redirect(url_for("moderators.standing"), 303)
