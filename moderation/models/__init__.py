"""The tables. Importing this package registers all of them on `Base.metadata`."""

from moderation.models.ban import Ban
from moderation.models.comment import Comment, FindingRow, Job, Score, WorkerRow
from moderation.models.commenter import Commenter, CommenterEmail
from moderation.models.event import Event
from moderation.models.mail import Mail
from moderation.models.moderator import Moderator, SignIn
from moderation.models.personal import CommentAddress, Erasure, LegalHold
from moderation.models.site import Article, Site

__all__ = [
    "Article",
    "Ban",
    "Comment",
    "CommentAddress",
    "Commenter",
    "CommenterEmail",
    "Erasure",
    "Event",
    "FindingRow",
    "Job",
    "LegalHold",
    "Mail",
    "Moderator",
    "Score",
    "SignIn",
    "Site",
    "WorkerRow",
]
