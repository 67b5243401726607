"""What templates call: safe text, times, and codes in plain words."""

import datetime as dt

from flask import Flask

from moderation.models import FindingRow
from moderation.statuses import DECIDABLE, Code, Reason, RevealReason, Status
from moderation.text import paragraphs

ATTRIBUTES = {
    "toxicity": "toxicity",
    "severe_toxicity": "severe toxicity",
    "obscene": "obscenity",
    "threat": "threat",
    "insult": "insult",
    "identity_attack": "attack on identity",
    "sexual_explicit": "sexual content",
}
FINDINGS = {
    Code.TOXICITY: "The model finds {attribute} {value:.0%} likely (limit {threshold:.0%})",
    Code.SCORER_UNAVAILABLE: "No scorer ran, or none with thresholds: nobody has scored this text",
    Code.SCORER_LATE: "The scorer did not answer in time: nobody has scored this text yet",
    Code.TEXT_TOO_LONG: "Longer than the model reads: the end was not scored",
    Code.LANGUAGE_UNSUPPORTED: "Written in a language the model does not know ({detail})",
    Code.LANGUAGE_UNKNOWN: "The language could not be told",
    Code.BANNED_WORD: "Holds a banned word: “{detail}”",
    Code.SUSPECT_WORD: "Holds a suspect word: “{detail}”",
    Code.LINKS: "Holds {value:.0f} links (limit {threshold:.0f})",
    Code.REPEATED_TEXT: "The commenter sent this text before",
    Code.PERSONAL_DATA: "Seems to hold personal data: {detail}",
    Code.HONEYPOT: "A hidden field was filled in, as bots do",
    Code.COMMENTER_RATE: "The commenter sends very many comments",
    Code.BANNED_COMMENTER: "The commenter is banned",
    Code.BANNED_DOMAIN: "Emails of this domain are banned",
    Code.BANNED_ADDRESS: "The network that it came from is banned",
    Code.FIRST_COMMENT: "The commenter’s first comment here",
    Code.HUMAN_REVIEW: "A person approves every comment here",
    Code.ARTICLE_CLOSED: "The article was closed meanwhile",
    Code.RULE_FAILED: "A check broke down: see the server’s log",
}
REASONS = {
    Reason.INSULT: "It insults somebody.",
    Reason.HATE: "It attacks people for what they are.",
    Reason.THREAT: "It threatens or wishes harm.",
    Reason.OBSCENE: "It is obscene.",
    Reason.PERSONAL_DATA: "It holds personal data.",
    Reason.OFF_TOPIC: "It is not about the article.",
    Reason.SPAM: "It was taken for advertising.",
    Reason.ILLEGAL: "It may break the law.",
    Reason.OTHER: "It breaks the rules of this site.",
}
REVEAL_REASONS = {
    RevealReason.REQUEST: "the commenter asked for something",
    RevealReason.CONTACT: "to write to them about their comment",
    RevealReason.SAFETY: "somebody may be in danger",
    RevealReason.LEGAL: "a court or an authority asks",
}
PURGE_KINDS = {
    "rejected": "Name and text of rejected comments, after the decision",
    "deleted": "Text of removed comments under a legal hold",
    "addresses": "Address ranges of comments",
    "emails": "Emails, after their commenter’s last comment",
    "identities": "Knowing a commenter again, after their last comment",
}
STATES = {
    Status.PROCESSING: "Your comment was received and is being checked.",
    Status.HELD: "Your comment was received. A person will look at it.",
    Status.APPROVED: "Your comment is published.",
    Status.REJECTED: "Your comment was not published.",
    Status.DELETED: "This comment was deleted.",
}


def explain(finding: FindingRow) -> str:
    """A finding in plain words, for moderators."""
    return FINDINGS[finding.code].format(
        attribute=ATTRIBUTES.get(finding.attribute or "", finding.attribute),
        value=finding.value or 0.0,
        threshold=finding.threshold or 0.0,
        detail=finding.detail,
    )


def show_time(moment: dt.datetime) -> str:
    """A time as people read it, in UTC."""
    return f"{moment:%d %B %Y, %H:%M} UTC".removeprefix("0")


def register_filters(app: Flask) -> None:
    """Hand these to all templates."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(paragraphs=paragraphs, explain=explain, show_time=show_time)
    app.jinja_env.globals.update(
        ATTRIBUTES=ATTRIBUTES,
        DECIDABLE=DECIDABLE,
        PURGE_KINDS=PURGE_KINDS,
        REASONS=REASONS,
        REVEAL_REASONS=REVEAL_REASONS,
        STATES=STATES,
    )
