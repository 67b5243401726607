"""One click closes, opens or pre-moderates an article; another takes it back."""

from flask import request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from moderation.flow.article_acts import find_visible_article, set_publishing
from moderation.services import services
from moderation.statuses import Publishing, Role
from moderation.web.gate import require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.last_act import back_to_view

MOVED = "A colleague has changed this article meanwhile, so nothing was done."
SAID = {
    None: "The article follows its site again.",
    Publishing.MACHINE: "What the machine finds clean is published under this article.",
    Publishing.FIRST: "A person approves first comments under this article.",
    Publishing.HUMAN: "A person approves everything under this article from now on.",
    Publishing.CLOSED: "The article is closed: no new comments.",
}


@moderators.post("/articles/<row:article_id>/publishing")
def article_publishing(article_id: int) -> Response:
    """Who publishes under this article: `publishing` is a word of Publishing, or empty.

    `expected` is what the page showed: where a colleague changed it since, nothing happens.
    """
    moderator = require_role(Role.MODERATOR)
    word = request.form.get("publishing", "")
    if word and word not in list(Publishing):
        raise BadRequest
    wanted = Publishing(word) if word else None
    with services().database.transaction() as db:
        article = find_visible_article(db, article_id, moderator)
        if request.form.get("expected", "") != (article.publishing or ""):
            return back_to_view({"text": MOVED, "is_problem": True})
        before = set_publishing(db, article, wanted, moderator=moderator, now=services().clock())
    act: dict[str, object] = {"text": SAID[wanted]}
    if before is not wanted:
        url = url_for("moderators.article_publishing", article_id=article_id)
        act["undo"] = {"url": url, "fields": {"publishing": before or "", "expected": word}}
    return back_to_view(act)
