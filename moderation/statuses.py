"""The words of the domain as closed sets; docs/architecture.md explains them.

Imports nothing of ours.
"""

from enum import StrEnum


class Status(StrEnum):
    """Where a comment stands. Only APPROVED is visible to others."""

    PROCESSING = "processing"  # stored, not yet decided
    HELD = "held"  # in the queue
    APPROVED = "approved"  # public
    REJECTED = "rejected"  # refused, with a reason code
    DELETED = "deleted"  # by its commenter, an erasure, or because its time was over


class Verdict(StrEnum):
    """What one rule, or all of them together, wants."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"

    @property
    def strictness(self) -> int:
        """Rank for "the strictest wins": reject > hold > approve."""
        return list(Verdict).index(self)


class Queue(StrEnum):
    """The lists of comments that moderators work on. A comment may stand in several."""

    URGENT = "urgent"  # a moderator wants it looked at first, whatever its status
    HELD = "held"
    REPORTED = "reported"  # public, and readers ask for a look
    APPEALS = "appeals"  # a commenter wants a rejection looked at again
    AUDIT = "audit"  # some of what the machine approved, so that people check it
    APPROVED = "approved"
    REJECTED = "rejected"  # for any reason but spam
    SPAM = "spam"


class Urgency(StrEnum):
    """Why a comment must be looked at before all others."""

    THREAT_TO_LIFE = "threat_to_life"
    SELF_HARM = "self_harm"
    CHILD_ABUSE = "child_abuse"
    PERSONAL_DATA = "personal_data"
    ILLEGAL = "illegal"  # otherwise


class Occasion(StrEnum):
    """What moderators and owners are told of."""

    URGENT = "urgent"  # a comment came into the urgent queue
    HELD = "held"  # a comment began to wait for a person
    WAITING = "waiting"  # the oldest comment has waited for hours
    SCORER_DOWN = "scorer_down"
    SURGE = "surge"  # very many comments, or holds, under one article


class TextKind(StrEnum):
    """What a text is that the people of a site wrote for those who comment, or for moderators."""

    REASON = "reason"  # told to the commenter in place of the built-in sentence
    EXPLANATION = "explanation"  # to choose from for a rejection
    HELP = "help"  # whom to turn to, for a kind of urgency


class ReportReason(StrEnum):
    """Why a reader thinks that a published comment should go."""

    ABUSE = "abuse"
    SPAM = "spam"
    OFF_TOPIC = "off_topic"
    THREAT = "threat"
    SELF_HARM = "self_harm"
    CHILD_ABUSE = "child_abuse"
    PERSONAL_DATA = "personal_data"
    ILLEGAL = "illegal"
    OTHER = "other"


class Publishing(StrEnum):
    """Who publishes, per site and per article."""

    MACHINE = "machine"  # the machine publishes what it finds clean
    FIRST = "first"  # a human approves first comments
    HUMAN = "human"  # a human approves everything
    CLOSED = "closed"  # no new comments


class Actor(StrEnum):
    """Who changed a status."""

    COMMENTER = "commenter"
    MACHINE = "machine"
    MODERATOR = "moderator"
    OPERATOR = "operator"  # whoever runs the server, by the command line


class Role(StrEnum):
    """What a signed-in person may do: viewers look, moderators decide, owners also configure."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    OWNER = "owner"

    def may(self, needed: "Role") -> bool:
        """Whether this role includes all that `needed` may do."""
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


class Code(StrEnum):
    """Why the machine decided as it did: one code for each kind of finding."""

    TOXICITY = "toxicity"  # an attribute of the score is over its threshold
    SCORER_UNAVAILABLE = "scorer_unavailable"
    SCORER_LATE = "scorer_late"
    TEXT_TOO_LONG = "text_too_long"  # longer than what was scored
    LANGUAGE_UNSUPPORTED = "language_unsupported"
    LANGUAGE_UNKNOWN = "language_unknown"
    BANNED_WORD = "banned_word"
    SUSPECT_WORD = "suspect_word"
    LINKS = "links"
    REPEATED_TEXT = "repeated_text"
    PERSONAL_DATA = "personal_data"
    HONEYPOT = "honeypot"
    COMMENTER_RATE = "commenter_rate"
    BANNED_COMMENTER = "banned_commenter"
    BANNED_DOMAIN = "banned_domain"  # of the email
    BANNED_ADDRESS = "banned_address"  # the range that the comment came from
    RESERVED_NAME = "reserved_name"  # that of somebody who moderates, or kept by the site
    FIRST_COMMENT = "first_comment"
    HUMAN_REVIEW = "human_review"  # site or article: a human approves everything
    ARTICLE_CLOSED = "article_closed"
    PARENT_HIDDEN = "parent_hidden"  # what it answers is not public any more
    UNDER_REVIEW = "under_review"  # edited while people held it, or while it was urgent
    STANDING_REJECTED = "standing_rejected"  # a moderator decided so about the like of it
    STANDING_APPROVED = "standing_approved"  # a moderator approved this very text
    REPORTED = "reported"  # by as many readers as the site wants for a look
    RULE_FAILED = "rule_failed"  # a rule broke: nothing is known, so a human looks


