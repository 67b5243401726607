"""The end of mails by a button, and by one click in a mail program (RFC 8058)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.flow.commenters import find_or_create_commenter
from moderation.flow.personal.erasure import forget
from moderation.models import Commenter, MailWishes, Site
from moderation.privacy.links import UnsubscribeLinks
from moderation.services import Services
from moderation.statuses import Mailing
from tests.doubles import NOON
from tests.web.pages import Page
from tests.web.pressing import press

EMAIL = "ada@reader.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
Everything = Callable[[], dict[str, list[tuple[object, ...]]]]


@pytest.fixture
def ada(services: Services, site: Site) -> Commenter:
    with services.database.transaction() as session:
        found = find_or_create_commenter(session, site, EMAIL, vault=services.vault, now=NOON)
        assert found is not None
        found.confirmed_at = NOON
        return found


@pytest.fixture
def path(services: Services, ada: Commenter) -> str:
    return link(services, ada, Mailing.REPLIES)


def link(services: Services, ada: Commenter, mailing: Mailing, version: int = 1) -> str:
    links = UnsubscribeLinks(services.settings.SECRET_KEY.get_secret_value())
    return links.address("", ada.public_id, version, mailing)


def said(database: Database, ada: Commenter) -> dict[str, bool | None]:
    with database.reading() as session:
        found = session.get(MailWishes, ada.id)
        return {each.value: getattr(found, each.value) for each in Mailing} if found else {}


@pytest.mark.parametrize("mailing", list(Mailing))
def test_one_click_ends_one_kind_of_mails_without_a_cookie_or_another_token(
    app: Flask, services: Services, database: Database, ada: Commenter, mailing: Mailing
) -> None:
    program = app.test_client(use_cookies=False)
    for _ in range(2):
        answer = program.post(link(services, ada, mailing), data=ONE_CLICK)
        assert answer.status_code == 200, "mail programs follow no redirect"
        assert "Set-Cookie" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    assert said(database, ada) == {
        each.value: False if each is mailing else None for each in Mailing
    }


def test_one_click_may_come_as_multipart(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=ONE_CLICK, content_type="multipart/form-data")
    assert answer.status_code == 200


def test_looking_changes_nothing_and_its_button_does_it(
    client: FlaskClient, database: Database, path: str, ada: Commenter, everything: Everything
) -> None:
    before = everything()
    answers = [client.get(path), client.head(path)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert everything() == before
    assert answers[0].headers["Referrer-Policy"] == "no-referrer"
    assert EMAIL not in answers[0].text

    done = press(client, Page(answers[0].text), "No more such mails")
    assert "no more mails when somebody answers" in Page(done.text).one("p", role="status").text
    assert said(database, ada)["replies"] is False


@pytest.mark.parametrize("data", [{}, {"List-Unsubscribe": "x"}])
def test_a_post_that_is_no_click_changes_nothing(
    client: FlaskClient, path: str, data: dict[str, Any], everything: Everything
) -> None:
    before = everything()
    assert client.post(path, data=data).status_code == 400
    assert everything() == before


@pytest.mark.parametrize("how", ["forged", "revoked", "another purpose", "unknown"])
def test_links_that_do_not_work_answer_alike(
    client: FlaskClient, services: Services, path: str, ada: Commenter, how: str
) -> None:
    wrong = {
        "forged": f"{path}x",
        "revoked": link(services, ada, Mailing.REPLIES, version=2),
        "another purpose": "/u/" + path.removeprefix("/u/").swapcase(),
        "unknown": "/u/nothing",
    }[how]
    answers = [client.get(wrong), client.post(wrong, data=ONE_CLICK)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "This link does not work" in answers[0].text


def test_an_erasure_ends_the_links(
    client: FlaskClient, services: Services, path: str, ada: Commenter
) -> None:
    with services.database.transaction() as session:
        forget(session, ada.id)
    assert client.post(path, data=ONE_CLICK).status_code == 404
