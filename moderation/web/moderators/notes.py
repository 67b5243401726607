"""Notes about comments and commenters: written, removed, brought back."""

from collections.abc import Callable

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.flow.notes import add_note, find_to_change, may_change, remove_note, restore_note
from moderation.flow.personal.sight import find_visible_commenter
from moderation.flow.queue.cards import find_for_review
from moderation.models import Comment, Commenter, Moderator, Note
from moderation.services import services
from moderation.statuses import Role
from moderation.web.forms.notes import NoteForm
from moderation.web.gate import current_moderator, require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.last_act import tell_next

NOTED = "The note is written down."
REMOVED = "The note is removed."
RESTORED = "The note is back."
SO_ALREADY = "It is so already."
moderators.add_app_template_global(may_change, "may_change_note")
Find = Callable[[Session, str, Moderator], Comment | Commenter]


@moderators.post("/queue/<public_id>/notes")
def note_comment(public_id: str) -> Response:
    """Write a note about a comment."""
    back = url_for("moderators.comment", public_id=public_id)
    return _write(find_for_review, public_id, back)


@moderators.post("/commenters/<commenter_id>/notes")
def note_commenter(commenter_id: str) -> Response:
    """Write a note about a commenter; `?comment=` is the one from whose page it is written."""
    return _write(find_visible_commenter, commenter_id, _back_from(commenter_id))


@moderators.post("/notes/<row:note_id>/remove")
def note_remove(note_id: int) -> Response:
    """Remove a note of one's own, or as an owner of anybody's."""
    return _change(note_id, remove_note, REMOVED, "moderators.note_restore")


@moderators.post("/notes/<row:note_id>/restore")
def note_restore(note_id: int) -> Response:
    """Take back that a note was removed."""
    return _change(note_id, restore_note, RESTORED, "moderators.note_remove")


def _write(find: Find, public_id: str, back: str) -> Response:
    moderator, form = require_role(Role.MODERATOR), NoteForm()
    if not form.validate_on_submit():
        problem = next(iter(form.text.errors), "Nothing was written down.")
        tell_next({"text": problem, "is_problem": True})
        return redirect(back, 303)
    with services().database.transaction() as db:
        about = find(db, public_id, moderator)
        made = add_note(db, about, form.text.data, moderator=moderator, now=services().clock())
    tell_next({"text": NOTED, "undo": _undo("moderators.note_remove", made.id)})
    return redirect(back, 303)


def _change(note_id: int, act: Callable[..., bool], said: str, reverse: str) -> Response:
    moderator = current_moderator()
    with services().database.transaction() as db:
        note = find_to_change(db, note_id, moderator)
        is_done = act(db, note, moderator=moderator, now=services().clock())
        back = _page_of(db, note)
    undo = {"undo": _undo(reverse, note_id)} if is_done else {}
    tell_next({"text": said if is_done else SO_ALREADY, **undo})
    return redirect(back, 303)


def _undo(endpoint: str, note_id: int) -> dict[str, object]:
    came_from = request.args.get("comment")
    return {"url": url_for(endpoint, note_id=note_id, comment=came_from), "fields": {}}


def _page_of(db: Session, note: Note) -> str:
    if note.commenter_id is not None:
        return _back_from(db.get_one(Commenter, note.commenter_id).public_id)
    comment = db.get_one(Comment, note.comment_id)
    return url_for("moderators.comment", public_id=comment.public_id)


def _back_from(commenter_id: str) -> str:
    """The comment's page that this was done on, or the commenter's."""
    if came_from := request.args.get("comment"):
        return url_for("moderators.comment", public_id=came_from)
    return url_for("moderators.commenter", commenter_id=commenter_id)
