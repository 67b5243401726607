"""Bans: the list of them, setting one in two steps (what it would have hit; "Ban"), lifting it."""

import datetime as dt
from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.flow.bans.acts import ban, ban_again, lift
from moderation.flow.bans.foresee import DAYS, find_standing, foresee
from moderation.flow.bans.shown import find_to_change, read_bans
from moderation.flow.bans.targets import (
    Target,
    commenter_target,
    network_target,
    target_of,
    word_target,
)
from moderation.flow.personal.sight import find_visible_commenter
from moderation.flow.queue.cards import find_for_review
from moderation.flow.sites import visible_sites
from moderation.models import Ban, Moderator, Site
from moderation.services import services
from moderation.statuses import BanKind, Role
from moderation.web.forms.bans import BanForm, NewBanForm
from moderation.web.gate import current_moderator, require_role
from moderation.web.limits import limiter
from moderation.web.moderators import moderators, row_number
from moderation.web.moderators.last_act import tell_next, told_last
from moderation.web.moderators.viewing import read_view

PAGE_SIZE = 25
# From one address range: the first step says whether an address is known, like the search for it.
FORMS_PER_HOUR = "120 per hour"
BANNED = "Banned: what is sent from now on is held."
CHANGED = "It was banned already: reason and end are the new ones now."
OVER = "A colleague has changed this ban meanwhile, or it is over: nothing was done."
LIFTED = "The ban is lifted. Undoing that bans again, for the time that was left."
Find = Callable[[Session, Site | None], Target | None]


@moderators.get("/bans")
def bans() -> str:
    """Those in force, or with `?ended=1` those that ended; `?before=` a ban continues the list."""
    moderator, now = current_moderator(), services().clock()
    ended, before = "ended" in request.args, request.args.get("before", type=row_number)
    with services().database.reading() as db:
        found = read_bans(db, moderator, ended=ended, now=now, before=before, size=PAGE_SIZE + 1)
        view = read_view(db, moderator, now)
    shown = found[:PAGE_SIZE]
    return render_template(
        "moderators/bans.html",
        view=view,
        bans=shown,
        ended=ended,
        is_first=before is None,
        next_before=shown[-1].ban.id if len(found) > PAGE_SIZE else None,
        last=told_last(),
    )


@moderators.route("/bans/new", methods=["GET", "POST"])
def new_ban() -> ResponseReturnValue:
    """The form for what somebody types."""
    moderator = require_role(Role.MODERATOR)
    with services().database.reading() as db:
        form = NewBanForm(visible_sites(db, moderator), everywhere=moderator.site_id is None)

    def find(_db: Session, site: Site | None) -> Target:
        return _typed(form, site)

    return _steps(form, find, address=url_for("moderators.new_ban"))


@moderators.route("/commenters/<commenter_id>/ban", methods=["GET", "POST"])
def ban_commenter(commenter_id: str) -> ResponseReturnValue:
    """The form for a commenter, whose email nobody has to read for it."""
    moderator = require_role(Role.MODERATOR)
    with services().database.reading() as db:
        found = find_visible_commenter(db, commenter_id, moderator)
        form = _form_for(db, found.site_id, moderator)

    def find(db: Session, site: Site | None) -> Target | None:
        return commenter_target(db, services().vault, found, site)

    address = url_for("moderators.ban_commenter", commenter_id=commenter_id)
    return _steps(form, find, address=address, whom="commenter")


@moderators.route("/queue/<public_id>/ban", methods=["GET", "POST"])
def ban_network(public_id: str) -> ResponseReturnValue:
    """The form for the network that a comment came from."""
    moderator = require_role(Role.MODERATOR)
    with services().database.reading() as db:
        found = find_for_review(db, public_id, moderator)
        form = _form_for(db, found.site_id, moderator)

    def find(db: Session, _site: Site | None) -> Target | None:
        return network_target(db, services().vault, found)

    address = url_for("moderators.ban_network", public_id=public_id)
    return _steps(form, find, address=address, whom="network")


