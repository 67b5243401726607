"""The steps of signing in: half signed in one reaches nothing but the step."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from moderation.db import Database
from moderation.flow.team.managing import reset_second_factor
from moderation.models import Event, Moderator, RecoveryCode, SignIn, Site
from moderation.services import Services
from moderation.statuses import Change
from moderation.web.gate import PUBLIC, STEPS
from tests.doubles import Clock
from tests.factories import PASSWORD
from tests.web.pages import Page
from tests.web.people import STEP, code_of, give_second_factor, said, send, sign_in

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
required = pytest.mark.parametrize("overrides", [{"SECOND_FACTOR": "required"}], indirect=True)
MINUTE = 60


@pytest.fixture
def secret(services: Services, grace: Moderator, clock: Clock) -> str:
    """Grace's second factor; its set-up is some time ago."""
    found, _ = give_second_factor(services, grace)
    clock.forward(10 * STEP)
    return found


@pytest.fixture
def codes(services: Services, grace: Moderator, clock: Clock) -> list[str]:
    """The recovery codes of Grace's second factor."""
    return give_second_factor(services, grace)[1]


def events(database: Database) -> list[tuple[Change, str | None]]:
    with database.reading() as session:
        found = session.execute(select(Event.change, Event.reason).order_by(Event.id))
        return [(change, reason) for change, reason in found]


def reaches(client: FlaskClient) -> bool:
    return client.get("/queue").status_code == 200


def test_the_second_step_lets_in_with_a_code(
    client: FlaskClient, secret: str, clock: Clock, site: Site, database: Database
) -> None:
    answer = sign_in(client, next="/log")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/log")
    led = client.get("/log")
    assert led.headers["Location"] == "/login/code?next=/log"
    assert not reaches(client)
    assert events(database)[-1][0] is Change.SECOND_FACTOR_SET, "not signed in yet"

    done = send(client, "/login/code?next=/log", code=code_of(secret, clock()))

    assert (done.status_code, done.headers["Location"]) == (302, "/log")
    assert reaches(client)
    assert events(database)[-1] == (Change.SIGNED_IN, None)


@sqlite
def test_half_signed_in_one_reaches_nothing_but_the_step(
    client: FlaskClient, secret: str, site: Site, app: Flask, everything: Callable[[], object]
) -> None:
    sign_in(client)
    token = Page(client.get("/login/code").text).value("csrf_token")
    before = everything()
    closed = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC and rule.endpoint not in STEPS[next(iter(STEPS))]
    ]
    assert len(closed) > 25
    for rule in closed:
        path = re.sub(r"<(?:\w+:)?(\w+)>", "1", rule.rule)
        for method in rule.methods or ():
            answer = client.open(path, method=method, data={"csrf_token": token})
            led = answer.headers.get("Location", "")
            is_led = answer.status_code == 302 and led.startswith("/login/code?next=")
            assert is_led or answer.status_code == 401, f"{method} {path}: {answer.status_code}"
    assert everything() == before


@sqlite
def test_its_page_shows_nothing_of_the_person(client: FlaskClient, secret: str) -> None:
    sign_in(client)
    page = client.get("/login/code")
    assert page.status_code == 200
    assert "grace" not in page.text and secret not in page.text
    assert page.headers["Cache-Control"] == "no-store"


@sqlite
def test_half_signed_in_it_ends_in_minutes(
    client: FlaskClient, secret: str, clock: Clock, site: Site
) -> None:
    sign_in(client)
    clock.forward(15 * MINUTE)
    assert client.get("/login/code").headers["Location"] == "/login?next=/login/code"
    answer = client.post("/login/code", data={"code": code_of(secret, clock())})
    assert answer.status_code in (400, 401)
    assert not reaches(client)


@sqlite
def test_a_code_that_let_somebody_in_lets_nobody_else_in(
    client: FlaskClient, secret: str, clock: Clock, app: Flask, site: Site
) -> None:
    code = code_of(secret, clock())
    sign_in(client)
    send(client, "/login/code", code=code)
    assert reaches(client)

    over_the_shoulder = app.test_client()
    sign_in(over_the_shoulder)
    answer = send(over_the_shoulder, "/login/code", code=code)

    assert answer.status_code == 401
    assert "not right, or was used already" in said(answer)
    assert not reaches(over_the_shoulder)


@sqlite
def test_a_recovery_code_lets_in_and_is_used_up(
    client: FlaskClient, codes: list[str], app: Flask, site: Site, database: Database
) -> None:
    sign_in(client)
    assert send(client, "/login/code", code=codes[0]).status_code == 302
    assert reaches(client)
    again = app.test_client()
    sign_in(again)
    assert send(again, "/login/code", code=codes[0]).status_code == 401
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RecoveryCode)) == 9
    assert [change for change, _ in events(database)][-3:] == [
        Change.RECOVERY_CODE_USED,
        Change.SIGNED_IN,
        Change.SIGN_IN_FAILED,
    ]


@sqlite
def test_guessing_codes_is_slowed_and_logged_once(
    client: FlaskClient, secret: str, clock: Clock, site: Site, database: Database
) -> None:
    sign_in(client)
    for _ in range(12):
        assert send(client, "/login/code", code="000000").status_code == 401

    right = send(client, "/login/code", code=code_of(secret, clock()))

    assert right.status_code == 401
    assert not reaches(client)
    found = events(database)
    assert found.count((Change.SIGN_IN_FAILED, "code")) == 10
    assert found.count((Change.SIGN_IN_LIMITED, "code")) == 1