class Signal(StrEnum):
    """What a submission said for itself; stands beside codes in `Comment.signals`."""

    KNOWN_BROWSER = "known_browser"  # it brought the private token of an approved comment


class Reason(StrEnum):
    """Why a moderator rejected: told to the commenter in plain words."""

    INSULT = "insult"
    HATE = "hate"
    THREAT = "threat"
    OBSCENE = "obscene"
    PERSONAL_DATA = "personal_data"
    OFF_TOPIC = "off_topic"
    SPAM = "spam"
    ILLEGAL = "illegal"
    OTHER = "other"


class Change(StrEnum):
    """What kind of event a row of the log records."""

    SUBMITTED = "submitted"
    EDITED = "edited"  # by its commenter: it has another text, and goes round all checks again
    DELETED = "deleted"  # by its commenter
    DECIDED = "decided"  # by the machine
    APPROVED = "approved"  # by a moderator
    REJECTED = "rejected"  # by a moderator
    HELD = "held"  # by a moderator: back into the queue
    UNDONE = "undone"
    ESCALATED = "escalated"  # to the urgent queue, by a moderator or for a report
    REPORTED = "reported"  # by readers: how many now
    APPEALED = "appealed"  # by its commenter, against a rejection
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_LIMITED = "sign_in_limited"  # refused by the limits: once for each window
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"  # some or all of a person's
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_RESET = "second_factor_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (a word of the log)
    PASSWORD_LINK_MADE = "password_link_made"  # noqa: S105
    ACCOUNT_ADDED = "account_added"  # with a password, by the operator
    INVITED = "invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    JOINED = "joined"  # by an invitation
    RENAMED = "renamed"  # their own name
    NOTICES_CHANGED = "notices_changed"  # what they are told by mail
    ROLE_CHANGED = "role_changed"  # or the site that it holds on
    SWITCHED_OFF = "switched_off"
    SWITCHED_ON = "switched_on"
    BANNED = "banned"
    UNBANNED = "unbanned"
    POLICY_CHANGED = "policy_changed"
    ARTICLE_CHANGED = "article_changed"  # who publishes under it, or its own rules
    STANDING_SET = "standing_set"  # a decision that holds for what says the same, for a time
    STANDING_LIFTED = "standing_lifted"
    SURGE_BEGAN = "surge_began"  # under one article; by a moderator: its end was taken back
    SURGE_ENDED = "surge_ended"  # by a moderator, or because its time was over
    REDACTED = "redacted"  # passages of a comment were masked
    REDACTION_UNDONE = "redaction_undone"
    NOTED = "noted"  # about a comment or its commenter; or its removal was undone
    NOTE_REMOVED = "note_removed"
    TRUSTED = "trusted"  # a commenter
    UNTRUSTED = "untrusted"
    ADDRESS_CONFIRMED = "address_confirmed"  # an email was proven its commenter's
    EMAIL_REVEALED = "email_revealed"
    EXPORTED = "exported"  # a commenter's data
    ERASURE_ASKED = "erasure_asked"
    ERASURE_CANCELLED = "erasure_cancelled"
    ERASED = "erased"  # a comment, or all of a commenter
    PURGED = "purged"  # its time was over
    LEGAL_HOLD_SET = "legal_hold_set"
    LEGAL_HOLD_LIFTED = "legal_hold_lifted"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_CHANGED = "webhook_changed"  # on, off or another secret; off also by the machine
    WEBHOOK_TESTED = "webhook_tested"
    WEBHOOK_REMOVED = "webhook_removed"


DECISIONS = {
    Change.APPROVED: Status.APPROVED,
    Change.REJECTED: Status.REJECTED,
    Change.HELD: Status.HELD,
}
DECIDABLE = (Status.HELD, Status.APPROVED, Status.REJECTED)  # what a moderator may decide about


# What Detoxify's models score; not every model has all of them.
ATTRIBUTES = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    "sexual_explicit",
)


