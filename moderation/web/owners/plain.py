"""The rules of a site in plain words."""

from moderation.policy.context import Policy
from moderation.statuses import Publishing

PUBLISHING = {
    Publishing.MACHINE: "What the machine finds clean is published at once; the rest waits for a "
    "person.",
    Publishing.FIRST: "A person approves first comments; later ones are left to the machine.",
    Publishing.HUMAN: "A person approves every comment.",
    Publishing.CLOSED: "Closed: no new comments.",
}


def tell_rules(policy: Policy) -> list[str]:
    """A sentence for each thing that readers or moderators would notice; who publishes is first."""
    return [
        PUBLISHING[policy.publishing],
        _of_closing(policy),
        _of_the_model(policy),
        "An email address is required; it is never shown."
        if policy.email_required
        else "Nobody has to give an email address.",
        *_of_length(policy),
        f"The language is “{policy.language}”.",
        _of_words(policy),
        _of_editing(policy),
        _of_reports(policy),
    ]


def _of_closing(policy: Policy) -> str:
    days = policy.closes_after_days
    if days is None:
        return "Comments stay open."
    return f"Comments stay open for {_count(days, 'day')}."


def _of_the_model(policy: Policy) -> str:
    own = len(policy.thresholds)
    said = f"The model holds by the preset “{policy.preset}”"
    return f"{said}, with {_count(own, 'limit')} of your own." if own else f"{said}."


def _of_length(policy: Policy) -> list[str]:
    return [f"A comment has at most {policy.body_max:,} characters."] if policy.body_max else []


def _of_words(policy: Policy) -> str:
    links = _count(policy.links_max, "link") if policy.links_max else "any link"
    more = f"more than {links}" if policy.links_max else links
    told = f"What holds {more} waits for a person"
    lists = []
    if policy.banned_words:
        verb = "rejected" if policy.reject_banned_words else "held"
        lists.append(f"{_count(len(policy.banned_words), 'banned word')} ({verb})")
    if policy.suspect_words:
        lists.append(_count(len(policy.suspect_words), "suspect word"))
    if policy.reserved_names:
        lists.append(_count(len(policy.reserved_names), "reserved name"))
    if not lists:
        return f"{told}. Your lists of words are empty."
    return f"{told}, as does what is found on your lists: {join_words(lists)}."


def _of_editing(policy: Policy) -> str:
    if not policy.edit_minutes:
        return "A comment cannot be changed by who wrote it."
    return f"Commenters may change their text for {_count(policy.edit_minutes, 'minute')}."


def _of_reports(policy: Policy) -> str:
    if not policy.report_holds:
        return "Readers’ reports hide nothing; moderators see them in the queue."
    reports = _count(policy.report_holds, "reader")
    return f"What {reports} reported goes back to the queue, unless a person has approved it since."


def join_words(words: list[str]) -> str:
    """Such as "a, b and c"; of at least one word."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
