"""The team page: owners within their reach, each act in the log and undone by its opposite."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.models import Event, Invitation, Mail, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, MailKind, Role
from tests.doubles import Clock
from tests.factories import PASSWORD, make_moderator, make_site
from tests.web.pages import Page
from tests.web.people import give_second_factor, said, send, sign_in

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINK = re.compile(r"http://127\.0\.0\.1:8000(/invitation/[\w.-]+)")
MAIL = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "9", "MAIL_FROM": "c@news.example"}
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
def editor(services: Services, site: Site) -> Moderator:
    """An owner of one site."""
    with services.database.transaction() as session:
        return make_moderator(
            session, services.vault, email="editor@example.com", role=Role.OWNER, site=site
        )


def act(browser: FlaskClient, path: str, **fields: object) -> Any:
    return send(browser, path, on="/team", **fields)


def read(database: Database, person: Moderator) -> Moderator:
    with database.reading() as session:
        return session.get_one(Moderator, person.id)


def changes(database: Database) -> list[Change]:
    with database.reading() as session:
        found = session.scalars(select(Event.change).order_by(Event.id)).all()
    return [change for change in found if change is not Change.SIGNED_IN]


def test_owners_see_their_people_with_all_there_is_to_know(
    office: FlaskClient, grace: Moderator, app: Flask, services: Services, clock: Clock
) -> None:
    sign_in(app.test_client())
    give_second_factor(services, grace)
    text = Page(office.get("/team").text).text
    assert "g•••@e•••.com with a second factor last signed in 04 May 2026, 12:00 UTC" in (
        text.replace(" 4 May", " 04 May")
    )
    assert "owner of all sites you" in text
    assert "grace@example.com" not in office.get("/team").text


@sqlite
def test_only_owners_get_there(desk: FlaskClient, viewer_desk: FlaskClient, site: Site) -> None:
    for browser in (desk, viewer_desk):
        assert browser.get("/team").status_code == 403
        for path in ("/team/1/off", "/team/invitations", "/team/1/password-link"):
            assert send(browser, path, on="/account").status_code == 403
        assert "/team" not in browser.get("/queue").text


def test_roles_change_and_change_back(
    office: FlaskClient, grace: Moderator, site: Site, database: Database
) -> None:
    done = act(office, f"/team/{grace.id}/role", role="viewer", site="news")
    assert done.headers["Location"] == "/team"
    found = read(database, grace)
    assert (found.role, found.site_id) == (Role.VIEWER, site.id)
    act(office, f"/team/{grace.id}/role", role="moderator", site="*")
    found = read(database, grace)
    assert (found.role, found.site_id) == (Role.MODERATOR, None)
    assert changes(database) == [Change.ROLE_CHANGED] * 2
    assert "about grace: viewer before, now moderator" in Page(office.get("/log").text).text
    for role, where in (("king", "*"), ("viewer", "nowhere")):
        assert act(office, f"/team/{grace.id}/role", role=role, site=where).status_code == 400


def test_off_is_at_once_and_on_lets_in_again(
    office: FlaskClient, desk: FlaskClient, grace: Moderator, app: Flask, database: Database
) -> None:
    assert desk.get("/queue").status_code == 200
    act(office, f"/team/{grace.id}/off")
    assert desk.get("/queue").status_code == 302
    assert sign_in(app.test_client()).status_code == 401
    act(office, f"/team/{grace.id}/on")
    assert sign_in(app.test_client()).status_code == 302
    assert changes(database)[:1] == [Change.SWITCHED_OFF]
    assert Change.SWITCHED_ON in changes(database)


@sqlite
def test_the_last_owner_of_all_sites_is_told_why_not(
    office: FlaskClient, owner: Moderator, database: Database, editor: Moderator
) -> None:
    for path, fields in (
        ("off", {}),
        ("role", {"role": "moderator", "site": "*"}),
        ("role", {"role": "owner", "site": "news"}),
    ):
        answer = act(office, f"/team/{owner.id}/{path}", **fields)
        assert answer.status_code == 409
        assert said(answer) == (
            "This is the last active owner of all sites. Make somebody else one first."
        )
    found = read(database, owner)
    assert (found.role, found.site_id, found.is_active) == (Role.OWNER, None, True)


@sqlite
def test_a_lost_second_factor_is_reset(
    office: FlaskClient, owner: Moderator, grace: Moderator, services: Services, app: Flask
) -> None:
    for person in (grace, owner):
        give_second_factor(services, person)
    with services.database.transaction() as session:  # the owner's own session gave it
        session.execute(Moderator.metadata.tables["sign_ins"].update().values(factor_given=True))
    assert act(office, f"/team/{grace.id}/second-factor/reset").status_code == 303
    assert act(office, f"/team/{owner.id}/second-factor/reset").status_code == 403, (
        "one's own needs the password"
    )
    assert not read(services.database, grace).has_second_factor
    assert read(services.database, owner).has_second_factor
    browser = app.test_client()
    sign_in(browser)
    assert browser.get("/queue").status_code == 200


def test_an_invitation_is_made_shown_once_and_withdrawn(
    office: FlaskClient, client: FlaskClient, services: Services
) -> None:
    fields = {"email": "new@colleague.example", "role": "viewer", "site": "news"}
    made = act(office, "/team/invitations", **fields)
    assert made.status_code == 200
    (path,) = LINK.findall(made.text)
    assert client.get(path).status_code == 200
    later = office.get("/team").text
    assert LINK.findall(later) == [] and "n•••@c•••.example" in later
    assert "new@colleague.example" not in later

    with services.database.reading() as session:
        number = session.scalars(select(Invitation.id)).one()
    gone = act(office, f"/team/invitations/{number}/withdraw")
    assert gone.status_code == 303
    assert client.get(path).status_code == 404
    assert act(office, f"/team/invitations/{number}/withdraw").status_code == 404
    assert changes(services.database) == [Change.INVITED, Change.INVITATION_WITHDRAWN]


@sqlite
@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"email": "nonsense"}, 400, "enter an email"),
        ({"email": ""}, 400, "enter an email"),
        ({"email": "OWNER@example.com"}, 409, "signs in with this email already"),
        ({"role": "king"}, 400, "Not a valid choice"),
        ({"site": "blog"}, 400, "Not a valid choice"),
    ],
)
def test_an_invitation_that_cannot_be_is_told(
    office: FlaskClient, database: Database, fields: dict[str, str], code: int, says: str
) -> None:
    good = {"email": "new@colleague.example", "role": "viewer", "site": "news"}
    answer = act(office, "/team/invitations", **{**good, **fields})
    assert (answer.status_code, says in answer.text) == (code, True)
    with database.reading() as session:
        assert session.scalars(select(Invitation)).all() == []


@sqlite
@pytest.mark.parametrize("overrides", [MAIL], indirect=True)
def test_links_are_mailed_where_mail_is_set_up(
    office: FlaskClient, grace: Moderator, database: Database
) -> None:
    for _click in range(2):
        act(office, "/team/invitations", email="new@colleague.example", role="viewer", site="*")
    act(office, f"/team/{grace.id}/password-link")
    with database.reading() as session:
        kinds = session.scalars(select(Mail.kind).order_by(Mail.id)).all()
    assert kinds == [MailKind.INVITATION, MailKind.RESET]
    assert "on its way by mail" in act(office, f"/team/{grace.id}/password-link").text


@sqlite
def test_a_link_to_set_a_new_password_is_shown_once_and_works(
    office: FlaskClient, owner: Moderator, grace: Moderator, client: FlaskClient, app: Flask
) -> None:
    made = act(office, f"/team/{grace.id}/password-link")
    (path,) = LINK.findall(made.text)
    assert LINK.findall(office.get("/team").text) == []
    assert sign_in(app.test_client()).status_code == 302, "nothing changes until it is used"
    new = "another horse battery"
    send(client, path, new=new, again=new)
    assert sign_in(app.test_client(), password=new).status_code == 302
    assert act(office, f"/team/{owner.id}/password-link").status_code == 403, "one's own"


@sqlite
def test_an_owner_of_one_site_manages_that_site_only(
    services: Services,
    site: Site,
    owner: Moderator,
    grace: Moderator,
    editor: Moderator,
    sign_in_as: Desk,
    everything: Callable[[], Any],
) -> None:
    with services.database.transaction() as session:
        blog = make_site(session, "blog")
        here = make_moderator(session, services.vault, email="here@example.com", site=site)
        there = make_moderator(session, services.vault, email="there@example.com", site=blog)
    browser = sign_in_as(editor)
    text = Page(browser.get("/team").text).text
    assert "here" in text and "there" not in text and "grace" not in text
    assert "All sites" not in text and "Blog" not in text
    before = everything()
    for person in (owner, grace, there):
        for path, fields in (
            ("off", {}),
            ("on", {}),
            ("role", {"role": "viewer", "site": "news"}),
            ("second-factor/reset", {}),
            ("password-link", {}),
        ):
            assert act(browser, f"/team/{person.id}/{path}", **fields).status_code == 404
    for where in ("*", "blog"):
        fields = {"role": "owner", "site": where}
        assert act(browser, f"/team/{here.id}/role", **fields).status_code == 400
        answer = act(browser, "/team/invitations", email="x@b.example", **fields)
        assert answer.status_code == 400
    assert everything() == before
    assert act(browser, f"/team/{here.id}/role", role="owner", site="news").status_code == 303


@sqlite
def test_who_was_an_owner_when_the_page_was_opened_is_none_when_it_is_sent(
    office: FlaskClient, owner: Moderator, grace: Moderator, services: Services
) -> None:
    """The role is asked for at each request."""
    token = Page(office.get("/team").text).value("csrf_token")
    with services.database.transaction() as session:
        session.get_one(Moderator, owner.id).role = Role.MODERATOR
    answer = office.post(f"/team/{grace.id}/off", data={"csrf_token": token})
    assert answer.status_code == 403
    assert read(services.database, grace).is_active


@sqlite
def test_nobody_is_there_whom_nobody_knows(office: FlaskClient) -> None:
    for number in (0, 999, 2**63 - 1, 2**63, 10**30, 10**18):
        assert act(office, f"/team/{number}/off").status_code == 404
    assert act(office, "/team/invitations/999/withdraw").status_code == 404


@sqlite
def test_no_form_works_without_its_token(
    office: FlaskClient, grace: Moderator, everything: Callable[[], Any]
) -> None:
    before = everything()
    fields = {"role": "viewer", "site": "*", "email": "x@b.example", "password": PASSWORD}
    for path in ("off", "on", "role", "second-factor/reset", "password-link"):
        assert office.post(f"/team/{grace.id}/{path}", data=fields).status_code == 400
    assert office.post("/team/invitations", data=fields).status_code == 400
    assert office.post("/team/invitations/1/withdraw").status_code == 400
    assert everything() == before
