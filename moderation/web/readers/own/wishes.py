"""Which mails a commenter wishes: about one comment, and about all of theirs on a site."""

from flask import make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response as AnyResponse

from moderation.flow.own.wishes import wish_about, wish_for_all, wishes_about, wishes_for_all
from moderation.models import Comment
from moderation.services import services
from moderation.statuses import Code, Status
from moderation.web.forms.own_letters import AllWishesForm, WishForm
from moderation.web.limits import count_form
from moderation.web.readers import readers
from moderation.web.readers.own.links import find_own, keep_private, lead_back
from moderation.web.readers.own.proof import find_proven, lead_to_proof_page


def wish_form(session: Session, comment: Comment) -> WishForm | None:
    """What can be wished on the private page; None where no mail could come of it."""
    is_reachable = comment.commenter_id is not None and comment.status is not Status.DELETED
    if not (services().settings.SMTP_HOST and is_reachable):
        return None
    return WishForm(None, comment, wishes_about(session, comment))


@readers.post("/c/<token>/wishes")
def wish(token: str) -> AnyResponse:
    """Take what is wished about one comment. Nothing tells whether its address is proven."""
    count_form()
    with services().database.transaction() as session:
        comment = find_own(session, token)
        again = wish_form(session, comment)
        if again is None:
            raise NotFound
        wishes = wishes_about(session, comment)
        form = WishForm(request.form, comment, wishes)
        is_for_this = form.validate() and form.token and form.token.version == wishes.version
        if is_for_this:
            _take(session, comment, form)
    if not is_for_this and form.wanted != again.wanted:
        return _show_again(token, comment, again)
    return lead_back(token, saved="wishes")


@readers.post("/p/<token>/wishes")
def wish_for_every_comment(token: str) -> AnyResponse:
    """Take what the owner of a proven address wishes about all of their comments here."""
    with services().database.transaction() as session:
        commenter = find_proven(session, token)
        form = AllWishesForm(request.form, wishes_for_all(session, commenter))
        if not form.validate():
            raise BadRequest
        wish_for_all(session, commenter, form.wanted, now=services().clock())
    return lead_to_proof_page(token, saved="wishes")


def _take(session: Session, comment: Comment, form: WishForm) -> None:
    wish_about(session, comment, form.wanted, now=services().clock())
    commenter = comment.commenter
    # What filled in the trap is a program: the address that it typed is somebody else's.
    is_asked = form.wanted and Code.HONEYPOT not in comment.signals
    if commenter is not None and commenter.confirmed_at is None and is_asked:
        services().mail_proof(session, comment.article.site, commenter)


def _show_again(token: str, comment: Comment, form: WishForm) -> AnyResponse:
    page = render_template(
        "readers/private_wishes.html",
        token=token,
        comment=comment,
        wish_form=form,
        message=_("This page was open for long, so nothing was changed. Please choose again."),
    )
    return keep_private(make_response(page, 400))
