"""The form's token: whose it is, how old it may be, and how a retry is known."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Comment
from moderation.privacy.links import PrivateLinks
from moderation.services import Services
from moderation.web.tokens import FormTokens
from tests.doubles import NOON, Clock
from tests.factories import ARTICLE, make_site
from tests.web.pages import Page, Reader, errors_of

Stored = Callable[[], list[Comment]]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

UNKNOWN = "This form could not be recognised, so nothing was sent yet."
OLD = "This form was open for a long time, so nothing was sent yet."
YOUNG = "That was very fast. Please send it again."
USED = "This form was sent before with another text, and that comment was received."


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"FORM_MIN_AGE": 2, "FORM_MAX_AGE": 3600}


@pytest.fixture
def aged(reader: Reader, clock: Clock) -> str:
    """A token old enough to send."""
    token = reader.token()
    clock.forward(5)
    return token


def assert_refused(reader: Reader, token: str | None, message: str, stored: Stored) -> None:
    """The form again with this message, the text and a fresh token; nothing is stored."""
    answer = reader.send(csrf_token=token, body="Worth keeping.")
    as_json = reader.send_json(csrf_token=token, body="Worth keeping.")

    assert (answer.status_code, as_json.status_code) == (400, 400)
    page = Page(answer.text)
    assert message in page.text
    assert page.value("body").strip() == "Worth keeping."
    assert page.value("csrf_token") not in ("", token)
    [told] = errors_of(as_json)["csrf_token"]
    assert told.startswith(message)
    assert not stored()


@sqlite
@pytest.mark.parametrize("forge", [lambda t: t[:-2], lambda t: "x" + t, lambda t: "nonsense.é"])
def test_a_forged_token_is_refused(
    reader: Reader, aged: str, stored: Stored, forge: Callable[[str], str]
) -> None:
    assert_refused(reader, forge(aged), UNKNOWN, stored)


@sqlite
@pytest.mark.parametrize("token", [None, ""])
def test_a_missing_token_is_refused(reader: Reader, stored: Stored, token: str | None) -> None:
    assert_refused(reader, token, UNKNOWN, stored)


@sqlite
def test_a_token_signed_with_another_key_is_refused(reader: Reader, stored: Stored) -> None:
    key = ARTICLE.removeprefix("https://")
    foreign = FormTokens("z" * 43).issue("news", key, now=NOON, first_at=0)

    assert_refused(reader, foreign, UNKNOWN, stored)


@sqlite
def test_a_private_link_is_no_form_token(
    reader: Reader, services: Services, stored: Stored
) -> None:
    links = PrivateLinks(services.settings.SECRET_KEY.get_secret_value())

    assert_refused(reader, links.issue("abc", 1), UNKNOWN, stored)


@sqlite
def test_a_token_of_another_article_is_refused(reader: Reader, aged: str, stored: Stored) -> None:
    reader.article = f"{ARTICLE}/other"

    assert_refused(reader, aged, UNKNOWN, stored)


@sqlite
def test_a_token_of_another_site_is_refused(
    reader: Reader, database: Database, aged: str, stored: Stored
) -> None:
    with database.transaction() as session:
        make_site(session, "other")
    reader.site = "other"

    assert_refused(reader, aged, UNKNOWN, stored)


@sqlite
def test_the_same_thread_under_another_address_takes_the_token(
    reader: Reader, aged: str, stored: Stored
) -> None:
    reader.article = "http://NEWS.example.com/trees?utm_source=mail#comments"

    assert reader.send(csrf_token=aged).status_code == 202
    assert len(stored()) == 1


@sqlite
def test_an_expired_token_is_refused(reader: Reader, clock: Clock, stored: Stored) -> None:
    token = reader.token()
    clock.forward(3601)

    assert_refused(reader, token, OLD, stored)


@sqlite
def test_the_fresh_token_of_an_expired_form_is_taken(
    reader: Reader, clock: Clock, stored: Stored
) -> None:
    token = reader.token()
    clock.forward(3601)
    fresh = Page(reader.send(csrf_token=token).text).value("csrf_token")

    assert reader.send(csrf_token=fresh).status_code == 202, "its age counts from the first"


@sqlite
def test_a_form_sent_faster_than_a_person_types_is_refused(
    reader: Reader, clock: Clock, stored: Stored
) -> None:
    token = reader.token()
    clock.forward(1.9)

    assert_refused(reader, token, YOUNG, stored)


@sqlite
def test_the_age_counts_from_the_first_token(reader: Reader, clock: Clock) -> None:
    token = reader.token()
    clock.forward(1)
    shown_again = Page(reader.send(csrf_token=token).text).value("csrf_token")
    clock.forward(0.5)
    assert reader.send(csrf_token=shown_again).status_code == 400
    clock.forward(0.6)

    assert reader.send(csrf_token=shown_again).status_code == 202


@sqlite
def test_a_token_from_the_json_endpoint_is_as_good(
    client: FlaskClient, reader: Reader, clock: Clock
) -> None:
    answer = client.get("/s/news/form-token", query_string={"article": ARTICLE})
    clock.forward(3)

    assert list(answer.get_json()) == ["csrf_token"]
    assert reader.send(csrf_token=answer.get_json()["csrf_token"]).status_code == 202


def test_a_retry_gets_the_first_answer_and_stores_nothing(
    reader: Reader, aged: str, stored: Stored
) -> None:
    first = reader.send_json(csrf_token=aged)
    again = reader.send_json(csrf_token=aged)
    page = reader.send(csrf_token=aged)

    assert first.status_code == again.status_code == page.status_code == 202
    assert first.get_json() == again.get_json()
    links = Page(page.text).all("a", target="_blank", rel="noopener noreferrer")
    assert again.json["manage_url"] in [link.attrs["href"] for link in links]
    assert len(stored()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "Something else."},
        {"name": "Eve"},
        {"email": "eve@example.com"},
    ],
)
def test_a_used_token_with_other_fields_is_asked_again(
    reader: Reader, aged: str, stored: Stored, changes: dict[str, str]
) -> None:
    assert reader.send(csrf_token=aged).status_code == 202

    answer = reader.send(csrf_token=aged, **changes)
    as_json = reader.send_json(csrf_token=aged, **changes)

    assert answer.status_code == 400
    assert errors_of(as_json)["csrf_token"][0].startswith(USED)
    page = Page(answer.text)
    assert USED in page.text
    for name, value in changes.items():
        assert page.value(name).strip() == value
    assert page.value("csrf_token") != aged
    assert len(stored()) == 1
    fresh = page.value("csrf_token")
    sent = reader.send(csrf_token=fresh, **{"body": "Something else.", **changes})
    assert sent.status_code == 202, "and the fresh token is old enough at once"
    assert len(stored()) == 2
