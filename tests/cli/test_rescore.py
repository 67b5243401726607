"""`flask model rescore`: the past seen by another model, and nothing public moved by it."""

import dataclasses
import datetime as dt
import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

import config
from moderation.cli.model.notes import Notes
from moderation.db import Base, Database
from moderation.flow.queue.cards import read_cards
from moderation.flow.rescore import Outcome
from moderation.models import Comment, Event, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, Status
from moderation.worker import Worker
from tests.cli.archive import BARE, BODIES, OTHER, Archive, Other
from tests.doubles import INFO, NOON, Clock
from tests.factories import make_comment, make_site

Run = Callable[..., Result]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BATCHES = [("clean", "zebra"), ("freed", "kept"), (), (), ()]
FLIPS = {
    "approved by a person, the model would hold": "spared",
    "rejected by a person, the model would publish": "refused",
    "published by the machine, the model would hold": "zebra",
    "held by the machine, the model would publish": "freed",
}
TABLE = [
    "site  decided by  stands as  comments  would publish  would hold",
    "news  machine     approved   2         1              1",
    "news  machine     held       2         1              1",
    "news  moderator   approved   2         1              1",
    "news  moderator   held       1         1              0",
    "news  moderator   rejected   1         1              0",
]


def dump(database: Database) -> dict[str, list[str]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(table.select()))
            for table in Base.metadata.sorted_tables
        }


def assert_report(done: Result, archive: Archive) -> None:
    lines = done.output.splitlines()
    start = lines.index(TABLE[0])
    assert lines[start : start + len(TABLE)] == TABLE
    for says, word in FLIPS.items():
        assert f"{says}: 1: {archive.comment(word).public_id}" in lines


def test_a_dry_run_tells_what_would_flip_and_writes_nothing(
    run: Run, archive: Archive, database: Database, other: Other, lists: Path
) -> None:
    before = dump(database)

    done = run("--dry-run")

    assert done.exit_code == 0, done.output
    assert_report(done, archive)
    assert dump(database) == before
    assert "Site news: preset balanced of other: toxicity 0.7." in done.output
    assert {text for text in other.seen if text != "Ada"} == set(BODIES.values())
    [listed] = lists.iterdir()
    assert str(listed) in done.output.replace("\n", "")
    noted = listed.read_text()
    assert noted.count("public_id") == len(BODIES)
    told = done.output + noted
    assert not [body for body in BODIES.values() if body in told]
    assert "Ada" not in re.findall(r"[\w-]+", told)  # an id may hold three letters by chance


def test_only_what_the_machine_holds_moves(run: Run, archive: Archive, database: Database) -> None:
    before, events = archive.stands(), archive.events()

    done = run("--yes")

    assert done.exit_code == 0, done.output
    assert_report(done, archive)
    assert "2 public comment(s) that the model would hold stay public." in done.output
    assert archive.stands() == {**before, "freed": (Status.APPROVED, Actor.MACHINE)}
    assert archive.events() == events + 2  # of the two that the machine held
    for word in BODIES:
        score = archive.comment(word).score
        assert score and (score.model, score.model_version) == ("other", OTHER.version)
        assert score.normaliser == 2
        assert score.preset == ("balanced" if word in ("freed", "kept") else None)
    with database.reading() as session:
        freed = session.scalars(select(Event).order_by(Event.id.desc()).limit(2)).all()[1]
    assert freed.comment_id == archive.ids["freed"]
    assert freed.change is Change.DECIDED
    assert (freed.data["model"], freed.data["normaliser"]) == ("other", 2)
    assert freed.data["thresholds"] == {"toxicity": 0.7}


@sqlite
def test_a_card_shows_no_limits_of_another_model(
    run: Run, archive: Archive, database: Database
) -> None:
    def limits(word: str) -> dict[str, float]:
        with database.reading() as session:
            comment = session.get_one(Comment, archive.ids[word])
            return read_cards(session, [comment], now=NOON)[0].limits

    assert limits("zebra") == limits("kept") == INFO.presets["balanced"]
    run("--yes")
    assert (limits("zebra"), limits("kept")) == ({}, OTHER.presets["balanced"])


