"""Fixtures of the team: people who can sign in, their passwords hashed cheaply."""

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.team import passwords
from moderation.models import Event, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Role
from tests.factories import make_moderator


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Cheap hashes, where the cost itself is not the question."""
    if "database" in request.fixturenames:
        monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def grace(database: Database, vault: Vault, quick: None) -> Moderator:
    """A moderator of all sites."""
    with database.transaction() as session:
        return make_moderator(session, vault)


@pytest.fixture
def owner(database: Database, vault: Vault, quick: None) -> Moderator:
    """An owner of all sites."""
    with database.transaction() as session:
        return make_moderator(session, vault, email="owner@example.com", role=Role.OWNER)


@pytest.fixture
def site_owner(database: Database, vault: Vault, site: Site, quick: None) -> Moderator:
    """An owner of one site."""
    with database.transaction() as session:
        return make_moderator(
            session, vault, email="editor@example.com", role=Role.OWNER, site=site
        )


@pytest.fixture
def logged(database: Database) -> Callable[[], list[tuple[Change, int | None, dict[str, object]]]]:
    """What the log says: the change, who made it, and its data."""

    def read() -> list[tuple[Change, int | None, dict[str, object]]]:
        with database.reading() as session:
            events = session.scalars(select(Event).order_by(Event.id)).all()
        return [(event.change, event.moderator_id, event.data) for event in events]

    return read
