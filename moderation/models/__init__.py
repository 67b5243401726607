"""The tables. Importing this package registers all of them on `Base.metadata`."""

from moderation.models.appeal import Appeal
from moderation.models.ban import Ban
from moderation.models.comment import Comment, FindingRow, Job, Score, WorkerRow
from moderation.models.commenter import Commenter, CommenterEmail
from moderation.models.desk import Batch, BatchItem, Claim, QueueDelta, Report
from moderation.models.event import Event
from moderation.models.mail import Mail
from moderation.models.moderator import Invitation, Moderator, RecoveryCode, SignIn
from moderation.models.notes import Note, Redaction
from moderation.models.notice import DecisionLink, NoticeWishes, Telling
from moderation.models.nudge import NudgeDay
from moderation.models.personal import CommentAddress, Erasure, LegalHold
from moderation.models.site import HAS_OWN_RULES, Article, Site
from moderation.models.standing import StandingDecision
from moderation.models.surge import Surge
from moderation.models.texts import Explanation, SiteText
from moderation.models.webhook import Delivery, Webhook
from moderation.models.wishes import CommentWishes, MailWishes

__all__ = [
    "HAS_OWN_RULES",
    "Appeal",
    "Article",
    "Ban",
    "Batch",
    "BatchItem",
    "Claim",
    "Comment",
    "CommentAddress",
    "CommentWishes",
    "Commenter",
    "CommenterEmail",
    "DecisionLink",
    "Delivery",
    "Erasure",
    "Event",
    "Explanation",
    "FindingRow",
    "Invitation",
    "Job",
    "LegalHold",
    "Mail",
    "MailWishes",
    "Moderator",
    "NoticeWishes",
    "Note",
    "NudgeDay",
    "RecoveryCode",
    "Redaction",
    "QueueDelta",
    "Report",
    "Score",
    "SignIn",
    "Site",
    "SiteText",
    "StandingDecision",
    "Surge",
    "Telling",
    "Webhook",
    "WorkerRow",
]
