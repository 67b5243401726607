"""`flask commenter export|erase` and `flask privacy …` as an owner runs them."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from moderation.models import Comment, CommenterEmail, Site
from moderation.services import Services
from moderation.statuses import Status
from tests.doubles import Clock
from tests.factories import make_comment, make_site

EMAIL = "ada@example.com"


@pytest.fixture
def site(services: Services) -> Site:
    with services.database.transaction() as session:
        site = make_site(session)
        make_comment(session, site, status=Status.REJECTED, email=EMAIL, vault=services.vault)
        return site


def run(app: Flask, *words: str, stdin: str | None = None) -> str:
    done = app.test_cli_runner().invoke(args=words, input=stdin)
    assert done.exit_code == 0, done.output
    return done.output


def bodies(services: Services) -> list[str]:
    with services.database.reading() as session:
        return list(session.scalars(select(Comment.body)))


def test_an_export_is_json_that_only_its_owner_reads(
    app: Flask, site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "ada.json"
    shown = json.loads(run(app, "commenter", "export", "Ada+news@Example.com", "--site", "news"))
    run(app, "commenter", "export", EMAIL, "--site", "news", "--output", str(path))
    assert json.loads(path.read_text())["comments"] == shown["comments"]
    assert shown["email"] == EMAIL
    assert path.stat().st_mode & 0o777 == 0o600


def test_erasing_waits_unless_told_not_to(app: Flask, services: Services, site: Site) -> None:
    words = ("commenter", "erase", EMAIL, "--site", "news")
    assert "11 May 2026" in run(app, *words, "--yes")
    assert bodies(services) == ["What a lovely tree."]
    assert "Erased 1" in run(app, *words, "--now", stdin="y\n")
    assert bodies(services) == [""]
    with services.database.reading() as session:
        assert session.scalars(select(CommenterEmail)).all() == []


def test_erasing_asks_first(app: Flask, services: Services, site: Site) -> None:
    done = app.test_cli_runner().invoke(
        args=("commenter", "erase", EMAIL, "--site", "news", "--now"), input="n\n"
    )
    assert done.exit_code == 1
    assert bodies(services) == ["What a lovely tree."]


@pytest.mark.parametrize("act", ["export", "erase"])
def test_nobody_is_found_by_another_address(app: Flask, site: Site, act: str) -> None:
    done = app.test_cli_runner().invoke(
        args=("commenter", act, "bob@example.com", "--site", "news"), input="y\n"
    )
    assert done.exit_code == 1
    assert "Nobody commented on news" in done.output


def test_purging_says_first_and_then_does(
    app: Flask, services: Services, site: Site, clock: Clock
) -> None:
    run(app, "site", "policy", "news", "--keep-rejected-days", "10")
    clock.forward(11 * 86_400)
    assert "news\trejected\t1\n" in run(app, "privacy", "purge", "--dry-run")
    assert bodies(services) == ["What a lovely tree."]
    assert "news\trejected\t1 taken out" in run(app, "privacy", "purge", "--site", "news")
    assert bodies(services) == [""]
    assert "news\trejected\t0\n" in run(app, "privacy", "purge")


def test_erasing_again_finds_nothing_where_nothing_came_back(
    app: Flask, services: Services, site: Site
) -> None:
    assert "0 comments" in run(app, "privacy", "erase-again")
    run(app, "commenter", "erase", EMAIL, "--site", "news", "--now", "--yes")
    assert "0 comments" in run(app, "privacy", "erase-again")
