"""What templates call: safe text, times, and codes in plain words."""

import datetime as dt

from flask import Flask
from flask_babel import lazy_gettext as _l

from moderation.flow.articles import has_surge
from moderation.flow.queue.cards import Card
from moderation.flow.queue.lacking import Lack
from moderation.flow.queue.page import Order
from moderation.flow.texts import TEXT_MAX
from moderation.models import Article, FindingRow, Surge
from moderation.services import services
from moderation.statuses import (
    DECIDABLE,
    BanKind,
    Code,
    Publishing,
    Queue,
    RevealReason,
    Status,
)
from moderation.text import paragraphs
from moderation.words import REASONS as SENTENCES
from moderation.words import REPORTS, RULES, URGENCIES, show_span

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
    Code.RESERVED_NAME: "Signed with the name of somebody who moderates, or one kept for the site",
    Code.FIRST_COMMENT: "The commenter’s first comment here",
    Code.HUMAN_REVIEW: "A person approves every comment here",
    Code.ARTICLE_CLOSED: "The article was closed meanwhile",
    Code.PARENT_HIDDEN: "What it answers is not public any more",
    Code.UNDER_REVIEW: "Its commenter edited it while it was held or urgent by a person’s word",
    Code.STANDING_REJECTED: "A moderator rejected the like of it: standing decision {value:.0f}",
    Code.STANDING_APPROVED: "A moderator approved this very text: standing decision {value:.0f}",
    Code.REPORTED: "{value:.0f} readers reported it (limit {threshold:.0f})",
    Code.RULE_FAILED: "A check broke down: see the server’s log",
}
REASONS = {reason: _l(sentence) for reason, sentence in SENTENCES.items()}
QUEUES = {
    Queue.URGENT: "Urgent",
    Queue.HELD: "Held",
    Queue.REPORTED: "Reported",
    Queue.APPEALS: "Appeals",
    Queue.AUDIT: "Sample",
    Queue.APPROVED: "Approved",
    Queue.REJECTED: "Rejected",
    Queue.SPAM: "Spam",
}
ORDERS = {
    Order.OLDEST: "oldest first",
    Order.NEWEST: "newest first",
    Order.RISKIEST: "riskiest first",
    Order.REPORTS: "most reported first",
}
PUBLISHING = {
    None: "This article follows its site.",
    Publishing.MACHINE: "Under this article the machine publishes what it finds clean.",
    Publishing.FIRST: "Under this article a person approves first comments.",
    Publishing.HUMAN: "Under this article a person approves everything.",
    Publishing.CLOSED: "This article is closed.",
}
PUBLISHING_WORD = {
    Publishing.MACHINE: "machine publishes",
    Publishing.FIRST: "first comments wait",
    Publishing.HUMAN: "all comments wait",
    Publishing.CLOSED: "closed",
}
AGES = {
    "hour": "of the last hour",
    "day": "of the last day",
    "week": "of the last week",
    "over-hour": "older than an hour",
    "over-day": "older than a day",
    "over-week": "older than a week",
}
BAN_KINDS = {
    BanKind.EMAIL: "email",
    BanKind.DOMAIN: "domain",
    BanKind.ADDRESS: "network",
    BanKind.WORD: "word",
}
BAN_DAYS = {"1": "for 1 day", "7": "for 7 days", "30": "for 30 days", "": "for good"}
REVEAL_REASONS = {
    RevealReason.REQUEST: "the commenter asked for something",
    RevealReason.CONTACT: "to write to them about their comment",
    RevealReason.SAFETY: "somebody may be in danger",
    RevealReason.LEGAL: "a court or an authority asks",
}
LACKS = {
    Lack.WAITS: "Nothing yet: it waits for its score",
    Lack.NOT_SCORED: "Toxicity: no scorer was there, or it failed on this text",
    Lack.SCORED_LATE: "Toxicity: the scorer was late; the score comes when it has the time",
    Lack.NO_LIMITS: "Limits: none are set here for the model that scored it",
    Lack.END_UNREAD: "The end of the text: it is longer than the model reads",
    Lack.LANGUAGE: "The language: it is none that the model knows, so the scores say little",
    Lack.NO_WORDS: "Toxicity: there are no words in it that the model could read",
    Lack.WORDS_NOT_SOUGHT: "The words that raised the score: nobody has looked for them yet",
    Lack.WORDS_NEVER_SOUGHT: "The words that raised the score: looked for only while it waits",
    Lack.WORDS_FAILED: "The words that raised the score: looking for them failed, none are marked",
    Lack.NO_EMAIL: "Who wrote it: it came without an email, so bans of emails, repeated texts and "
    "earlier comments are unknown",
}
PURGE_KINDS = {
    "rejected": "Name and text of rejected comments, after the decision",
    "deleted": "Text of removed comments under a legal hold",
    "addresses": "Address ranges of comments",
    "emails": "Emails, after their commenter’s last comment",
    "identities": "Knowing a commenter again, after their last comment",
    "originals": "What was masked in comments, after that",
    "notes": "Removed notes, after that",
}
STATES = {
    Status.PROCESSING: _l("Your comment was received and is being checked."),
    Status.HELD: _l("Your comment was received. A person will look at it."),
    Status.APPROVED: _l("Your comment is published."),
    Status.REJECTED: _l("Your comment was not published."),
    Status.DELETED: _l("This comment was deleted."),
}


