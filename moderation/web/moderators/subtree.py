"""Hiding a comment together with what answers it: a page that asks; `bulk.decide_many` does it."""

from flask import render_template, request
from sqlalchemy.orm import Session

from moderation.flow.bulk import MOST
from moderation.flow.queue.cards import find_for_review
from moderation.flow.review import conflict_about
from moderation.flow.subtree import find_below
from moderation.models import Comment, Moderator
from moderation.services import services
from moderation.statuses import DECIDABLE, Role, Status
from moderation.web.forms.decisions import BulkForm, DecisionForm
from moderation.web.gate import require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.telling import explanation_in
from moderation.web.moderators.viewing import read_view


@moderators.get("/queue/<public_id>/below")
def choose_below(public_id: str) -> str:
    """Ask whether to reject a comment and all that answers it; `?reason=` is chosen already."""
    moderator = require_role(Role.MODERATOR)
    with services().database.reading() as db:
        found = find_for_review(db, public_id, moderator)
        return _ask(db, found, moderator, reason=request.args.get("reason"))


def ask_about_below(public_id: str, form: DecisionForm, moderator: Moderator) -> str:
    """A rejection wants all that answers the comment hidden too: nothing is decided before that.

    Raises VersionConflict where the comment moved since it was seen.
    """
    with services().database.reading() as db:
        found = find_for_review(db, public_id, moderator)
        if found.version != int(form.version.data) or found.status not in DECIDABLE:
            raise conflict_about(db, found)
        words = explanation_in(db, found, form)
        return _ask(db, found, moderator, reason=form.chosen_reason, own=words)


def _ask(
    db: Session, found: Comment, moderator: Moderator, *, reason: str | None, own: str = ""
) -> str:
    """The page that asks, by the versions as they stand now.

    `own`: what the commenter of `found` shall read, which goes on with the form and in no address.
    """
    with_own = found.status not in (Status.REJECTED, Status.DELETED)
    # One more than can be decided at once tells whether there are more.
    comments = [*([found] if with_own else []), *find_below(db, found, most=MOST + 1)]
    return render_template(
        "moderators/all.html",
        view=read_view(db, moderator, services().clock()),
        choices=[f"{c.public_id}.{c.version}" for c in comments[:MOST]],
        samples=comments[:5],
        is_cut=len(comments) > MOST,
        below=True,
        with_own=found.public_id if with_own else None,
        chosen_reason=reason,
        own=own,
        form=BulkForm(),
    )
