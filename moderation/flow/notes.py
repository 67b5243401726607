"""Short private notes of moderators, about a comment or a commenter. The log knows them by id."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.errors import NotAllowed, NothingToNote, UnknownNote
from moderation.flow.locks import keep
from moderation.models import Comment, Commenter, CommenterEmail, Event, Moderator, Note
from moderation.statuses import Actor, Change, Role


@dataclass(frozen=True)
class Shown:
    """A note with the name of who wrote it."""

    note: Note
    author: str


def add_note(
    session: Session,
    about: Comment | Commenter,
    text: str,
    *,
    moderator: Moderator,
    now: dt.datetime,
) -> Note:
    """Write a note about a comment or a commenter, as plain text for colleagues.

    Raises NothingToNote where the comment is emptied, or nobody can tell who the commenter is:
    no erasure and no copy of somebody's data would find the note.
    """
    if isinstance(about, Comment):
        keep(session, about)  # what is being emptied is emptied first
    if not may_be_noted(session, about, lock=True):
        raise NothingToNote("this is erased, or nobody can tell any more who it is")
    made = Note(
        site_id=about.site_id,
        comment_id=about.id if isinstance(about, Comment) else None,
        commenter_id=about.id if isinstance(about, Commenter) else None,
        moderator_id=moderator.id,
        text=text,
        created_at=now,
    )
    session.add(made)
    session.flush()
    _record(session, made, Change.NOTED, moderator, now)
    return made


def may_be_noted(session: Session, about: Comment | Commenter, *, lock: bool = False) -> bool:
    """Whether a note about it would be found again; `lock` keeps it so for this transaction."""
    if isinstance(about, Comment):
        return about.emptied_at is None
    found = session.get(CommenterEmail, about.id, with_for_update=lock, populate_existing=lock)
    return found is not None


def remove_note(session: Session, note: Note, *, moderator: Moderator, now: dt.datetime) -> bool:
    """Take a note from sight; answers whether it was in sight."""
    if note.removed_at is not None:
        return False
    note.removed_at = now
    _record(session, note, Change.NOTE_REMOVED, moderator, now)
    return True


def restore_note(session: Session, note: Note, *, moderator: Moderator, now: dt.datetime) -> bool:
    """Take back that a note was removed; answers whether it was."""
    if note.removed_at is None:
        return False
    note.removed_at = None
    _record(session, note, Change.NOTED, moderator, now)
    return True


def find_to_change(session: Session, note_id: int, moderator: Moderator) -> Note:
    """The note, kept until the transaction ends.

    Raises UnknownNote where this moderator does not see it, NotAllowed where they only see it.
    """
    found = session.get(Note, note_id, with_for_update=True)
    if found is None or moderator.site_id not in (None, found.site_id):
        raise UnknownNote("no such note")
    if not may_change(moderator, found):
        raise NotAllowed("a note is removed by who wrote it, or by an owner")
    return found


def may_change(moderator: Moderator, note: Note) -> bool:
    """Whether this person may remove the note: they wrote it, or are an owner."""
    wrote_it = moderator.id == note.moderator_id and moderator.role.may(Role.MODERATOR)
    return wrote_it or moderator.role.may(Role.OWNER)


def read_notes(session: Session, comments: Iterable[Comment]) -> dict[int, list[Shown]]:
    """By the comments' ids the notes about each and about who wrote it, oldest first."""
    comments = list(comments)
    commenters = {c.commenter_id for c in comments if c.commenter_id}
    found = _read(
        session, [c.id for c in comments], [each for each in commenters if each is not None]
    )
    return {
        comment.id: [
            shown
            for shown in found
            if shown.note.comment_id == comment.id
            or (comment.commenter_id and shown.note.commenter_id == comment.commenter_id)
        ]
        for comment in comments
    }


def notes_about(session: Session, commenter: Commenter) -> list[Shown]:
    """The notes about a commenter, oldest first."""
    return _read(session, [], [commenter.id])


def _read(session: Session, comment_ids: list[int], commenter_ids: list[int]) -> list[Shown]:
    rows = session.execute(
        select(Note, Moderator.name)
        .join(Moderator, Moderator.id == Note.moderator_id)
        .where(
            or_(Note.comment_id.in_(comment_ids), Note.commenter_id.in_(commenter_ids)),
            Note.removed_at.is_(None),
        )
        .order_by(Note.id)
    )
    return [Shown(note, name) for note, name in rows]


def _record(
    session: Session, note: Note, change: Change, moderator: Moderator, now: dt.datetime
) -> None:
    data = {"note": note.id}
    if note.commenter_id is not None:
        data["commenter"] = note.commenter_id
    session.add(
        Event(
            site_id=note.site_id,
            comment_id=note.comment_id,
            moderator_id=moderator.id,
            change=change,
            actor=Actor.MODERATOR,
            data=data,
            created_at=now,
        )
    )
    session.flush()
