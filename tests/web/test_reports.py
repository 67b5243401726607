"""The page by which readers report a comment, and what it answers."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Comment, Report, Site, SiteText
from moderation.statuses import ReportReason, Status, TextKind, Urgency
from tests.doubles import Clock
from tests.factories import ARTICLE, ORIGIN, make_comment
from tests.web.pages import JSON, Page, Reader
from tests.web.pressing import press

PATH = "/s/news/reports"
THANKS = "Thank you. The people who moderate here will look at it."
HELPLINE = "Call 116 123.\n\nDay and night."
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"RATE_REPORT": "1000 per minute", **getattr(request, "param", {})}


@pytest.fixture
def comment(database: Database, site: Site) -> Comment:
    with database.transaction() as session:
        return make_comment(
            session, session.merge(site), status=Status.APPROVED, body="You <i>fool</i>."
        )


@pytest.fixture
def helpline(database: Database, site: Site) -> None:
    """The site says whom to turn to, where somebody may harm themselves and for lost data."""
    with database.transaction() as session:
        for kind in (Urgency.SELF_HARM, Urgency.PERSONAL_DATA):
            session.add(SiteText(site_id=site.id, kind=TextKind.HELP, code=kind, text=HELPLINE))


@pytest.fixture
def reports(database: Database) -> Callable[[], list[Report]]:
    """All reports there are, oldest first."""

    def read() -> list[Report]:
        with database.reading() as session:
            return list(session.scalars(select(Report).order_by(Report.id)))

    return read


def look(client: FlaskClient, public_id: str, **more: str) -> TestResponse:
    query = {"article": ARTICLE, "comment": public_id, **more}
    return client.get("/s/news/report", query_string=query)


def send(
    reader: Reader, public_id: str, reason: str = "abuse", *, json: bool = False, **changes: str
) -> TestResponse:
    fields = {
        "article": ARTICLE,
        "comment": public_id,
        "reason": reason,
        "website": "",
        "csrf_token": changes.pop("csrf_token", None) or reader.token(),
        **changes,
    }
    return reader.client.post(PATH, data=fields, headers=JSON if json else {})


def test_a_reader_reports_what_they_see(
    reader: Reader, comment: Comment, reports: Callable[[], list[Report]]
) -> None:
    (link,) = reader.page().all("a", class_="report")
    page = Page(reader.client.get(link.attrs["href"]).text)
    assert link.attrs["href"].endswith("#report"), "a frame leads there"
    assert page.one("main").attrs["id"] == "report"
    assert "You <i>fool</i>." in page.one("blockquote").text
    assert {e.attrs["value"] for e in page.all("input", type="radio")} == set(ReportReason)

    fields = {name: page.value(name) for name in ("article", "comment", "csrf_token")}
    answer = reader.client.post(PATH, data={**fields, "reason": "spam"})

    assert answer.status_code == 202
    page = Page(answer.text)
    assert THANKS in page.one("div", role="status").text
    (back,) = [a for a in page.all("a") if "comments?" in a.attrs["href"]]
    assert reader.client.get(back.attrs["href"]).status_code == 200
    assert back.attrs["href"].endswith(f"#comment-{comment.public_id}")
    [report] = reports()
    assert (report.comment_id, report.reason) == (comment.id, ReportReason.SPAM)


@sqlite
def test_it_leads_back_to_the_thread_as_it_was_read(reader: Reader, comment: Comment) -> None:
    thread = reader.page(sort="newest", published="2026-05-01")
    form = Page(reader.client.get(thread.one("a", class_="report").attrs["href"]).text)
    again = Page(press(reader.client, form, "Report it", reason="because").text)
    thanks = Page(press(reader.client, again, "Report it", reason="spam").text)
    for page in (form, again, thanks):
        [back] = [each for each in page.all("a") if each.text == "Back to the comments"]
        assert "sort=newest" in back.attrs["href"]
        assert "published=2026-05-01" in back.attrs["href"]


def test_answers_do_not_tell_whether_it_counted(
    reader: Reader,
    comment: Comment,
    site: Site,
    database: Database,
    reports: Callable[[], list[Report]],
) -> None:
    with database.transaction() as session:
        held = make_comment(session, session.merge(site))
        foreign = make_comment(
            session, session.merge(site), status=Status.APPROVED, article=f"{ORIGIN}/other"
        )
    ids = [comment.public_id, comment.public_id, held.public_id, foreign.public_id, "no-such-id"]

    answers = [send(reader, public_id, json=True) for public_id in ids]
    trapped = send(reader, comment.public_id, json=True, website="https://spam.example")

    told = {(each.status_code, each.text) for each in [*answers, trapped]}
    assert told == {(202, answers[0].text)}
    assert answers[0].get_json() == {"message": THANKS, "help": None}
    assert len(reports()) == 1
    pages = {send(reader, public_id).text.replace(public_id, "") for public_id in ids}
    assert len(pages) == 1


@sqlite
def test_neighbours_count_once_also_tomorrow_and_others_each(
    reader: Reader, comment: Comment, clock: Clock, reports: Callable[[], list[Report]]
) -> None:
    for address in ("192.0.2.1", "192.0.2.99", "198.51.100.1", "2001:db8:1::1", "2001:db8:1:2::1"):
        reader.client.environ_base["REMOTE_ADDR"] = address
        assert send(reader, comment.public_id).status_code == 202
    clock.forward(86_400)
    assert send(reader, comment.public_id).status_code == 202

    assert len(reports()) == 3
    assert not any(b"192.0.2" in each.range_hash for each in reports())


@sqlite
def test_what_one_network_reports_has_nothing_in_common(
    reader: Reader,
    comment: Comment,
    site: Site,
    database: Database,
    reports: Callable[[], list[Report]],
) -> None:
    with database.transaction() as session:
        other = make_comment(session, session.merge(site), status=Status.APPROVED)
    send(reader, comment.public_id)
    send(reader, other.public_id)
    one, two = reports()
    assert one.range_hash != two.range_hash


@sqlite
@pytest.mark.parametrize("overrides", [{"RATE_REPORT": "2 per day"}], indirect=True)
def test_one_network_reports_so_often_a_day(reader: Reader, comment: Comment, clock: Clock) -> None:
    assert [send(reader, "x").status_code for _ in range(3)] == [202, 202, 429]

    answer = send(reader, comment.public_id, json=True)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert answer.get_json()["errors"]["form"]
    page = Page(send(reader, comment.public_id).text)
    assert page.one("p", role="alert").text and page.one("blockquote")
    reader.client.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    assert send(reader, comment.public_id).status_code == 202


@sqlite
@pytest.mark.parametrize(
    "changes, field",
    [
        ({"reason": ""}, "reason"),
        ({"reason": "because"}, "reason"),
        ({"csrf_token": "x"}, "csrf_token"),
    ],
)
def test_it_is_asked_again_for_what_is_missing(
    reader: Reader,
    comment: Comment,
    reports: Callable[[], list[Report]],
    changes: dict[str, str],
    field: str,
) -> None:
    answer = send(reader, comment.public_id, json=True, **changes)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, [field])

    answer = send(reader, comment.public_id, **changes)
    assert answer.status_code == 400
    page = Page(answer.text)
    assert page.one("blockquote") and page.value("csrf_token")
    assert page.all("p", class_="error") or page.all("p", class_="refused")
    assert reports() == []


@sqlite
def test_a_token_of_another_article_is_refused(reader: Reader, comment: Comment) -> None:
    elsewhere = Reader(reader.client, article=f"{ORIGIN}/other").token()
    assert send(reader, comment.public_id, csrf_token=elsewhere).status_code == 400


@sqlite
@pytest.mark.parametrize("overrides", [{"FORM_MIN_AGE": 2}], indirect=True)
def test_programs_are_too_fast(reader: Reader, comment: Comment, clock: Clock) -> None:
    token = reader.token()
    assert send(reader, comment.public_id, csrf_token=token).status_code == 400
    clock.forward(2)
    assert send(reader, comment.public_id, csrf_token=token).status_code == 202


@sqlite
def test_whom_to_turn_to_where_somebody_may_be_in_danger(
    reader: Reader, comment: Comment, helpline: None
) -> None:
    page = Page(look(reader.client, comment.public_id).text)
    (contact,) = page.all("div", class_="contact")
    assert "Call 116 123." in contact.text, "not for personal data, where nobody is in danger"

    told = {reason: send(reader, comment.public_id, reason).text for reason in ReportReason}
    assert [reason for reason, text in told.items() if "Call 116 123." in text] == ["self_harm"]
    assert send(reader, "x", "self_harm", json=True).get_json()["help"] == HELPLINE


@sqlite
def test_what_is_gone_is_not_shown(reader: Reader, site: Site, database: Database) -> None:
    with database.transaction() as session:
        held = make_comment(session, session.merge(site), body="Secret.")
    for public_id in (held.public_id, "x", ""):
        answer = look(reader.client, public_id)
        assert answer.status_code == 404
        assert "Secret." not in answer.text
        assert "This comment is not shown any more." in answer.text


@sqlite
def test_it_opens_in_the_frame_and_for_scripts_of_the_site_alone(
    reader: Reader, comment: Comment
) -> None:
    origin = {"Origin": ORIGIN}
    for answer in (
        look(reader.client, comment.public_id),
        send(reader, comment.public_id),
        send(reader, comment.public_id, reason=""),
    ):
        assert f"frame-ancestors {ORIGIN}" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    for headers, allowed in ((origin, ORIGIN), ({"Origin": "https://evil.example"}, None)):
        answer = reader.client.post(PATH, data={"article": ARTICLE}, headers={**headers, **JSON})
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    assert reader.client.post(PATH, json={}).status_code == 415


@sqlite
def test_it_is_said_in_the_language_of_the_site(reader: Reader, comment: Comment) -> None:
    page = Page(look(reader.client, comment.public_id, lang="ar").text)
    assert page.one("html").attrs["dir"] == "rtl"


@sqlite
def test_moderators_read_who_reported_it_for_what(
    reader: Reader, comment: Comment, site: Site, database: Database, desk: FlaskClient
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"report_holds": 3, "hidden_score_share": 0}
    reasons = {"192.0.2.1": "spam", "198.51.100.1": "spam", "203.0.113.1": "threat"}
    for address, reason in reasons.items():
        reader.client.environ_base["REMOTE_ADDR"] = address
        send(reader, comment.public_id, reason)

    card = Page(desk.get("/queue").text).one("article", class_="card")
    assert "3 readers reported it (limit 3)" in card.text
    assert "Readers reported it: advertising (2), a threat (1)." in " ".join(card.text.split())
    assert "urgent: Threat to somebody’s life" in card.text
    assert not reader.page().all("a", class_="report"), "it is public no more"
