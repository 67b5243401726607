"""What the embedding script and the frame are told by the server."""

import re
from pathlib import Path

import pytest

from moderation.languages import LANGUAGES, catalogue
from moderation.models import Site
from tests.doubles import Clock
from tests.web.pages import Reader

STATIC = Path(__file__).parents[2] / "moderation" / "static"
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
