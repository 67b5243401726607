"""The queue, one comment with its history, and the decisions about it."""

import datetime as dt
from typing import Any

from flask import make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.errors import AppealUnanswered, OwnAppeal, VersionConflict
from moderation.flow.bulk import MOST
from moderation.flow.notes import may_be_noted
from moderation.flow.personal.holds import holds_in_force
from moderation.flow.queue.cards import Card, find_for_review, read_cards, read_history
from moderation.flow.queue.claims import claim_next, claimed_by, release
from moderation.flow.queue.follow import newest_id
from moderation.flow.queue.page import ORDERS, read_queue
from moderation.flow.queue.queues import read_counts
from moderation.flow.redaction import find_suspects, find_undoable
from moderation.flow.review import decide_by_hand, undo
from moderation.flow.subtree import count_below
from moderation.flow.surges import read_surges
from moderation.flow.telling import read_told
from moderation.metrics import DECISIONS
from moderation.models import Comment, CommentAddress, Event, Moderator
from moderation.services import services
from moderation.statuses import Change, Role
from moderation.web.errors import ANSWERS
from moderation.web.filters import show_opinion
from moderation.web.forms.decisions import DecisionForm, EscalationForm
from moderation.web.forms.personal import HoldForm
from moderation.web.gate import current_moderator, require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.last_act import tell_next, told_last
from moderation.web.moderators.subtree import ask_about_below
from moderation.web.moderators.telling import explanation_in
from moderation.web.moderators.viewing import View, read_choices, read_view

CHANGES = {
    "approve": Change.APPROVED,
    "reject": Change.REJECTED,
    "spam": Change.REJECTED,
    "hold": Change.HELD,
}
HOLD_PROBLEM = "hold_problem"  # shown once
SAID = {
    Change.APPROVED: "Approved: the comment is public.",
    Change.REJECTED: "Rejected: the comment stays hidden.",
    Change.HELD: "Held: the comment waits in the queue.",
    Change.UNDONE: "Undone: the comment stands where it stood before.",
}


@moderators.get("/queue")
def queue() -> str:
    """Comments of one queue, filtered and in order; see web/moderators/viewing.py."""
    moderator, now = current_moderator(), services().clock()
    with services().database.reading() as db:
        view = read_view(db, moderator, now)
        page = read_queue(
            db, moderator, view.queue, view.filters, order=view.order, after=view.after
        )
        return render_template(
            "moderators/queue.html",
            page=page,
            view=view,
            orders=ORDERS[view.queue],
            choices=read_choices(db, moderator, view),
            surges=read_surges(db, moderator, now=now),
            newest=newest_id(db),
            cards=read_cards(db, page.comments, now=now),
            claims=claimed_by(db, [c.id for c in page.comments], moderator, now=now),
            form=DecisionForm(),
            last=told_last(),
        )


@moderators.get("/queue/<public_id>")
def comment(public_id: str) -> str:
    """One comment with its whole history."""
    return _show(public_id)


@moderators.post("/queue/<public_id>/decisions")
def decide(public_id: str) -> ResponseReturnValue:
    """Approve, reject, hold or undo, about the version seen; 409 shows who moved it."""
    moderator = require_role(Role.MODERATOR)
    form = DecisionForm()
    if not form.validate_on_submit():
        problem = next((e for found in form.errors.values() for e in found), None)
        return refuse(public_id, problem or "This decision was incomplete.", 400)
    try:
        if form.wants_below:
            return ask_about_below(public_id, form, moderator)
        with services().database.transaction() as db:
            found = find_for_review(db, public_id, moderator)
            event = _act(db, found, form, moderator)
            act = _told(public_id, event) | _opinion(db, found, event)
            release(db, [found.id], moderator)
    except VersionConflict as conflict:
        return refuse(public_id, moved(conflict), 409)
    except (OwnAppeal, AppealUnanswered) as refused:
        return refuse(public_id, str(ANSWERS[type(refused)][1]), 409)
    if event is not None:
        DECISIONS.labels(event.change).inc()
    if wants_piece():
        return _answer_piece(public_id, act)
    tell_next(act)
    return redirect(_back(), 303)


def wants_piece() -> bool:
    """Whether a script asks, which replaces one piece of its page."""
    return request.headers.get("HX-Request") == "true"


