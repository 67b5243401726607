"""The watcher: what nobody causes but time is told once, whoever looks and however often."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from moderation import watcher as module
from moderation.app import create_app
from moderation.db import Database
from moderation.flow.jobs import report_worker
from moderation.flow.notices import waiting
from moderation.models import Mail, NoticeWishes, Telling, WorkerRow
from moderation.privacy.vault import Vault
from moderation.services import Services
from moderation.statuses import HeldNotice, MailKind, MailOutcome, Occasion, Role, ScorerMode
from moderation.watcher import Watcher
from tests.conftest import SECRETS
from tests.doubles import NOON, Clock
from tests.factories import make_site
from tests.flow.told import Team
from tests.together import together

HOUR, DAY = 3_600, 86_400
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def team(database: Database, clock: Clock) -> Team:
    """Grace owns all sites; Linus and Bound moderate one each."""
    vault = Vault(vault_key=SECRETS["VAULT_KEY"], index_key=SECRETS["INDEX_KEY"])
    with database.transaction() as session:
        site = make_site(session)
    team = Team(database, vault, site, clock)
    team.change(team.grace, role=Role.OWNER)
    return team


@pytest.fixture
def watch(database: Database, clock: Clock) -> Watcher:
    return Watcher(database, sends_mail=True, clock=clock)


def see_scorer(team: Team, error: str | None = None) -> None:
    with team.database.transaction() as session:
        report_worker(session, WorkerRow(id="w", model="m", error=error, seen_at=team.clock()))


def test_a_comment_that_waits_too_long_is_told_once(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    team.wish(team.grace, waiting_hours=6)
    team.hold()
    clock.forward(4 * HOUR)
    watch()
    assert team.written(MailKind.WAITING) == []
    clock.forward(1)
    watch()
    watch()
    assert team.written(MailKind.WAITING) == ["linus"], "Bound sees another site, Grace has hours"
    (notice,) = team.notices()
    assert (notice.hours, notice.queues[0].count, notice.queues[0].oldest) == (4, 1, NOON)
    clock.forward(2 * HOUR)
    watch()
    assert team.written(MailKind.WAITING) == ["linus", "grace"]


def test_it_is_told_again_after_a_day_or_when_it_was_over(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    team.wish(team.grace, waiting_hours=None)
    comment = team.hold()
    clock.forward(5 * HOUR)
    watch()
    team.send()
    clock.forward(DAY - 1)
    watch()
    assert len(team.written(MailKind.WAITING)) == 1
    clock.forward(1)
    watch()
    team.send()
    assert len(team.written(MailKind.WAITING)) == 2

    team.approve(comment)
    watch()
    team.hold()
    clock.forward(5 * HOUR)
    watch()
    assert len(team.written(MailKind.WAITING)) == 3


def test_endpoints_are_told_once_for_each_site(
    team: Team, watch: Watcher, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def note(_session: Session, occasion: Occasion, *, site_id: int | None, **_: object) -> None:
        told.append((occasion, site_id))

    monkeypatch.setattr(waiting, "announce", note)
    team.hold()
    clock.forward(4 * HOUR + 1)
    watch()
    watch()
    assert told == [(Occasion.WAITING, team.site.id)]


def test_what_was_worked_off_before_the_mail_left_is_not_told(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    comment = team.hold()
    clock.forward(5 * HOUR)
    watch()
    team.approve(comment)
    assert team.send() == []


def test_digests_come_at_their_hours_with_what_waits(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    team.wish(team.linus, held=HeldNotice.HOURLY, waiting_hours=None)
    team.wish(team.grace, held=HeldNotice.DAILY, digest_hour=14, waiting_hours=None)
    team.hold()
    told = []
    for _ in range(4):
        clock.forward(HOUR)
        watch()
        watch()
        told.append([m.address[:5] for m in team.send() if m.kind is MailKind.DIGEST])
    assert told == [["linus"], ["grace", "linus"], ["linus"], ["linus"]]


def test_nobody_is_sent_an_empty_digest_or_those_of_a_night_in_the_morning(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    quiet = {"quiet_from": NOON.time(), "quiet_until": NOON.replace(hour=20).time()}
    team.wish(team.linus, held=HeldNotice.HOURLY, waiting_hours=None, **quiet)
    team.change(team.grace, is_active=False)
    team.hold()
    for _ in range(7):
        clock.forward(HOUR)
        watch()
        assert team.send() == []
    clock.forward(HOUR)
    watch()
    assert len(team.notices()) == 1

    team.change(team.linus, site_id=team.other_site.id)  # where nothing waits
    clock.forward(HOUR)
    watch()
    assert team.send() == []


def test_after_a_standstill_there_is_one_digest(
    team: Team, watch: Watcher, clock: Clock, database: Database
) -> None:
    team.wish(team.linus, held=HeldNotice.HOURLY, waiting_hours=None)
    team.hold()
    clock.forward(9 * HOUR + 60)
    watch()
    watch()
    assert team.written(MailKind.DIGEST) == ["linus"]
    with database.reading() as session:
        due = session.get_one(NoticeWishes, team.linus.id).next_digest_at
    assert due is not None and (due - NOON).total_seconds() == 10 * HOUR


def test_a_scorer_that_is_down_is_told_after_minutes_and_once_when_it_is_back(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    see_scorer(team)
    watch()
    see_scorer(team, error="scorer_unavailable")
    watch()
    clock.forward(4 * 60)
    watch()
    assert team.written(MailKind.SCORER_DOWN) == []
    clock.forward(60)
    watch()
    watch()
    assert team.written(MailKind.SCORER_DOWN) == ["grace"]
    (notice,) = team.notices()
    assert notice.since == NOON

    see_scorer(team)
    watch()
    watch()
    assert team.written(MailKind.SCORER_BACK) == ["grace"]
    assert [each.kind for each in team.send()] == [MailKind.SCORER_BACK]


def test_a_scorer_that_is_back_before_the_mail_left_is_no_news(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    watch()
    clock.forward(5 * 60)
    watch()
    see_scorer(team)
    watch()
    assert team.send() == []
    assert team.written(MailKind.SCORER_BACK) == []
    assert team.outcomes() == [MailOutcome.DROPPED]


def test_it_is_told_to_be_back_whenever_the_mail_was_written_that_told_it_was_down(
    team: Team, watch: Watcher, clock: Clock
) -> None:
    """A mail that did not leave while it was down before serves the next time, too."""
    for _ in range(2):
        watch()
        clock.forward(5 * 60)
        watch()
        assert team.written(MailKind.SCORER_DOWN) == ["grace"]
        if _ == 0:
            see_scorer(team)
            watch()
            see_scorer(team, error="scorer_unavailable")
    assert [each.kind for each in team.send()] == [MailKind.SCORER_DOWN]
    see_scorer(team)
    watch()
    assert team.written(MailKind.SCORER_BACK) == ["grace"]


def test_a_restart_does_not_count_as_down(team: Team, watch: Watcher, clock: Clock) -> None:
    watch()
    clock.forward(60)
    see_scorer(team)
    watch()
    clock.forward(5 * 60)
    watch()
    assert team.written(MailKind.SCORER_DOWN) == []


def test_of_two_processes_at_the_same_instant_one_tells(
    team: Team, database: Database, clock: Clock
) -> None:
    team.wish(team.linus, held=HeldNotice.HOURLY)
    team.hold()
    both = [Watcher(database, sends_mail=True, clock=clock) for _ in range(2)]
    both[0]()
    clock.forward(5 * HOUR)
    together(*both)
    for kind, names in (
        (MailKind.WAITING, {"grace", "linus"}),
        (MailKind.DIGEST, {"linus"}),
        (MailKind.SCORER_DOWN, {"grace"}),
    ):
        written = team.written(kind)
        assert (len(written), set(written)) == (len(names), names), kind
    with database.reading() as session:
        names = set(session.scalars(select(Telling.name)))
    assert "scorer:down" in names and f"waiting:site:{team.site.id}" in names


def test_one_task_that_breaks_does_not_stop_the_others(
    team: Team, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("told to break")

    monkeypatch.setattr(module, "tell_waiting", fail)
    team.wish(team.linus, held=HeldNotice.HOURLY)
    team.hold()
    clock.forward(HOUR)
    Watcher(database, sends_mail=True, clock=clock)()
    assert team.written(MailKind.DIGEST) == ["linus"]


def test_without_mail_what_waits_is_dropped_within_a_round(
    team: Team, database: Database, clock: Clock
) -> None:
    team.escalate(team.hold())
    Watcher(database, sends_mail=False, clock=clock)()
    assert team.outcomes() == [MailOutcome.DROPPED] * 2
    with database.reading() as session:
        assert session.scalars(select(Mail.ended_at)).all() == [NOON] * 2


@sqlite
@pytest.mark.parametrize("mode", ScorerMode)
def test_the_server_has_a_watcher_in_every_mode(settings: Settings, mode: ScorerMode) -> None:
    app = create_app(settings.model_copy(update={"SCORER": mode}))
    found: Services = app.extensions["moderation"]
    found.database.dispose()
    assert [type(each) for each in found.backgrounds].count(Watcher) == 1


@sqlite
def test_it_looks_again_and_again_until_it_is_stopped(
    watch: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.001)
    rounds = threading.Semaphore(0)
    monkeypatch.setattr(Watcher, "__call__", lambda _self: rounds.release())
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert rounds.acquire(timeout=20) and rounds.acquire(timeout=20)
    watch.stop()
    thread.join(20)
    assert not thread.is_alive()
