"""The page behind a link to join, or to set a new password: public, once, told to nobody."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.flow.team.accounts import find_moderator
from moderation.flow.team.invitations import invite, make_password_link, withdraw
from moderation.models import Invitation, Moderator, SignIn, Site
from moderation.services import Services
from moderation.statuses import Role
from tests.doubles import Clock
from tests.factories import PASSWORD, make_moderator
from tests.web.pages import Page
from tests.web.people import code_of, give_second_factor, send, sign_in

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("site")
EMAIL = "zqnewcomer@colleague.example"
GOOD = {"name": "Ada", "new": PASSWORD, "again": PASSWORD}
DAY = 86_400


@pytest.fixture
def invitation(services: Services, site: Site) -> Invitation:
    with services.database.transaction() as session:
        return invite(
            session,
            EMAIL,
            role=Role.MODERATOR,
            site_id=site.id,
            by=None,
            vault=services.vault,
            now=services.clock(),
        )


@pytest.fixture
def path(services: Services, invitation: Invitation) -> str:
    """Where the link leads."""
    link = services.link_to(invitation)
    assert link.startswith("http://127.0.0.1:8000/invitation/")
    return link.removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def reset_path(services: Services, grace: Moderator) -> str:
    """Where a link for Grace to set a new password leads."""
    with services.database.transaction() as session:
        made = make_password_link(
            session, session.get_one(Moderator, grace.id), by=None, now=services.clock()
        )
    return services.link_to(made).removeprefix("http://127.0.0.1:8000")


def test_who_is_invited_chooses_a_name_and_a_password_and_signs_in(
    client: FlaskClient, path: str, services: Services, site: Site
) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert "as moderator of the comments of News" in Page(page.text).text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "strict-origin"

    done = send(client, path, **GOOD)

    assert (done.status_code, done.headers["Location"]) == (303, "/login?welcome=yes")
    assert "Your password is set" in client.get("/login?welcome=yes").text
    assert sign_in(client, EMAIL).status_code == 302
    assert client.get("/queue").status_code == 200
    with services.database.reading() as session:
        found = find_moderator(session, EMAIL, services.vault)
    assert found is not None
    assert (found.name, found.role, found.site_id) == ("Ada", Role.MODERATOR, site.id)


def test_looking_at_it_changes_nothing_however_often(
    client: FlaskClient, path: str, reset_path: str, everything: Callable[[], object]
) -> None:
    """Mail scanners open every link."""
    before = everything()
    for each in (path, reset_path) * 2:
        assert client.get(each).status_code == client.head(each).status_code == 200
    assert everything() == before


@sqlite
def test_the_page_shows_no_address_in_full(client: FlaskClient, path: str, reset_path: str) -> None:
    for each, masked in ((path, "z•••@c•••.example"), (reset_path, "g•••@e•••.com")):
        text = client.get(each).text
        assert masked in text
        assert "zqnewcomer" not in text and "grace" not in text


@sqlite
def test_links_that_do_not_work_answer_alike(
    client: FlaskClient, path: str, invitation: Invitation, services: Services, clock: Clock
) -> None:
    send(client, path, **GOOD)
    used = client.get(path)
    with services.database.transaction() as session:
        again = [
            invite(
                session, f"{n}@b.example", role=Role.VIEWER, site_id=None, by=None,
                vault=services.vault, now=clock(),
            )
            for n in range(2)
        ]  # fmt: skip
        owner = make_moderator(session, services.vault, email="o@example.com", role=Role.OWNER)
        withdraw(session, again[0].id, by=owner, now=clock())
    links = [services.link_to(each).removeprefix("http://127.0.0.1:8000") for each in again]
    withdrawn = client.get(links[0])
    forged = [client.get("/invitation/forged"), client.get(path[:-1]), client.get(path + "x")]
    clock.forward(7 * DAY)
    late = client.get(links[1])

    answers = [used, withdrawn, late, *forged]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    for each in (path, links[0], links[1], "/invitation/forged"):
        token = Page(client.get("/login").text).value("csrf_token")
        assert client.post(each, data={**GOOD, "csrf_token": token}).status_code == 404


@sqlite
def test_what_is_wrong_is_told_and_the_link_goes_on_working(client: FlaskClient, path: str) -> None:
    for change, says in (
        ({"name": ""}, "enter a name"),
        ({"name": "a@b.example"}, "use a name"),
        ({"new": "short", "again": "short"}, "at least 10"),
        ({"new": "zqnewcomer1", "again": "zqnewcomer1"}, "too easy"),
        ({"again": "different"}, "not the same"),
    ):
        answer = send(client, path, **{**GOOD, **change})
        assert (answer.status_code, says in answer.text) == (400, True), says
        assert PASSWORD not in answer.text
    assert send(client, path, **GOOD).status_code == 303


@sqlite
def test_it_needs_its_forms_token(client: FlaskClient, path: str) -> None:
    client.get(path)
    assert client.post(path, data=GOOD).status_code == 400
    assert client.get(path).status_code == 200


@sqlite
def test_who_can_sign_in_meanwhile_is_told(
    client: FlaskClient, path: str, services: Services
) -> None:
    with services.database.transaction() as session:
        make_moderator(session, services.vault, email=EMAIL)
    answer = send(client, path, **GOOD)
    assert answer.status_code == 409
    assert "signs in with this email already" in answer.text


@sqlite
@pytest.mark.parametrize("overrides", [{"SECOND_FACTOR": "required"}], indirect=True)
def test_where_a_second_factor_is_required_joining_leads_to_it(
    client: FlaskClient, path: str, clock: Clock
) -> None:
    done = send(client, path, **GOOD)
    assert done.headers["Location"] == "/account/second-factor"
    assert client.get("/queue").status_code == 302
    secret = Page(client.get("/account/second-factor").text).one("code", class_="secret").text
    send(client, "/account/second-factor", code=code_of(secret.replace(" ", ""), clock()))
    assert client.get("/queue").status_code == 200


def test_a_link_sets_a_new_password_and_ends_all_sessions(
    client: FlaskClient, reset_path: str, desk: FlaskClient, app: Flask, services: Services
) -> None:
    new = {"new": "another horse battery", "again": "another horse battery"}
    done = send(client, reset_path, **new)

    assert done.headers["Location"] == "/login?welcome=yes"
    with services.database.reading() as session:
        assert session.scalars(select(SignIn)).all() == []
    assert sign_in(app.test_client()).status_code == 401
    assert sign_in(app.test_client(), password=new["new"]).status_code == 302
    assert client.get(reset_path).status_code == 404


@sqlite
def test_a_new_password_by_link_leaves_the_second_factor_in_force(
    client: FlaskClient, reset_path: str, services: Services, grace: Moderator
) -> None:
    """Who reads somebody's mail must not get past it."""
    give_second_factor(services, grace)
    new = {"new": "another horse battery", "again": "another horse battery"}
    send(client, reset_path, **new)
    sign_in(client, password=new["new"])
    assert client.get("/queue").headers["Location"].startswith("/login/code?")


@pytest.mark.parametrize(
    "overrides", [{"PUBLIC_URL": "https://comments.example.com"}], indirect=True
)
def test_it_works_over_https_with_what_a_browser_sends(
    app: Flask, services: Services, invitation: Invitation
) -> None:
    """The host alone as Referer: what the page's policy lets out, and CSRF's check wants."""
    client = app.test_client()
    base = "https://comments.example.com"
    path = services.link_to(invitation).removeprefix(base)
    page = client.get(path, base_url=base)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    data = {**GOOD, "csrf_token": Page(page.text).value("csrf_token")}

    sent = client.post(path, base_url=base, data=data, headers={"Referer": f"{base}/"})

    assert sent.status_code == 303, sent.text
    assert client.post(path, base_url=base, data=data).status_code == 400, "without one"