def surge_of(article: Article) -> Surge | None:
    """The surge that is in force under the article, if any."""
    return article.surge if has_surge(article, services().clock()) else None


def explain(finding: FindingRow) -> str:
    """A finding in plain words, for moderators."""
    return FINDINGS[finding.code].format(
        attribute=ATTRIBUTES.get(finding.attribute or "", finding.attribute),
        value=finding.value or 0.0,
        threshold=finding.threshold or 0.0,
        detail=finding.detail,
    )


def show_opinion(card: Card) -> str:
    """What the model found most likely of a scored comment, for moderators."""
    assert card.comment.score is not None
    attribute, value = max(card.comment.score.attributes.items(), key=lambda item: item[1])
    limit = card.limits.get(attribute)
    told = f"The model had found {ATTRIBUTES.get(attribute, attribute)} {value:.0%} likely"
    return told + (f" (limit {limit:.0%})." if limit is not None else ".")


def show_time(moment: dt.datetime) -> str:
    """A time as people read it, in UTC."""
    return f"{moment:%d %B %Y, %H:%M} UTC".removeprefix("0")


def show_age(moment: dt.datetime) -> str:
    """How long ago this was, to the minute; 0 s where clocks differ."""
    seconds = max(0.0, (services().clock() - moment).total_seconds())
    return show_span(seconds if seconds < 60 else seconds // 60 * 60)


def register_filters(app: Flask) -> None:
    """Hand these to all templates."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        paragraphs=paragraphs,
        explain=explain,
        show_age=show_age,
        show_span=show_span,
        show_time=show_time,
    )
    app.jinja_env.globals.update(
        AGES=AGES,
        ATTRIBUTES=ATTRIBUTES,
        BAN_DAYS=BAN_DAYS,
        BAN_KINDS=BAN_KINDS,
        DECIDABLE=DECIDABLE,
        LACKS=LACKS,
        ORDERS=ORDERS,
        PUBLISHING=PUBLISHING,
        PUBLISHING_WORD=PUBLISHING_WORD,
        PURGE_KINDS=PURGE_KINDS,
        QUEUES=QUEUES,
        REASONS=REASONS,
        REPORTS=REPORTS,
        REVEAL_REASONS=REVEAL_REASONS,
        RULES=RULES,
        STATES=STATES,
        TEXT_MAX=TEXT_MAX,
        surge_of=surge_of,
        URGENCIES=URGENCIES,
    )
