"""Fixtures of the flow: storage without the web around it."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from moderation.db import Database
from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import target_of
from moderation.models import Site
from moderation.privacy.vault import Vault
from moderation.sweep import Sweep
from moderation.worker import Worker
from tests.conftest import SECRETS
from tests.doubles import NOON, Clock, FixedScorer
from tests.factories import make_moderator, make_site
from tests.flow.board import Board
from tests.flow.crowd import Crowd
from tests.flow.desk import Desk
from tests.flow.history import History
from tests.flow.keyring import BEFORE, EMAILS, find

DAY = dt.timedelta(days=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def vault() -> Vault:
    return Vault(vault_key=SECRETS["VAULT_KEY"], index_key=SECRETS["INDEX_KEY"])


@pytest.fixture
def site(database: Database) -> Site:
    """A site with the default policy."""
    with database.transaction() as session:
        return make_site(session)


@pytest.fixture
def sweep(database: Database, clock: Clock) -> Sweep:
    return Sweep(database, deadline=dt.timedelta(seconds=60), repeat_window=DAY, clock=clock)


@pytest.fixture
def worker(database: Database, sweep: Sweep, scorer: FixedScorer, clock: Clock) -> Worker:
    """A worker that a test drives by `tick()`; nothing runs by itself."""
    return Worker(
        database,
        lambda: scorer,
        sweep,
        model="double",
        batch=8,
        lease=dt.timedelta(seconds=30),
        repeat_window=DAY,
        clock=clock,
    )


@pytest.fixture
def people(database: Database, site: Site) -> list[int]:
    """The ids of commenters from before; the third is banned, and so is a stranger."""
    with database.transaction() as session:
        ids = [find(session, site, email, BEFORE) for email in EMAILS]
        for email in (EMAILS[2], "stranger@example.com"):
            ban(session, site, target_of(BEFORE, site, email), now=NOON)
        make_moderator(session, BEFORE)
    return ids


@pytest.fixture
def desk(database: Database, site: Site) -> Desk:
    return Desk(database, site)


@pytest.fixture
def board(database: Database, site: Site, vault: Vault) -> Board:
    return Board(database, site, vault)


@pytest.fixture
def crowd(database: Database, vault: Vault, clock: Clock) -> Crowd:
    return Crowd(database, vault, clock)


@pytest.fixture
def history(database: Database, site: Site) -> Iterator[History]:
    with database.transaction() as session:
        yield History(session, site)


@pytest.fixture
def each_side_of_few(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets up to how many comments count as few, so that both ways of filtering are taken."""

    def set_few(count: int) -> None:
        monkeypatch.setattr("moderation.flow.queue.page.FEW", count)

    return set_few