@sqlite
@pytest.mark.parametrize("options", [("--dry-run",), ("--yes",)])
def test_an_interrupted_run_goes_on_and_scores_nothing_twice(
    run: Run, archive: Archive, other: Other, lists: Path, options: tuple[str, ...]
) -> None:
    other.interrupt_after = 2
    stopped = run(*options)
    assert stopped.exit_code == 130
    assert "The same command goes on from here." in stopped.output
    assert len(other.seen) == 2 * 2 * 2  # two batches of two, each with its name

    done = run(*options)

    assert "An earlier run stopped after 4 comment(s)" in done.output
    assert sorted(text for text in other.seen if text != "Ada") == sorted(BODIES.values())
    assert_report(done, archive)
    assert [file.suffix for file in lists.iterdir()] == [".jsonl"]


@sqlite
def test_what_has_such_a_score_is_not_scored_again(
    run: Run, archive: Archive, database: Database, other: Other
) -> None:
    run("--yes")
    before, seen = dump(database), len(other.seen)
    done = run("--yes")
    assert "nothing to score" in done.output
    assert (dump(database), len(other.seen)) == (before, seen)
    other.info = dataclasses.replace(OTHER, normaliser=3)
    run("--yes")
    assert len(other.seen) == 2 * seen


@sqlite
def test_a_model_without_presets_inherits_none(
    run: Run, archive: Archive, database: Database, other: Other
) -> None:
    other.info = BARE
    before = dump(database)

    dry, stored = run("--dry-run"), run("--yes")

    assert "other has no preset balanced, so only thresholds of its own count" in dry.output
    assert "none, so every comment would be held." in dry.output
    assert "news  machine     approved   2         0              2" in dry.output
    assert (stored.exit_code, "nothing is stored" in stored.output) == (1, True)
    assert dump(database) == before


@sqlite
def test_a_site_s_own_thresholds_are_all_that_counts_without_presets(
    run: Run, archive: Archive, other: Other
) -> None:
    other.info = BARE
    archive.set_policy(thresholds={"insult": 0.3})
    done = run("--yes")
    assert done.exit_code == 0, done.output
    assert "own count: insult 0.3." in done.output
    score = archive.comment("freed").score
    assert score and (archive.comment("freed").status, score.preset) == (Status.APPROVED, None)
    assert archive.comment("kept").status is Status.HELD


@sqlite
@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--since", "2026-05-04"), 8),
        (("--since", "2026-05-05"), 0),
        (("--since", "0d"), 8),
        (("--limit", "3"), 3),
        (("--limit", "99"), 8),
        (("--site", "olds"), 0),
        (("--site", "news"), 8),
    ],
)
def test_a_run_may_be_about_a_part(
    run: Run, archive: Archive, database: Database, other: Other, options: tuple[str, str],
    count: int,
) -> None:  # fmt: skip
    with database.transaction() as session:
        make_site(session, "olds")
    assert run("--dry-run", *options).exit_code == 0
    assert len(other.seen) == 2 * count


@sqlite
@pytest.mark.parametrize("since", ["yesterday", "7", "99999999999d", "2026-13-01"])
def test_a_wrong_date_is_told(run: Run, archive: Archive, since: str) -> None:
    done = run("--dry-run", "--since", since)
    assert (done.exit_code, "2026-05-04" in done.output) == (2, True)


@sqlite
def test_nothing_is_changed_without_a_yes(run: Run, archive: Archive, database: Database) -> None:
    before = dump(database)
    done = run("--model", "other", stdin="n\n")
    assert done.exit_code == 1
    assert "for 8 comment(s)" in done.output
    assert "The server scores with home" in done.output
    assert dump(database) == before


