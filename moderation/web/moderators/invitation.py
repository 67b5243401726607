"""The page behind a link to join the team, or to set a new password. The link alone opens it."""

from flask import make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from moderation.errors import UnknownInvitation, WeakPassword
from moderation.flow.team.accounts import known_about
from moderation.flow.team.invitations import (
    email_of_invited,
    find_open,
    join,
    set_password_by,
)
from moderation.flow.team.passwords import hash_password
from moderation.models import Invitation
from moderation.privacy.links import InvitationLinks
from moderation.privacy.vault import mask
from moderation.services import services
from moderation.statuses import InvitationKind
from moderation.web.forms.team import JoinForm, NewPasswordForm
from moderation.web.gate import factor_required
from moderation.web.moderators import moderators
from moderation.web.moderators.sign_in import start


@moderators.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """Choose a name and a password, or a password alone. Raises UnknownInvitation."""
    links = InvitationLinks(services().settings.SECRET_KEY.get_secret_value())
    public_id = links.read(token)
    if public_id is None:
        raise UnknownInvitation("forged")
    now = services().clock()
    with services().database.reading() as db:
        found = find_open(db, public_id, now=now)
        email = email_of_invited(db, found, services().vault, now=now)
    form = JoinForm() if found.kind is InvitationKind.JOIN else NewPasswordForm()
    problem = None
    if form.validate_on_submit():
        try:
            return _use(found, form, email)
        except WeakPassword as weak:
            problem = str(weak)
    answer = make_response(
        render_template(
            "moderators/invitation.html",
            invitation=found,
            email=mask(email) if email else None,
            form=form,
            problem=problem,
        )
    )
    answer.status_code = 400 if form.errors or problem else 200
    # The host alone: the address is a secret, but over https CSRF's check wants a Referer.
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


def _use(found: Invitation, form: NewPasswordForm, email: str | None) -> ResponseReturnValue:
    """Use the link up; leads to the sign-in, or to setting up the second factor."""
    is_new = found.kind is InvitationKind.JOIN
    names = [form.name.data] if is_new else []
    password_hash = hash_password(form.new.data, about=known_about(email, found.site, *names))
    now = services().clock()
    with services().database.transaction() as db:
        if is_new:
            moderator = join(
                db,
                found,
                name=form.name.data,
                password_hash=password_hash,
                vault=services().vault,
                now=now,
            )
        else:
            moderator = set_password_by(db, found, password_hash, now=now)
    if is_new and factor_required():
        start(moderator)
        return redirect(url_for("moderators.second_factor"), 303)
    return redirect(url_for("moderators.sign_in", welcome="yes"), 303)
