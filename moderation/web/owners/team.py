"""The team: an owner's people, what becomes of them, and whom they invited."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.errors import AlreadyThere, LastOwner
from moderation.flow.team.accounts import email_of
from moderation.flow.team.invitations import (
    email_of_invited,
    invite,
    make_password_link,
    read_open,
    withdraw,
)
from moderation.flow.team.managing import (
    change_role,
    reset_second_factor,
    switch_off,
    switch_on,
)
from moderation.flow.team.reach import find_managed, read_team, take_charge
from moderation.models import Moderator, Site
from moderation.privacy.vault import mask
from moderation.services import services
from moderation.statuses import Role
from moderation.web.errors import ANSWERS
from moderation.web.forms.team import ALL_SITES, ROLES, InviteForm, RoleForm
from moderation.web.gate import current_moderator
from moderation.web.owners import owners

DONE = "team_done"  # what a form did, shown once


@owners.get("/team")
def team() -> str:
    """The people and the open invitations."""
    return _show(done=session.pop(DONE, None))


@owners.post("/team/invitations")
def invite_somebody() -> ResponseReturnValue:
    """Invite somebody by email; the link is shown this once, and mailed where mail is set up."""
    form = InviteForm(_sites_to_give())
    if not form.validate_on_submit():
        return _show(invite_form=form), 400
    found, now = services(), services().clock()
    try:
        with found.database.transaction() as db:
            owner = take_charge(db, current_moderator())
            made = invite(
                db,
                form.email.data,
                role=Role(form.role.data),
                site_id=_site_id(db, form.site.data),
                by=owner,
                vault=found.vault,
                now=now,
            )
            services().mail_invitation(db, made)
    except AlreadyThere:
        form.email.errors = [ANSWERS[AlreadyThere][1]]
        return _show(invite_form=form), 409
    return _show(link=services().link_to(made), link_is_for="join")


@owners.post("/team/invitations/<row:invitation_id>/withdraw")
def withdraw_invitation(invitation_id: int) -> Response:
    """Have an invitation's link work no more."""
    with services().database.transaction() as db:
        owner = take_charge(db, current_moderator())
        withdraw(db, invitation_id, by=owner, now=services().clock())
    return _back("The invitation is withdrawn: its link works no more.")


@owners.post("/team/<row:person_id>/role")
def change_role_of(person_id: int) -> ResponseReturnValue:
    """Give a person another role, or site."""
    form = RoleForm(_sites_to_give())
    if not form.validate_on_submit():
        return _show(problem="Choose a role and a site."), 400

    def change(db: Session, owner: Moderator, person: Moderator) -> None:
        role, now = Role(form.role.data), services().clock()
        change_role(db, person, role=role, site_id=_site_id(db, form.site.data), by=owner, now=now)

    return _act(person_id, change, "The role is changed.")


@owners.post("/team/<row:person_id>/off")
def switch_off_person(person_id: int) -> ResponseReturnValue:
    """Let somebody in no more."""

    def change(db: Session, owner: Moderator, person: Moderator) -> None:
        switch_off(db, person, by=owner, now=services().clock())

    return _act(person_id, change, "The account is off, and signed out everywhere.")


@owners.post("/team/<row:person_id>/on")
def switch_on_person(person_id: int) -> ResponseReturnValue:
    """Let somebody in again."""

    def change(db: Session, owner: Moderator, person: Moderator) -> None:
        switch_on(db, person, by=owner, now=services().clock())

    return _act(person_id, change, "The account is on again.")


@owners.post("/team/<row:person_id>/second-factor/reset")
def reset_factor_of(person_id: int) -> ResponseReturnValue:
    """Take a lost second factor away."""

    def change(db: Session, owner: Moderator, person: Moderator) -> None:
        reset_second_factor(db, person, by=owner, now=services().clock())

    return _act(person_id, change, "The second factor is reset: the password alone lets them in.")


@owners.post("/team/<row:person_id>/password-link")
def make_link_for(person_id: int) -> ResponseReturnValue:
    """A link to set a new password, shown this once, and mailed where mail is set up."""
    with services().database.transaction() as db:
        owner = take_charge(db, current_moderator())
        person = find_managed(db, person_id, owner)
        made = make_password_link(db, person, by=owner, now=services().clock())
        services().mail_invitation(db, made)
    return _show(link=services().link_to(made), link_is_for="reset")


def _act(
    person_id: int, change: Callable[[Session, Moderator, Moderator], None], done: str
) -> ResponseReturnValue:
    """Do something to a person whom this owner manages, all in one transaction."""
    try:
        with services().database.transaction() as db:
            owner = take_charge(db, current_moderator())
            change(db, owner, find_managed(db, person_id, owner))
    except LastOwner:
        return _show(problem=ANSWERS[LastOwner][1]), 409
    return _back(done)


def _back(done: str) -> Response:
    session[DONE] = done
    return redirect(url_for("owners.team"), 303)


def _show(**changes: Any) -> str:
    owner, vault, now = current_moderator(), services().vault, services().clock()
    sites = _sites_to_give()
    with services().database.reading() as db:
        people = read_team(db, owner)
        invited = [
            (each, email_of_invited(db, each, vault, now=now))
            for each in read_open(db, owner, now=now)
        ]
    emails = {person.id: email_of(person, vault) for person in people}
    return render_template(
        "owners/team.html",
        **{
            "people": [(each, _role_form(each, sites)) for each in people],
            "emails": {number: mask(email) for number, email in emails.items() if email},
            "invited": [(each, mask(email) if email else None) for each, email in invited],
            "invite_form": InviteForm(sites, formdata=None, role=Role.MODERATOR.value),
            "sends_mail": services().mailer is not None,
            "ROLES": ROLES,
            **changes,
        },
    )


def _role_form(person: Moderator, sites: list[tuple[str, str]]) -> RoleForm:
    where = person.site.key if person.site else ALL_SITES
    return RoleForm(sites, formdata=None, role=person.role.value, site=where)


def _sites_to_give() -> list[tuple[str, str]]:
    """Keys and names of the sites on which this owner may give roles."""
    owner = current_moderator()
    query = select(Site).order_by(Site.name, Site.id)
    if owner.site_id is not None:
        query = query.where(Site.id == owner.site_id)
    with services().database.reading() as db:
        sites = [(site.key, site.name) for site in db.scalars(query)]
    return sites if owner.site_id is not None else [(ALL_SITES, "All sites"), *sites]


def _site_id(db: Session, key: str) -> int | None:
    if key == ALL_SITES:
        return None
    return db.scalars(select(Site.id).where(Site.key == key)).one()
