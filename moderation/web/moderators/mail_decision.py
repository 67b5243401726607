"""The page behind a link of a mail that decides: it shows the comment, and asks. Public: the link
alone opens it, so it does nothing but this one thing, and asks for a sign-in where more is needed.

A second factor is never got around: whoever has or needs one is led to the comment's own page,
behind the sign-in, and so is who still has a password that somebody else made.
"""

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import DecisionLinkOver, UnknownDecisionLink, VersionConflict
from moderation.flow.notices.links import LinkState, OpenedLink, decide_by_link, open_link
from moderation.flow.queue.cards import Card, read_cards
from moderation.metrics import DECISIONS
from moderation.models import Moderator
from moderation.privacy.links import DecisionLinks
from moderation.services import services
from moderation.statuses import MailAction, Reason
from moderation.web.forms.notices import ReasonForm
from moderation.web.gate import factor_required
from moderation.web.moderators import moderators

STATUSES = {
    LinkState.OPEN: 200,
    LinkState.USED: 200,
    LinkState.MOVED: 409,
    LinkState.EXPIRED: 410,
    LinkState.REVOKED: 410,
}


@moderators.get("/decision/<token>")
def mail_decision(token: str) -> AnyResponse:
    """What the link would decide about, or why it does not any more. Only reads."""
    mail_id, key, action = _read(token)
    with services().database.reading() as db:
        opened = open_link(db, mail_id, key, now=services().clock())
        if opened.state is LinkState.OPEN and needs_sign_in(opened.person):
            return _lead_to_comment(opened)
        return _show(db, opened, token, action, ReasonForm())


@moderators.post("/decision/<token>")
def decide_from_mail(token: str) -> AnyResponse:
    """Decide, once. Raises UnknownDecisionLink."""
    mail_id, key, action = _read(token)
    form = ReasonForm(request.form)
    is_complete = action is not MailAction.REJECT or form.validate()
    with services().database.reading() as db:
        opened = open_link(db, mail_id, key, now=services().clock())
        if opened.state is LinkState.OPEN and needs_sign_in(opened.person):
            return _lead_to_comment(opened)
        if opened.state is LinkState.REVOKED or not is_complete:
            return _show(db, opened, token, action, form, status=400)
    try:
        with services().database.transaction() as db:
            reason = Reason(form.reason.data) if action is MailAction.REJECT else None
            now = services().clock()
            event = decide_by_link(db, mail_id, key, action, now=now, reason=reason)
    except (VersionConflict, DecisionLinkOver):
        with services().database.reading() as db:  # the page says why
            opened = open_link(db, mail_id, key, now=services().clock())
            return _show(db, opened, token, action, form)
    if event is not None:
        DECISIONS.labels(event.change).inc()
    return _private(redirect(url_for("moderators.mail_decision", token=token), 303))


def needs_sign_in(person: Moderator) -> bool:
    """Whether a mail alone is not enough to decide as this person."""
    return person.has_second_factor or person.must_change_password or factor_required()


def _read(token: str) -> tuple[int, str, MailAction]:
    found = DecisionLinks(services().settings.SECRET_KEY.get_secret_value()).read(token)
    if found is None:
        raise UnknownDecisionLink("forged")
    return found


def _show(
    db: Session,
    opened: OpenedLink,
    token: str,
    action: MailAction,
    form: ReasonForm,
    *,
    status: int | None = None,
) -> Response:
    """The page. Only while the link is good for something does it show what the comment says."""
    is_open = opened.state is LinkState.OPEN
    card: Card = read_cards(db, [opened.comment], now=services().clock())[0]
    page = render_template(
        "moderators/mail_decision.html",
        opened=opened,
        card=card if is_open else None,
        moved_by=card.moved_by,
        token=token,
        action=action,
        form=form,
    )
    answer = make_response(page, STATUSES[opened.state] if not (is_open and status) else status)
    _private(answer)
    return answer


def _lead_to_comment(opened: OpenedLink) -> AnyResponse:
    public_id = opened.comment.public_id
    return _private(redirect(url_for("moderators.comment", public_id=public_id), 303))


def _private(answer: AnyResponse) -> AnyResponse:
    """The address is a secret: no page that is opened from here learns of it."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
