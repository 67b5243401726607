"""The presets of the model in use, for owners who choose one."""

from collections.abc import Mapping

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import find_model
from moderation.services import services


def presets_in_use() -> Mapping[str, Mapping[str, float]]:
    """The limits of each preset; none where the model has or knows none."""
    settings = services().settings
    try:
        return find_model(settings.MODEL, settings.MODEL_CACHE).presets
    except ScorerUnavailable:
        return {}
