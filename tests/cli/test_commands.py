"""The command line, as an operator uses it."""

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import SignInRefused
from moderation.flow.jobs import report_worker
from moderation.flow.team import passwords
from moderation.flow.team.accounts import find_moderator
from moderation.flow.team.passwords import check_password
from moderation.flow.team.sessions import start_session
from moderation.models import Event, Moderator, SignIn, Site, WorkerRow
from moderation.privacy.vault import Vault
from moderation.services import Services
from moderation.statuses import Role, Status
from moderation.worker import Worker
from tests.doubles import NOON
from tests.factories import NO_SAMPLES, make_comment, make_site

Run = Callable[..., Result]
GENERATED = re.compile(r"Password \(shown only now\): (\S+)")


def test_a_new_site_is_stored_and_its_snippet_printed(run: Run, database: Database) -> None:
    done = run("site", "add", "daily", "--name", "The Daily", "--origin", "https://Example.com/x")
    assert done.exit_code == 0
    assert '<div id="comments"></div>' in done.output
    assert 'src="http://127.0.0.1:8000/embed.js" data-site="daily"' in done.output
    with database.reading() as session:
        site = session.scalars(select(Site)).one()
    assert (site.key, site.name, site.origins) == ("daily", "The Daily", ["https://example.com"])
    assert run("site", "snippet", "daily").output.strip() in done.output


@pytest.mark.parametrize(
    ("key", "origin", "says"),
    [
        ("Bad Key", "https://example.com", "small letters"),
        ("news", "https://example.com", "already"),
        ("daily", "example.com", "https://example.com"),
        ("daily", "javascript:alert(1)", "https://example.com"),
        ("daily", "https://", "https://example.com"),
    ],
)
def test_a_site_that_cannot_be_is_refused_with_a_sentence(
    run: Run, database: Database, key: str, origin: str, says: str
) -> None:
    with database.transaction() as session:
        make_site(session)
    done = run("site", "add", key, "--origin", origin)
    assert done.exit_code == 1
    assert says in done.output
    assert _count(database, Site) == 1


@pytest.mark.parametrize("overrides", ["home"], indirect=True)
def test_a_site_in_a_language_that_the_model_does_not_know_is_added_with_a_warning(
    run: Run, database: Database
) -> None:
    origin = ("--origin", "https://example.com")
    warning = "every comment will wait, since the model knows en and not"
    assert warning not in run("site", "add", "daily", *origin).output

    done = run("site", "add", "zeitung", *origin, "--language", "de")

    assert done.exit_code == 0
    assert f"Warning: site 'zeitung': {warning} the site's own language 'de'." in done.output
    with database.reading() as session:
        policy = session.scalars(select(Site.policy).where(Site.key == "zeitung")).one()
    assert policy == {"language": "de"}
    assert warning in run("site", "policy", "daily", "--language", "tr").output
    assert warning not in run("site", "policy", "daily", "--language", "en").output


@pytest.mark.parametrize("overrides", ["multilingual"], indirect=True)
def test_a_multilingual_model_serves_more_languages(run: Run) -> None:
    origin = ("--origin", "https://example.com")
    assert "Warning" not in run("site", "add", "gazete", *origin, "--language", "tr").output
    assert "Warning" in run("site", "add", "zeitung", *origin, "--language", "de").output


def test_without_a_model_no_language_is_warned_of(run: Run) -> None:
    done = run("site", "add", "zeitung", "--origin", "https://example.com", "--language", "de")
    assert (done.exit_code, "Warning" in done.output) == (0, False)


def test_a_site_needs_an_origin(run: Run, database: Database) -> None:
    assert run("site", "add", "daily").exit_code == 2
    assert _count(database, Site) == 0


def test_sites_are_listed_with_who_publishes(run: Run, database: Database) -> None:
    with database.transaction() as session:
        make_site(session)
        make_site(session, "olds", publishing="human")
    lines = run("site", "list").output.splitlines()
    assert lines == [
        "news\tNews\tmachine\thttps://news.example.com",
        "olds\tOlds\thuman\thttps://news.example.com",
    ]


def test_own_thresholds_are_kept_by_attribute(run: Run, database: Database) -> None:
    run("site", "add", "news", "--origin", "https://news.example.com")
    options = ("--threshold", "toxicity", "0.9", "--threshold", "threat", "0.5")
    assert run("site", "policy", "news", *options).exit_code == 0
    with database.reading() as session:
        stored = session.scalars(select(Site.policy)).one()
    assert stored == {"thresholds": {"toxicity": 0.9, "threat": 0.5}}
    assert run("site", "policy", "news", "--threshold", "rudeness", "0.5").exit_code == 2
    assert run("site", "policy", "news", "--threshold", "toxicity", "2").exit_code == 2


