"""The style sheet of a site's looks, as readers get it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Site
from tests.web.pages import Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
THEME = {"accent_light": "#0a5c36", "radius": "2"}


def give(database: Database, site: Site, theme: dict[str, Any]) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"theme": theme}


def address(reader: Reader) -> str | None:
    """Where the thread page has its theme from."""
    links = [each.attrs["href"] for each in reader.page().all("link", rel="stylesheet")]
    found = [link for link in links if "theme.css" in link]
    assert len(found) <= 1
    if found:
        assert links.index(found[0]) == len(links) - 1, "what stands behind it would win"
    return found[0] if found else None


def test_a_thread_wears_its_sites_theme(reader: Reader, database: Database, site: Site) -> None:
    give(database, site, THEME)

    found = address(reader)

    assert found
    sheet = reader.client.get(found)
    assert sheet.mimetype == "text/css"
    assert "light-dark(#0a5c36, #7db4ff)" in sheet.text and "--radius: 2px" in sheet.text


def test_a_site_without_a_theme_costs_no_request(reader: Reader) -> None:
    assert address(reader) is None
    assert reader.client.get("/s/news/theme.css").text == ""


def test_it_is_kept_for_a_year_under_its_own_version_alone(
    reader: Reader, database: Database, site: Site
) -> None:
    give(database, site, THEME)
    first = address(reader)
    give(database, site, {**THEME, "radius": "3"})
    second = address(reader)

    assert first and second and first != second
    assert "max-age=31536000" in reader.client.get(second).headers["Cache-Control"]
    for old in (first, "/s/news/theme.css", "/s/news/theme.css?v=x"):
        stale = reader.client.get(old)
        assert stale.headers["Cache-Control"] == "public, no-cache"
        assert "--radius: 3px" in stale.text


def test_no_site_has_no_theme(client: FlaskClient, site: Site) -> None:
    assert client.get("/s/nowhere/theme.css").status_code == 404


def test_a_preview_is_not_for_strangers(client: FlaskClient, site: Site) -> None:
    for path in ("/sites/news/preview", "/sites/news/preview.css"):
        assert client.get(path).status_code == 302


def test_the_thread_names_no_other_sites_theme(
    reader: Reader, database: Database, site: Site
) -> None:
    give(database, site, THEME)
    assert "/s/news/theme.css?v=" in str(address(reader))
    assert Page(reader.read().text).all("style") == []
