"""The models of the scoring tests: small random ones, and the one in the box, compiled once."""

from pathlib import Path

import pytest

from moderation.scoring.compiling.compile import compile_model
from moderation.scoring.serving.engine import CompiledScorer, load_scorer
from tests.scoring.tiny_models import make_model

# Where the Makefile compiles the shipped model before the tests.
HOME_CACHE = Path(__file__).parents[2] / "instance" / "cache" / "models"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Torch and its exporter warn about themselves; our own warnings still fail a test."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            for source in ("torch", "transformers", "onnx", "onnxscript", "copyreg"):
                item.add_marker(pytest.mark.filterwarnings(f"ignore:::{source}"))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like `home/` with a small random BERT of 64 positions."""
    return make_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def tiny_cache(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the small model, compiled."""
    cache = tmp_path_factory.mktemp("cache") / "models"
    compile_model(str(tiny_folder), cache, lambda line: None)
    return cache


@pytest.fixture(scope="session")
def tiny_scorer(tiny_folder: Path, tiny_cache: Path) -> CompiledScorer:
    """The small model, loaded for serving."""
    return load_scorer(str(tiny_folder), tiny_cache, threads=1)


@pytest.fixture(scope="session")
def home_cache() -> Path:
    """The cache that holds the shipped model, compiled now if it was not yet."""
    compile_model("home", HOME_CACHE, lambda line: None)
    return HOME_CACHE


@pytest.fixture(scope="session")
def home_scorer(home_cache: Path) -> CompiledScorer:
    """The shipped model, loaded for serving."""
    return load_scorer("home", home_cache)
