"""Fixtures for the web: a site, a reader under its article, people signed in, what is stored."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from moderation.db import Base, Database
from moderation.flow.team import passwords
from moderation.flow.team.sessions import start_session
from moderation.models import Comment, Moderator, Site
from moderation.services import Services
from moderation.statuses import Role, Status
from tests.doubles import Clock
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Reader


@pytest.fixture(autouse=True, scope="module")
def cheap_passwords() -> Iterator[None]:
    """Hash passwords quickly: slowness is argon2's own promise, and is not tested here."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", hasher)
        yield


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of one test: `@pytest.mark.parametrize("overrides", [{…}], indirect=True)`."""
    return dict(getattr(request, "param", {}))


@pytest.fixture
def site(database: Database) -> Site:
    with database.transaction() as session:
        return make_site(session)


@pytest.fixture
def write(database: Database, site: Site) -> Callable[..., Comment]:
    """Puts a public comment there, or another."""

    def write_one(body: str = "Text", parent: Comment | None = None, **facts: object) -> Comment:
        known = {"status": Status.APPROVED, "body": body, "parent": parent, **facts}
        with database.transaction() as session:
            return make_comment(session, session.get_one(Site, site.id), **known)  # type: ignore[arg-type]

    return write_one


@pytest.fixture
def reader(client: FlaskClient, site: Site) -> Reader:
    return Reader(client)


@pytest.fixture
def grace(services: Services) -> Moderator:
    """A moderator of all sites."""
    with services.database.transaction() as session:
        return make_moderator(session, services.vault)


@pytest.fixture
def linus(services: Services) -> Moderator:
    """A colleague of hers."""
    with services.database.transaction() as session:
        return make_moderator(session, services.vault, email="linus@example.com")


@pytest.fixture
def sign_in_as(app: Flask, services: Services, clock: Clock) -> Callable[[Moderator], FlaskClient]:
    """A browser in which this person is signed in."""

    def sign_in(moderator: Moderator) -> FlaskClient:
        with services.database.transaction() as session:
            token = start_session(
                session, moderator.id, now=clock(), lifetime=dt.timedelta(hours=1)
            )
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["signed_in"] = token
        return browser

    return sign_in


@pytest.fixture
def desk(grace: Moderator, sign_in_as: Callable[[Moderator], FlaskClient]) -> FlaskClient:
    """Grace's browser."""
    return sign_in_as(grace)


@pytest.fixture
def viewer_desk(services: Services, sign_in_as: Callable[[Moderator], FlaskClient]) -> FlaskClient:
    """The browser of somebody who may only look."""
    with services.database.transaction() as session:
        viewer = make_moderator(
            session, services.vault, email="viewer@example.com", role=Role.VIEWER
        )
    return sign_in_as(viewer)


@pytest.fixture
def stored(database: Database) -> Callable[[], list[Comment]]:
    """All comments there are, oldest first."""

    def read() -> list[Comment]:
        with database.reading() as session:
            return list(session.scalars(select(Comment).order_by(Comment.id)))

    return read


@pytest.fixture
def everything(database: Database) -> Callable[[], dict[str, list[tuple[object, ...]]]]:
    """The content of every table, to see that nothing changed."""

    def read() -> dict[str, list[tuple[object, ...]]]:
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Base.metadata.tables["sites"]))
            return {
                table.name: sorted(
                    (tuple(row) for row in session.execute(table.select())), key=repr
                )
                for table in Base.metadata.sorted_tables
            }

    return read
