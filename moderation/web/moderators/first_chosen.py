"""The chosen comment that a page about many was opened at: more than a decision is made of it."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from moderation.flow.bulk import Choice, Outcome, decide_portion
from moderation.flow.queue.cards import find_for_review
from moderation.flow.standing.acts import find_of_batch, set_standing
from moderation.flow.telling import read_explanation
from moderation.models import Batch, Moderator
from moderation.services import services
from moderation.web.filters import show_time
from moderation.web.forms.decisions import BulkForm
from moderation.web.moderators.queue import CHANGES


def first_of(form: BulkForm, choices: Sequence[Choice]) -> Choice | None:
    """The chosen comment that the page was opened at. Raises BadRequest where it has to be one."""
    first = next((c for c in choices if c.public_id == form.first.data), None)
    if first is None and (form.standing.data or form.own.data):
        raise BadRequest
    return first


def decide_first(
    db: Session, batch: Batch, first: Choice, form: BulkForm, moderator: Moderator, now: dt.datetime
) -> Outcome:
    """With what is made of it, all at once: nothing where it moved, or where that cannot be."""
    comment, change = find_for_review(db, first.public_id, moderator), CHANGES[form.action.data]
    reason = form.chosen_reason
    outcome = decide_portion(
        db,
        batch.id,
        [first],
        change,
        moderator=moderator,
        now=now,
        reason=reason,
        words=form.own.data if reason else "",
    )
    if outcome.moved and form.standing.data:
        set_standing(db, comment, change, batch=batch, moderator=moderator, now=now, reason=reason)
    return outcome


def tell_of_first(
    db: Session, batch: Batch, first: Choice, form: BulkForm, moderator: Moderator
) -> str:
    """What was made of it, or that it was not; for the same form sent twice as for the first."""
    text, comment = "", find_for_review(db, first.public_id, moderator)
    standing = find_of_batch(db, batch, moderator, now=services().clock())
    if standing:
        text = f" What says the same is too, until {show_time(standing.expires_at)}."
    elif form.standing.data:
        text = " What says the same is not: the comment moved, or was decided so before."
    if form.chosen_reason and form.own.data and form.own.data != read_explanation(db, comment):
        text += " Your explanation was not sent: the comment moved."
    return text
