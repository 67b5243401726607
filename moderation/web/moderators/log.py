"""The log: every change of status and every sign-in, newest first."""

from flask import render_template, request

from moderation.flow.personal.sight import linked_commenters
from moderation.flow.queue import read_log
from moderation.services import services
from moderation.web.gate import current_moderator
from moderation.web.moderators import moderators, row_number

PAGE_SIZE = 50


@moderators.get("/log")
def log() -> str:
    """A page of the log; `?before=` an entry's number continues it."""
    before = request.args.get("before", type=row_number)
    with services().database.reading() as session:
        entries = read_log(session, current_moderator(), before=before, size=PAGE_SIZE)
        commenters = linked_commenters(session, (event for event, _, _ in entries))
    return render_template(
        "moderators/log.html", entries=entries, commenters=commenters, page_size=PAGE_SIZE
    )
