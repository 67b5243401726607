"""The reveal: an owner reads an email in full, with a reason that is logged."""

import io
import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.metrics import REVEALS
from moderation.models import Comment, Event, Moderator
from moderation.services import Services
from moderation.statuses import RevealReason, Role
from moderation.web.filters import REVEAL_REASONS
from moderation.web.moderators import commenters
from tests.factories import ARTICLE, make_moderator
from tests.web.commenters.asking import (
    ADA,
    SignInAs,
    lose_the_key,
    purge,
    reveal,
    reveals,
    search,
    token_of,
)
from tests.web.pages import Page

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_an_owner_reads_the_email_once_with_a_reason(
    database: Database, owner: Moderator, owner_desk: FlaskClient, comment: Comment, path: str
) -> None:
    before = REVEALS.labels("legal")._value.get()

    answer = reveal(owner_desk, path)

    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count(ADA) == 1
    (event,) = reveals(database)
    assert (event.moderator_id, event.reason) == (owner.id, "legal")
    assert event.data == {"commenter": comment.commenter_id}
    assert REVEALS.labels("legal")._value.get() == before + 1
    assert ADA not in owner_desk.get(path).text, "the next look is masked again"


def test_the_event_is_there_before_the_email_is_shown(
    database: Database, owner_desk: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def render(*_args: object, **shown: object) -> str:
        seen.append(len(reveals(database)) if shown.get("revealed") else -1)
        return ""

    token = token_of(owner_desk)
    monkeypatch.setattr(commenters, "render_template", render)
    owner_desk.post(f"{path}/reveal", data={"csrf_token": token, "reason": "legal"})

    assert seen == [1]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
def test_other_roles_reveal_nothing(
    services: Services, sign_in_as: SignInAs, path: str, role: Role
) -> None:
    with services.database.transaction() as session:
        who = make_moderator(session, services.vault, email="x@example.com", role=role)
    desk = sign_in_as(who)

    answer = reveal(desk, path)

    assert answer.status_code == 403 and ADA not in answer.text
    assert reveals(services.database) == []
    assert not Page(desk.get(path).text).all("select")


@sqlite
@pytest.mark.parametrize("reason", ["", "curiosity"])
def test_without_a_reason_nothing_is_revealed(
    database: Database, owner_desk: FlaskClient, path: str, reason: str
) -> None:
    answer = reveal(owner_desk, path, reason)

    assert answer.status_code == 400 and ADA not in answer.text
    assert Page(answer.text).all("p", class_="error")
    assert reveals(database) == []


@sqlite
def test_a_reveal_needs_the_token_of_the_page(
    database: Database, owner_desk: FlaskClient, path: str
) -> None:
    answer = owner_desk.post(f"{path}/reveal", data={"reason": "legal"})

    assert answer.status_code == 400 and ADA not in answer.text
    assert reveals(database) == []


@pytest.mark.parametrize(
    "spoil, sentence",
    [(lose_the_key, "No key here opens this email"), (purge, "This email is no longer kept")],
)
def test_what_cannot_be_revealed_is_said_and_not_logged(
    database: Database,
    owner_desk: FlaskClient,
    path: str,
    spoil: Callable[[Database], None],
    sentence: str,
) -> None:
    before = REVEALS.labels("safety")._value.get()
    spoil(database)

    answer = reveal(owner_desk, path, "safety")

    assert answer.status_code == 409 and sentence in answer.text
    assert reveals(database) == []
    assert REVEALS.labels("safety")._value.get() == before


@sqlite
def test_every_reason_has_its_words_in_the_form_and_in_the_log(
    owner_desk: FlaskClient, viewer_desk: FlaskClient, path: str
) -> None:
    options = {o.attrs["value"]: o.text for o in Page(owner_desk.get(path).text).all("option")}

    assert options.keys() - {""} == set(RevealReason)
    for reason in RevealReason:
        reveal(owner_desk, path, reason)
        assert options[reason].lower() == REVEAL_REASONS[reason].lower()
        log = viewer_desk.get("/log")
        assert f"reason: {REVEAL_REASONS[reason]}" in Page(log.text).text
    assert ADA not in log.text
    assert len(Page(log.text).all("a", href=path)) == len(RevealReason)


def test_no_log_line_and_no_event_holds_the_email(
    database: Database, owner_desk: FlaskClient, path: str, written: io.StringIO
) -> None:
    search(owner_desk)
    search(owner_desk, "")
    reveal(owner_desk, path)
    owner_desk.get(path)
    lose_the_key(database)
    reveal(owner_desk, path)
    search(owner_desk)

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {"/commenters", "/commenters/<commenter_id>/reveal"} <= {x.get("route") for x in lines}
    assert "canary" not in written.getvalue() and "lovelace" not in written.getvalue()
    assert path.rpartition("/")[2] not in written.getvalue()
    with database.reading() as session:
        for event in session.scalars(select(Event)):
            assert "canary" not in repr((event.reason, event.data))


@sqlite
def test_no_other_page_shows_the_email(
    owner_desk: FlaskClient, client: FlaskClient, comment: Comment, path: str
) -> None:
    reveal(owner_desk, path)

    for place in ("/queue", f"/queue/{comment.public_id}", "/log", "/privacy", path, "/commenters"):
        assert "canary" not in owner_desk.get(place).text, place
    assert "canary" not in client.get(f"/s/news/comments?article={ARTICLE}").text
