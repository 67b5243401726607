"""Which language readers' pages speak, and that nothing on them is left in another."""

import datetime as dt
import re

import pytest
from babel.support import NullTranslations
from flask.testing import FlaskClient
from flask_babel import Domain

from moderation.db import Database
from moderation.flow.articles import find_site
from moderation.languages import LANGUAGES
from moderation.models import Site
from moderation.statuses import Status
from tests.doubles import NOON, Clock
from tests.factories import ARTICLE, make_comment, make_site
from tests.web.pages import JSON, Page, Reader, errors_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def language_of(reader: Reader, accept: str = "", **query: str) -> str:
    headers = {"Accept-Language": accept} if accept else {}
    answer = reader.client.get(
        reader.path, query_string={"article": reader.article, **query}, headers=headers
    )
    return Page(answer.text).one("html").attrs["lang"]


@pytest.mark.parametrize(
    "asked, spoken",
    [("de", "de"), ("pt-BR", "pt"), ("PT_br", "pt"), ("iw", "he"), ("zz", "en"), ("", "en")],
)
def test_an_asked_language_wins(reader: Reader, asked: str, spoken: str) -> None:
    assert language_of(reader, accept="fr", lang=asked) == spoken


@pytest.mark.parametrize(
    "own, accept, spoken",
    [
        ("de", "fr", "de"),
        ("nl", "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("nl", "ja, it;q=0.5", "it"),
        ("nl", "ja", "en"),
        ("nl", "", "en"),
    ],
)
def test_then_the_sites_own_then_the_browsers(
    database: Database, reader: Reader, own: str, accept: str, spoken: str
) -> None:
    with database.transaction() as session:
        make_site(session, "local", language=own)
    reader.site = "local"

    assert language_of(reader, accept) == spoken


def test_a_cache_keeps_languages_apart_only_where_the_browser_chose(
    database: Database, client: FlaskClient, site: Site
) -> None:
    with database.transaction() as session:
        make_site(session, "dutch", language="nl")
    query = {"article": ARTICLE}

    own = client.get("/s/news/comments", query_string=query)
    browsers = client.get("/s/dutch/comments", query_string=query)

    assert "Accept-Language" not in own.vary
    assert "Accept-Language" in browsers.vary


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_names_language_and_direction(reader: Reader, language: str) -> None:
    page = reader.page(lang=language)
    html = page.one("html")

    assert html.attrs["lang"] == language
    assert html.attrs["dir"] == ("rtl" if language in ("ar", "fa", "he") else "ltr")


def test_the_language_stays_through_form_and_links(reader: Reader, database: Database) -> None:
    with database.transaction() as session:
        make_comment(session, find_site(session, "news"), status=Status.APPROVED)
    page = reader.page(lang="de")

    assert "lang=de" in page.one("form").attrs["action"]
    assert "lang=de" in page.one("a", class_="reply").attrs["href"]
    answer = reader.client.post(
        page.one("form").attrs["action"],
        data=reader.fields(csrf_token=page.value("csrf_token"), name=""),
    )
    assert Page(answer.text).one("html").attrs["lang"] == "de"


def test_what_was_wrong_is_told_in_the_language_of_the_page(reader: Reader) -> None:
    answer = reader.client.post(f"{reader.path}?lang=de", data=reader.fields(name=""), headers=JSON)

    assert errors_of(answer)["name"] == ["Bitte geben Sie einen Namen ein."]


def test_numbers_and_times_are_written_as_the_language_does(
    database: Database, reader: Reader, clock: Clock
) -> None:
    with database.transaction() as session:
        make_comment(session, find_site(session, "news"), status=Status.APPROVED)
    clock.now = NOON + dt.timedelta(hours=3)

    assert "vor 3 Stunden" in reader.page(lang="de").text
    assert "1 Kommentar" in reader.page(lang="de").text
    clock.now = NOON + dt.timedelta(days=30)
    assert f"{NOON:%Y}" in reader.page(lang="ar").one("time").text


def test_what_people_typed_is_kept_apart_from_the_pages_direction(
    database: Database, reader: Reader
) -> None:
    with database.transaction() as session:
        make_comment(
            session, find_site(session, "news"), status=Status.APPROVED, name="דנה", body="שלום"
        )
    page = reader.page()

    assert "דנה" in [element.text for element in page.all("bdi")]
    assert any(element.text == "שלום" for element in page.all("p", dir="auto"))


def test_the_desk_is_english(client: FlaskClient) -> None:
    page = Page(client.get("/login?lang=ar", headers={"Accept-Language": "ar"}).text)

    assert (page.one("html").attrs["lang"], page.one("html").attrs["dir"]) == ("en", "ltr")


class Marked(NullTranslations):
    """A language in which each sentence shows that it came from a catalogue."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return f"⟦{one if number == 1 else many}⟧"

    ugettext, ungettext = gettext, ngettext


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "ada@example.com"},
        {"email": ""},
        {"email": "ada"},
        {"email": "a" * 300 + "@example.com"},
        {"body": ""},
        {"body": "x" * 10_001},
        {"body": "Write to ada@example.com."},
        {"csrf_token": "forged"},
        {"parent": "nobody"},
        {"article": "https://elsewhere.example.com/"},
        {"article": ""},
    ],
    ids=str,
)
def test_every_refusal_comes_from_the_catalogues(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    fields = reader.fields(**changes)
    monkeypatch.setattr(Domain, "get_translations", lambda _domain: Marked())
    answer = reader.client.post(reader.path, data=fields, headers=JSON)

    told = [sentence for sentences in errors_of(answer).values() for sentence in sentences]
    assert told
    assert all(re.fullmatch("⟦.*⟧", sentence) for sentence in told), told


def test_what_is_received_is_told_by_the_catalogues(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = reader.fields()
    monkeypatch.setattr(Domain, "get_translations", lambda _domain: Marked())
    first = reader.client.post(reader.path, data=fields, headers=JSON)
    again = reader.client.post(reader.path, data={**fields, "body": "Else."}, headers=JSON)

    assert re.fullmatch("⟦.*⟧", first.get_json()["message"])
    assert re.fullmatch("⟦.*⟧", errors_of(again)["csrf_token"][0])
