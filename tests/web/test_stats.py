"""The page of statistics and its tables as CSV, as a moderator's browser sees them."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.flow.review import decide_by_hand
from moderation.models import Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, Reason, Status
from moderation.web.filters import show_span
from moderation.web.moderators.plots import lines, shares, stack
from moderation.web.moderators.tables import TABLES
from tests.doubles import NOON, Clock
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page

SignInAs = Callable[[Moderator], FlaskClient]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lived(database: Database, site: Site, grace: Moderator, clock: Clock) -> None:
    """Today: one published, one held, six decided by Grace after a minute each, one of them no."""
    with database.transaction() as session:
        here = session.merge(site)
        make_comment(session, here, status=Status.APPROVED)
        make_comment(session, here)
        for number in range(6):
            comment = make_comment(session, here)
            comment.risk = 950
            decide_by_hand(
                session,
                comment.id,
                Change.APPROVED if number else Change.REJECTED,
                version_seen=2,
                moderator=grace,
                now=NOON + dt.timedelta(minutes=1),
                reason=None if number else Reason.SPAM,
            )
    clock.forward(1800)


def rows_of(desk: FlaskClient, name: str, query: str = "") -> list[dict[str, str]]:
    """The lines of a CSV by the words of its header."""
    answer = desk.get(f"/stats/{name}.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_the_page_shows_the_figures(desk: FlaskClient, lived: None) -> None:
    page = Page(desk.get("/stats").text)

    assert "1 held" in page.one("section", aria_labelledby="now").text.replace("\n", " ")
    assert "The oldest came 30 min ago" in page.text
    assert "In all: 83 %, 5 of 6 decided by a person." in page.text
    assert "5 approved, 1 rejected; 1 min" in page.text
    assert "5 approved, 1 rejected, of 6 decided by a person" in page.text
    assert "too few: 0 decided by a person" in page.text


@sqlite
def test_each_plot_is_a_picture_with_words_and_the_same_numbers_as_a_table(
    desk: FlaskClient, lived: None
) -> None:
    page = Page(desk.get("/stats").text)
    pictures = page.all("svg", role="img")
    ids = {element.attrs["id"]: element for element in page.elements if "id" in element.attrs}

    assert len(pictures) >= 6
    for picture in pictures:
        named = [e for e in page.elements if e.tag == "title" and picture in e.inside]
        assert [e for e in named if e.text.strip()]
        for label in picture.attrs.get("aria-labelledby", "").split():
            assert ids[label].text.strip()
    assert len(ids) == len([e for e in page.elements if "id" in e.attrs]), "an id stands twice"
    assert len(page.all("table")) == len(TABLES)
    for name, table in TABLES.items():
        link = f"/stats/{name}.csv?days=30"
        assert [a for a in page.all("a") if a.attrs["href"] == link], name
        heads = [th.text for th in page.all("th", scope="col")]
        assert {column.title for column in table.columns} <= set(heads)


@sqlite
def test_the_table_of_a_plot_holds_what_its_csv_holds(desk: FlaskClient, lived: None) -> None:
    page = Page(desk.get("/stats").text)
    today = rows_of(desk, "outcomes")[-1]

    found = next(tr for tr in page.all("tr") if tr.text.startswith(today["day"]))
    cells = [e.text for e in page.elements if e.tag in ("th", "td") and found in e.inside]

    assert cells == list(today.values())


def test_each_table_as_csv(desk: FlaskClient, lived: None, grace: Moderator) -> None:
    days = {
        name: rows_of(desk, name, "?days=7") for name in ("outcomes", "waiting", "waits", "held")
    }

    assert {len(rows) for rows in days.values()} == {7}
    today = {name: rows[-1] for name, rows in days.items()}
    assert today["outcomes"] == {
        "day": "2026-05-04", "published": "1", "held_approved": "5", "held_rejected": "1",
        "rejected": "0", "taken_down": "0", "restored": "0", "waiting": "1", "deleted": "0",
    }  # fmt: skip
    assert today["waiting"] == {"day": "2026-05-04", "waiting": "1"}
    assert (today["waits"]["decisions"], today["waits"]["median_seconds"]) == ("6", "60.0")
    assert days["waits"][0]["median_seconds"] == ""
    assert (today["held"]["decided"], today["held"]["approved"]) == ("6", "5")
    [person] = rows_of(desk, "moderators")
    assert (person["moderator_id"], person["moderator"]) == (str(grace.id), grace.name)
    assert (person["approved"], person["rejected"], person["undone"]) == ("5", "1", "0")
    bands = rows_of(desk, "bands")
    assert (bands[9]["decisions"], bands[9]["approved"], bands[9]["rejected"]) == ("6", "5", "1")
    assert (bands[0]["decisions"], bands[0]["approved"], bands[0]["share"]) == ("0", "", "")
    assert rows_of(desk, "codes") == []


@sqlite
@pytest.mark.parametrize("name", TABLES)
def test_a_csv_is_a_download_that_nothing_keeps(desk: FlaskClient, site: Site, name: str) -> None:
    answer = desk.get(f"/stats/{name}.csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    first = answer.text.splitlines()[0]
    assert first == ",".join(f'"{word}"' for word in TABLES[name].header)


@sqlite
def test_an_unknown_table_is_not_there(desk: FlaskClient, site: Site) -> None:
    assert desk.get("/stats/emails.csv").status_code == 404


@sqlite
def test_nothing_yet_is_said(desk: FlaskClient, site: Site) -> None:
    page = Page(desk.get("/stats").text)

    assert "No comments yet." in page.text
    assert not page.all("svg", role="img")


@sqlite
def test_days_without_comments_say_so(desk: FlaskClient, database: Database, site: Site) -> None:
    with database.transaction() as session:
        make_comment(session, session.merge(site), now=NOON - dt.timedelta(days=40))

    page = Page(desk.get("/stats").text)

    for words in (
        "No comments in these days.",
        "Nobody decided about a held comment in these days.",
        "The oldest came 40 d ago",
    ):
        assert words in page.text
    assert "No comments yet." not in page.text


@sqlite
@pytest.mark.parametrize(
    "query, days", [("", 30), ("?days=7", 7), ("?days=365", 365), ("?days=8", 30), ("?days=x", 30)]
)
def test_the_days_are_those_of_the_choice(
    desk: FlaskClient, lived: None, query: str, days: int
) -> None:
    assert len(rows_of(desk, "outcomes", query)) == days


def test_a_moderator_sees_their_sites_only(
    database: Database, services: Services, lived: None, desk: FlaskClient, sign_in_as: SignInAs
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        bound = make_moderator(session, services.vault, email="bound@example.com", site=other)
        make_comment(session, other, status=Status.APPROVED)
    theirs = sign_in_as(bound)

    for query in ("", "?site=other"):
        assert rows_of(theirs, "outcomes", query)[-1]["published"] == "1"
        assert rows_of(theirs, "waiting", query)[-1]["waiting"] == "0"
        assert rows_of(theirs, "moderators", query) == []
    foreign, unknown = theirs.get("/stats?site=news"), theirs.get("/stats?site=nobody")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text == unknown.text
    assert theirs.get("/stats/outcomes.csv?site=news").status_code == 404
    assert "News" not in Page(theirs.get("/stats").text).text
    assert rows_of(desk, "outcomes")[-1]["published"] == "2"
    assert rows_of(desk, "outcomes", "?site=news")[-1]["published"] == "1"


@sqlite
def test_a_viewer_sees_it_too(viewer_desk: FlaskClient, lived: None) -> None:
    assert viewer_desk.get("/stats").status_code == 200


# Shapes


def test_bars_stand_on_each_other() -> None:
    plot = stack([("a", "A"), ("b", "B"), ("never", "Never")], [[1, 3, 0], [2, 0, 0]])

    assert [series.key for series in plot.series] == ["a", "b"]
    assert plot.top == 4
    heights = [re.findall(r"v(-?[\d.]+)", series.path) for series in plot.series]
    assert heights == [["-25.00", "-50.00"], ["-75.00"]]
    assert plot.series[1].path.startswith("M3.75 75.00")  # on the quarter below it


def test_a_line_has_a_gap_where_there_is_nothing() -> None:
    plot = lines([("a", "A")], [[1.0], [2.0], [None], [4.0]])

    assert plot.series[0].path == "M12.50 75.00L37.50 50.00M87.50 0.00"
    assert plot.series[0].dots == "M12.50 75.00h0M37.50 50.00h0M87.50 0.00h0"


def test_parts_fill_a_bar_from_its_start() -> None:
    plot = shares([("a", "A"), ("b", "B")], [1, 1], 4)

    assert [s.path for s in plot.series] == [
        "M0.00 0h25.00v100h-25.00z",
        "M25.00 0h25.00v100h-25.00z",
    ]


def test_plots_of_nothing_have_no_shapes() -> None:
    assert stack([("a", "A")], [[0], [0]]).series == []
    assert lines([("a", "A")], [[None]]).series[0].path == ""
    assert shares([("a", "A")], [0], 0).series == []


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (150, "2 min 30 s"),
        (3600, "1 h"),
        (7380, "2 h 3 min"),
        (86_400 * 3 + 3600 * 4, "3 d 4 h"),
    ],
)
def test_a_length_of_time_in_words(seconds: float, words: str) -> None:
    assert show_span(seconds) == words
