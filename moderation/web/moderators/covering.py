"""Which texts of a list are covered for who looks at it; a card knows that by itself."""

from collections.abc import Sequence

from sqlalchemy.orm import object_session

from moderation.flow.queue.cards import toxic_ones
from moderation.flow.queue.sampling import hides_score
from moderation.models import Comment
from moderation.web.gate import current_moderator
from moderation.web.moderators import moderators


@moderators.app_template_global()
def covered_among(comments: Sequence[Comment]) -> set[int]:
    """The ids of those that may be toxic, where this moderator wants such texts covered."""
    session = object_session(comments[0]) if comments else None
    if session is None or not current_moderator().covers_toxic:
        return set()
    hidden = {comment.id for comment in comments if hides_score(comment, comment.article.site)}
    return hidden | toxic_ones(session, [comment.id for comment in comments])
