"""What this project exists for: the rules by which a comment is held. Step `decide`, pure.

A rule looks at the context and yields its findings; none means "no opinion".
"""

from collections.abc import Callable, Iterable, Iterator

from moderation.policy.context import Context, Finding
from moderation.policy.names import is_taken
from moderation.policy.personal_data import find_kinds
from moderation.policy.words import find_words
from moderation.statuses import BanKind, Code, Publishing, Verdict
from moderation.text import fold, links

BANNED = {
    BanKind.EMAIL: Code.BANNED_COMMENTER,
    BanKind.DOMAIN: Code.BANNED_DOMAIN,
    BanKind.ADDRESS: Code.BANNED_ADDRESS,
}
Rule = Callable[[Context], Iterable[Finding]]


def find_missing_score(context: Context) -> Iterator[Finding]:
    """No number can be compared with any threshold: nobody has judged the text."""
    if context.failure is not None:
        yield Finding(context.failure, Verdict.HOLD)
    elif context.scores is None or not context.scores.keys() & context.thresholds.keys():
        yield Finding(Code.SCORER_UNAVAILABLE, Verdict.HOLD)


def find_attributes_over_threshold(context: Context) -> Iterator[Finding]:
    """One finding for each attribute at or over its threshold."""
    for attribute, value in (context.scores or {}).items():
        threshold = context.thresholds.get(attribute)
        # Not ">=": a NaN is under nothing, and must not pass.
        if threshold is not None and not value < threshold:
            yield Finding(Code.TOXICITY, _of_text(context), attribute, value, threshold)


def find_unscored_rest(context: Context) -> Iterator[Finding]:
    """The scorer read only the beginning."""
    if not context.complete:
        yield Finding(Code.TEXT_TOO_LONG, Verdict.HOLD)


def find_unknown_language(context: Context) -> Iterator[Finding]:
    """The model does not know the text's language; without a model or words, none is missing."""
    if context.scores is None or not context.has_words:
        return
    if context.language is None:
        yield Finding(Code.LANGUAGE_UNKNOWN, Verdict.HOLD)
    elif context.language not in context.languages:
        yield Finding(Code.LANGUAGE_UNSUPPORTED, Verdict.HOLD, detail=context.language)


def find_banned_words(context: Context) -> Iterator[Finding]:
    """Rejects only where the owner asked for it, and nothing for a disguised word."""
    policy = context.policy
    plain = _listed(context, policy.banned_words)
    verdict = Verdict.REJECT if policy.reject_banned_words else Verdict.HOLD
    for word in plain:
        yield Finding(Code.BANNED_WORD, verdict, detail=word)
    for word in _disguised(context, policy.banned_words, plain):
        yield Finding(Code.BANNED_WORD, Verdict.HOLD, detail=word)


def find_word_bans(context: Context) -> Iterator[Finding]:
    """A word that moderators banned for a time. Never rejects; the owner's list is told first."""
    plain = _listed(context, context.word_bans)
    told = set(map(fold, context.policy.banned_words)) if context.word_bans else set()
    for word in plain + _disguised(context, context.word_bans, plain):
        if word not in told:
            yield Finding(Code.BANNED_WORD, Verdict.HOLD, detail=word)


def find_suspect_words(context: Context) -> Iterator[Finding]:
    """A word that a human should look at."""
    words = context.policy.suspect_words
    plain = _listed(context, words)
    for word in plain + _disguised(context, words, plain):
        yield Finding(Code.SUSPECT_WORD, _of_text(context), detail=word)


def find_links(context: Context) -> Iterator[Finding]:
    """More links than the site allows, or any in the name."""
    for text, most in ((context.body, context.policy.links_max), (context.name, 0)):
        count = len(links(text))
        if count > most:
            yield Finding(Code.LINKS, Verdict.HOLD, value=count, threshold=most)


def find_repeated_text(context: Context) -> Iterator[Finding]:
    """This commenter sent the same text before; a flood of what was approved is one as well."""
    if context.repeated_text:
        yield Finding(Code.REPEATED_TEXT, Verdict.HOLD)


def find_personal_data(context: Context) -> Iterator[Finding]:
    """Contact or bank data that its owner may not want public."""
    text = f"{context.name}\n{context.body}"
    for kind in find_kinds(text, language=context.policy.language):
        yield Finding(Code.PERSONAL_DATA, Verdict.HOLD, detail=kind.value)


def find_filled_honeypot(context: Context) -> Iterator[Finding]:
    """A field that people do not see was filled in."""
    if context.honeypot:
        yield Finding(Code.HONEYPOT, Verdict.HOLD)


