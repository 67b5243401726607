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
    FIRST_COMMENT = "first_comment"
    HUMAN_REVIEW = "human_review"  # site or article: a human approves everything
    ARTICLE_CLOSED = "article_closed"
    RULE_FAILED = "rule_failed"  # a rule broke: nothing is known, so a human looks


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
    DECIDED = "decided"  # by the machine
    APPROVED = "approved"  # by a moderator
    REJECTED = "rejected"  # by a moderator
    UNDONE = "undone"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    BANNED = "banned"
    UNBANNED = "unbanned"
    POLICY_CHANGED = "policy_changed"
    ADDRESS_CONFIRMED = "address_confirmed"  # an email was proven its commenter's
    EMAIL_REVEALED = "email_revealed"
    EXPORTED = "exported"  # a commenter's data
    ERASURE_ASKED = "erasure_asked"
    ERASURE_CANCELLED = "erasure_cancelled"
    ERASED = "erased"  # a comment, or all of a commenter
    PURGED = "purged"  # its time was over
    LEGAL_HOLD_SET = "legal_hold_set"
    LEGAL_HOLD_LIFTED = "legal_hold_lifted"


DECISIONS = {Change.APPROVED: Status.APPROVED, Change.REJECTED: Status.REJECTED}
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


class MailOutcome(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    DROPPED = "dropped"  # nobody to send it to, or they had one today
    REFUSED = "refused"  # for good, by the server
    GIVEN_UP = "given_up"  # tried too often