def _act(db: Session, comment: Comment, form: DecisionForm, moderator: Moderator) -> Event | None:
    version, now = int(form.version.data), services().clock()
    action = form.action.data
    if action == "undo":
        return undo(db, comment.id, version_seen=version, moderator=moderator, now=now)
    return decide_by_hand(
        db,
        comment.id,
        CHANGES[action],
        version_seen=version,
        moderator=moderator,
        now=now,
        reason=form.chosen_reason,
        words=explanation_in(db, comment, form),
    )


def _told(public_id: str, event: Event | None) -> dict[str, Any]:
    """What the next page says of an act; `version` is the one that undoing it names."""
    if event is None:
        return {"text": "It is decided so already.", "comment": public_id, "can_undo": False}
    return {
        "text": SAID[event.change],
        "comment": public_id,
        "version": event.version,
        "can_undo": event.change is not Change.UNDONE,
        "is_undone": event.change is Change.UNDONE,
    }


def _opinion(db: Session, found: Comment, event: Event | None) -> dict[str, str]:
    """The model's, told with an act where it was hidden until this very decision."""
    if event is None or not event.data.get("score_hidden"):
        return {}
    [card] = read_cards(db, [found], now=services().clock())
    return {"text": f"{SAID[event.change]} {show_opinion(card)}"}


def _answer_piece(public_id: str, act: dict[str, Any]) -> ResponseReturnValue:
    """What takes the place of the card: the card again after an undo, else one line."""
    moderator, now = current_moderator(), services().clock()
    with services().database.reading() as db:
        card, view = _card(db, public_id), read_view(db, moderator, now)
        return render_template(
            "moderators/_decided.html",
            act=act,
            card=card,
            view=view,
            form=DecisionForm(),
            counts=read_counts(db, moderator),
            claims={},
            is_piece=True,
        )


def moved(conflict: VersionConflict) -> str:
    """In words where the comment stands now, and who moved it."""
    return f"This comment has moved: it is {conflict.status} now, by {conflict.by}."


def refuse(public_id: str, problem: str, status: int) -> ResponseReturnValue:
    """The comment as it stands now, with what stood in the way of an act."""
    if not wants_piece():
        return _show(public_id, problem=problem), status
    moderator, now = current_moderator(), services().clock()
    with services().database.reading() as db:
        page = render_template(
            "moderators/_refused.html",
            problem=problem,
            own=request.form.get("own"),
            card=_card(db, public_id),
            view=read_view(db, moderator, now),
            form=DecisionForm(formdata=None),
            counts=read_counts(db, moderator),
            claims={},
            is_piece=True,
        )
    return make_response(page, status)


def _card(db: Session, public_id: str) -> Card:
    found: Comment = find_for_review(db, public_id, current_moderator())
    return read_cards(db, [found], now=services().clock())[0]


def _show(public_id: str, problem: str | None = None) -> str:
    moderator, now = current_moderator(), services().clock()
    with services().database.reading() as db:
        found = find_for_review(db, public_id, moderator)
        return render_template(
            "moderators/comment.html",
            card=read_cards(db, [found], now=now)[0],
            history=read_history(db, found),
            suspects=find_suspects(db, found),
            undoable=find_undoable(db, found),
            below=count_below(db, found),
            below_max=MOST,
            told=read_told(db, found),
            may_note_commenter=found.commenter is not None and may_be_noted(db, found.commenter),
            own=request.form.get("own"),
            view=read_view(db, moderator, now),
            claims=claimed_by(db, [found.id], moderator, now=now),
            form=DecisionForm(),
            escalation=EscalationForm(formdata=None),
            problem=problem,
            came_from=db.get(CommentAddress, found.id) is not None,
            holds=holds_in_force(db, found, now=now),
            hold_form=HoldForm(formdata=None),
            hold_problem=session.pop(HOLD_PROBLEM, None),
            last=told_last(),
        )


def _back() -> str:
    """The view of the queue that the decision was made from, or the next comment of it."""
    moderator, now = current_moderator(), services().clock()
    with services().database.transaction() as db:
        view: View = read_view(db, moderator, now)
        found = lead_on(db, moderator, view, now) if view.one else None
    return address_of(found, view)


def lead_on(db: Session, moderator: Moderator, view: View, now: dt.datetime) -> Comment | None:
    """The next comment of the view that no colleague has open, claimed."""
    return claim_next(
        db, moderator, view.queue, view.filters, order=view.order, after=view.after, now=now
    )


def address_of(found: Comment | None, view: View) -> str:
    """The page of this comment as one of a row, or the queue where there is none."""
    if found is None:
        return url_for("moderators.queue", **view.having())
    return url_for("moderators.comment", public_id=found.public_id, one=1, **view.having())
