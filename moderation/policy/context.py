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
    """A site's rules as its owner set them; an article may override `publishing`."""

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
    # Private data: docs/privacy.md.
    confirm_addresses: bool = False  # ask new commenters by mail whether the address is theirs
    keep_email_days: int = 365  # after its commenter last wanted to be reachable
    keep_identity_days: int = 730  # likewise; then nobody knows whose the comments were
    keep_rejected_days: int = 180  # name and text of a rejected comment
    keep_address_days: int = 30
    erasure_days: int = 7  # in which a person may change their mind
    contact: str = ""  # who answers for the site, for the privacy notice


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
    bans: tuple[BanKind, ...] = ()  # in force
    first_comment: bool = False
    repeated_text: bool = False
    article_closed: bool = False
