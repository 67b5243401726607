"""What an act did, told once on the page that comes next, with the way to take it back.

templates/moderators/_last.html shows it and says what it may hold.
"""

from typing import Any

from flask import redirect, request, session, url_for
from werkzeug.wrappers import Response

from moderation.services import services
from moderation.web.gate import current_moderator
from moderation.web.moderators.viewing import read_view

LAST_ACT = "last_act"


def tell_next(act: dict[str, Any]) -> None:
    """Have the next page say it. The cookie that carries it holds 4 KB."""
    session[LAST_ACT] = act


def told_last() -> dict[str, Any] | None:
    """What this page has to say, once."""
    found: dict[str, Any] | None = session.pop(LAST_ACT, None)
    return found


def back_to_view(act: dict[str, Any]) -> Response:
    """To the view of the queue that the button stood in, which tells what was done.

    `?comment=` names the comment on whose own page it stood.
    """
    tell_next(act)
    with services().database.reading() as db:
        view = read_view(db, current_moderator(), services().clock())
    address, one = view.having(), 1 if view.one else None
    if public_id := request.args.get("comment"):
        return redirect(url_for("moderators.comment", public_id=public_id, one=one, **address), 303)
    return redirect(url_for("moderators.queue", **address), 303)