class ScorerMode(StrEnum):
    """Who works off the scoring jobs."""

    EMBEDDED = "embedded"  # a thread of the serving process
    WORKER = "worker"  # a separate process, or Celery workers where a broker is set


class MailSecurity(StrEnum):
    """How mails travel to the SMTP server."""

    STARTTLS = "starttls"  # plain at first, encrypted before anything is said
    TLS = "tls"  # from the first byte
    NONE = "none"  # only to this machine


class BanKind(StrEnum):
    """What a ban names."""

    EMAIL = "email"
    DOMAIN = "domain"  # of emails
    ADDRESS = "address"  # a range: /24 of IPv4, /48 of IPv6
    WORD = "word"  # or a phrase, in name or text


class SecondFactor(StrEnum):
    """Whether people need more than a password to sign in."""

    OPTIONAL = "optional"  # who has set one up is asked for it
    REQUIRED = "required"  # who has none sets it up before anything else


class InvitationKind(StrEnum):
    """What a link that was made for somebody does."""

    JOIN = "join"  # makes an account
    RESET = "reset"  # sets a new password for one that is there


class RevealReason(StrEnum):
    """Why an owner wants to read a commenter's email."""

    REQUEST = "request"  # the commenter asked for something
    CONTACT = "contact"  # about their comment
    SAFETY = "safety"  # somebody may be in danger
    LEGAL = "legal"  # a court or an authority asks


class ErasureScope(StrEnum):
    """What a person wants gone."""

    TEXTS = "texts"  # names and texts of their comments
    EVERYTHING = "everything"  # the email and all that points to them as well


class MailKind(StrEnum):
    """What a mail is for."""

    PROOF = "proof"  # the link by which a person proves that an address is theirs
    INVITATION = "invitation"  # the link by which somebody becomes a moderator
    RESET = "reset"  # the link by which a moderator sets a new password
    # To commenters, as they wish (flow/own/wishes.py):
    PRIVATE_LINK = "private_link"  # to the private page of a comment
    REPLIES = "replies"  # somebody answered a comment
    DECISION = "decision"  # a comment was approved or rejected
    # To moderators, as they wish (flow/notices/):
    URGENT = "urgent"  # a comment came into the urgent queue
    HELD = "held"  # comments began to wait, told at once
    DIGEST = "digest"  # how many wait, by the hour or day
    WAITING = "waiting"  # the oldest has waited for hours
    SCORER_DOWN = "scorer_down"
    SCORER_BACK = "scorer_back"
    SURGE = "surge"  # very many comments under one article


class Mailing(StrEnum):
    """What commenters may wish to be mailed."""

    LINKS = "links"  # to the private page of a comment
    REPLIES = "replies"
    DECISIONS = "decisions"


class AppealOutcome(StrEnum):
    """How an appeal against a rejection was answered."""

    GRANTED = "granted"  # the comment was approved
    REFUSED = "refused"  # it stays rejected


class HeldNotice(StrEnum):
    """When a moderator is told of comments that began to wait."""

    NEVER = "never"
    AT_ONCE = "at_once"  # one mail in a quarter of an hour at most
    HOURLY = "hourly"
    DAILY = "daily"


class MailAction(StrEnum):
    """What a link in a mail decides."""

    APPROVE = "approve"
    REJECT = "reject"  # its page asks for the reason
    SPAM = "spam"


class MailOutcome(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    DROPPED = "dropped"  # nobody to send it to, or they had one today
    REFUSED = "refused"  # for good, by the server
    GIVEN_UP = "given_up"  # tried too often


class WebhookOff(StrEnum):
    """Why an endpoint is told nothing any more."""

    OWNER = "owner"  # wanted it
    GONE = "gone"  # the endpoint answered 410
    FAILING = "failing"  # no try arrived for days


class DeliveryOutcome(StrEnum):
    """What became of something that an endpoint was to be told."""

    DELIVERED = "delivered"
    GIVEN_UP = "given_up"  # tried too often
    LEFT_OUT = "left_out"  # too many waited already
    SWITCHED_OFF = "switched_off"  # the endpoint was, before it was told


class DeliveryFailure(StrEnum):
    """Why a try got no answer from the endpoint."""

    ADDRESS_REFUSED = "address_refused"  # not public, or another port: not even tried
    UNKNOWN_HOST = "unknown_host"
    NO_CONNECTION = "no_connection"
    CERTIFICATE = "certificate"  # is not of this name, or of an unknown issuer
    TIMEOUT = "timeout"
    NO_ANSWER = "no_answer"  # it broke off, or what came is no HTTP
    UNREADABLE = "unreadable"  # no key here opens the stored secret
