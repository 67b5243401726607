"""Pictures beside names: a letter that can be read, whatever the name is."""

import pytest

from moderation.web.readers.avatars import COLORS, draw


@pytest.mark.parametrize(
    ("name", "letter"), [("ada", "A"), ("…!", "?"), ("(élan)", "É"), ("ß", "S"), ("علي", "ع")]
)
def test_an_avatar_has_the_first_letter(name: str, letter: str) -> None:
    assert draw(name).letter == letter


def test_letters_are_readable_on_each_color() -> None:
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    for color in COLORS:
        red, green, blue = (part(value) for value in bytes.fromhex(color[1:]))
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5, color
