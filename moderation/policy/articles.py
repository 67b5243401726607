"""The rules that one article may have of its own; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moderation.policy.context import Policy

# Fields of Policy. Who publishes is not here: moderators say that too, and in one click.
OWN_RULES = (
    *("closes_after_days", "email_required", "body_max", "links_max", "language"),
    *("preset", "thresholds", "banned_words", "suspect_words", "reserved_names"),
)


def with_own_rules(policy: Policy, rules: Mapping[str, Any] | None) -> Policy:
    """A site's rules as an article's own change them; `rules` holds some of OWN_RULES.

    Lists come on top of the site's, all else takes its place. Limits of the site's own mean
    nothing beside another preset than the site's.
    """
    own = dict(rules or {})
    is_same = own.get("preset", policy.preset) == policy.preset
    site_limits = policy.thresholds if is_same else {}
    limits = {**site_limits, **own.pop("thresholds", {})}
    for name, value in own.items():
        if isinstance(of_site := getattr(policy, name), tuple):
            own[name] = (*of_site, *value)
    return replace(policy, **own, thresholds=limits)
