"""How readers' pages look on a site: a closed set of values, and the CSS that they become. Pure.

Each value is of a closed list, a small number or a hexadecimal colour, so none can end the
declaration that it stands in. Colours must be readable where they are used: WCAG 2.2, 1.4.3 and
1.4.11.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

COLOUR = re.compile(r"#[0-9a-f]{6}")
COLOURS = ("accent_light", "accent_dark", "page_light", "page_dark")
RADIUS_MAX = 24  # pixels
CHOICES: Mapping[str, Mapping[str, str]] = {
    "font": {
        "system": 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
        "serif": 'ui-serif, Georgia, Cambria, "Noto Serif", "Times New Roman", serif',
        "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", sans-serif',
        "mono": 'ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace',
    },
    "size": {"small": "93.75%", "normal": "100%", "large": "112.5%"},
    "width": {"narrow": "36rem", "normal": "46rem", "wide": "60rem"},
}
KEYS = (*COLOURS, "radius", *CHOICES)
SCHEMES = ("light", "dark")
# What static/base.css has where a theme says nothing, and what stands on the page besides links.
STANDARD = {
    "light": {"accent": "#0b57b0", "page": "#ffffff", "surface": "#ffffff"},
    "dark": {"accent": "#7db4ff", "page": "#15181d", "surface": "#1d2128"},
}
SOFT = {"light": "#59606d", "dark": "#a9b1be"}  # the faintest text
EDGE = {"light": "#7b8494", "dark": "#78818f"}  # around fields and buttons
NOTICES = {
    "light": ("#e7f5ec", "#fdecec", "#fff4dd"),
    "dark": ("#15301f", "#3a1a1c", "#35290f"),
}
OF_TEXT, OF_EDGES = 4.5, 3.0  # the least contrast


class WrongTheme(ValueError):
    """A value cannot be used; `key` says which, the message why."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def read_theme(values: Mapping[str, Any]) -> dict[str, str]:
    """The values that are not empty, in their plainest spelling. Raises WrongTheme."""
    theme = {key: _read(key, value) for key, value in values.items() if value not in (None, "")}
    for scheme in SCHEMES:
        _check_contrast(theme, scheme)
    return theme


def usable_part(values: Mapping[str, str]) -> dict[str, str]:
    """Those of the values that can be used, whatever their contrast: for a preview."""
    theme = {}
    for key, value in values.items():
        with suppress(WrongTheme):
            theme[key] = _read(key, value)
    return theme


def theme_css(theme: Mapping[str, str]) -> str:
    """The style sheet of a theme that was read, to stand after base.css; empty for none."""
    said = [f"--{name}: {value}" for name, value in _variables(theme).items()]
    if "size" in theme:
        said.append(f"font-size: {CHOICES['size'][theme['size']]}")
    return f":root {{ {'; '.join(said)} }}\n" if said else ""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _read(key: str, value: Any) -> str:
    text = str(value).strip().lower()
    if key in COLOURS:
        if not COLOUR.fullmatch(text):
            raise WrongTheme(key, "A colour looks like #0b57b0.")
    elif key == "radius":
        if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > RADIUS_MAX:
            raise WrongTheme(key, f"Please enter a whole number from 0 to {RADIUS_MAX}.")
        text = str(int(text))
    elif key not in CHOICES:
        raise WrongTheme(key, f"A theme has {', '.join(KEYS)}.")
    elif text not in CHOICES[key]:
        raise WrongTheme(key, f"Choose one of {', '.join(CHOICES[key])}.")
    return text


def _check_contrast(theme: Mapping[str, str], scheme: str) -> None:
    """Own colours must leave links and buttons, the faintest text and edges readable."""
    accent, page = theme.get(f"accent_{scheme}"), theme.get(f"page_{scheme}")
    if page:
        _check(f"page_{scheme}", "Grey text", SOFT[scheme], (page,), OF_TEXT, scheme)
        _check(f"page_{scheme}", "Edges of fields", EDGE[scheme], (page,), OF_EDGES, scheme)
    if accent or page:
        own = (page,) if page else (STANDARD[scheme]["page"], STANDARD[scheme]["surface"])
        key = f"accent_{scheme}" if accent else f"page_{scheme}"
        used = accent or STANDARD[scheme]["accent"]
        _check(key, "Links in this colour", used, (*own, *NOTICES[scheme]), OF_TEXT, scheme)


def _check(
    key: str, what: str, colour: str, grounds: tuple[str, ...], least: float, scheme: str
) -> None:
    found = min(contrast(colour, ground) for ground in grounds)
    if found >= least:
        return
    is_darker = (scheme == "light") == key.startswith("accent")
    raise WrongTheme(
        key,
        f"{what} would be hard to read: the contrast is {found:.1f} and must be at least "
        f"{least:.1f}. Choose a {'darker' if is_darker else 'lighter'} colour.",
    )


def _variables(theme: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if theme.keys() & {"accent_light", "accent_dark"}:
        accents = [theme.get(f"accent_{s}", STANDARD[s]["accent"]) for s in SCHEMES]
        found["accent"] = _of_both(accents)
        found["accent-ink"] = _of_both([_ink_on(accent) for accent in accents])
    if theme.keys() & {"page_light", "page_dark"}:
        for name in ("page", "surface"):
            found[name] = _of_both([theme.get(f"page_{s}", STANDARD[s][name]) for s in SCHEMES])
    if "radius" in theme:
        found["radius"] = f"{theme['radius']}px"
    for name in ("font", "width"):
        if name in theme:
            found[name] = CHOICES[name][theme[name]]
    return found


def _of_both(pair: list[str]) -> str:
    return f"light-dark({', '.join(pair)})"


def _ink_on(colour: str) -> str:
    """White or black, whichever reads better; one of them always has a contrast of 4.5."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
