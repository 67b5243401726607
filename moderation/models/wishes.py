"""What commenters want to be mailed: about one comment, and about all of theirs on a site."""

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base


class CommentWishes(Base):
    """What was wished on the private page of one comment. Whoever wrote it, proven or not, may."""

    __tablename__ = "comment_wishes"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    links: Mapped[bool] = mapped_column(default=False)  # the link to that page, once
    replies: Mapped[bool] = mapped_column(default=False)
    decisions: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)  # moves with each wish: a form is for one
    changed_at: Mapped[dt.datetime]
    linked_at: Mapped[dt.datetime | None]  # when the mail with the link was written


class MailWishes(Base):
    """What the owner of a proven address said for all of their comments on a site.

    True: of all of them. False: of none, whatever the private page of one says. None: nothing.
    """

    __tablename__ = "mail_wishes"

    commenter_id: Mapped[int] = mapped_column(ForeignKey("commenters.id"), primary_key=True)
    links: Mapped[bool | None]
    replies: Mapped[bool | None]
    decisions: Mapped[bool | None]
    changed_at: Mapped[dt.datetime]
