"""The end of mails to a commenter: by a button, or by one click in the mail program (RFC 8058).

The link is signed for one kind of mails to one commenter. A GET, as scanners of mails make it,
changes nothing; the POST needs no cookie and no other token, and answers without leading on.
"""

from flask import make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import UnknownLink
from moderation.flow.own.wishes import wish_for_all
from moderation.models import Commenter, Site
from moderation.privacy.links import UnsubscribeLinks
from moderation.services import services
from moderation.statuses import Mailing
from moderation.web.languages import speak_as
from moderation.web.readers import readers
from moderation.web.readers.own.links import keep_private

FIELD, ONE_CLICK = "List-Unsubscribe", "One-Click"


@readers.get("/u/<token>")
def unsubscribe(token: str) -> AnyResponse:
    """Ask whether these mails are to end."""
    with services().database.reading() as session:
        return _show(*_find(session, token), token=token)


@readers.post("/u/<token>")
def unsubscribe_now(token: str) -> AnyResponse:
    """End them, once or again."""
    if request.form.get(FIELD) != ONE_CLICK:
        raise BadRequest
    with services().database.transaction() as session:
        commenter, mailing, site = _find(session, token)
        wish_for_all(session, commenter, {mailing: False}, now=services().clock())
        return _show(commenter, mailing, site, token=token, is_done=True)


def _find(session: Session, token: str) -> tuple[Commenter, Mailing, Site]:
    """Whose mails of which kind the link ends. Raises UnknownLink for forged and revoked ones."""
    links = UnsubscribeLinks(services().settings.SECRET_KEY.get_secret_value())
    public_id, link_version, mailing = links.read(token) or ("", 0, Mailing.LINKS)
    commenter = session.scalar(select(Commenter).where(Commenter.public_id == public_id))
    if commenter is None or not public_id or commenter.link_version != link_version:
        raise UnknownLink("this link ends no mails")
    site = session.get_one(Site, commenter.site_id)
    speak_as(site)
    return commenter, mailing, site


def _show(
    commenter: Commenter, mailing: Mailing, site: Site, *, token: str, is_done: bool = False
) -> AnyResponse:
    page = render_template(
        "readers/unsubscribe.html", site=site, mailing=mailing, token=token, is_done=is_done
    )
    return keep_private(make_response(page))
