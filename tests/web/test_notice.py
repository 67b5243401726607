"""The privacy notice says what the settings say."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Site
from tests.web.pages import Page, Reader

Notice = Callable[..., str]


@pytest.fixture
def notice(client: FlaskClient, database: Database, site: Site) -> Notice:
    """The text of the notice under a policy."""

    def read(**policy: object) -> str:
        with database.transaction() as session:
            session.get_one(Site, site.id).policy = policy
        answer = client.get("/s/news/privacy")
        assert answer.status_code == 200
        return Page(answer.text).text

    return read


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({}, "name and text for 180 days"),
        ({"keep_rejected_days": 1}, "name and text for 1 day."),
        ({"keep_email_days": 17}, "17 days after your last comment"),
        ({"keep_identity_days": 777}, "Its hash: 777 days"),
        ({"keep_identity_days": 7}, "Its hash: 365 days"),
        ({"keep_address_days": 13}, "encrypted, for 13 days"),
        ({"erasure_days": 3}, "3 days after you ask"),
        ({"email_required": False}, "is up to you"),
        ({"contact": "Ann <Editor>, ann@news.example"}, "Ann <Editor>, ann@news.example."),
        ({"publishing": "human"}, "A person decides about every comment"),
        ({"publishing": "first"}, "except for a person’s first comments"),
        ({"reject_banned_words": True}, "refused at once"),
    ],
)
def test_it_is_made_from_the_policy(notice: Notice, policy: dict[str, object], said: str) -> None:
    # Of the whole notice only what the policy says may differ from another's.
    assert said in notice(**policy)
    if policy:
        assert said not in notice()


@pytest.mark.parametrize(
    "overrides", [{"RATE_SUBMIT": "7 per minute; 70 per hour", "SCORE_DEADLINE": 45}]
)
def test_it_is_made_from_the_settings(notice: Notice) -> None:
    assert "7 in 1 minute, 70 in 1 hour" in notice()
    assert "longer than 45 seconds" in notice()


@pytest.mark.parametrize("overrides", [{}, {"SMTP_HOST": "localhost", "MAIL_FROM": "a@b.example"}])
def test_no_two_sentences_run_together(notice: Notice) -> None:
    for policy in ({}, {"publishing": "first", "nudge": True}, {"publishing": "human"}):
        assert not re.search(r"[a-z][.:?][A-Z]", notice(**policy))


def test_the_form_leads_to_it(reader: Reader, client: FlaskClient) -> None:
    [link] = [a for a in reader.page().all("a") if "/privacy" in a.attrs["href"]]
    assert client.get(link.attrs["href"]).status_code == 200
    assert link.attrs["target"] == "_blank"


def test_an_unknown_site_has_none(client: FlaskClient) -> None:
    assert client.get("/s/nowhere/privacy").status_code == 404
