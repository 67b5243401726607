"""The page behind the link of a mail: its reader says that the address is theirs."""

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import UnknownLink
from moderation.flow.articles import policy_of
from moderation.flow.own.listing import read_own_comments
from moderation.flow.own.wishes import any_wished, wishes_for_all
from moderation.flow.personal.erasure import pending_erasure
from moderation.flow.proof import confirm_address
from moderation.models import Commenter, Site
from moderation.privacy.links import ProofLinks
from moderation.services import services
from moderation.text import clean_line
from moderation.web.forms.own_letters import AllWishesForm
from moderation.web.languages import speak_as
from moderation.web.readers import readers
from moderation.web.readers.own.links import keep_private, private_links


@readers.get("/p/<token>")
def proof_page(token: str) -> AnyResponse:
    """Whose address it is, and what its owner can do. The link only reads."""
    with services().database.reading() as session:
        commenter = find_commenter_by_link(session, token)
        site = session.get_one(Site, commenter.site_id)
        wish = pending_erasure(session, commenter)
        before = clean_line(request.args.get("before", ""))  # no database looks for a NUL
        own = read_own_comments(session, commenter, before=before)
        is_wished = any_wished(session, commenter)
        wish_form = AllWishesForm(None, wishes_for_all(session, commenter))
    page = render_template(
        "readers/proof.html",
        site=site,
        commenter=commenter,
        token=token,
        wish=wish,
        own=own,
        is_wished=is_wished,
        links=private_links(),
        wish_form=wish_form if services().settings.SMTP_HOST else None,
        erasure_days=policy_of(site).erasure_days,
    )
    return keep_private(make_response(page))


@readers.post("/p/<token>/confirm")
def confirm(token: str) -> AnyResponse:
    """Prove the address, once. Who knows the token read the mail: no other form token is needed."""
    with services().database.transaction() as session:
        commenter = find_commenter_by_link(session, token)
        confirm_address(session, commenter, now=services().clock())
    return lead_to_proof_page(token)


def lead_to_proof_page(token: str, saved: str | None = None) -> AnyResponse:
    """To the page that shows what became of the wish; `saved` has it say so."""
    return keep_private(redirect(url_for("readers.proof_page", token=token, saved=saved), 303))


def find_proven(session: Session, token: str) -> Commenter:
    """Who was sent this link and proved the address. Raises UnknownLink or NotFound."""
    commenter = find_commenter_by_link(session, token)
    if commenter.confirmed_at is None:
        raise NotFound
    return commenter


def find_commenter_by_link(session: Session, token: str) -> Commenter:
    """Who was sent this link; the language of their site is spoken then.

    Raises UnknownLink alike for forged, old and revoked links.
    """
    links = ProofLinks(services().settings.SECRET_KEY.get_secret_value())
    known = links.read(token, now=services().clock())
    commenter = session.scalar(
        select(Commenter).where(Commenter.public_id == (known[0] if known else ""))
    )
    if commenter is None or known is None or commenter.link_version != known[1]:
        raise UnknownLink("this link does not lead to a commenter")
    speak_as(session.get_one(Site, commenter.site_id))
    return commenter