@sqlite
def test_who_gives_a_right_code_begins_anew(
    client: FlaskClient, secret: str, clock: Clock, site: Site
) -> None:
    for _ in range(3):
        sign_in(client)
        for _ in range(6):
            send(client, "/login/code", code="000000")
        assert send(client, "/login/code", code=code_of(secret, clock())).status_code == 302
        clock.forward(2 * STEP)


@sqlite
def test_the_token_of_before_the_step_is_worth_nothing_after(
    client: FlaskClient, secret: str, clock: Clock, app: Flask, site: Site
) -> None:
    sign_in(client)
    before = client.get_cookie("session")
    assert before
    send(client, "/login/code", code=code_of(secret, clock()))
    assert reaches(client)

    thief = app.test_client()
    thief.set_cookie("session", before.value)

    assert thief.get("/login/code").headers["Location"].startswith("/login?")


@sqlite
def test_a_reset_in_between_ends_the_half_signed_in_session(
    client: FlaskClient, secret: str, services: Services, grace: Moderator, site: Site
) -> None:
    sign_in(client)
    with services.database.transaction() as session:
        person = session.get_one(Moderator, grace.id)
        reset_second_factor(session, person, by=None, now=services.clock())
    assert client.get("/login/code").headers["Location"].startswith("/login?")


@sqlite
def test_one_leaves_without_the_step(
    client: FlaskClient, secret: str, database: Database, site: Site
) -> None:
    sign_in(client)
    answer = send(client, "/logout", on="/login/code")
    assert answer.headers["Location"] == "/login"
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0


@sqlite
def test_there_is_no_way_out_to_other_hosts(client: FlaskClient, secret: str, clock: Clock) -> None:
    sign_in(client)
    done = send(client, "/login/code?next=//evil.example", code=code_of(secret, clock()))
    assert done.headers["Location"] == "/queue"


# A password that somebody else made


@pytest.fixture
def newcomer(services: Services, grace: Moderator) -> Moderator:
    """Grace, whose password the operator made."""
    with services.database.transaction() as session:
        session.get_one(Moderator, grace.id).must_change_password = True
    return grace


@sqlite
def test_a_password_that_somebody_else_made_is_replaced_before_anything_else(
    client: FlaskClient, newcomer: Moderator, database: Database, app: Flask, site: Site
) -> None:
    sign_in(client)
    assert client.get("/queue").headers["Location"] == "/login/password?next=/queue"
    for new, again, says in (
        ("short", "short", "at least 10"),
        ("password12", "password12", "too easy"),
        (PASSWORD, PASSWORD, "choose another"),
        ("another horse battery", "another horse", "not the same"),
    ):
        answer = send(client, "/login/password", new=new, again=again)
        assert answer.status_code == 400
        assert says in answer.text and PASSWORD not in answer.text
    assert not reaches(client)
    new = "another horse battery"
    assert send(client, "/login/password?next=/log", new=new, again=new).headers["Location"] == (
        "/log"
    )

    assert reaches(client)
    assert sign_in(app.test_client()).status_code == 401
    fresh = app.test_client()
    sign_in(fresh, password=new)
    assert reaches(fresh)
    changes = [change for change, _ in events(database)]
    assert changes[:2] == [Change.PASSWORD_CHANGED, Change.SIGNED_IN]


# Where everybody needs a second factor


@sqlite
@required
def test_who_has_none_sets_it_up_before_anything_else(
    client: FlaskClient, grace: Moderator, clock: Clock, site: Site, database: Database
) -> None:
    sign_in(client)
    led = client.get("/queue")
    assert led.headers["Location"] == "/account/second-factor?next=/queue"
    assert not reaches(client)
    page = Page(client.get("/account/second-factor").text)
    secret = page.one("code", class_="secret").text.replace(" ", "")
    assert page.one("svg", role="img").attrs["aria-label"]
    wrong = send(client, "/account/second-factor", code="000000")
    assert wrong.status_code == 401 and not reaches(client)

    done = send(client, "/account/second-factor?next=/log", code=code_of(secret, clock()))

    assert done.status_code == 200
    assert len(Page(done.text).all("li")) == 10
    assert Page(done.text).one("a", class_="button").attrs["href"] == "/log"
    assert done.headers["Cache-Control"] == "no-store"
    assert reaches(client)
    assert [change for change, _ in events(database)] == [
        Change.SECOND_FACTOR_SET,
        Change.SIGNED_IN,
    ]


@sqlite
@required
def test_who_signed_in_before_it_was_required_is_led_there_too(
    desk: FlaskClient, grace: Moderator, clock: Clock, site: Site
) -> None:
    assert desk.get("/queue").headers["Location"].startswith("/account/second-factor?")
    page = desk.get("/account/second-factor")
    assert "<svg" not in page.text, "first the password: this browser may have been left open"
    wrong = send(desk, "/account/second-factor/offer", on="/account/second-factor", password="no")
    assert wrong.status_code == 400
    begun = send(
        desk, "/account/second-factor/offer", on="/account/second-factor", password=PASSWORD
    )
    assert begun.headers["Location"] == "/account/second-factor"
    secret = Page(desk.get("/account/second-factor").text).one("code", class_="secret").text
    send(desk, "/account/second-factor", code=code_of(secret.replace(" ", ""), clock()))
    assert reaches(desk)
