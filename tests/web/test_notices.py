"""The page on which each chooses what they are told by mail."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.models import Moderator, NoticeWishes
from moderation.services import Services
from moderation.statuses import HeldNotice
from tests.web.pages import Page
from tests.web.people import said, send

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = "/account/notices"
GOOD = {
    "urgent": "y",
    "held": "daily",
    "digest_hour": "7",
    "waiting": "y",
    "waiting_hours": "6",
    "quiet_from": "22:00",
    "quiet_until": "06:30",
    "time_zone": "Europe/Berlin",
}


def stored(services: Services) -> list[NoticeWishes]:
    with services.database.reading() as session:
        return list(session.scalars(select(NoticeWishes)))


def test_it_shows_what_is_in_force_and_keeps_what_is_chosen(
    desk: FlaskClient, services: Services, grace: Moderator
) -> None:
    page = Page(desk.get(PATH).text)
    assert "checked" in page.one("input", name="urgent").attrs
    assert "checked" not in page.one("input", name="scorer_down").attrs
    assert page.value("waiting_hours") == "4"
    assert stored(services) == [], "looking chooses nothing"

    done = send(desk, PATH, **GOOD)

    assert (done.status_code, done.headers["Location"]) == (303, PATH)
    answer = desk.get(PATH)
    assert "Kept" in said(answer, "status")
    assert Page(answer.text).value("quiet_until") == "06:30"
    (wishes,) = stored(services)
    assert (wishes.moderator_id, wishes.urgent, wishes.surge) == (grace.id, True, False)
    assert (wishes.held, wishes.digest_hour, wishes.waiting_hours) == (HeldNotice.DAILY, 7, 6)
    assert (wishes.quiet_from, wishes.quiet_until) == (dt.time(22), dt.time(6, 30))
    assert wishes.next_digest_at == dt.datetime(2026, 5, 5, 5, tzinfo=dt.UTC), "07:00 in Berlin"


def test_urgent_is_switched_off_by_taking_its_tick_away(
    desk: FlaskClient, services: Services
) -> None:
    send(desk, PATH, **{name: value for name, value in GOOD.items() if name != "urgent"})
    (wishes,) = stored(services)
    assert not wishes.urgent
    page = Page(desk.get(PATH).text)
    assert "checked" not in page.one("input", name="urgent").attrs


@sqlite
@pytest.mark.parametrize(
    "change, says",
    [
        ({"time_zone": "Mars/Olympus"}, "Not a valid choice"),
        ({"time_zone": "../../etc/passwd"}, "Not a valid choice"),
        ({"held": "often"}, "Not a valid choice"),
        ({"digest_hour": "24"}, "Not a valid choice"),
        ({"waiting_hours": "0"}, "from 1 to 168"),
        ({"waiting_hours": "169"}, "from 1 to 168"),
        ({"waiting_hours": ""}, "how many hours"),
        ({"quiet_from": "25:00"}, "Not a valid time"),
        ({"quiet_until": ""}, "fill in both"),
        ({"quiet_from": ""}, "fill in both"),
        ({"quiet_until": "22:00"}, "another time"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    desk: FlaskClient, services: Services, change: dict[str, str], says: str
) -> None:
    answer = send(desk, PATH, **{**GOOD, **change})
    assert (answer.status_code, says in said(answer)) == (400, True), said(answer)
    assert stored(services) == []


@sqlite
def test_everybody_chooses_for_themselves_viewers_as_well(
    desk: FlaskClient,
    viewer_desk: FlaskClient,
    services: Services,
    sign_in_as: Callable[[Moderator], FlaskClient],
) -> None:
    send(viewer_desk, PATH, **GOOD)
    assert Page(desk.get(PATH).text).value("waiting_hours") == "4"
    assert "links to decide" in desk.get(PATH).text
    assert "links to decide" not in viewer_desk.get(PATH).text


@sqlite
def test_it_needs_its_forms_token(desk: FlaskClient, services: Services) -> None:
    assert desk.post(PATH, data=GOOD).status_code == 400
    assert stored(services) == []


@sqlite
@pytest.mark.parametrize(
    "overrides, is_told",
    [
        pytest.param({}, True, id="no mail"),
        pytest.param(
            {"SMTP_HOST": "127.0.0.1", "MAIL_FROM": "comments@news.example"}, False, id="mail"
        ),
    ],
    indirect=["overrides"],
)
def test_it_says_where_no_mail_is_sent(desk: FlaskClient, is_told: bool) -> None:
    page = desk.get(PATH).text
    assert ("No mail is set up" in page and "SMTP_HOST" in page) is is_told


@sqlite
def test_the_account_leads_there(desk: FlaskClient) -> None:
    assert PATH in [link.attrs["href"] for link in Page(desk.get("/account").text).all("a")]
