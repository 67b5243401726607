"""Working beside colleagues: the next comment nobody has open, who has which, what moved."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from moderation.flow.queue.cards import find_for_review
from moderation.flow.queue.claims import claim, claimed_by, release_all
from moderation.flow.queue.follow import count_new, read_changes
from moderation.flow.queue.queues import read_counts
from moderation.services import services
from moderation.statuses import Role
from moderation.web.gate import current_moderator, require_role
from moderation.web.moderators import moderators, row_number
from moderation.web.moderators.last_act import tell_next
from moderation.web.moderators.queue import address_of, lead_on
from moderation.web.moderators.viewing import read_view

SHOWN_MAX = 100  # cards of a page that is followed


@moderators.post("/queue/next")
def next_comment() -> Response:
    """Lead to the first comment of the view that no colleague has open, and claim it."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.transaction() as db:
        view = read_view(db, moderator, now)
        found = lead_on(db, moderator, view, now)
    if found is None:
        tell_next({"text": "Nothing more waits here that no colleague has open."})
    return redirect(address_of(found, view), 303)


@moderators.post("/queue/<public_id>/claim")
def claim_comment(public_id: str) -> ResponseReturnValue:
    """Say that this moderator has the comment open; a page sends it while it is looked at."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.transaction() as db:
        found = find_for_review(db, public_id, moderator)
        claim(db, found.id, moderator, now=now)
        other = claimed_by(db, [found.id], moderator, now=now).get(found.id)
    return {"claimed_by": other}


@moderators.post("/queue/release")
def release_claims() -> ResponseReturnValue:
    """Let go of all that this moderator has open."""
    with services().database.transaction() as db:
        release_all(db, require_role(Role.MODERATOR))
    return "", 204


@moderators.get("/queue/changes")
def changes() -> str:
    """What became of an open page: its cards (`shown`: ids with versions), what came since."""
    moderator, now = current_moderator(), services().clock()
    newest = request.args.get("newest", default=0, type=row_number)
    shown = dict(text.rpartition(".")[::2] for text in request.args.getlist("shown")[:SHOWN_MAX])
    with services().database.reading() as db:
        view = read_view(db, moderator, now)
        return render_template(
            "moderators/_changes.html",
            view=view,
            new=count_new(db, moderator, view.queue, view.filters, newest=newest),
            counts=read_counts(db, moderator),
            changes=read_changes(db, moderator, shown, now=now),
        )
