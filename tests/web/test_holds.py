"""An owner keeps a comment for the law, and ends it again; others look on."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.personal.taking_down import take_down
from moderation.models import Comment, Event, LegalHold, Moderator, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, Role, Status
from tests.doubles import Clock
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page

SignIn = Callable[[Moderator], FlaskClient]


@pytest.fixture
def comment(database: Database, site: Site) -> Comment:
    with database.transaction() as session:
        return make_comment(session, site)


@pytest.fixture
def owner_desk(services: Services, sign_in_as: SignIn) -> FlaskClient:
    with services.database.transaction() as session:
        owner = make_moderator(session, services.vault, email="o@example.com", role=Role.OWNER)
    return sign_in_as(owner)


def post(desk: FlaskClient, comment: Comment, end: bool = False, **fields: str) -> int:
    token = Page(desk.get("/queue").text).value("csrf_token")
    path = f"/queue/{comment.public_id}/holds{'/end' if end else ''}"
    return desk.post(path, data={"csrf_token": token, **fields}).status_code


def holds(database: Database) -> list[LegalHold]:
    with database.reading() as session:
        return list(session.scalars(select(LegalHold)))


def test_an_owner_keeps_a_comment_and_ends_it(
    owner_desk: FlaskClient, database: Database, comment: Comment
) -> None:
    page = f"/queue/{comment.public_id}"
    assert post(owner_desk, comment, reason="docket <b>7</b>", days="30") == 303
    shown = owner_desk.get(page).text
    assert "docket &lt;b&gt;7&lt;/b&gt;" in shown
    assert "3 June 2026" in shown
    assert "docket" in owner_desk.get("/privacy").text

    assert post(owner_desk, comment, end=True) == 303
    assert "docket" not in owner_desk.get(page).text + owner_desk.get("/privacy").text
    [hold] = holds(database)
    assert hold.lifted_at is not None
    with database.reading() as session:
        query = select(Event).where(Event.comment_id == comment.id)
        events = session.scalars(query.order_by(Event.id)).all()
    assert [e.change for e in events][-2:] == [Change.LEGAL_HOLD_SET, Change.LEGAL_HOLD_LIFTED]
    assert all(e.moderator_id for e in events[-2:])


def test_a_decision_can_still_be_undone(
    owner_desk: FlaskClient, database: Database, comment: Comment
) -> None:
    token = Page(owner_desk.get("/queue").text).value("csrf_token")
    path = f"/queue/{comment.public_id}/decisions"
    fields = {"csrf_token": token, "action": "approve", "version": "2"}
    assert owner_desk.post(path, data=fields).status_code == 303
    post(owner_desk, comment, reason="docket", days="3")
    assert "Undo the last decision" in owner_desk.get(f"/queue/{comment.public_id}").text
    fields |= {"action": "undo", "version": "3"}
    assert owner_desk.post(path, data=fields).status_code == 303
    with database.reading() as session:
        assert session.get_one(Comment, comment.id).status is Status.HELD


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": " ", "days": "30"}, "Please say why"),
        ({"reason": "docket", "days": "0"}, "from 1 to 3650"),
        ({"reason": "docket", "days": "99999"}, "from 1 to 3650"),
        ({"reason": "c" * 301, "days": "30"}, "at most 300"),
    ],
)
def test_what_is_missing_is_said(
    owner_desk: FlaskClient,
    database: Database,
    comment: Comment,
    fields: dict[str, str],
    said: str,
) -> None:
    assert post(owner_desk, comment, **fields) == 303
    assert said in owner_desk.get(f"/queue/{comment.public_id}").text
    assert said not in owner_desk.get(f"/queue/{comment.public_id}").text  # once
    assert holds(database) == []


def test_others_see_it_and_change_nothing(
    owner_desk: FlaskClient, desk: FlaskClient, database: Database, comment: Comment
) -> None:
    assert "Legal hold" not in desk.get(f"/queue/{comment.public_id}").text
    assert post(desk, comment, reason="docket", days="3") == 403
    assert holds(database) == []
    post(owner_desk, comment, reason="docket", days="30")
    page = Page(desk.get(f"/queue/{comment.public_id}").text)
    assert "docket" in page.text and not page.all("form", action_="holds")
    assert "End the hold" not in page.text
    assert post(desk, comment, end=True) == 403
    assert holds(database)[0].lifted_at is None


def test_another_sites_owner_finds_nothing(
    services: Services, sign_in_as: SignIn, comment: Comment
) -> None:
    with services.database.transaction() as session:
        other = make_site(session, "other")
        make = make_moderator(
            session, services.vault, email="x@example.com", role=Role.OWNER, site=other
        )
    assert post(sign_in_as(make), comment, reason="docket", days="3") == 404


def test_what_is_empty_says_so_and_cannot_be_kept(
    owner_desk: FlaskClient, database: Database, comment: Comment, clock: Clock
) -> None:
    with database.transaction() as session:
        take_down(session, comment.id, change=Change.ERASED, actor=Actor.COMMENTER, now=clock())
    page = owner_desk.get(f"/queue/{comment.public_id}").text
    assert "taken out for good" in page
    assert "Legal hold" not in page


def test_it_ends_by_itself(
    owner_desk: FlaskClient, services: Services, comment: Comment, clock: Clock, sign_in_as: SignIn
) -> None:
    post(owner_desk, comment, reason="docket", days="1")
    clock.forward(86_401)
    with services.database.reading() as session:
        owner = session.scalars(select(Moderator).where(Moderator.role == Role.OWNER)).first()
    assert owner is not None
    assert "docket" not in sign_in_as(owner).get(f"/queue/{comment.public_id}").text
