"""One click ends a surge under an article; another takes that back."""

from flask import url_for
from werkzeug.wrappers import Response

from moderation.flow.article_acts import find_visible_article
from moderation.flow.surges import end_surge, resume_surge
from moderation.services import services
from moderation.statuses import Role
from moderation.web.gate import require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.last_act import back_to_view

ENDED = "Ended: what comes now is published as before. What waits still waits for a person."
OVER = "It was over already."
RESUMED = "Undone: a person approves everything under this article again."
NOT_RESUMED = "It is over meanwhile, so nothing was taken back."


@moderators.post("/articles/<row:article_id>/surge/end")
def end_article_surge(article_id: int) -> Response:
    """End the surge under this article, if one is in force."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.transaction() as db:
        article = find_visible_article(db, article_id, moderator)
        is_ended = end_surge(db, article, moderator=moderator, now=now)
    if not is_ended:
        return back_to_view({"text": OVER})
    url = url_for("moderators.resume_article_surge", article_id=article_id)
    return back_to_view({"text": ENDED, "undo": {"url": url, "fields": {}}})


@moderators.post("/articles/<row:article_id>/surge/resume")
def resume_article_surge(article_id: int) -> Response:
    """Take back that this moderator ended it."""
    moderator, now = require_role(Role.MODERATOR), services().clock()
    with services().database.transaction() as db:
        article = find_visible_article(db, article_id, moderator)
        is_resumed = resume_surge(db, article, moderator=moderator, now=now)
    if is_resumed:
        return back_to_view({"text": RESUMED})
    return back_to_view({"text": NOT_RESUMED, "is_problem": True})
