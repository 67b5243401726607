"""The commenter's private page: state and reason of one comment. The link only reads."""

from flask import Response, make_response, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from moderation.errors import UnknownComment
from moderation.models import Comment
from moderation.services import services
from moderation.web.readers import readers
from moderation.web.tokens import PrivateLinks


@readers.get("/c/<token>")
def private_page(token: str) -> Response:
    """What became of a comment. Unknown, forged and revoked links answer alike."""
    links = PrivateLinks(services().settings.SECRET_KEY.get_secret_value())
    known = links.read(token)
    with services().database.reading() as session:
        comment = session.scalar(
            select(Comment)
            .where(Comment.public_id == (known[0] if known else ""))
            .options(joinedload(Comment.article))
        )
    if comment is None or known is None or comment.link_version != known[1]:
        raise UnknownComment("this link does not lead to a comment")
    response = make_response(render_template("readers/private_page.html", comment=comment))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
