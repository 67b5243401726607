"""Detoxify's released models: where their files come from, what they read and what they score.

Addresses and files are those of Detoxify's own table (`detoxify.detoxify.MODEL_URLS`), labels
those of its training configurations. It loads configuration and tokenizer from the hub by the
name of the network that the training began with; here the revision is named too.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

_RELEASES = "https://github.com/unitaryai/detoxify/releases/download/"
_HUB = "https://huggingface.co/"
_BERT = _HUB + "google-bert/bert-base-uncased/resolve/86b5e0934494bd15c9632b12f734a8a67f723594/"
_ROBERTA = _HUB + "FacebookAI/roberta-base/resolve/e2da8e2f811d1448a5b465c236feacd80ffbac7b/"
_XLM = _HUB + "FacebookAI/xlm-roberta-base/resolve/e73636d4f797dec63c3081bb6ed5c7b0bb3f2089/"
_ALBERT = _HUB + "albert/albert-base-v2/resolve/8e2f239c5f8a2c0f253781ca60135db913e5c80c/"

_ENGLISH = frozenset({"en"})
_SEVEN = frozenset({"en", "fr", "es", "it", "pt", "tr", "ru"})
_TOXIC = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
_UNBIASED = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "identity_attack",
    "insult",
    "threat",
    "sexual_explicit",
)


@dataclass(frozen=True)
class Official:
    """One released model."""

    address: str
    """Of the checkpoint."""
    base: str
    """Of the folder with configuration and tokenizer, with a slash at the end."""
    languages: frozenset[str]
    labels: tuple[str, ...]

    @property
    def file(self) -> str:
        """The checkpoint's name as released."""
        return PurePosixPath(self.address).name

    @property
    def digest(self) -> str:
        """The first 8 hex digits of its sha256: what follows the last hyphen of its name."""
        return PurePosixPath(self.address).stem.rpartition("-")[2]


OFFICIAL = {
    "original": Official(
        _RELEASES + "v0.1-alpha/toxic_original-c1212f89.ckpt", _BERT, _ENGLISH, _TOXIC
    ),
    "unbiased": Official(
        _RELEASES + "v0.3-alpha/toxic_debiased-c7548aa0.ckpt", _ROBERTA, _ENGLISH, _UNBIASED
    ),
    "multilingual": Official(
        _RELEASES + "v0.4-alpha/multilingual_debiased-0b549669.ckpt", _XLM, _SEVEN, _UNBIASED
    ),
    "original-small": Official(
        _RELEASES + "v0.1.2/original-albert-0e1d6498.ckpt", _ALBERT, _ENGLISH, _TOXIC
    ),
    "unbiased-small": Official(
        _RELEASES + "v0.1.2/unbiased-albert-c8519128.ckpt", _ALBERT, _ENGLISH, _UNBIASED
    ),
}
