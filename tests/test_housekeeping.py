"""The housekeeper purges and erases in small transactions, and again after a restore."""

import datetime as dt
import logging
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from moderation import housekeeping
from moderation.db import Database
from moderation.flow.commenters import find_commenter
from moderation.flow.personal.erasure import Step, ask_for_erasure
from moderation.flow.personal.holds import set_hold
from moderation.flow.personal.retention import PURGES
from moderation.housekeeping import Housekeeper
from moderation.models import Comment, Commenter, Event, Site
from moderation.privacy.erased import COMMENT, COMMENTER, ErasedList
from moderation.services import Services
from moderation.statuses import Actor, Change, ErasureScope, Status
from tests.doubles import Clock
from tests.factories import make_comment, make_site

EMAIL = "ada@example.com"
DAY = 86_400


@pytest.fixture
def site(database: Database) -> Site:
    with database.transaction() as session:
        return make_site(session)


@pytest.fixture
def housekeeper(services: Services) -> Housekeeper:
    return services.housekeeper


def comment_as_ada(services: Services, site: Site, count: int = 1, **known: object) -> None:
    with services.database.transaction() as session:
        for _ in range(count):
            make_comment(session, site, email=EMAIL, vault=services.vault, **known)  # type: ignore[arg-type]


def want_erasure(services: Services, site: Site, scope: ErasureScope) -> int:
    with services.database.transaction() as session:
        ada = find_commenter(session, site, EMAIL, vault=services.vault)
        assert ada is not None
        wish = ask_for_erasure(
            session,
            ada,
            scope,
            asked_by=Actor.COMMENTER,
            now=services.clock(),
            delay=dt.timedelta(days=7),
        )
        return wish.id


def bodies(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Comment.body).order_by(Comment.id)))


