"""The queue, one comment, and decisions about it."""

from flask import redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.errors import VersionConflict
from moderation.flow.personal.holds import holds_in_force
from moderation.flow.queue import find_for_review, read_cards, read_history, read_queue
from moderation.flow.review import decide_by_hand, undo
from moderation.metrics import DECISIONS
from moderation.models import Event, Moderator
from moderation.services import services
from moderation.statuses import DECIDABLE, Change, Reason, Role, Status
from moderation.web.forms import DecisionForm, HoldForm
from moderation.web.gate import current_moderator, require_role
from moderation.web.moderators import moderators, row_number

CHANGES = {"approve": Change.APPROVED, "reject": Change.REJECTED}
LAST_DECISION = "last_decision"
HOLD_PROBLEM = "hold_problem"  # shown once
SAID = {
    Change.APPROVED: "Approved: the comment is public.",
    Change.REJECTED: "Rejected: the comment stays hidden.",
    Change.UNDONE: "Undone: the comment stands where it stood before.",
}


@moderators.get("/queue")
def queue() -> str:
    """Held comments, oldest first; `?status=` shows approved or rejected ones instead."""
    wanted = request.args.get("status", Status.HELD)
    status = Status(wanted) if wanted in DECIDABLE else Status.HELD
    after = request.args.get("after", type=row_number)
    with services().database.reading() as db:
        page = read_queue(db, current_moderator(), status, after=after)
        return render_template(
            "moderators/queue.html",
            page=page,
            form=DecisionForm(),
            after=after,
            last=session.pop(LAST_DECISION, None),
        )


@moderators.get("/queue/<public_id>")
def comment(public_id: str) -> str:
    """One comment with its whole history."""
    return _show(public_id)


@moderators.post("/queue/<public_id>/decisions")
def decide(public_id: str) -> Response | tuple[str, int]:
    """Approve, reject or undo, about the version seen; 409 shows who moved it."""
    moderator = require_role(Role.MODERATOR)
    form = DecisionForm()
    if not form.validate_on_submit():
        problem = next((e for found in form.errors.values() for e in found), None)
        return _show(public_id, problem=problem or "This decision was incomplete."), 400
    try:
        with services().database.transaction() as db:
            found = find_for_review(db, public_id, moderator)
            event = _act(db, found.id, form, moderator)
    except VersionConflict as conflict:
        problem = f"This comment has moved: it is {conflict.status} now, by {conflict.by}."
        return _show(public_id, problem=problem), 409
    if event is not None:
        DECISIONS.labels(event.change).inc()
        session[LAST_DECISION] = {
            "text": SAID[event.change],
            "comment": public_id,
            "version": event.version,
            "can_undo": event.change is not Change.UNDONE,
        }
    return redirect(_back(), 303)


def _act(db: Session, comment_id: int, form: DecisionForm, moderator: Moderator) -> Event | None:
    version, now = int(form.version.data), services().clock()
    if form.action.data == "undo":
        return undo(db, comment_id, version_seen=version, moderator=moderator, now=now)
    return decide_by_hand(
        db,
        comment_id,
        CHANGES[form.action.data],
        version_seen=version,
        moderator=moderator,
        now=now,
        reason=Reason(form.reason.data) if form.action.data == "reject" else None,
    )


def _show(public_id: str, problem: str | None = None) -> str:
    with services().database.reading() as db:
        found = find_for_review(db, public_id, current_moderator())
        return render_template(
            "moderators/comment.html",
            card=read_cards(db, [found])[0],
            history=read_history(db, found),
            form=DecisionForm(),
            problem=problem,
            holds=holds_in_force(db, found, now=services().clock()),
            hold_form=HoldForm(formdata=None),
            hold_problem=session.pop(HOLD_PROBLEM, None),
        )


def _back() -> str:
    """The queue the decision was made from."""
    status = request.args.get("status", "")
    return url_for("moderators.queue", status=status if status in DECIDABLE else None)
