"""Masking passages of a comment, and taking that back."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from moderation.errors import NothingToUndo, VersionConflict
from moderation.flow.queue.cards import find_for_review
from moderation.flow.redaction import redact, undo_redaction
from moderation.services import services
from moderation.statuses import Role
from moderation.web.forms.notes import RedactionForm, VersionForm
from moderation.web.gate import require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.last_act import tell_next
from moderation.web.moderators.queue import moved, refuse

MASKED = "Masked. The comment stands where it stood, and its commenter is told."
UNMASKED = "The comment says again what it said before."
NOT_THERE = "None of this stands in the comment, so nothing was masked."
NOT_KEPT = (
    "This cannot be taken back: the original is not kept any more, or the comment was approved as "
    "it reads now. In the second case, hold it first."
)
INCOMPLETE = "This was incomplete: reload the page and try again."


@moderators.post("/queue/<public_id>/redaction")
def redaction(public_id: str) -> ResponseReturnValue:
    """Mask what was ticked and typed, in the version seen; 409 shows who moved it."""
    moderator, form = require_role(Role.MODERATOR), RedactionForm()
    if not form.validate_on_submit():
        return refuse(public_id, (*form.words.errors, INCOMPLETE)[0], 400)
    try:
        with services().database.transaction() as db:
            made = redact(
                db,
                find_for_review(db, public_id, moderator).id,
                form.passages,
                version_seen=int(form.version.data),
                moderator=moderator,
                now=services().clock(),
            )
    except VersionConflict as conflict:
        return refuse(public_id, moved(conflict), 409)
    if made is None:
        return refuse(public_id, NOT_THERE, 400)
    undo = {
        "url": url_for("moderators.redaction_undo", public_id=public_id),
        "fields": {"version": made.version},
    }
    tell_next({"text": MASKED, "undo": undo})
    return redirect(url_for("moderators.comment", public_id=public_id), 303)


@moderators.post("/queue/<public_id>/redaction/undo")
def redaction_undo(public_id: str) -> ResponseReturnValue:
    """Give the comment back what it said before it was last masked."""
    moderator, form = require_role(Role.MODERATOR), VersionForm()
    if not form.validate_on_submit():
        return refuse(public_id, INCOMPLETE, 400)
    try:
        with services().database.transaction() as db:
            undo_redaction(
                db,
                find_for_review(db, public_id, moderator).id,
                version_seen=int(form.version.data),
                moderator=moderator,
                now=services().clock(),
            )
    except VersionConflict as conflict:
        return refuse(public_id, moved(conflict), 409)
    except NothingToUndo:
        return refuse(public_id, NOT_KEPT, 409)
    tell_next({"text": UNMASKED})
    return redirect(url_for("moderators.comment", public_id=public_id), 303)
