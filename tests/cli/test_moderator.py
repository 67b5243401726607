"""`flask moderator`: accounts off and on, sessions, second factors, invitations, many at once."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from moderation.db import Database
from moderation.flow.team import passwords
from moderation.flow.team.accounts import find_moderator
from moderation.flow.team.sessions import start_session
from moderation.models import Event, Invitation, Moderator, SignIn
from moderation.services import Services
from moderation.statuses import Actor, Change, Role
from tests.doubles import NOON
from tests.factories import make_moderator, make_site

Run = Callable[..., Result]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINK = re.compile(r"http://127\.0\.0\.1:8000(/invitation/[\w.-]+)")
EMAIL = "ada@example.com"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def ada(services: Services) -> Moderator:
    """Somebody with a session and a second factor."""
    with services.database.transaction() as session:
        made = make_moderator(session, services.vault, email=EMAIL)
        start_session(session, made.id, now=NOON, lifetime=dt.timedelta(hours=1))
        made.totp_ciphertext = b"x"
        return made


def person(services: Services, email: str = EMAIL) -> Moderator:
    with services.database.reading() as session:
        found = find_moderator(session, email, services.vault)
    assert found is not None
    return found


def count(database: Database, table: type[object]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def by_operator(database: Database) -> list[Change]:
    with database.reading() as session:
        rows = session.execute(select(Event.change, Event.actor, Event.moderator_id))
        return [change for change, actor, who in rows if actor is Actor.OPERATOR and who is None]


def test_an_account_is_switched_off_and_on(run: Run, services: Services, ada: Moderator) -> None:
    assert run("moderator", "off", EMAIL).output == f"{EMAIL} is off.\n"
    assert not person(services).is_active
    assert count(services.database, SignIn) == 0
    assert "was off already" in run("moderator", "off", EMAIL).output
    assert "off" in run("moderator", "list").output
    assert run("moderator", "on", "ADA@Example.com").exit_code == 0
    assert person(services).is_active
    assert "was on already" in run("moderator", "on", EMAIL).output
    assert by_operator(services.database) == [Change.SWITCHED_OFF, Change.SWITCHED_ON]


def test_the_last_owner_of_all_sites_stays_on(run: Run, services: Services) -> None:
    with services.database.transaction() as session:
        make_moderator(session, services.vault, email=EMAIL, role=Role.OWNER)
    done = run("moderator", "off", EMAIL)
    assert (done.exit_code, "last active owner of all sites" in done.output) == (1, True)
    assert person(services).is_active


def test_a_second_factor_is_reset(run: Run, services: Services, ada: Moderator) -> None:
    assert "second factor" in run("moderator", "list").output
    assert "password alone" in run("moderator", "reset-2fa", EMAIL).output
    assert not person(services).has_second_factor
    assert count(services.database, SignIn) == 0
    assert run("moderator", "reset-2fa", EMAIL).output == "There was none.\n"
    assert by_operator(services.database) == [Change.SECOND_FACTOR_RESET]


def test_sessions_are_ended_of_one_or_of_all(run: Run, services: Services, ada: Moderator) -> None:
    with services.database.transaction() as session:
        for email in ("b@example.com", "c@example.com"):
            made = make_moderator(session, services.vault, email=email)
            start_session(session, made.id, now=NOON, lifetime=dt.timedelta(hours=1))
    assert run("moderator", "sign-out", EMAIL).output == "Ended 1 session.\n"
    assert count(services.database, SignIn) == 2
    assert run("moderator", "sign-out", "--all").output == "Ended 2 sessions.\n"
    assert count(services.database, SignIn) == 0
    assert by_operator(services.database) == [Change.SESSIONS_ENDED] * 3
    for wrong in ((), (EMAIL, "--all")):
        assert run("moderator", "sign-out", *wrong).exit_code == 2


@pytest.mark.parametrize("command", ["off", "on", "reset-2fa", "sign-out", "password"])
def test_an_unknown_person_is_told(run: Run, database: Database, command: str) -> None:
    done = run("moderator", command, "eve@example.com")
    assert (done.exit_code, "Nobody signs in as" in done.output) == (1, True)
    assert count(database, Event) == 0


def test_a_generated_password_has_to_be_replaced_and_one_of_ones_own_has_not(
    run: Run, services: Services
) -> None:
    run("moderator", "add", EMAIL)
    assert person(services).must_change_password
    run("moderator", "password", EMAIL, "--password-stdin", stdin="four tall wooden owls\n")
    assert not person(services).must_change_password
    run("moderator", "password", EMAIL)
    assert person(services).must_change_password
    run("moderator", "add", "b@example.com", "--password-stdin", stdin="four tall wooden owls\n")
    assert not person(services, "b@example.com").must_change_password
    assert by_operator(services.database) == [
        Change.ACCOUNT_ADDED,
        Change.PASSWORD_CHANGED,
        Change.PASSWORD_CHANGED,
        Change.ACCOUNT_ADDED,
    ]


@pytest.mark.parametrize("password", ["password12", "adalovelace", "daily-tree-1"])
def test_an_easy_password_is_refused(run: Run, services: Services, password: str) -> None:
    with services.database.transaction() as session:
        make_site(session, "daily-tree")
    email = "ada.lovelace@example.com"
    done = run(
        "moderator", "add", email, "--site", "daily-tree", "--password-stdin", stdin=password
    )
    assert (done.exit_code, "too easy" in done.output) == (1, True)
    assert password not in done.output
    assert count(services.database, Moderator) == 0


def test_an_invitation_prints_a_link_that_works(run: Run, app: Flask, services: Services) -> None:
    with services.database.transaction() as session:
        make_site(session)
    done = run("moderator", "invite", EMAIL, "--role", "owner", "--site", "news")
    (path,) = LINK.findall(done.output)
    assert "as owner of the comments of" in app.test_client().get(path).text
    assert by_operator(services.database) == [Change.INVITED]
    for wrong, says in (
        (("nonsense",), "@"),
        ((EMAIL, "--site", "olds"), "no site 'olds'"),
    ):
        refused = run("moderator", "invite", *wrong)
        assert (refused.exit_code, says in refused.output) == (1, True)
    with services.database.transaction() as session:
        make_moderator(session, services.vault, email=EMAIL)
    assert "can sign in already" in run("moderator", "invite", EMAIL).output


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    """Puts a text into a file."""

    def put(text: str) -> str:
        path = tmp_path / "team.csv"
        path.write_bytes(text.encode())
        return str(path)

    return put


def test_a_file_invites_everybody_in_it(
    run: Run, services: Services, app: Flask, write: Callable[[str], str]
) -> None:
    with services.database.transaction() as session:
        news = make_site(session)
    file = write("\ufeffrole,email,site\r\nowner,a@x.example,\r\nviewer, b@x.example ,news\r\n\r\n")
    dry = run("moderator", "import", file, "--dry-run")
    assert dry.output.splitlines() == [
        "Would invite 2.",
        "a@x.example\towner\tall sites",
        "b@x.example\tviewer\tnews",
    ]
    assert count(services.database, Invitation) == count(services.database, Event) == 0

    done = run("moderator", "import", file)

    links = LINK.findall(done.output)
    assert done.exit_code == 0 and len(links) == 2
    assert {app.test_client().get(path).status_code for path in links} == {200}
    with services.database.reading() as session:
        rows = session.scalars(select(Invitation).order_by(Invitation.id)).all()
    assert [(row.role, row.site_id) for row in rows] == [
        (Role.OWNER, None),
        (Role.VIEWER, news.id),
    ]
    assert by_operator(services.database) == [Change.INVITED] * 2


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_every_wrong_line_is_named_and_nobody_is_invited(
    run: Run, services: Services, ada: Moderator, write: Callable[[str], str], more: tuple[str]
) -> None:
    lines = [
        "email,role,site",
        "good@x.example,viewer,",
        "nonsense,viewer,",
        "b@x.example,king,",
        "c@x.example,viewer,olds",
        "GOOD+tag@x.example,owner,",
        f"{EMAIL},viewer,",
        "d@x.example",
    ]
    done = run("moderator", "import", write("\n".join(lines)), *more)

    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "Error: Nobody was invited.",
        "Line 3: no email address.",
        "Line 4: the role must be one of viewer, moderator, owner.",
        "Line 5: there is no such site; `flask --app wsgi site list` lists them.",
        "Line 6: the same person as in line 2.",
        "Line 7: can sign in already.",
        "Line 8: the role must be one of viewer, moderator, owner.",
    ]
    assert count(services.database, Invitation) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must name the columns"),
        ("email,role\na@x.example,viewer", "must name the columns"),
        ("a@x.example,viewer,", "must name the columns"),
        ("email,role,site\n", "nobody in the file"),
        ("email,role,site\n" + "x" * 200_000, "Line 2 is no CSV"),
        ("email,role,site\n" + 'a@x.example,"viewer,\n', "Nobody was invited"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    run: Run, write: Callable[[str], str], text: str, says: str
) -> None:
    done = run("moderator", "import", write(text))
    assert (done.exit_code, says in done.output) == (1, True)
    assert "Traceback" not in done.output


def test_a_file_that_is_no_text_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "team.csv"
    file.write_bytes(b"\xff\xfe\x00")
    done = run("moderator", "import", str(file))
    assert (done.exit_code, "no UTF-8 text" in done.output) == (1, True)