@moderators.post("/bans/<row:ban_id>/lift")
def lift_ban(ban_id: int) -> Response:
    """End a ban now."""
    return _change(ban_id, lift, LIFTED, undo="moderators.set_ban_again")


@moderators.post("/bans/<row:ban_id>/again")
def set_ban_again(ban_id: int) -> Response:
    """Take back that a ban was lifted, for the time that was left."""
    return _change(ban_id, ban_again, BANNED, undo="moderators.lift_ban")


def _steps(
    form: BanForm, find: Find, *, address: str, whom: str | None = None
) -> ResponseReturnValue:
    """The empty form; filled in, what the ban would have hit; and with "sure", the ban."""
    moderator = current_moderator()
    shown = {"form": form, "address": address, "whom": whom}
    if not form.validate_on_submit():
        with services().database.reading() as db:
            target = find(db, next(iter(form.sites.values()))) if whom else None
        page = render_template("moderators/ban.html", **shown, target=target, seen=None)
        return page, 400 if form.errors else 200
    with limiter.limit(FORMS_PER_HOUR):
        if "sure" in request.form:
            return _ban(form, find, moderator) or redirect(address, 303)
        return _preview(form, find, shown)


def _preview(form: BanForm, find: Find, shown: dict[str, object]) -> str:
    site, now = form.where, services().clock()
    with services().database.reading() as db:
        target = find(db, site)
        return render_template(
            "moderators/ban.html",
            **shown,
            target=target,
            seen=foresee(db, site, target, now=now) if target else None,
            standing=find_standing(db, site, target, now=now) if target else None,
            days=DAYS,
        )


def _ban(form: BanForm, find: Find, moderator: Moderator) -> Response | None:
    """Ban and lead to the list; None where whom to ban was forgotten meanwhile."""
    site, now = form.where, services().clock()
    until = now + dt.timedelta(days=int(form.days.data)) if form.days.data else None
    with services().database.transaction() as db:
        target = find(db, site)
        if target is None:
            return None
        was_there = find_standing(db, site, target, now=now) is not None
        made = ban(db, site, target, now=now, until=until, reason=form.reason.data, by=moderator)
    tell_next({"text": CHANGED} if was_there else _act(BANNED, made, "moderators.lift_ban"))
    return redirect(url_for("moderators.bans"), 303)


def _typed(form: NewBanForm, site: Site | None) -> Target:
    kind, whom = form.kind.data, form.whom.data
    if kind == BanKind.WORD:
        return word_target(whom)
    if kind == BanKind.DOMAIN:
        whom = f"@{whom.removeprefix('@')}"
    return target_of(services().vault, site, whom)


def _form_for(db: Session, site_id: int, moderator: Moderator) -> BanForm:
    site = db.get_one(Site, site_id)
    return BanForm([site], everywhere=moderator.site_id is None)


def _change(ban_id: int, act: Callable[..., bool], done: str, *, undo: str) -> Response:
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.transaction() as db:
        found: Ban = find_to_change(db, ban_id, moderator)
        is_as_seen = request.form.get("seen", _stamp(found)) == _stamp(found)
        is_done = is_as_seen and act(db, found, now=now, by=moderator)
        tell_next(_act(done, found, undo) if is_done else {"text": OVER, "is_problem": True})
        is_over = found.lifted_at is not None
    return redirect(url_for("moderators.bans", ended=1 if is_over else None), 303)


def _act(text: str, found: Ban, undo: str) -> dict[str, object]:
    """What was done to a ban, and the endpoint that takes it back, while nobody changed it."""
    address = url_for(undo, ban_id=found.id)
    return {"text": text, "undo": {"url": address, "fields": {"seen": _stamp(found)}}}


def _stamp(found: Ban) -> str:
    """Another one once somebody has set the ban anew."""
    return f"{found.expires_at or 'for good'}, {found.moderator_id}"