@sqlite
def test_a_text_that_breaks_the_scorer_keeps_what_it_has(
    run: Run, archive: Archive, database: Database
) -> None:
    with database.transaction() as session:
        site = session.get_one(Site, archive.site_id)
        archive.ids["poison"] = make_comment(session, site, body="poison").id
    done = run("--yes")
    assert "1 could not be scored" in done.output
    assert archive.comment("poison").score is None
    assert archive.comment("poison").version == 2
    assert archive.comment("freed").status is Status.APPROVED


@sqlite
def test_what_a_person_decides_meanwhile_stands(run: Run, archive: Archive, other: Other) -> None:
    batches = iter(BATCHES)

    def reject_in_the_second() -> None:
        if "freed" in next(batches):
            archive.decide("freed", Change.REJECTED)

    other.meanwhile = reject_in_the_second
    done = run("--yes")
    assert "1 moved while being scored and were left out." in done.output
    freed = archive.comment("freed")
    assert (freed.status, freed.decided_by) == (Status.REJECTED, Actor.MODERATOR)
    assert freed.score and freed.score.model == "double"  # until the next run
    run("--yes")
    freed = archive.comment("freed")
    assert freed.status is Status.REJECTED
    assert freed.score and freed.score.model == "other"


@sqlite
def test_comments_of_a_site_that_wants_people_are_compared_by_their_text(
    run: Run, archive: Archive
) -> None:
    archive.set_policy(publishing="human")
    lines = run("--dry-run").output.splitlines()
    assert "news  moderator   approved   2         1              1" in lines
    assert "news  machine     held       2         0              2" in lines  # as it would be


@sqlite
def test_what_was_said_again_is_held_however_late_it_is_judged(
    run: Run, archive: Archive, database: Database, services: Services, clock: Clock
) -> None:
    with database.transaction() as session:
        site = session.get_one(Site, archive.site_id)
        known = {"email": "ada@example.com", "vault": services.vault, "body": "Buy this."}
        first, again = (make_comment(session, site, **known).id for _ in range(2))  # type: ignore[arg-type]
    clock.forward(dt.timedelta(days=30).total_seconds())
    run("--yes")
    with database.reading() as session:
        assert session.get_one(Comment, first).status is Status.APPROVED
        assert session.get_one(Comment, again).status is Status.HELD


def test_notes_that_a_kill_broke_off_are_taken_up(tmp_path: Path) -> None:
    one, two = (
        Outcome(number, f"p{number}", "news", Status.HELD, by, False)
        for number, by in ((1, Actor.MACHINE), (2, None))
    )
    notes = Notes(tmp_path, "run")
    notes.add(one)
    notes.close()
    with (tmp_path / "run.part").open("a") as file:
        file.write('{"comment_id": 2, "pub')
    notes = Notes(tmp_path, "run")
    assert (notes.outcomes, notes.last_id) == ([one], 1)
    notes.add(two)
    kept = [line for line in notes.finish(NOON).read_text().splitlines() if line.endswith("}")]
    assert [json.loads(line)["comment_id"] for line in kept] == [1, 2]
    assert Notes(tmp_path, "run").outcomes == []


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"SCORE_BATCH": 2}


@pytest.fixture
def archive(database: Database, services: Services, worker: Worker) -> Archive:
    return Archive(database, services, worker)


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Other:
    """The scorer that the command loads, whatever name it is given."""
    scorer = Other()
    command = importlib.import_module("moderation.cli.model.rescore")
    monkeypatch.setattr(command, "load_scorer", lambda *_args, **_known: scorer)
    return scorer


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    return tmp_path / "rescore"


@pytest.fixture
def run(app: Flask, other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(config, "INSTANCE", tmp_path)
    runner = app.test_cli_runner()
    return lambda *options, stdin="": runner.invoke(
        args=["model", "rescore", *options], input=stdin
    )
