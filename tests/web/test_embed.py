"""What the embedding script and the frame are told by the server."""

import itertools
import re
from pathlib import Path

import pytest

from moderation.languages import LANGUAGES, catalogue
from moderation.models import Site
from moderation.policy.theme import OF_TEXT, SOFT, STANDARD, contrast
from tests.doubles import Clock
from tests.web.pages import Reader

STATIC = Path(__file__).parents[2] / "moderation" / "static"
TONES = re.compile(r"light > (0\.\d+) && light < (0\.\d+)")  # in between no theme can be read
TITLE = re.compile(r'\b([a-z]{2}): "([^"]+)"')


@pytest.fixture
def overrides() -> dict[str, int]:
    return {"FORM_MIN_AGE": 2}


def _titles() -> dict[str, str]:
    found = dict(TITLE.findall((STATIC / "embed.js").read_text(encoding="utf-8")))
    return {language: title for language, title in found.items() if language in LANGUAGES}


def test_the_script_knows_every_language() -> None:
    assert set(_titles()) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_script_names_the_comments_as_the_page_does(language: str) -> None:
    assert _titles()[language] == catalogue(language).gettext("Comments")


def test_on_whatever_the_frame_lets_through_its_text_can_be_read() -> None:
    found = TONES.search((STATIC / "embed.js").read_text(encoding="utf-8"))
    assert found
    dark, light = map(float, found.groups())
    seen = set()
    for levels in itertools.product(range(0, 256, 15), repeat=3):
        color, lightness = "#{:02x}{:02x}{:02x}".format(*levels), _lightness(*levels)
        scheme = "dark" if lightness <= dark else "light" if lightness >= light else None
        seen.add(scheme)
        if scheme:
            inks = (SOFT[scheme], STANDARD[scheme]["accent"])
            assert min(contrast(ink, color) for ink in inks) >= OF_TEXT, color
    assert seen == {"dark", "light", None}


def _lightness(*levels: int) -> float:
    """The L of OKLab (CSS Color 4) of a colour in sRGB."""
    parts = [level / 255 for level in levels]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    long = 0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue
    medium = 0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue
    short = 0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue
    lms = [cone ** (1 / 3) for cone in (long, medium, short)]
    return 0.2104542553 * lms[0] + 0.7936177850 * lms[1] - 0.0040720468 * lms[2]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_frame_is_told_who_may_embed_it_and_no_other(reader: Reader, site: Site) -> None:
    answer = reader.read()

    script = next(s for s in reader.page().all("script") if "frame.js" in s.attrs["src"])
    policy = answer.headers["Content-Security-Policy"]
    assert script.attrs["data-origins"] == " ".join(site.origins)
    assert f"frame-ancestors {script.attrs['data-origins']}" in policy


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fresh_token_counts_from_when_the_form_began(reader: Reader, clock: Clock) -> None:
    old = reader.token()
    clock.forward(2 * 86_400)  # so old that it is refused
    path, query = f"/s/{reader.site}/form-token", {"article": reader.article}
    assert reader.send_json(csrf_token=old).status_code == 400

    answer = reader.client.get(path, query_string=query, headers={"X-Form-Token": old})

    assert reader.send_json(csrf_token=answer.get_json()["csrf_token"]).status_code == 202


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sent", ["", "forged"])
def test_a_token_fetched_without_the_old_one_is_young(reader: Reader, sent: str) -> None:
    path, query = f"/s/{reader.site}/form-token", {"article": reader.article}
    answer = reader.client.get(path, query_string=query, headers={"X-Form-Token": sent})

    assert reader.send_json(csrf_token=answer.get_json()["csrf_token"]).status_code == 400
