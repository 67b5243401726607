"""The rules of a site by the command line."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from moderation.cli.site import policy
from moderation.db import Database
from moderation.models import Event, Site
from moderation.policy.context import Policy
from moderation.policy.limits import DEFAULTS, LISTS, NUMBERS, SWITCHES, check_rules
from moderation.statuses import Actor
from tests import databases
from tests.factories import make_site

Run = Callable[..., Result]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone: the drivers make no difference here."""
    return databases.copy_sqlite(sqlite_template, tmp_path)


@pytest.fixture
def run(app: Flask) -> Run:
    runner = app.test_cli_runner()
    return lambda *command: runner.invoke(args=list(command))


@pytest.fixture
def stored(database: Database) -> Callable[[], dict[str, object]]:
    """The rules as they stand."""
    with database.transaction() as session:
        make_site(session).policy = {}

    def read() -> dict[str, object]:
        with database.reading() as session:
            return dict(session.scalars(select(Site.policy)).one())

    return read


def test_every_rule_has_an_option() -> None:
    assert {field.name for field in fields(Policy)} == {p.name for p in policy.params} - {
        "key",
        "reset",
    }


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--newest-first"], {"newest_first": True}),
        (["--no-avatars"], {"avatars": False}),
        (["--body-max", "500"], {"body_max": 500}),
        (
            ["--reserved-name", "The Daily", "--reserved-name", "Ed"],
            {"reserved_names": ["The Daily", "Ed"]},
        ),
        (["--edit-minutes", "0"], {"edit_minutes": 0}),
        (["--nudge"], {"nudge": True}),
        (["--report-holds", "3"], {"report_holds": 3}),
        (
            ["--theme", "accent_light", "#0B57B0", "--theme", "font", "serif"],
            {"theme": {"accent_light": "#0b57b0", "font": "serif"}},
        ),
        (["--contact", "Ada, ada.example"], {"contact": "Ada, ada.example"}),
    ],
)
def test_a_rule_is_set(
    run: Run, stored: Callable[[], object], options: list[str], rule: dict[str, object]
) -> None:
    done = run("site", "policy", "news", *options)

    assert done.exit_code == 0, done.output
    assert stored() == rule


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--body-max", "15001"], "15000"),
        (["--edit-minutes", "-1"], "edit-minutes"),
        (["--theme", "accent_light", "red"], "A colour looks like"),
        (["--theme", "accent_light", "#ffcc00"], "darker"),
        (["--theme", "background", "red"], "accent_light"),
        (["--threshold", "toxicity", "nan"], "from 0 to 1"),
        (["--language", "English"], "ISO 639"),
        (["--reserved-name", "x" * 101], "at most 100 characters"),
        (["--contact", "x" * 501], "500"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(
    run: Run, stored: Callable[[], object], options: list[str], says: str
) -> None:
    done = run("site", "policy", "news", *options, "--links-max", "1")

    assert done.exit_code == 2
    assert says in " ".join(done.output.split())
    assert stored() == {}, "all or nothing"


def test_the_log_says_that_it_was_the_operator(
    run: Run, stored: Callable[[], object], database: Database
) -> None:
    run("site", "policy", "news", "--nudge")

    with database.reading() as session:
        event = session.scalars(select(Event)).one()
        assert (event.actor, event.moderator_id) == (Actor.OPERATOR, None)


def test_the_snippet_has_a_line_for_readers_without_javascript(
    run: Run, stored: Callable[[], object]
) -> None:
    assert "/s/news/comments?article=" in run("site", "snippet", "news").output


def another(rule: str) -> Any:
    """What the rule may be, and is not for new sites."""
    known = {
        **{"publishing": "human", "preset": "strict", "language": "de", "contact": "Ada"},
        **{"thresholds": {"threat": 0.5}, "theme": {"font": "serif"}, "closes_after_days": 30},
        **dict.fromkeys(LISTS, ["one"]),
    }
    usual = DEFAULTS[rule]
    if rule in known:
        return known[rule]
    return not usual if rule in SWITCHES else next(n for n in NUMBERS[rule] if n != usual)


@pytest.mark.parametrize("rule", DEFAULTS)
def test_a_rule_is_set_back(
    run: Run, stored: Callable[[], Any], database: Database, rule: str
) -> None:
    others = check_rules({each: another(each) for each in DEFAULTS})
    with database.transaction() as session:
        session.scalars(select(Site)).one().policy = others

    done = run("site", "policy", "news", "--reset", rule)

    assert done.exit_code == 0, done.output
    usual = check_rules({rule: DEFAULTS[rule]})
    assert stored() == {**others, **usual} != others
