"""The page of webhooks: owners within their reach, secrets shown once, what came of each."""

import datetime as dt
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from moderation.db import Database
from moderation.flow.notices.webhooks import signing_secrets, url_of
from moderation.models import Delivery, Event, Moderator, Site, Webhook
from moderation.services import Services
from moderation.statuses import (
    Change,
    DeliveryFailure,
    DeliveryOutcome,
    Occasion,
    Role,
    WebhookOff,
)
from moderation.web.forms.webhooks import FAILURES, OCCASIONS
from tests.doubles import NOON, Clock
from tests.factories import make_moderator, make_site
from tests.web.pages import Page
from tests.web.people import said, send

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
URL = "https://hooks.example/in?key=k3y"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")
Desk = Callable[[Moderator], FlaskClient]


@pytest.fixture
def owner(services: Services) -> Moderator:
    with services.database.transaction() as session:
        return make_moderator(session, services.vault, email="owner@example.com", role=Role.OWNER)


@pytest.fixture
def office(owner: Moderator, sign_in_as: Desk, site: Site) -> FlaskClient:
    """The browser of an owner of all sites."""
    return sign_in_as(owner)


@pytest.fixture
def editor_office(services: Services, site: Site, sign_in_as: Desk) -> FlaskClient:
    """The browser of an owner of one site."""
    with services.database.transaction() as session:
        editor = make_moderator(
            session, services.vault, email="editor@example.com", role=Role.OWNER, site=site
        )
    return sign_in_as(editor)


def act(browser: FlaskClient, path: str = "/webhooks", **fields: object) -> Any:
    return send(browser, path, on="/webhooks", **fields)


def add(browser: FlaskClient, **changes: object) -> Any:
    """Fill in the form and send it."""
    fields = {"url": URL, "site": "*", "occasions": ["held", "urgent"], "open_max": "1000"}
    return act(browser, **{**fields, **changes})


def rows(database: Database) -> list[Webhook]:
    with database.reading() as session:
        return list(session.scalars(select(Webhook).order_by(Webhook.id)))


def changes(database: Database) -> list[tuple[Change, str | None]]:
    with database.reading() as session:
        found = session.scalars(select(Event).order_by(Event.id)).all()
    return [(each.change, each.reason) for each in found if "webhook" in each.data]


def text_of(browser: FlaskClient) -> str:
    return Page(browser.get("/webhooks").text).text


def test_an_owner_adds_one_and_sees_its_secret_this_once(
    office: FlaskClient, database: Database, services: Services, owner: Moderator
) -> None:
    assert "No program is told of anything yet." in text_of(office)
    done = add(office, url="https://Hooks.Example:443/in?key=k3y")
    assert done.status_code == 200
    [secret] = SECRET.findall(done.text)
    [made] = rows(database)
    assert url_of(made, services.vault) == URL
    assert signing_secrets(made, services.vault, now=NOON) == [secret]
    assert (made.site_id, made.open_max, made.created_by) == (None, 1000, owner.id)
    assert made.occasions == ["urgent", "held"]
    assert changes(database) == [(Change.WEBHOOK_ADDED, None)]

    again = office.get("/webhooks")
    assert not SECRET.search(again.text)
    assert "Told when a comment is urgent, a comment is held." in Page(again.text).text
    assert URL in again.text.replace("&amp;", "&")
    assert again.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "field, value, complaint",
    [
        ("url", "", "Please enter an address."),
        ("url", "http://hooks.example/", "Please enter an address that begins with https://."),
        ("url", "https://127.0.0.1/", "This address is not public."),
        ("url", "https://u:p@hooks.example/", "Please leave user and password out"),
        ("url", "https://hooks.example:8443/", "Port 8443 is not allowed here."),
        ("occasions", [], "Please choose at least one."),
        ("occasions", ["nonsense"], "is not a valid choice"),
        ("site", "nowhere", "Not a valid choice"),
        ("open_max", "0", "Please enter a number from 1 to 10,000."),
        ("open_max", "10001", "Please enter a number from 1 to 10,000."),
        ("open_max", "x", "Not a valid integer value"),
    ],
)
@sqlite
def test_what_cannot_be_is_refused_at_its_field_and_keeps_what_was_typed(
    office: FlaskClient, database: Database, field: str, value: object, complaint: str
) -> None:
    answer = add(office, **{field: value})

    assert answer.status_code == 400
    page = Page(answer.text)
    if field != "site":
        assert complaint in page.one("p", class_="error").text
    if field != "url":
        assert page.value("url") == URL
    assert rows(database) == []


@sqlite
def test_only_owners_get_there(desk: FlaskClient, viewer_desk: FlaskClient, site: Site) -> None:
    for browser in (desk, viewer_desk):
        assert browser.get("/webhooks").status_code == 403
        for path in ("", "/1/test", "/1/off", "/1/on", "/1/secret", "/1/remove"):
            assert send(browser, f"/webhooks{path}", on="/account").status_code == 403
        assert "/webhooks" not in browser.get("/queue").text


def test_an_owner_of_one_site_reaches_that_site_only(
    office: FlaskClient, editor_office: FlaskClient, site: Site, database: Database
) -> None:
    with database.transaction() as session:
        make_site(session, "other")
    add(office)
    add(office, site="other")
    add(office, site="news", url="https://news.example/hook")
    everywhere, other, here = (each.id for each in rows(database))

    page = editor_office.get("/webhooks").text
    assert "news.example" in page
    assert "hooks.example" not in page
    assert ">Other<" not in page
    for number in (everywhere, other, 999, 2**63 - 1):
        for what in ("test", "off", "on", "secret", "remove"):
            assert act(editor_office, f"/webhooks/{number}/{what}").status_code == 404
    assert add(editor_office, site="*").status_code == 400
    assert add(editor_office, site="other").status_code == 400
    assert add(editor_office, site="news").status_code == 200
    assert act(editor_office, f"/webhooks/{here}/off").status_code == 303
    assert [each.off_at is None for each in rows(database)] == [True, True, False, True]


