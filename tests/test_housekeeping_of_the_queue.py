"""The housekeeper folds counts, lets claims go, and takes erased words out of the index."""

from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from moderation.db import Database
from moderation.flow.personal.taking_down import take_down
from moderation.flow.queue.claims import claim
from moderation.flow.queue.search import found_ids
from moderation.models import Claim, QueueDelta, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, Status
from tests.doubles import NOON, Clock
from tests.factories import make_comment, make_moderator, make_site

HOUR = 3600


@pytest.fixture
def site(database: Database) -> Site:
    with database.transaction() as session:
        return make_site(session)


def erase_zebras(services: Services, site: Site) -> None:
    """Somebody writes a text with a word that no other has, and has it erased."""
    with services.database.transaction() as session:
        comment = make_comment(session, site, status=Status.APPROVED, body="Quaggazebra here.")
        make_comment(session, site, body="Lions sit.")
    with services.database.transaction() as session:
        take_down(
            session, comment.id, change=Change.ERASED, actor=Actor.COMMENTER, now=services.clock()
        )


def bytes_of(database: Database) -> bytes:
    """All that lies in the files of an SQLite database, the WAL and freed pages included."""
    path = Path(make_url(str(database.engine.url)).database or "")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_erased_words_leave_the_file_with_the_next_round(
    services: Services, site: Site, clock: Clock
) -> None:
    services.housekeeper()
    clock.forward(24 * HOUR)
    erase_zebras(services, site)
    assert b"quaggazebra" in bytes_of(services.database).lower(), "the index holds it as yet"
    services.housekeeper._has_emptied = True

    services.housekeeper()

    found = bytes_of(services.database).lower()
    assert b"quaggazebra" not in found
    assert b"lions" in found
    with services.database.reading() as session:
        assert len(session.scalars(found_ids(session, ["lions"])).all()) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_index_is_written_anew_once_a_day_at_most(
    services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def step(*_: object, is_first: bool) -> bool:
        steps.append(is_first)
        return is_first

    monkeypatch.setattr("moderation.housekeeping.drop_erased_words", step)
    services.housekeeper()
    assert steps == [True, False], "at the start, for what was erased before"
    services.housekeeper._has_emptied = True
    clock.forward(23 * HOUR)
    services.housekeeper()
    assert len(steps) == 2
    clock.forward(HOUR)
    services.housekeeper()
    assert len(steps) == 4
    clock.forward(25 * HOUR)
    services.housekeeper()
    assert len(steps) == 4, "nothing was erased since"


def test_a_round_folds_counts_and_lets_old_claims_go(
    services: Services, site: Site, clock: Clock
) -> None:
    with services.database.transaction() as session:
        made = [make_comment(session, site) for _ in range(3)]
        grace = make_moderator(session, services.vault)
        claim(session, made[0].id, grace, now=NOON)
    clock.forward(HOUR)
    services.housekeeper()
    with services.database.reading() as session:
        rows = session.scalars(select(QueueDelta)).all()
        assert [(row.queue, row.delta) for row in rows] == [("held", 3)]
        assert session.scalar(select(func.count()).select_from(Claim)) == 0
