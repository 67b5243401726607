"""What a rule may look at, and what it answers. Step `decide`, pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from moderation.statuses import BanKind, Code, Publishing, Verdict


class Finding(NamedTuple):
    """One rule's evidence.

    `attribute`, `value` and `threshold` are codes and numbers and stand in the log; `detail` may
    quote what a person typed (a listed word), so it lives where erasure can reach it.
    """

    code: Code
    verdict: Verdict
    attribute: str | None = None
    value: float | None = None
    threshold: float | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A site's rules as its owner set them; policy/articles.py: those an article may have."""

    publishing: Publishing = Publishing.MACHINE
    preset: str = "balanced"
    thresholds: Mapping[str, float] = field(default_factory=dict)  # own values win over the preset
    links_max: int = 2
    banned_words: tuple[str, ...] = ()
    suspect_words: tuple[str, ...] = ()
    reject_banned_words: bool = False
    email_required: bool = True
    closes_after_days: int | None = None
    language: str = "en"
    tracking_parameters: tuple[str, ...] = ()
    reply_depth: int = 4
    newest_first: bool = False  # the order in which readers meet a thread
    avatars: bool = True  # a picture beside each name, drawn from that name alone
    body_max: int = 0  # characters of a comment; 0: as many as the installation takes
    reserved_names: tuple[str, ...] = ()  # held, beside those of the people who moderate
    theme: Mapping[str, str] = field(default_factory=dict)  # CSS variables: web/readers/theme.py
    edit_minutes: int = 15  # in which a commenter may change their text; 0: never
    nudge: bool = False  # ask once before what scores high is posted
    report_holds: int = 0  # so many readers' reports take a comment back to the queue; 0: never
    # A surge: very many comments, or held ones, under one article within `surge_minutes` have a
    # person approve everything there for `surge_hours`. 0 comments or holds: not for that reason.
    # 30 in 10 minutes are more than any lively thread has; with 10 held ones a quarrel is on, or
    # somebody tries what passes. In two hours a team has looked at it, or it was over anyway.
    surge_comments: int = 30
    surge_holds: int = 10
    surge_minutes: int = 10
    surge_hours: int = 2
    # Samples for checking the machine, in percent; 0: none.
    hidden_score_share: int = 5  # of held comments, decided without seeing the score
    audit_share: int = 1  # of what the machine approved, looked at by a person
    # Private data: docs/privacy.md.
    confirm_addresses: bool = False  # ask new commenters by mail whether the address is theirs
    keep_email_days: int = 365  # after its commenter last wanted to be reachable
    keep_identity_days: int = 730  # likewise; then nobody knows whose the comments were
    keep_rejected_days: int = 180  # name and text of a rejected comment
    keep_address_days: int = 30
    keep_undo_days: int = 30  # what was masked in a comment, and removed notes
    erasure_days: int = 7  # in which a person may change their mind
    contact: str = ""  # who answers for the site, for the privacy notice


class Standing(NamedTuple):
    """The standing decisions that a comment meets, by their ids."""

    rejects: int | None = None  # it says the same, or nearly
    resembles: int | None = None  # one that rejects, but only beneath a disguise
    approves: int | None = None  # it says the very same, under a name approved with it


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything known about one comment when it is decided.

    `scores` is None while nothing scored it; `failure` then says why. `thresholds` are those in
    force (preset and the site's own merged). `languages` are the model's; `language` is the
    text's (ISO 639-1) or None where nobody can tell. `readings` are what name and body say
    beneath their disguises, where that differs: guesses, which hold but never reject.
    """

    name: str
    body: str
    policy: Policy
    readings: tuple[str, ...] = ()
    scores: Mapping[str, float] | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    complete: bool = True
    has_words: bool = True
    language: str | None = None
    languages: frozenset[str] = frozenset()
    failure: Code | None = None  # SCORER_UNAVAILABLE or SCORER_LATE
    honeypot: bool = False
    over_commenter_rate: bool = False
    bans: tuple[BanKind, ...] = ()  # in force, of who wrote it
    word_bans: tuple[str, ...] = ()  # in force, whoever wrote it
    staff_names: tuple[str, ...] = ()  # of those who moderate the site
    is_staff: bool = False  # who wrote it signed in as somebody of the site
    first_comment: bool = False  # neither an approved one before, nor trusted
    repeated_text: bool = False
    article_closed: bool = False
    parent_hidden: bool = False  # it answers a comment that is not public (any more)
    under_review: bool = False  # people held the text that stood before this one
    standing: Standing = Standing()
    reports: int = 0  # by distinct readers, since a person last decided about it