def test_a_policy_is_shown_and_changed_field_by_field(run: Run, database: Database) -> None:
    with database.transaction() as session:
        make_site(session)
    shown = run("site", "policy", "news").output
    assert "publishing: machine" in shown
    assert "email_required: True" in shown
    assert _count(database, Event) == 0  # looking changes nothing
    done = run("site", "policy", "news", "--publishing", "first", "--links-max", "0", "--no-email")
    assert "publishing: first" in done.output
    assert run("site", "policy", "news", "--ban-word", "a b", "--ban-word", "c").exit_code == 0
    with database.reading() as session:
        assert session.scalars(select(Site.policy)).one() == {
            **NO_SAMPLES,
            "publishing": "first",
            "links_max": 0,
            "email_required": False,
            "banned_words": ["a b", "c"],
        }
    assert _count(database, Event) == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--publishing", "everybody"),
        ("--links-max", "-1"),
        ("--closes-after-days", "0"),
        ("--closes-after-days", "99999999999"),
        ("--surge-comments", "-1"),
        ("--surge-minutes", "0"),
        ("--surge-hours", "0"),
        ("--hidden-score-share", "101"),
        ("--audit-share", "-1"),
    ],
)
def test_a_wrong_rule_is_refused(run: Run, database: Database, options: tuple[str, str]) -> None:
    with database.transaction() as session:
        make_site(session)
    assert run("site", "policy", "news", *options).exit_code == 2
    with database.reading() as session:
        assert session.scalars(select(Site.policy)).one() == NO_SAMPLES


@pytest.mark.parametrize(
    "command",
    [
        ("site", "policy", "olds"),
        ("site", "snippet", "olds"),
        ("moderator", "add", "ada@example.com", "--site", "olds"),
        ("commenter", "ban", "ada@example.com", "--site", "olds"),
        ("commenter", "unban", "ada@example.com", "--site", "olds"),
    ],
)
def test_an_unknown_site_is_told(run: Run, database: Database, command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.exit_code == 1
    assert "no site 'olds'" in done.output
    assert _count(database, Moderator) == 0


def test_a_new_moderator_signs_in_with_the_password_that_is_printed_once(
    run: Run, database: Database, services: Services
) -> None:
    with database.transaction() as session:
        site = make_site(session)
    done = run("moderator", "add", "ada@example.com", "--role", "owner", "--site", "news")
    assert done.exit_code == 0
    [password] = GENERATED.findall(done.output)
    ada = _moderator(database, services.vault)
    assert check_password(ada, password)
    assert (ada.name, ada.role, ada.site_id) == ("ada", Role.OWNER, site.id)


def test_a_password_can_be_read_from_standard_input_and_is_not_printed(
    run: Run, database: Database, services: Services
) -> None:
    command = ("moderator", "add", "ada@example.com", "--password-stdin")
    done = run(*command, stdin="pass word with spaces\r\n")
    assert done.exit_code == 0
    assert "pass word" not in done.output
    ada = _moderator(database, services.vault)
    assert check_password(ada, "pass word with spaces")
    assert (ada.role, ada.site_id) == (Role.MODERATOR, None)


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        ("ada@example.com", "short", "at least 10"),
        ("ada@example.com", "", "at least 10"),
        ("ada", "long enough to do", "@"),
        ("ada@", "long enough to do", "@"),
    ],
)
def test_a_moderator_that_cannot_be_is_refused_with_a_sentence(
    run: Run, database: Database, email: str, password: str, says: str
) -> None:
    done = run("moderator", "add", email, "--password-stdin", stdin=password)
    assert done.exit_code == 1
    assert says in done.output
    assert _count(database, Moderator) == 0


def test_nobody_is_added_twice(run: Run, database: Database) -> None:
    assert run("moderator", "add", "ada@example.com").exit_code == 0
    done = run("moderator", "add", "ADA@Example.com")
    assert (done.exit_code, "already" in done.output) == (1, True)
    assert _count(database, Moderator) == 1


def test_a_new_password_replaces_the_old_and_signs_out_everywhere(
    run: Run, database: Database, services: Services
) -> None:
    [old] = GENERATED.findall(run("moderator", "add", "ada@example.com").output)
    ada = _moderator(database, services.vault)
    with database.transaction() as session:
        start_session(session, ada.id, now=NOON, lifetime=NOON - NOON.replace(hour=0))
    [new] = GENERATED.findall(run("moderator", "password", "ada@example.com").output)
    ada = _moderator(database, services.vault)
    assert check_password(ada, new)
    with pytest.raises(SignInRefused):
        check_password(ada, old)
    assert _count(database, SignIn) == 0