def find_commenter_rate(context: Context) -> Iterator[Finding]:
    """This commenter writes faster than the site allows."""
    if context.over_commenter_rate:
        yield Finding(Code.COMMENTER_RATE, Verdict.HOLD)


def find_banned_commenter(context: Context) -> Iterator[Finding]:
    """Held like any other, so that nobody learns of a ban by trying."""
    for kind in context.bans:
        yield Finding(BANNED[kind], Verdict.HOLD)


def find_reserved_name(context: Context) -> Iterator[Finding]:
    """Readers would take it for the word of the site, or of who moderates it."""
    taken = (*context.staff_names, *context.policy.reserved_names)
    if not context.is_staff and is_taken(context.name, context.readings, taken):
        yield Finding(Code.RESERVED_NAME, Verdict.HOLD)


def find_first_comment(context: Context) -> Iterator[Finding]:
    """The site wants a human for a commenter's first."""
    if context.policy.publishing is Publishing.FIRST and context.first_comment:
        yield Finding(Code.FIRST_COMMENT, _of_text(context))


def find_human_review(context: Context) -> Iterator[Finding]:
    """The site or the article wants a human for everything."""
    if context.policy.publishing is Publishing.HUMAN:
        yield Finding(Code.HUMAN_REVIEW, Verdict.HOLD)


def find_closed_article(context: Context) -> Iterator[Finding]:
    """Accepted before the article closed: nothing new appears on it without a human."""
    if context.article_closed or context.policy.publishing is Publishing.CLOSED:
        yield Finding(Code.ARTICLE_CLOSED, Verdict.HOLD)


def find_hidden_parent(context: Context) -> Iterator[Finding]:
    """Accepted before what it answers was taken from sight: a new reply to that is refused."""
    if context.parent_hidden:
        yield Finding(Code.PARENT_HIDDEN, Verdict.HOLD)


def find_edit_under_review(context: Context) -> Iterator[Finding]:
    """A person wanted a look at the text before the edit: no machine takes it from their hands."""
    if context.under_review:
        yield Finding(Code.UNDER_REVIEW, Verdict.HOLD)


def find_standing_decisions(context: Context) -> Iterator[Finding]:
    """What a moderator decided for a time. A disguise is only guessed, so it never rejects."""
    standing = context.standing
    if standing.rejects is not None:
        yield Finding(Code.STANDING_REJECTED, Verdict.REJECT, value=standing.rejects)
    elif standing.resembles is not None:
        yield Finding(Code.STANDING_REJECTED, Verdict.HOLD, value=standing.resembles)
    if _is_approved(context):
        yield Finding(Code.STANDING_APPROVED, Verdict.APPROVE, value=standing.approves)


def find_reports(context: Context) -> Iterator[Finding]:
    """As many readers reported it as the site wants for a look, and no person has looked since."""
    yield from weigh_reports(context.reports, context.policy.report_holds)


def weigh_reports(reports: int, limit: int) -> Iterator[Finding]:
    """Whether so many reports are enough; a limit of 0 never is."""
    if 0 < limit <= reports:
        yield Finding(Code.REPORTED, Verdict.HOLD, value=reports, threshold=limit)


def _is_approved(context: Context) -> bool:
    """Whether a moderator approved this very text; what nobody scored is not let through."""
    return context.standing.approves is not None and context.scores is not None


def _of_text(context: Context) -> Verdict:
    """What a finding that the approving moderator saw as well weighs: all others still hold."""
    return Verdict.APPROVE if _is_approved(context) else Verdict.HOLD


def _listed(context: Context, words: tuple[str, ...]) -> list[str]:
    """The listed words in name and body, each once; no phrase runs from one into the other."""
    return list(dict.fromkeys(find_words(context.name, words) + find_words(context.body, words)))


def _disguised(context: Context, words: tuple[str, ...], plain: list[str]) -> list[str]:
    """The listed words that stand in no text but in what one says beneath its disguise."""
    found = (word for text in context.readings for word in find_words(text, words))
    return [word for word in dict.fromkeys(found) if word not in plain]


# The order is the one in which findings are shown.
RULES: tuple[Rule, ...] = (
    # Can we judge the text at all?
    find_missing_score,
    find_unscored_rest,
    find_unknown_language,
    # What does it say?
    find_attributes_over_threshold,
    find_banned_words,
    find_word_bans,
    find_suspect_words,
    find_personal_data,
    find_links,
    find_repeated_text,
    find_standing_decisions,
    find_reports,
    # Who says it, and how fast?
    find_filled_honeypot,
    find_commenter_rate,
    find_banned_commenter,
    find_reserved_name,
    # Does the site want a human anyway?
    find_first_comment,
    find_human_review,
    find_closed_article,
    find_hidden_parent,
    find_edit_under_review,
)
