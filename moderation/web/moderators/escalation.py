"""Putting a comment into the urgent queue, whatever its status."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from moderation.flow.queue.calls import escalate
from moderation.flow.queue.cards import find_for_review
from moderation.services import services
from moderation.statuses import Role, Urgency
from moderation.web.forms.decisions import EscalationForm
from moderation.web.gate import require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.queue import refuse


@moderators.post("/queue/<public_id>/escalation")
def escalation(public_id: str) -> ResponseReturnValue:
    """Put a comment into the urgent queue, with the kind of its urgency."""
    moderator = require_role(Role.MODERATOR)
    form = EscalationForm()
    if not form.validate_on_submit():
        return refuse(public_id, "Choose why it is urgent.", 400)
    with services().database.transaction() as db:
        found = find_for_review(db, public_id, moderator)
        kind = Urgency(form.kind.data)
        escalate(db, found, kind, moderator=moderator, now=services().clock())
    return redirect(url_for("moderators.comment", public_id=public_id), 303)