def test_it_is_tested_switched_off_and_on_renewed_and_removed(
    office: FlaskClient, database: Database, services: Services
) -> None:
    first = SECRET.findall(add(office).text)[0]
    [made] = rows(database)
    path = f"/webhooks/{made.id}"

    assert act(office, f"{path}/test").headers["Location"] == "/webhooks"
    page = office.get("/webhooks")
    assert said(page, "status").startswith("A test is on its way.")
    assert "a test waiting" in Page(page.text).text

    act(office, f"{path}/off")
    page = office.get("/webhooks")
    assert said(page, "status") == "The webhook is off. What waited for it is not sent any more."
    assert "a test switched off" in Page(page.text).text
    assert "Send a test" not in page.text
    act(office, f"{path}/test")
    assert said(office.get("/webhooks"), "status") == "This webhook is off. Switch it on first."
    act(office, f"{path}/on")
    assert "Switch off" in office.get("/webhooks").text

    renewed = act(office, f"{path}/secret")
    [second] = SECRET.findall(renewed.text)
    assert "For 24 hours everything is signed with the old one as well." in renewed.text
    assert signing_secrets(rows(database)[0], services.vault, now=NOON) == [second, first]
    assert "Signed with the secret before as well until 5 May 2026, 12:00 UTC" in text_of(office)
    assert not SECRET.search(office.get("/webhooks").text)

    act(office, f"{path}/remove")
    assert rows(database) == []
    assert changes(database) == [
        (Change.WEBHOOK_ADDED, None),
        (Change.WEBHOOK_TESTED, None),
        (Change.WEBHOOK_CHANGED, "off"),
        (Change.WEBHOOK_CHANGED, "on"),
        (Change.WEBHOOK_CHANGED, "secret"),
        (Change.WEBHOOK_REMOVED, None),
    ]
    log = Page(office.get("/log").text).text
    assert f"webhook changed by owner, reason: secret: webhook {made.id}" in log


@sqlite
def test_an_owner_who_is_none_any_more_changes_nothing(
    office: FlaskClient, database: Database, owner: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role is asked for again in the transaction of the act."""
    add(office)
    [made] = rows(database)
    token = Page(office.get("/webhooks").text).value("csrf_token")
    with database.transaction() as session:
        session.execute(
            update(Moderator).where(Moderator.id == owner.id).values(role=Role.MODERATOR)
        )
    # As in the instant after the request was let in.
    gate = import_module("moderation.web.owners")
    monkeypatch.setattr(gate, "require_role", lambda _role: None)
    for what in ("test", "off", "secret", "remove"):
        answer = office.post(f"/webhooks/{made.id}/{what}", data={"csrf_token": token})
        assert answer.status_code == 403
    assert changes(database) == [(Change.WEBHOOK_ADDED, None)]


@sqlite
def test_there_is_an_end_to_their_number(office: FlaskClient, database: Database) -> None:
    for _ in range(20):
        assert add(office).status_code == 200
    answer = add(office)
    assert answer.status_code == 409
    assert said(answer) == "There are 20 webhooks already. Remove one first."
    assert len(rows(database)) == 20


@sqlite
def test_the_page_says_how_each_does(office: FlaskClient, database: Database, clock: Clock) -> None:
    for _ in range(3):
        add(office)
    gone, failing, worn = rows(database)
    with database.transaction() as session:
        for webhook, why in ((gone, WebhookOff.GONE), (worn, WebhookOff.FAILING)):
            found = session.get_one(Webhook, webhook.id)
            found.off_at, found.off_reason = NOON, why
        session.get_one(Webhook, failing.id).failing_since = NOON
        facts: list[dict[str, Any]] = [
            {"outcome": DeliveryOutcome.DELIVERED, "status_code": 204, "ended_at": NOON},
            {"status_code": 503, "attempts": 3, "run_after": NOON + dt.timedelta(minutes=30)},
            {"failure": DeliveryFailure.CERTIFICATE, "attempts": 1},
            {"outcome": DeliveryOutcome.LEFT_OUT, "ended_at": NOON},
        ]
        for number, known in enumerate(facts):
            session.add(
                Delivery(
                    public_id=f"msg_{number}",
                    webhook_id=failing.id,
                    occasion=Occasion.HELD,
                    data={},
                    created_at=NOON,
                    **{"run_after": NOON, **known},
                )
            )
    text = text_of(office)
    assert "The endpoint answered 410 (gone), so it is told nothing any more." in text
    assert "Nothing arrived there for 5 days" in text
    assert "failing since 4 May 2026, 12:00 UTC" in text
    assert "2 waiting, 1,000 at most. 1 left out within 7 days, as too many waited." in text
    assert "a comment is held delivered answered 204" in text
    assert "answered 503 3 tries next try 4 May 2026, 12:30 UTC or soon after" in text
    assert "waiting its certificate cannot be verified" in text
    assert "a comment is held left out" in text


@sqlite
def test_without_its_key_the_page_says_what_to_do(office: FlaskClient, database: Database) -> None:
    add(office)
    with database.transaction() as session:
        session.execute(update(Webhook).values(url_ciphertext=b"0123 nothing"))
    assert "No key here opens the address: remove the webhook and add it again." in text_of(office)


def test_every_word_has_words() -> None:
    assert set(OCCASIONS) == set(Occasion)
    assert set(FAILURES) == set(DeliveryFailure)
