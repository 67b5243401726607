"""Themes: nothing breaks out of its declaration, and what is shown can be read."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy import theme
from moderation.policy.theme import (
    CHOICES,
    COLOURS,
    EDGE,
    KEYS,
    NOTICES,
    SCHEMES,
    SOFT,
    STANDARD,
    WrongTheme,
    contrast,
    read_theme,
    theme_css,
    usable_part,
)

BASE = (Path(theme.__file__).parents[1] / "static" / "base.css").read_text(encoding="utf-8")
FULL = {
    "accent_light": "#0b57b0",
    "accent_dark": "#7db4ff",
    "page_light": "#f7f1e3",
    "page_dark": "#000000",
    "radius": "0",
    "font": "serif",
    "size": "large",
    "width": "narrow",
}
DECLARATION = re.compile(r'(--[a-z-]+|font-size): [a-z0-9#(),.% "_-]+', re.IGNORECASE)


def test_a_theme_becomes_one_rule() -> None:
    css = theme_css(read_theme(FULL))

    assert css.startswith(":root { --accent: light-dark(#0b57b0, #7db4ff); --accent-ink: ")
    for said in (
        "--accent-ink: light-dark(#ffffff, #000000)",
        "--page: light-dark(#f7f1e3, #000000)",
        "--surface: light-dark(#f7f1e3, #000000)",
        "--radius: 0px",
        "--font: ui-serif, ",
        "--width: 36rem",
        "font-size: 112.5%",
    ):
        assert said in css
    assert theme_css(read_theme({})) == ""


def test_a_colour_of_one_scheme_leaves_the_other_as_it_is() -> None:
    assert "light-dark(#a3195b, #7db4ff)" in theme_css(read_theme({"accent_light": "#A3195B"}))
    page = theme_css(read_theme({"page_dark": "#101010"}))
    assert "--page: light-dark(#ffffff, #101010); --surface: light-dark(#ffffff, #101010)" in page


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accent_light", "red"),
        ("accent_light", "#0b57b"),
        ("accent_light", "#0b57b0; color: red"),
        ("accent_light", "#0b57b0\n}"),
        ("accent_light", "url(https://evil.example)"),
        ("page_dark", "#00000g"),
        ("radius", "8px"),
        ("radius", "-1"),
        ("radius", "25"),
        ("radius", "٣"),
        ("font", "Comic Sans"),
        ("font", "serif; } body { display: none"),
        ("size", "200%"),
        ("width", "10rem"),
        ("background", "#ffffff"),
        ("font", ["serif"]),
    ],
)
def test_a_value_outside_of_the_closed_set_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(WrongTheme) as refused:
        read_theme({key: value})
    assert refused.value.key == key
    assert usable_part({key: value, "radius": "4"} if key != "radius" else {key: value}) == (
        {"radius": "4"} if key != "radius" else {}
    )


@given(st.dictionaries(st.sampled_from(KEYS), st.text(max_size=30)))
def test_whatever_is_typed_the_sheet_is_a_rule_of_plain_declarations(
    values: dict[str, str],
) -> None:
    css = theme_css(usable_part(values))

    if css:
        inner = re.fullmatch(r":root \{ ([^{}]*) \}\n", css)
        assert inner
        assert all(DECLARATION.fullmatch(each) for each in inner[1].split("; "))


@pytest.mark.parametrize(
    ("values", "key", "says"),
    [
        ({"accent_light": "#ff6600"}, "accent_light", "darker"),
        ({"accent_dark": "#0b57b0"}, "accent_dark", "lighter"),
        ({"page_light": "#888888"}, "page_light", "lighter"),
        ({"page_dark": "#777777"}, "page_dark", "darker"),
        ({"page_light": "#d4d4d4", "accent_light": "#0b57b0"}, "page_light", "lighter"),
    ],
)
def test_what_could_not_be_read_is_refused_with_the_way_out(
    values: dict[str, str], key: str, says: str
) -> None:
    with pytest.raises(WrongTheme, match=f"Choose a {says} colour") as refused:
        read_theme(values)
    assert refused.value.key == key


@given(
    st.fixed_dictionaries(
        {}, optional={key: st.from_regex(r"#[0-9a-f]{6}", fullmatch=True) for key in COLOURS}
    )
)
def test_every_theme_that_is_taken_can_be_read(values: dict[str, str]) -> None:
    try:
        read = read_theme(values)
    except WrongTheme:
        return
    for scheme in SCHEMES:
        accent = read.get(f"accent_{scheme}", STANDARD[scheme]["accent"])
        page = read.get(f"page_{scheme}", STANDARD[scheme]["page"])
        assert contrast(accent, page) >= 4.5
        assert contrast(SOFT[scheme], page) >= 4.5
        assert max(contrast(accent, ink) for ink in ("#ffffff", "#000000")) >= 4.5


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


def test_the_standard_colours_are_those_of_the_style_sheet() -> None:
    for at, scheme in enumerate(SCHEMES):
        for name, colour in (
            *STANDARD[scheme].items(),
            ("soft", SOFT[scheme]),
            ("edge", EDGE[scheme]),
            *zip(("good-bg", "bad-bg", "wait-bg"), NOTICES[scheme], strict=True),
        ):
            found = re.search(rf"--{name}: light-dark\(([^,]+), ([^)]+)\)", BASE)
            assert found, name
            assert {"#fff": "#ffffff"}.get(found[at + 1], found[at + 1]) == colour, name


def test_the_standard_values_are_those_of_the_style_sheet() -> None:
    assert f"--font: {CHOICES['font']['system']};" in BASE
    assert "--radius: 8px" in BASE
