"""Commenters: their page with the masked email, the search by a full one, the logged reveal."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from moderation.errors import UndecryptableEmail
from moderation.flow.personal.sight import (
    find_visible_commenter,
    read_commenter,
    reveal_email,
    search_by_email,
)
from moderation.metrics import REVEALS, SEARCHES
from moderation.services import services
from moderation.statuses import RevealReason, Role
from moderation.web.forms import RevealForm, SearchForm
from moderation.web.gate import current_moderator, require_role
from moderation.web.moderators import moderators, row_number

UNREADABLE = "No key here opens this email, so it cannot be shown. Nothing was revealed."
PURGED = "This email is no longer kept, so it cannot be shown."


@moderators.get("/commenters/<commenter_id>")
def commenter(commenter_id: str) -> str:
    """One commenter and their comments; `?before=` a comment's number continues the list."""
    return _show(commenter_id, before=request.args.get("before", type=row_number))


@moderators.route("/commenters", methods=["GET", "POST"])
def commenters() -> ResponseReturnValue:
    """The form to look for a full email, and whom it finds. Only how often is noted."""
    moderator = require_role(Role.MODERATOR)
    form = SearchForm()
    if not form.validate_on_submit():
        page = render_template("moderators/commenters.html", form=form, hits=None)
        return page, 400 if form.errors else 200
    with services().database.reading() as db:
        hits = search_by_email(db, form.email.data, moderator, vault=services().vault)
        page = render_template("moderators/commenters.html", form=form, hits=hits)
    SEARCHES.labels("found" if hits else "nobody").inc()
    return page


@moderators.post("/commenters/<commenter_id>/reveal")
def reveal(commenter_id: str) -> ResponseReturnValue:
    """The page with the full email, this once; the log tells who read it and why."""
    owner = require_role(Role.OWNER)
    form = RevealForm()
    if not form.validate_on_submit():
        return _show(commenter_id, form=form), 400
    reason = RevealReason(form.reason.data)
    try:
        with services().database.transaction() as db:
            email = reveal_email(
                db,
                find_visible_commenter(db, commenter_id, owner),
                vault=services().vault,
                moderator=owner,
                reason=reason,
                now=services().clock(),
            )
    except UndecryptableEmail:
        return _show(commenter_id, problem=UNREADABLE), 409
    if email is None:
        return _show(commenter_id, problem=PURGED), 409
    REVEALS.labels(reason).inc()
    return _show(commenter_id, revealed=email)


def _show(
    public_id: str,
    *,
    before: int | None = None,
    form: RevealForm | None = None,
    problem: str | None = None,
    revealed: str | None = None,
) -> str:
    with services().database.reading() as db:
        found = find_visible_commenter(db, public_id, current_moderator())
        return render_template(
            "moderators/commenter.html",
            page=read_commenter(db, found, vault=services().vault, before=before),
            form=form or RevealForm(formdata=None),
            before=before,
            problem=problem,
            revealed=revealed,
        )