@pytest.mark.parametrize(
    ("email", "stdin", "says"),
    [("eve@example.com", "long enough to do", "Nobody"), ("ada@example.com", "short", "at least")],
)
def test_a_password_that_cannot_be_set_changes_nothing(
    run: Run, database: Database, services: Services, email: str, stdin: str, says: str
) -> None:
    [old] = GENERATED.findall(run("moderator", "add", "ada@example.com").output)
    done = run("moderator", "password", email, "--password-stdin", stdin=stdin)
    assert (done.exit_code, says in done.output) == (1, True)
    assert check_password(_moderator(database, services.vault), old)


def test_moderators_are_listed_with_masked_emails(run: Run, database: Database) -> None:
    with database.transaction() as session:
        make_site(session)
    run("moderator", "add", "ada@example.com", "--role", "owner")
    run("moderator", "add", "grace@example.org", "--site", "news")
    done = run("moderator", "list")
    assert done.output.splitlines() == [
        "ada\ta•••@e•••.com\towner\tall sites",
        "grace\tg•••@e•••.org\tmoderator\tnews",
    ]


def test_the_database_is_upgraded_as_often_as_one_likes(run: Run, database: Database) -> None:
    with database.transaction() as session:
        make_site(session)
    for _ in range(2):
        assert run("db", "upgrade").output.strip() == "The database is up to date."
    assert _count(database, Site) == 1


def test_the_scorers_that_are_alive_are_shown(run: Run, database: Database) -> None:
    assert run("worker", "status").output.strip() == (
        "0 scorer(s) alive, 0 comment(s) waiting for a score."
    )
    with database.transaction() as session:
        make_comment(session, make_site(session), status=Status.PROCESSING)
        for name, version, error in (("a:1", "v1", None), ("b:2", None, "scorer_unavailable")):
            row = WorkerRow(id=name, model="m", model_version=version, error=error, seen_at=NOON)
            report_worker(session, row)
    lines = run("worker", "status").output.splitlines()
    assert lines == [
        "a:1\tv1\tseen 12:00:00",
        "b:2\tscorer_unavailable\tseen 12:00:00",
        "2 scorer(s) alive, 1 comment(s) waiting for a score.",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_when_it_is_told_to(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    rounds = []

    def work(_worker: Worker) -> int:
        rounds.append(1)
        signal.raise_signal(number)
        return 0

    monkeypatch.setattr(Worker, "_round", work)
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    done = run("worker", "run")
    for n, handler in before.items():
        signal.signal(n, handler)
    assert rounds
    assert done.exit_code == 0


def test_the_demo_is_set_up_once_however_often_it_is_asked_for(
    run: Run, database: Database
) -> None:
    for _ in range(2):
        done = run("demo", "setup")
        assert done.exit_code == 0, done.output
        assert "The model cannot be used yet" in done.output + done.stderr
    with database.reading() as session:
        site = session.scalars(select(Site)).one()
        owner = session.scalars(select(Moderator)).one()
    assert site.key == "demo"
    assert site.origins == ["http://127.0.0.1:8000", "http://localhost:8000"]
    assert (owner.role, owner.site_id) == (Role.OWNER, None)


def test_the_demo_gives_no_second_owner_to_an_installation_in_use(
    run: Run, database: Database
) -> None:
    run("moderator", "add", "ada@example.com")
    assert run("demo", "setup").exit_code == 0
    assert _count(database, Moderator) == 1


def test_models_are_listed_and_a_missing_one_is_told(run: Run) -> None:
    assert "home" in run("model", "list").output
    done = run("model", "check")
    assert done.exit_code == 1
    assert "no model" in done.output


def test_every_command_says_what_it_does(run: Run, app: Flask) -> None:
    groups = [name for name in app.cli.commands if name not in ("run", "shell", "routes")]
    assert len(groups) >= 8
    for name in groups:
        assert app.cli.commands[name].help, name
        for inner in getattr(app.cli.commands[name], "commands", {}).values():
            assert inner.help, inner.name


def _count(database: Database, model: type[Any]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _moderator(database: Database, vault: Vault) -> Moderator:
    with database.reading() as session:
        found = find_moderator(session, "ada@example.com", vault)
        assert found is not None
        return found


@pytest.fixture
def overrides(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    return {"MODEL": getattr(request, "param", str(tmp_path / "no-such-model"))}


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command; password hashes are cheap, their cost is not the question here."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    runner = app.test_cli_runner()
    return lambda *command, stdin="": runner.invoke(args=list(command), input=stdin)
