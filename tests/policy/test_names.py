"""Names that are somebody else's here."""

import pytest

from moderation.policy.names import is_taken

TAKEN = ("Grace Hopper", "The Daily!", "Оля", "♥")


@pytest.mark.parametrize(
    "name",
    [
        "Grace Hopper",
        "GRACE  hopper",
        "Grace_Hopper",
        "Gráce Hopper",
        "Ｇｒａｃｅ Hopper",
        "Grace\u200bHopper",
        "the daily",
        "оля",
        "♥",
    ],
)
def test_what_looks_like_a_taken_name_is_taken(name: str) -> None:
    assert is_taken(name, (), TAKEN)


@pytest.mark.parametrize("name", ["Grace", "Hopper, Grace", "Daily", "Ada", "", "!", "♦"])
def test_another_name_is_free(name: str) -> None:
    assert not is_taken(name, (), TAKEN)


def test_what_a_disguise_reads_as_counts() -> None:
    assert is_taken("Grасе Hорреr", ("Grace Hopper",), TAKEN)
    assert not is_taken("Grасе", ("Grace",), TAKEN)


@pytest.mark.parametrize("taken", [(), ("",), (" ", "\u200b")])
def test_nothing_is_taken_where_nobody_has_a_name(taken: tuple[str, ...]) -> None:
    assert not is_taken("", ("",), taken)
