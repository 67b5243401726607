"""Which thresholds are in force: a model's preset and the site's own. Step `decide`, pure."""

from collections.abc import Mapping

from moderation.policy.context import Policy


def thresholds_in_force(
    policy: Policy, presets: Mapping[str, Mapping[str, float]]
) -> dict[str, float] | None:
    """Merge the site's preset and its own thresholds (0 to 1, by attribute); its own win.

    `presets` are those of the model in use, by name: numbers of one model mean nothing for
    another, so a model without the site's preset gets none. None where nothing is in force; the
    caller then holds with `scorer_unavailable`, and never takes it for "nothing is over".
    """
    merged = {**presets.get(policy.preset, {}), **policy.thresholds}
    return merged or None
