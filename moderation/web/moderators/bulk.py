"""Decisions about many comments: a selection, or all of a filter; and their undoing."""

from collections.abc import Sequence

import structlog
from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import BadRequest

from moderation.flow.bulk import (
    MOST,
    Choice,
    Outcome,
    count_moved,
    count_undone,
    decide_portion,
    find_batch,
    items_of,
    name_of_act,
    portions,
    start_batch,
    undo_portion,
)
from moderation.flow.queue.cards import find_for_review
from moderation.flow.queue.page import bounded_count, matching, sorted_page
from moderation.flow.queue.similar import FAR, find_alike
from moderation.flow.standing.acts import lift_of_batch
from moderation.flow.standing.shown import count_decided
from moderation.metrics import DECISIONS
from moderation.models import Batch, Moderator
from moderation.services import services
from moderation.statuses import Role
from moderation.web.forms.decisions import BulkForm
from moderation.web.gate import require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.first_chosen import decide_first, first_of, tell_of_first
from moderation.web.moderators.last_act import back_to_view
from moderation.web.moderators.queue import CHANGES
from moderation.web.moderators.standing import address_of_decided
from moderation.web.moderators.viewing import read_view

log = structlog.get_logger()

NOTHING_TICKED = "No comment was chosen: tick some first."
DONE = {
    "approve": "approved",
    "reject": "rejected",
    "spam": "rejected as spam",
    "hold": "put back into the queue",
}


@moderators.get("/queue/all")
def choose_all() -> str:
    """Ask what to do with all that a filter finds, by the versions as they stand now."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.reading() as db:
        view = read_view(db, moderator, now)
        conditions = matching(db, moderator, view.queue, view.filters)
        comments = db.scalars(sorted_page(conditions, view.order, None, MOST)).all()
        total = bounded_count(db, conditions)
        return render_template(
            "moderators/all.html",
            view=view,
            choices=[f"{c.public_id}.{c.version}" for c in comments],
            samples=comments[:5],
            is_cut=total > len(comments),
            form=BulkForm(),
        )


@moderators.get("/queue/<public_id>/alike")
def choose_alike(public_id: str) -> str:
    """Ask what to do with a comment and all waiting ones that say (nearly) the same."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.reading() as db:
        found = find_for_review(db, public_id, moderator)
        comments = [found, *find_alike(db, [found], among=FAR)[found.id]]
        return render_template(
            "moderators/all.html",
            view=read_view(db, moderator, now),
            choices=[f"{c.public_id}.{c.version}" for c in comments],
            samples=comments[:5],
            alike=public_id,
            form=BulkForm(),
        )


@moderators.post("/queue/decisions")
def decide_many() -> ResponseReturnValue:
    """Decide about the chosen comments; those that moved in between are left out and listed."""
    moderator = require_role(Role.MODERATOR)
    form = BulkForm()
    choices = _read_choices(request.form.getlist("chosen"))
    if not form.validate_on_submit():
        problem = next((e for found in form.errors.values() for e in found), "Choose what to do.")
        return back_to_view({"text": problem, "is_problem": True})
    if not choices:
        return back_to_view({"text": NOTHING_TICKED, "is_problem": True})
    change, now = CHANGES[form.action.data], services().clock()
    first = first_of(form, choices)
    name = name_of_act(moderator, change, form.chosen_reason, choices)
    outcome = Outcome()
    with services().database.transaction() as db:
        batch = start_batch(db, moderator, now=now, name=name)
        if first is not None:
            outcome.add(decide_first(db, batch, first, form, moderator, now))
    is_above_moved = bool(form.below.data and outcome.left_out)
    others = [] if is_above_moved else [choice for choice in choices if choice != first]
    stopped = _decide(batch, others, form, moderator, outcome)
    DECISIONS.labels(change).inc(outcome.moved)
    with services().database.reading() as db:
        moved = count_moved(db, batch)
        text = f"{moved} {DONE[form.action.data]}."
        text += tell_of_first(db, batch, first, form, moderator) if first else ""
    if is_above_moved:
        text += " What answers it stands as before, as the comment itself moved."
    if stopped:
        text += " The database was too busy for the others: they stand as before. Try again."
    return _tell(outcome, text, batch.public_id if moved else None)


@moderators.post("/queue/batches/<public_id>/undo")
def undo_many(public_id: str) -> ResponseReturnValue:
    """Take an act on many comments back; what somebody moved since is left out and listed."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.transaction() as db:
        batch = find_batch(db, public_id, moderator)
        items = items_of(db, batch, moderator)
        standing = lift_of_batch(db, batch, moderator=moderator, now=now)
    outcome = Outcome()
    for portion in portions(items):
        outcome.add(_undo(portion, moderator))
    with services().database.transaction() as db:
        find_batch(db, public_id, moderator).undone_at = now
        undone = count_undone(db, batch)
        decided = count_decided(db, [standing], still=True)[standing.id] if standing else 0
    text, more = f"{undone} stand where they stood before.", None
    if standing and decided:
        said = f"{decided} that came later and said the same {'is' if decided == 1 else 'are'}"
        text += f" {said} {standing.change} by its standing decision, and stay so."
        more = address_of_decided(standing)
    return _tell(outcome, text, None, more)


def _decide(
    batch: Batch,
    choices: Sequence[Choice],
    form: BulkForm,
    moderator: Moderator,
    outcome: Outcome,
) -> bool:
    """Portion by portion; answers whether the database stopped it after some were decided."""
    for portion in portions(choices):
        try:
            with services().database.transaction() as db:
                decided = decide_portion(
                    db,
                    batch.id,
                    portion,
                    CHANGES[form.action.data],
                    moderator=moderator,
                    now=services().clock(),
                    reason=form.chosen_reason,
                )
        except OperationalError:
            if not outcome.moved:
                raise
            log.warning("bulk_stopped", batch=batch.id, exc_info=True)
            return True
        outcome.add(decided)
    return False


def _undo(portion: Sequence[tuple[int, int]], moderator: Moderator) -> Outcome:
    with services().database.transaction() as db:
        return undo_portion(db, portion, moderator=moderator, now=services().clock())


def _read_choices(texts: Sequence[str]) -> list[Choice]:
    """The comments that were ticked, each once. Raises BadRequest."""
    if len(texts) > MOST:
        raise BadRequest
    found = {}
    for text in texts:
        public_id, _, version = text.partition(".")
        if not version.isdecimal() or len(version) > 9:
            raise BadRequest
        found[public_id] = Choice(public_id, int(version))
    return list(found.values())


def _tell(
    outcome: Outcome, text: str, batch: str | None, more: str | None = None
) -> ResponseReturnValue:
    left_out = [[left.public_id, left.status, left.by] for left in outcome.left_out]
    return back_to_view(
        {
            "text": text,
            "more": more,
            "batch": batch,
            "left_out": left_out[:20],
            "left_count": len(left_out),
        }
    )
