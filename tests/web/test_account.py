"""One's own account: name, password, second factor, sessions."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.models import Event, Moderator
from moderation.services import Services
from moderation.statuses import Change, Role
from tests.doubles import Clock
from tests.factories import PASSWORD, make_moderator
from tests.web.pages import Page
from tests.web.people import STEP, code_of, give_second_factor, said, send, sign_in

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("site")
NEW = "another horse battery"
Desk = Callable[[Moderator], FlaskClient]


def changes(database: Database) -> list[tuple[Change, dict[str, Any]]]:
    with database.reading() as session:
        rows = session.execute(select(Event.change, Event.data).order_by(Event.id))
        return [(change, data) for change, data in rows if change is not Change.SIGNED_IN]


def read(database: Database, moderator: Moderator) -> Moderator:
    with database.reading() as session:
        return session.get_one(Moderator, moderator.id)


def test_everybody_has_an_account_page(desk: FlaskClient, viewer_desk: FlaskClient) -> None:
    page = desk.get("/account")
    assert page.status_code == viewer_desk.get("/account").status_code == 200
    assert "g•••@e•••.com" in page.text and "grace@example.com" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


@sqlite
def test_a_name_is_changed_and_the_log_keeps_neither(
    desk: FlaskClient, grace: Moderator, database: Database
) -> None:
    answer = send(desk, "/account/name", on="/account", name=" Zqgrace\nHopper ")
    assert answer.headers["Location"] == "/account"
    assert read(database, grace).name == "Zqgrace Hopper"
    assert "Your name is changed." in desk.get("/account").text
    assert "Your name is changed." not in desk.get("/account").text
    assert changes(database) == [(Change.RENAMED, {})]
    for name, says in (("", "enter a name"), ("a@b.example", "use a name"), ("x" * 81, "at most")):
        answer = send(desk, "/account/name", on="/account", name=name)
        assert (answer.status_code, says in answer.text) == (400, True)
    assert read(database, grace).name == "Zqgrace Hopper"


def test_a_new_password_needs_the_old_and_ends_all_other_sessions(
    desk: FlaskClient, grace: Moderator, sign_in_as: Desk, app: Flask, database: Database
) -> None:
    elsewhere = sign_in_as(grace)
    for old, new, again, says in (
        ("wrong", NEW, NEW, "not your password"),
        (PASSWORD, "short", "short", "at least 10"),
        (PASSWORD, "comments-news", "comments-news", "too easy"),
        (PASSWORD, "grace@example.com", "grace@example.com", "too easy"),
        (PASSWORD, NEW, NEW + "x", "not the same"),
        (PASSWORD, PASSWORD, PASSWORD, "choose another"),
    ):
        answer = send(desk, "/account/password", on="/account", old=old, new=new, again=again)
        assert (answer.status_code, says in answer.text) == (400, True), says
    assert elsewhere.get("/queue").status_code == 200

    done = send(desk, "/account/password", on="/account", old=PASSWORD, new=NEW, again=NEW)

    assert done.status_code == 303
    assert desk.get("/queue").status_code == 200
    assert elsewhere.get("/queue").status_code == 302
    assert sign_in(app.test_client()).status_code == 401
    assert sign_in(app.test_client(), password=NEW).status_code == 302
    assert (Change.PASSWORD_CHANGED, {}) in changes(database)


@sqlite
@pytest.mark.parametrize("overrides", [{"RATE_SIGN_IN": "3 per hour"}], indirect=True)
def test_guessing_the_password_in_a_browser_left_open_is_slowed(desk: FlaskClient) -> None:
    for _ in range(3):
        send(desk, "/account/password", on="/account", old="wrong", new=NEW, again=NEW)

    late = send(desk, "/account/password", on="/account", old=PASSWORD, new=NEW, again=NEW)

    assert late.status_code == 400 and "not your password" in late.text


def test_a_second_factor_is_set_up_used_and_turned_off(
    desk: FlaskClient,
    grace: Moderator,
    sign_in_as: Desk,
    clock: Clock,
    database: Database,
    app: Flask,
) -> None:
    elsewhere = sign_in_as(grace)
    offer = "/account/second-factor/offer"
    assert send(desk, offer, on="/account/second-factor", password="no").status_code == 400
    begun = send(desk, offer, on="/account/second-factor", password=PASSWORD)
    assert begun.headers["Location"] == "/account/second-factor"
    page = desk.get("/account/second-factor")
    secret = Page(page.text).one("code", class_="secret").text.replace(" ", "")
    assert len(secret) == 32
    assert desk.get("/account/second-factor").text.count(secret[:4]), "a reload shows the same"
    assert not read(database, grace).has_second_factor

    done = send(desk, "/account/second-factor", code=code_of(secret, clock()))

    codes = [item.text for item in Page(done.text).all("code")]
    assert (done.status_code, len(codes)) == (200, 10)
    assert desk.get("/queue").status_code == 200, "this session goes on"
    assert elsewhere.get("/queue").status_code == 302, "all others have ended"
    assert secret not in desk.get("/account/second-factor").text
    assert "Recovery codes left: <strong>10</strong>" in desk.get("/account").text
    third = app.test_client()
    sign_in(third)
    assert third.get("/queue").headers["Location"].startswith("/login/code?")

    wrong = send(desk, "/account/second-factor/off", on="/account", password="no")
    assert wrong.status_code == 400 and read(database, grace).has_second_factor
    assert (
        send(desk, "/account/second-factor/off", on="/account", password=PASSWORD).status_code
        == 303
    )
    assert not read(database, grace).has_second_factor
    told = [change for change, _ in changes(database)]
    assert told == [
        Change.SECOND_FACTOR_SET,
        Change.SESSIONS_ENDED,
        Change.SECOND_FACTOR_RESET,
    ]


@sqlite
def test_new_recovery_codes_are_shown_once_against_the_password(
    client: FlaskClient, grace: Moderator, services: Services, clock: Clock, app: Flask
) -> None:
    secret, old = give_second_factor(services, grace)
    clock.forward(2 * STEP)
    sign_in(client)
    send(client, "/login/code", code=code_of(secret, clock()))
    refused = send(client, "/account/recovery-codes", on="/account", password="no")
    assert refused.status_code == 400 and '<ol class="codes"' not in refused.text

    done = send(client, "/account/recovery-codes", on="/account", password=PASSWORD)

    fresh = [item.text for item in Page(done.text).all("code")]
    assert len(fresh) == 10 and not set(fresh) & set(old)
    assert fresh[0] not in client.get("/account").text
    other = app.test_client()
    sign_in(other)
    assert send(other, "/login/code", code=old[0]).status_code == 401
    assert send(other, "/login/code", code=fresh[0]).status_code == 302


@sqlite
@pytest.mark.parametrize("overrides", [{"SECOND_FACTOR": "required"}], indirect=True)
def test_where_it_is_required_it_cannot_be_turned_off(
    client: FlaskClient, grace: Moderator, services: Services, clock: Clock, database: Database
) -> None:
    secret, _ = give_second_factor(services, grace)
    clock.forward(2 * STEP)
    sign_in(client)
    send(client, "/login/code", code=code_of(secret, clock()))
    assert "Turn it off" not in client.get("/account").text

    refused = send(client, "/account/second-factor/off", on="/account", password=PASSWORD)

    assert refused.status_code == 400
    assert "Everybody needs a second factor here" in said(refused)
    assert read(database, grace).has_second_factor


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(
    desk: FlaskClient, grace: Moderator, sign_in_as: Desk, clock: Clock
) -> None:
    clock.forward(60)
    others = [sign_in_as(grace) for _ in range(3)]
    page = Page(desk.get("/account").text)
    assert len(page.all("strong", class_="approved")) == 1
    ends = [
        form.attrs["action"] for form in page.all("form") if "/sessions/" in form.attrs["action"]
    ]
    assert len(ends) == 4  # three others, and all of them together

    assert send(desk, ends[0], on="/account").headers["Location"] == "/account"
    alive = [other.get("/queue").status_code for other in others]
    assert sorted(alive) == [200, 200, 302]
    done = send(desk, "/account/sessions/end", on="/account")
    assert done.status_code == 303
    assert "Signed out everywhere else: 2 ended." in desk.get("/account").text
    assert [other.get("/queue").status_code for other in others] == [302] * 3
    assert desk.get("/queue").status_code == 200


@sqlite
def test_nobody_ends_a_session_of_somebody_else(
    desk: FlaskClient, services: Services, sign_in_as: Desk
) -> None:
    with services.database.transaction() as session:
        other = make_moderator(session, services.vault, email="hopper@example.com")
    theirs = sign_in_as(other)
    for number in range(1, 9):
        if number != 1:  # one's own
            send(desk, f"/account/sessions/{number}/end", on="/account")
    assert theirs.get("/queue").status_code == 200
    assert send(desk, f"/account/sessions/{10**30}/end", on="/account").status_code == 404


@sqlite
def test_which_browser_it_is_is_not_kept(
    client: FlaskClient, grace: Moderator, database: Database, everything: Callable[[], Any]
) -> None:
    sign_in(client)
    client.get("/account", headers={"User-Agent": "Zqbrowser/7"})
    assert "Zqbrowser" not in repr(everything())
    assert Role.MODERATOR and "Zqbrowser" not in client.get("/account").text


@sqlite
@pytest.mark.parametrize(
    "path",
    [
        "/account/name",
        "/account/password",
        "/account/second-factor",
        "/account/second-factor/offer",
        "/account/second-factor/off",
        "/account/recovery-codes",
        "/account/sessions/1/end",
        "/account/sessions/end",
    ],
)
def test_no_form_of_the_account_works_without_its_token(
    desk: FlaskClient, everything: Callable[[], Any], path: str
) -> None:
    before = everything()
    fields = {"name": "x", "password": PASSWORD, "old": PASSWORD, "new": NEW, "again": NEW}
    assert desk.post(path, data=fields).status_code == 400
    assert everything() == before
