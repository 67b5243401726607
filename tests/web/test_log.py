"""The log's page: searched by a plain form, page by page, and as CSV."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.flow.review import decide_by_hand
from moderation.models import Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, Status
from moderation.web.moderators import log
from tests.doubles import NOON
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page

SignInAs = Callable[[Moderator], FlaskClient]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def entries(database: Database, site: Site, grace: Moderator) -> str:
    """Sixty comments that came and were held; one was approved: its public id.

    With the entry of Grace's account: 122.
    """
    with database.transaction() as session:
        for _ in range(60):
            comment = make_comment(session, session.merge(site), body="Not for the log.")
        decide_by_hand(
            session, comment.id, Change.APPROVED, version_seen=2, moderator=grace, now=NOON
        )
        return comment.public_id


def lines_of(desk: FlaskClient, query: str = "") -> list[dict[str, str]]:
    """The lines of the CSV, by the words of its header."""
    answer = desk.get(f"/log.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def shown(page: Page) -> list[str]:
    """The entries of a page, in words."""
    return [" ".join(li.text.split()) for li in page.all("li")]


def test_the_form_narrows_the_log(desk: FlaskClient, entries: str, grace: Moderator) -> None:
    for query, number in (
        ("change=approved", 1),
        (f"moderator={grace.id}", 2),  # she signed in as well
        (f"comment={entries}", 3),
        ("site=news&change=approved", 1),
        ("first=2026-05-04&last=2026-05-04&change=approved", 1),
        ("first=2026-05-05", 0),
        ("last=2026-05-03", 0),
        ("comment=unknown", 0),
        ("change=&moderator=&site=&comment=&first=&last=", 50),
    ):
        page = Page(desk.get(f"/log?{query}").text)
        assert len(shown(page)) == number, query
        if not number:
            assert "Nothing like that has happened." in page.text


@sqlite
def test_what_was_asked_stays_in_the_form_and_on_the_next_page(
    desk: FlaskClient, entries: str
) -> None:
    page = Page(desk.get("/log?change=submitted&first=2026-05-04").text)
    older = next(a.attrs["href"] for a in page.all("a") if "before=" in a.attrs["href"])
    rest = Page(desk.get(older).text)

    assert len(shown(page)) == 50 and len(shown(rest)) == 10
    assert all(line.count("submitted") for line in shown(page) + shown(rest))
    chosen = [option.attrs["value"] for option in rest.all("option") if "selected" in option.attrs]
    assert "submitted" in chosen
    assert rest.value("first") == "2026-05-04"
    assert not [a for a in rest.all("a") if "before=" in a.attrs["href"]]


@sqlite
@pytest.mark.parametrize(
    "query", ["change=nonsense", "moderator=99", "site=nobody", "first=2026-13-01", "last=x"]
)
def test_a_search_that_cannot_be_shows_its_mistake_and_no_entries(
    desk: FlaskClient, entries: str, query: str
) -> None:
    for path in ("/log", "/log.csv"):
        answer = desk.get(f"{path}?{query}")
        page = Page(answer.text)
        assert answer.status_code == 400
        assert shown(page) == []
        assert page.one("p", class_="error")


def test_the_csv_holds_all_that_was_asked_for(
    desk: FlaskClient, entries: str, grace: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for batch in (7, 122, 1000):  # one that ends within, one exactly at the end, one beyond
        monkeypatch.setattr(log, "BATCH", batch)
        rows = lines_of(desk)
        numbers = [int(row["id"]) for row in rows]
        assert len(rows) == 122
        assert numbers == sorted(numbers, reverse=True)
        assert len(set(numbers)) == 122
    [approved] = lines_of(desk, "?change=approved")
    assert approved["moderator"] == grace.name
    assert (approved["site"], approved["comment"]) == ("news", entries)
    assert (approved["from_status"], approved["to_status"]) == ("held", "approved")
    assert approved["at"] == "2026-05-04T12:00:00+00:00"


@sqlite
def test_the_csv_is_read_a_batch_at_a_time(
    desk: FlaskClient, entries: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "BATCH", 10)
    asked: list[int | None] = []
    read = log.read_log

    def watched(*given: object, **named: object) -> object:
        asked.append(named["before"])  # type: ignore[arg-type]
        return read(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(log, "read_log", watched)
    answer = desk.get("/log.csv", buffered=False)
    pieces = answer.iter_encoded()
    next(pieces)
    next(pieces)

    assert len(asked) == 1, "more was read than was sent"
    assert len(list(pieces)) == 12 and len(asked) == 13
    assert len(set(asked)) == 13


@sqlite
def test_neither_page_nor_csv_holds_what_people_typed(desk: FlaskClient, entries: str) -> None:
    for path in ("/log", "/log.csv"):
        text = desk.get(path).text
        words = re.findall(r"[\w-]+", text)  # an id may hold three letters by chance
        assert "Not for the log." not in text and "Ada" not in words


@sqlite
def test_the_csv_is_limited(desk: FlaskClient, entries: str) -> None:
    codes = {desk.get("/log.csv?change=approved").status_code for _ in range(31)}

    assert codes == {200, 429}


def test_a_moderator_of_one_site_finds_nothing_of_others(
    database: Database, services: Services, entries: str, grace: Moderator, sign_in_as: SignInAs
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        bound = make_moderator(session, services.vault, email="bound@example.com", site=other)
        own = make_comment(session, other, status=Status.PROCESSING).public_id
    theirs = sign_in_as(bound)

    assert [row["comment"] for row in lines_of(theirs) if row["comment"]] == [own]
    assert {row["site"] for row in lines_of(theirs)} == {"other"}
    assert lines_of(theirs, f"?comment={entries}") == []
    assert shown(Page(theirs.get(f"/log?comment={entries}").text)) == []
    assert bound.name != grace.name
    for query in ("site=news", f"moderator={grace.id}"):
        assert theirs.get(f"/log?{query}").status_code == 400
    assert grace.name not in theirs.get("/log").text
