import pytest

from moderation.policy.context import Policy
from moderation.policy.thresholds import thresholds_in_force

PRESETS = {
    "balanced": {"toxicity": 0.8, "threat": 0.5},
    "strict": {"toxicity": 0.6},
    "empty": {},
}


@pytest.mark.parametrize(
    ("preset", "own", "in_force"),
    [
        ("balanced", {}, {"toxicity": 0.8, "threat": 0.5}),
        ("strict", {}, {"toxicity": 0.6}),
        ("balanced", {"toxicity": 0.9}, {"toxicity": 0.9, "threat": 0.5}),
        ("balanced", {"insult": 0.7}, {"toxicity": 0.8, "threat": 0.5, "insult": 0.7}),
        ("unknown", {"insult": 0.7}, {"insult": 0.7}),
        ("unknown", {}, None),
        ("empty", {}, None),
    ],
)
def test_the_sites_own_thresholds_win_over_its_preset(
    preset: str, own: dict[str, float], in_force: dict[str, float] | None
) -> None:
    assert thresholds_in_force(Policy(preset=preset, thresholds=own), PRESETS) == in_force


def test_a_model_without_presets_has_no_thresholds() -> None:
    assert thresholds_in_force(Policy(), {}) is None


def test_presets_stay_as_they_are() -> None:
    thresholds_in_force(Policy(thresholds={"toxicity": 0.1}), PRESETS)
    assert PRESETS["balanced"]["toxicity"] == 0.8
