"""A commenter deletes their comment: at once, at any time, also where comments are closed."""

import datetime as dt

from sqlalchemy.orm import Session

from moderation.flow.own.edits import refuse_if_moved
from moderation.flow.personal.taking_down import take_down
from moderation.models import Comment
from moderation.statuses import Actor, Change, Status


def delete_own(session: Session, comment_id: int, *, version_seen: int, now: dt.datetime) -> bool:
    """Leave a tombstone; answers whether it was there until now (False: a second click).

    Under a legal hold it goes from sight, and is emptied when that ends. The id has to be in the
    list of erased ones before this commits. Raises VersionConflict where somebody but the machine
    moved it since it was seen.
    """
    comment = session.get_one(Comment, comment_id)
    if comment.status is Status.DELETED:
        return False
    refuse_if_moved(session, comment, version_seen)
    take_down(session, comment_id, change=Change.DELETED, actor=Actor.COMMENTER, now=now)
    return True
