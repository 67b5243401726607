"""Codes and lengths of time in plain words, for pages and mails alike."""

from moderation.statuses import Code, Reason, ReportReason, Urgency


def N_(sentence: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a sentence for the catalogues that is translated where it is shown."""
    return sentence


URGENCIES = {
    Urgency.THREAT_TO_LIFE: "Threat to somebody’s life",
    Urgency.SELF_HARM: "Self-harm",
    Urgency.CHILD_ABUSE: "Child abuse",
    Urgency.PERSONAL_DATA: "Somebody’s personal data",
    Urgency.ILLEGAL: "Otherwise against the law",
}
REASONS = {  # of a rejection, told to the commenter
    Reason.INSULT: N_("It insults somebody."),
    Reason.HATE: N_("It attacks people for who they are."),
    Reason.THREAT: N_("It threatens or wishes harm."),
    Reason.OBSCENE: N_("It is obscene."),
    Reason.PERSONAL_DATA: N_("It holds personal data."),
    Reason.OFF_TOPIC: N_("It is not about the article."),
    Reason.SPAM: N_("It was taken for advertising."),
    Reason.ILLEGAL: N_("It may break the law."),
    Reason.OTHER: N_("It breaks the rules of this site."),
}
RULES = {
    Code.TOXICITY: "Score over a limit",
    Code.SCORER_UNAVAILABLE: "No scorer",
    Code.SCORER_LATE: "Scorer late",
    Code.TEXT_TOO_LONG: "Too long for the model",
    Code.LANGUAGE_UNSUPPORTED: "Language unknown to the model",
    Code.LANGUAGE_UNKNOWN: "Language unclear",
    Code.BANNED_WORD: "Banned word",
    Code.SUSPECT_WORD: "Suspect word",
    Code.LINKS: "Links",
    Code.REPEATED_TEXT: "Repeated text",
    Code.PERSONAL_DATA: "Personal data",
    Code.HONEYPOT: "Hidden field",
    Code.COMMENTER_RATE: "Very many comments",
    Code.BANNED_COMMENTER: "Banned commenter",
    Code.BANNED_DOMAIN: "Banned domain",
    Code.BANNED_ADDRESS: "Banned network",
    Code.RESERVED_NAME: "Reserved name",
    Code.FIRST_COMMENT: "First comment",
    Code.HUMAN_REVIEW: "A person approves all",
    Code.ARTICLE_CLOSED: "Article closed",
    Code.PARENT_HIDDEN: "Answers what is hidden",
    Code.UNDER_REVIEW: "Edited under review",
    Code.STANDING_REJECTED: "Standing rejection",
    Code.STANDING_APPROVED: "Standing approval",
    Code.REPORTED: "Reported by readers",
    Code.RULE_FAILED: "A check broke",
}
REPORTS = {
    ReportReason.ABUSE: "insults or hatred",
    ReportReason.SPAM: "advertising",
    ReportReason.OFF_TOPIC: "not about the article",
    ReportReason.THREAT: "a threat",
    ReportReason.SELF_HARM: "self-harm",
    ReportReason.CHILD_ABUSE: "child abuse",
    ReportReason.PERSONAL_DATA: "somebody’s personal data",
    ReportReason.ILLEGAL: "against the law",
    ReportReason.OTHER: "something else",
}


def show_span(seconds: float) -> str:
    """A length of time as people read it, by its two largest units."""
    whole = round(seconds)
    for unit, small, size, part in (
        ("d", "h", 86_400, 3_600), ("h", "min", 3_600, 60), ("min", "s", 60, 1)
    ):  # fmt: skip
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"
