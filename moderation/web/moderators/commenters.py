"""Commenters: their page with the masked email, the search by a full one, the logged reveal."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation.errors import AddressNotProven, UndecryptableEmail
from moderation.flow.bans.force import bans_of
from moderation.flow.notes import may_be_noted, notes_about
from moderation.flow.personal.sight import (
    find_visible_commenter,
    read_commenter,
    reveal_email,
    search_by_email,
)
from moderation.flow.trust import end_trust, may_be_trusted, trust
from moderation.metrics import REVEALS, SEARCHES
from moderation.services import services
from moderation.statuses import RevealReason, Role
from moderation.web.forms.personal import RevealForm, SearchForm
from moderation.web.gate import current_moderator, require_role
from moderation.web.limits import limiter
from moderation.web.moderators import moderators, row_number
from moderation.web.moderators.last_act import tell_next, told_last
from moderation.web.moderators.viewing import read_view

# From one address range: enough for a day's work, too few to try a list of addresses.
SEARCHES_PER_HOUR = "60 per hour"
UNREADABLE = "No key here opens this email, so it cannot be shown. Nothing was revealed."
TRUSTED = "This commenter is trusted now: what they send is no longer held as a first comment."
UNTRUSTED = "This commenter is trusted no longer."
SO_ALREADY = "It is so already."
NOT_PROVEN = (
    "Nobody was trusted: only who proved that their address is theirs can be, and only while it "
    "is kept. Anybody could have typed this one."
)
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
    with limiter.limit(SEARCHES_PER_HOUR), services().database.reading() as db:
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


@moderators.post("/commenters/<commenter_id>/trust")
def trust_commenter(commenter_id: str) -> ResponseReturnValue:
    """Trust a commenter (`trusted` is "yes"), or no longer."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    is_wanted = request.form.get("trusted") == "yes"
    try:
        with services().database.transaction() as db:
            found = find_visible_commenter(db, commenter_id, moderator)
            act = trust if is_wanted else end_trust
            is_new = act(db, found, moderator=moderator, now=now)
    except AddressNotProven:
        return _show(commenter_id, problem=NOT_PROVEN), 409
    address = url_for("moderators.trust_commenter", commenter_id=commenter_id)
    undo = {"url": address, "fields": {"trusted": "no" if is_wanted else "yes"}}
    said = TRUSTED if is_wanted else UNTRUSTED
    tell_next({"text": said, "undo": undo} if is_new else {"text": SO_ALREADY})
    return redirect(url_for("moderators.commenter", commenter_id=commenter_id), 303)


def _show(
    public_id: str,
    *,
    before: int | None = None,
    form: RevealForm | None = None,
    problem: str | None = None,
    revealed: str | None = None,
) -> str:
    moderator, now = current_moderator(), services().clock()
    with services().database.reading() as db:
        found = find_visible_commenter(db, public_id, moderator)
        page = read_commenter(db, found, vault=services().vault, before=before)
        return render_template(
            "moderators/commenter.html",
            page=page,
            notes=notes_about(db, found),
            may_be_noted=may_be_noted(db, found),
            may_be_trusted=may_be_trusted(db, found),
            view=read_view(db, moderator, now),
            last=told_last(),
            bans=bans_of(db, found, now=now),
            form=form or RevealForm(formdata=None),
            before=before,
            problem=problem,
            revealed=revealed,
        )