def test_a_round_takes_out_what_is_over_and_counts_it_in_the_log(
    services: Services,
    housekeeper: Housekeeper,
    site: Site,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    comment_as_ada(services, site, 5, status=Status.REJECTED)
    comment_as_ada(services, site, 1, status=Status.APPROVED)
    housekeeper()
    assert "" not in bodies(services.database)

    clock.forward(181 * DAY)
    housekeeper()
    housekeeper()

    assert bodies(services.database) == [*[""] * 5, "What a lovely tree."]
    with services.database.reading() as session:
        counts = [
            event.data
            for event in session.scalars(select(Event).where(Event.change == Change.PURGED))
            if event.comment_id is None
        ]
    assert counts == [{"kind": "rejected", "count": 5}]


def test_a_round_carries_out_wishes_whose_time_has_come(
    services: Services, housekeeper: Housekeeper, site: Site, clock: Clock
) -> None:
    comment_as_ada(services, site, 3)
    want_erasure(services, site, ErasureScope.EVERYTHING)
    clock.forward(6 * DAY)
    housekeeper()
    assert bodies(services.database) == ["What a lovely tree."] * 3
    clock.forward(1 * DAY)
    housekeeper()
    assert bodies(services.database) == [""] * 3


def test_one_round_that_fails_does_not_end_the_thread(
    services: Services, housekeeper: Housekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "EVERY", 0.001)
    rounds = threading.Semaphore(0)

    def break_down(_self: Housekeeper) -> None:
        rounds.release()
        raise RuntimeError("told to break")

    monkeypatch.setattr(Housekeeper, "__call__", break_down)
    thread = threading.Thread(target=housekeeper.run)
    thread.start()
    assert rounds.acquire(timeout=20) and rounds.acquire(timeout=20)
    housekeeper.stop()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scope", ErasureScope)
def test_a_restored_backup_is_erased_again(
    services: Services, housekeeper: Housekeeper, site: Site, tmp_path: Path, scope: ErasureScope
) -> None:
    comment_as_ada(services, site, 2)
    with services.database.transaction() as session:
        make_comment(
            session, site, name="Bob", body="Bob's.", email="b@x.org", vault=services.vault
        )
    path = Path(make_url(services.settings.DATABASE_URL).database or "")
    services.database.dispose()
    shutil.copy(path, tmp_path / "backup.db")  # every connection is closed, so the file is whole
    housekeeper.erase(want_erasure(services, site, scope))
    assert bodies(services.database) == ["", "", "Bob's."]

    services.database.dispose()
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", path)
    assert bodies(services.database) == [*["What a lovely tree."] * 2, "Bob's."]
    assert housekeeper.erase_again() == 2 + (scope is ErasureScope.EVERYTHING)

    assert bodies(services.database) == ["", "", "Bob's."]
    with services.database.reading() as session:
        known = find_commenter(session, site, EMAIL, vault=services.vault)
        assert (known is None) is (scope is ErasureScope.EVERYTHING)
        assert find_commenter(session, site, "b@x.org", vault=services.vault) is not None
    assert housekeeper.erase_again() == 0


def test_the_list_tells_no_id_and_is_nobody_elses_to_read(
    services: Services, housekeeper: Housekeeper, site: Site
) -> None:
    comment_as_ada(services, site)
    housekeeper.erase(want_erasure(services, site, ErasureScope.EVERYTHING))

    path = services.settings.ERASED_LIST
    text = path.read_text()
    with services.database.reading() as session:
        ids = [
            *session.scalars(select(Comment.public_id)),
            *session.scalars(select(Commenter.public_id)),
        ]
    assert len(text.split()) == len(ids) == 2
    assert not any(public_id in text for public_id in ids)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_list_is_on_the_disk_before_the_erasure_counts(
    services: Services, housekeeper: Housekeeper, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: ErasedList, _kind: str, _ids: object) -> None:
        raise OSError("the disk is full")

    comment_as_ada(services, site)
    monkeypatch.setattr(ErasedList, "add", fail)
    with pytest.raises(OSError, match="full"):
        housekeeper.erase(want_erasure(services, site, ErasureScope.EVERYTHING))
    assert bodies(services.database) == ["What a lovely tree."]


def test_what_a_legal_hold_keeps_is_in_the_list_as_soon_as_it_is_out_of_sight(
    services: Services, housekeeper: Housekeeper, site: Site, clock: Clock
) -> None:
    comment_as_ada(services, site, 1, status=Status.APPROVED)
    with services.database.transaction() as session:
        kept = session.scalars(select(Comment)).one()
        until = clock() + dt.timedelta(days=30)
        set_hold(session, kept, reason="court", expires_at=until, now=clock(), moderator=None)
    wish = want_erasure(services, site, ErasureScope.TEXTS)
    assert [housekeeper.erase(wish), housekeeper.erase(wish)] == [1, 0]

    erased = ErasedList(services.settings.ERASED_LIST, services.vault)
    assert erased.holds(erased.read(), COMMENT, kept.public_id)
    assert len(services.settings.ERASED_LIST.read_text().split()) == 1
    assert bodies(services.database) == ["What a lovely tree."]
    # Whoever empties it after the hold, a backup does not bring it back.
    clock.forward(31 * DAY)
    housekeeper()
    assert bodies(services.database) == [""]


def test_one_site_that_breaks_does_not_keep_the_others(
    services: Services, housekeeper: Housekeeper, site: Site, clock: Clock
) -> None:
    comment_as_ada(services, site, 1, status=Status.REJECTED)
    with services.database.transaction() as session:
        other = make_site(session, "other")
        make_comment(session, other, status=Status.REJECTED)
        session.get_one(Site, site.id).policy = {"keep_rejected_days": "many"}
    clock.forward(181 * DAY)
    housekeeper()
    assert bodies(services.database) == ["What a lovely tree.", ""]


def test_one_wish_that_breaks_does_not_keep_the_others(
    services: Services,
    housekeeper: Housekeeper,
    site: Site,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    comment_as_ada(services, site)
    first = want_erasure(services, site, ErasureScope.TEXTS)
    with services.database.transaction() as session:
        bob = make_comment(session, site, name="Bob", email="b@x.org", vault=services.vault)
        ask_for_erasure(
            session,
            session.get_one(Commenter, bob.commenter_id),
            ErasureScope.TEXTS,
            asked_by=Actor.COMMENTER,
            now=clock(),
            delay=dt.timedelta(days=7),
        )
    erase = housekeeping.erase

    def break_on_the_first(session: Session, wish: int, **known: Any) -> Step:
        if wish == first:
            raise RuntimeError("told to break")
        return erase(session, wish, **known)

    monkeypatch.setattr(housekeeping, "erase", break_on_the_first)
    clock.forward(8 * DAY)
    housekeeper()
    assert bodies(services.database) == ["What a lovely tree.", ""]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_folder_of_the_list_is_made(services: Services, tmp_path: Path) -> None:
    erased = ErasedList(tmp_path / "new" / "erased.list", services.vault)
    assert erased.read() == frozenset()
    erased.add(COMMENT, ["one"])
    assert erased.holds(erased.read(), COMMENT, "one")
    assert not erased.holds(erased.read(), COMMENTER, "one")


def test_its_log_lines_hold_numbers_only(
    services: Services,
    housekeeper: Housekeeper,
    site: Site,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    comment_as_ada(services, site, 1, status=Status.REJECTED)
    housekeeper.erase(want_erasure(services, site, ErasureScope.EVERYTHING))
    clock.forward(800 * DAY)
    housekeeper()
    assert "erased" in caplog.text
    assert "ada" not in caplog.text.lower() and "lovely" not in caplog.text


def test_every_kind_has_a_name_of_its_own() -> None:
    names = [purge.name for purge in PURGES]
    assert len(set(names)) == len(names) >= 5
