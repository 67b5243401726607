"""Signing in and out: throttled, no word about who exists, no way out to other hosts."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.team import passwords
from moderation.models import Event, Moderator, SignIn, Site
from moderation.services import Services
from moderation.statuses import Change
from tests.doubles import Clock
from tests.factories import PASSWORD, make_moderator
from tests.web.pages import Page
from tests.web.people import sign_in

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LIMIT = 3


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"RATE_SIGN_IN": f"{LIMIT} per 15 minutes", **getattr(request, "param", {})}


https = pytest.mark.parametrize(
    "overrides", [{"PUBLIC_URL": "https://comments.example.com"}], indirect=True
)


def test_it_signs_in_and_out(
    client: FlaskClient, grace: Moderator, site: Site, database: Database
) -> None:
    answer = sign_in(client)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/queue")
    queue = client.get("/queue")
    assert queue.status_code == 200
    token = Page(queue.text).value("csrf_token")
    out = client.post("/logout", data={"csrf_token": token})
    assert (out.status_code, out.headers["Location"]) == (302, "/login")
    assert client.get("/queue").status_code == 302
    with database.reading() as session:
        assert session.scalars(select(SignIn)).all() == []
        query = select(Event.change).where(Event.moderator_id == grace.id)
        changes = session.scalars(query.order_by(Event.id)).all()
    assert changes == [Change.SIGNED_IN, Change.SIGNED_OUT]


@sqlite
def test_a_stolen_cookie_is_worth_nothing_after_signing_out(
    client: FlaskClient, grace: Moderator, app: Flask
) -> None:
    sign_in(client)
    cookie = client.get_cookie("session")
    assert cookie
    token = Page(client.get("/queue").text).value("csrf_token")
    client.post("/logout", data={"csrf_token": token})

    thief = app.test_client()
    thief.set_cookie("session", cookie.value)

    assert thief.get("/queue").status_code == 302


@sqlite
def test_a_session_ends_by_itself(client: FlaskClient, grace: Moderator, clock: Clock) -> None:
    sign_in(client)
    for _ in range(3):
        clock.forward(4 * 3600 - 1)
        assert client.get("/queue").status_code == 200
    clock.forward(3)

    assert client.get("/queue").status_code == 302


@sqlite
def test_it_lets_nobody_in_whose_account_is_off(
    client: FlaskClient, grace: Moderator, database: Database
) -> None:
    sign_in(client)
    with database.transaction() as session:
        session.get_one(Moderator, grace.id).is_active = False

    assert client.get("/queue").status_code == 302
    assert sign_in(client).status_code == 401


def test_a_wrong_password_and_an_unknown_account_answer_alike(
    client: FlaskClient, grace: Moderator, database: Database, app: Flask
) -> None:
    wrong = sign_in(client, password="wrong horse battery")
    unknown = sign_in(app.test_client(), email="nobody@example.com")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    message = Page(wrong.text).one("p", role="alert").text
    assert message == Page(unknown.text).one("p", role="alert").text
    assert message == "Email and password do not belong together."
    assert "password" not in {e.attrs.get("value") for e in Page(wrong.text).elements}
    with database.reading() as session:
        columns = (Event.change, Event.moderator_id, Event.reason, Event.data)
        events = session.execute(select(*columns).order_by(Event.id)).all()
    assert [tuple(e) for e in events] == [
        (Change.SIGN_IN_FAILED, grace.id, "password", {}),
        (Change.SIGN_IN_FAILED, None, "password", {}),
    ]


@sqlite
def test_it_asks_again_for_what_is_missing(client: FlaskClient, grace: Moderator) -> None:
    answer = sign_in(client, email="", password="")

    assert answer.status_code == 400
    assert len(Page(answer.text).all("p", class_="error")) == 2


@sqlite
def test_too_many_attempts_from_one_range_are_refused_whatever_they_say(
    client: FlaskClient, grace: Moderator, clock: Clock
) -> None:
    for number in range(LIMIT):
        address = f"192.0.2.{number}"
        assert sign_in(client, f"x{number}@example.com", address=address).status_code == 401

    assert sign_in(client, address="192.0.2.200").status_code == 429
    assert sign_in(client, address="192.0.3.1").status_code == 302, "others go on"


@sqlite
def test_too_many_attempts_at_one_account_are_refused_without_saying_so(
    client: FlaskClient, grace: Moderator
) -> None:
    answers = [
        sign_in(client, " GRACE@example.com", "wrong horse battery", address=f"198.51.{n}.1")
        for n in range(LIMIT)
    ]

    refused = sign_in(client, address="203.0.113.1")

    assert {answer.status_code for answer in (*answers, refused)} == {401}
    said = {Page(answer.text).one("p", role="alert").text for answer in (*answers, refused)}
    assert said == {"Email and password do not belong together."}


@sqlite
def test_looking_at_the_page_counts_as_no_attempt(client: FlaskClient, grace: Moderator) -> None:
    for _ in range(LIMIT + 2):
        assert client.get("/login").status_code == 200

    assert sign_in(client, address="127.0.0.1").status_code == 302


@sqlite
def test_a_cookie_from_before_is_not_the_cookie_after(
    client: FlaskClient, grace: Moderator
) -> None:
    with client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        planted["signed_in"] = "known to somebody else"
    before = client.get_cookie("session")

    sign_in(client)

    after = client.get_cookie("session")
    assert before and after and before.value != after.value
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["signed_in"] != "known to somebody else"
    sign_in(client)
    with client.session_transaction() as cookie:
        again = cookie["signed_in"]
    assert again not in (after.value, "known to somebody else")


@sqlite
def test_who_signs_in_again_leaves_no_session_behind(
    client: FlaskClient, grace: Moderator, database: Database
) -> None:
    for _ in range(2):
        sign_in(client)

    with database.reading() as session:
        assert len(session.scalars(select(SignIn)).all()) == 1


@sqlite
def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(
    client: FlaskClient, grace: Moderator
) -> None:
    cookie = sign_in(client).headers["Set-Cookie"]

    assert cookie.startswith("session=")
    assert "; HttpOnly" in cookie and "; SameSite=Lax" in cookie and "Domain" not in cookie
    assert "Secure" not in cookie, "plain http would never see it again"


@https
@sqlite
def test_over_https_the_cookie_is_bound_to_this_host(client: FlaskClient, grace: Moderator) -> None:
    answer = client.get("/login", base_url="https://comments.example.com")
    cookie = answer.headers["Set-Cookie"]

    assert cookie.startswith("__Host-session=")
    assert "; Secure" in cookie and "; Path=/" in cookie and "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@https
@sqlite
def test_over_https_a_form_from_elsewhere_is_refused(client: FlaskClient, grace: Moderator) -> None:
    url = "https://comments.example.com"
    token = Page(client.get("/login", base_url=url).text).value("csrf_token")
    fields = {"email": "grace@example.com", "password": PASSWORD, "csrf_token": token}

    def send(referrer: str) -> int:
        return client.post(
            "/login", base_url=url, data=fields, headers={"Referer": referrer}
        ).status_code

    assert send("https://evil.example/") == 400
    assert send(f"{url}/login") == 302


@sqlite
@pytest.mark.parametrize("token", [None, "", "forged"])
def test_a_form_without_its_token_is_refused(
    client: FlaskClient, grace: Moderator, everything: Callable[[], object], site: Site,
    token: str | None,
) -> None:  # fmt: skip
    client.get("/login")
    before = everything()
    fields = {"email": "grace@example.com", "password": PASSWORD}

    answer = client.post("/login", data={**fields, **({"csrf_token": token} if token else {})})

    assert answer.status_code == 400
    assert "open for too long" in answer.text
    assert everything() == before


@sqlite
@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        "/\r\nSet-Cookie: a=b",
        "\\\\evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "evil.example",
        "/\x00/evil.example",
        "",
    ],
)
def test_it_leads_to_no_other_host(client: FlaskClient, grace: Moderator, target: str) -> None:
    answer = sign_in(client, next=target)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/queue")
    assert "a=b" not in str(answer.headers)


@sqlite
def test_it_leads_back_to_where_one_wanted_to_go(client: FlaskClient, grace: Moderator) -> None:
    sent_away = client.get("/queue?queue=rejected")

    assert sent_away.headers["Location"] == "/login?next=/queue?queue%3Drejected"
    answer = sign_in(client, next="/queue?queue=rejected")
    assert answer.headers["Location"] == "/queue?queue=rejected"


@sqlite
def test_the_front_door_leads_to_the_queue(desk: FlaskClient) -> None:
    assert desk.get("/").headers["Location"] == "/queue"


@sqlite
def test_a_stranger_who_sends_a_form_is_told_to_sign_in(client: FlaskClient, site: Site) -> None:
    answer = client.post("/logout")

    assert answer.status_code == 401
    assert "Please sign in." in answer.text


@sqlite
def test_an_expired_session_is_forgotten_when_somebody_signs_in(
    client: FlaskClient, grace: Moderator, clock: Clock, database: Database, services: Services
) -> None:
    sign_in(client)
    clock.forward(13 * 3600)
    with services.database.transaction() as session:
        make_moderator(session, services.vault, email="hopper@example.com")
    sign_in(client, "hopper@example.com")

    with database.reading() as session:
        assert len(session.scalars(select(SignIn)).all()) == 1


@sqlite
def test_what_the_limits_refuse_is_logged_once_for_each_account(
    client: FlaskClient, grace: Moderator, database: Database, clock: Clock
) -> None:
    for number in range(LIMIT + 4):
        for email in ("grace@example.com", "nobody@example.com"):
            sign_in(client, email, "wrong horse battery", address=f"198.51.{number}.1")

    with database.reading() as session:
        columns = (Event.moderator_id, Event.reason)
        found = session.execute(
            select(*columns).where(Event.change == Change.SIGN_IN_LIMITED).order_by(Event.id)
        ).all()
    assert [tuple(row) for row in found] == [(grace.id, "account"), (None, "account")]


@sqlite
def test_what_the_limits_refuse_is_logged_once_for_each_network(
    client: FlaskClient, grace: Moderator, database: Database
) -> None:
    """Not for each name that is tried: whoever guesses names must not fill the log."""
    for number in range(LIMIT + 5):
        sign_in(client, f"x{number}@example.com")

    with database.reading() as session:
        found = session.execute(
            select(Event.moderator_id, Event.reason).where(Event.change == Change.SIGN_IN_LIMITED)
        ).all()
    assert [tuple(row) for row in found] == [(None, "network")]


@sqlite
def test_a_password_is_hashed_anew_where_the_parameters_changed(
    client: FlaskClient, grace: Moderator, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(2, 16, 1))
    passwords._nobodys_hash.cache_clear()

    assert sign_in(client).status_code == 302

    with database.reading() as session:
        stored = session.get_one(Moderator, grace.id).password_hash
    assert extract_parameters(stored).time_cost == 2
    assert sign_in(client).status_code == 302


@sqlite
def test_a_session_that_is_used_goes_on_and_one_that_is_not_ends(
    client: FlaskClient, grace: Moderator, clock: Clock, database: Database, site: Site
) -> None:
    sign_in(client)

    def last_used() -> dt.datetime:
        with database.reading() as session:
            return session.scalars(select(SignIn.last_used_at)).one()

    began = clock()
    clock.forward(299)
    client.get("/queue")
    assert last_used() == began, "not written at each request"
    clock.forward(1)
    client.get("/queue")
    assert last_used() == clock()
    clock.forward(4 * 3600)
    assert client.get("/queue").status_code == 302
