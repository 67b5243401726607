"""Whose comment a private link leads to, for every page behind such a link."""

from flask import redirect, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import UnknownComment
from moderation.models import Article, Comment
from moderation.privacy.links import PrivateLinks
from moderation.services import services
from moderation.web.languages import speak_as


def private_links() -> PrivateLinks:
    """Issues and reads the links of this installation."""
    return PrivateLinks(services().settings.SECRET_KEY.get_secret_value())


def find_own(session: Session, token: str) -> Comment:
    """The comment behind the link, with its article and site, whose language is spoken then.

    Raises UnknownComment alike for unknown, forged and revoked links.
    """
    known = private_links().read(token)
    # Not joined: who reads it anew to lock it would lock its article and site as well.
    comment = session.scalar(
        select(Comment)
        .where(Comment.public_id == (known[0] if known else ""))
        .options(selectinload(Comment.article).selectinload(Article.site))
    )
    if comment is None or known is None or comment.link_version != known[1]:
        raise UnknownComment("this link does not lead to a comment")
    speak_as(comment.article.site)
    return comment


def keep_private(response: AnyResponse) -> AnyResponse:
    """Let no page that is led to from here learn the link."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def lead_back(token: str, saved: str | None = None) -> AnyResponse:
    """To the private page, which shows what became of the comment; `saved` has it say so."""
    return keep_private(redirect(url_for("readers.private_page", token=token, saved=saved), 303))
