"""The tables. Importing this package registers all of them on `Base.metadata`."""

from moderation.models.comment import Comment, FindingRow, Job, Score, WorkerRow
from moderation.models.commenter import Ban, Commenter, CommenterEmail
from moderation.models.event import Event
from moderation.models.moderator import Moderator, SignIn
from moderation.models.site import Article, Site

__all__ = [
    "Article",
    "Ban",
    "Comment",
    "Commenter",
    "CommenterEmail",
    "Event",
    "FindingRow",
    "Job",
    "Moderator",
    "Score",
    "SignIn",
    "Site",
    "WorkerRow",
]
