"""A comment nobody objects to, for tests to object to."""

from collections.abc import Callable

import pytest

from moderation.policy.context import Context, Policy

MakeContext = Callable[..., Context]


@pytest.fixture(scope="session")
def make_context() -> MakeContext:
    def make(policy: dict[str, object] | None = None, **known: object) -> Context:
        clean = {
            "name": "Ada",
            "body": "I liked this article.",
            "scores": {"toxicity": 0.1, "insult": 0.1},
            "thresholds": {"toxicity": 0.8, "insult": 0.7},
            "language": "en",
            "languages": frozenset({"en", "fr"}),
        }
        return Context(policy=Policy(**(policy or {})), **(clean | known))  # type: ignore[arg-type]

    return make
