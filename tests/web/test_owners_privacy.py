"""The owners' page about personal data."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.flow.personal.sight import reveal_email
from moderation.models import Commenter, Moderator, Site
from moderation.services import Services
from moderation.statuses import RevealReason, Role
from moderation.web.proxies import FEWEST
from tests.doubles import NOON
from tests.factories import ARTICLE, make_comment, make_moderator, make_site
from tests.web.pages import Page

SignInAs = Callable[[Moderator], FlaskClient]
DAY = dt.timedelta(days=1)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def owner(services: Services) -> Moderator:
    with services.database.transaction() as session:
        return make_moderator(session, services.vault, email="olga@example.com", role=Role.OWNER)


@pytest.fixture
def owner_desk(owner: Moderator, sign_in_as: SignInAs) -> FlaskClient:
    """An owner's browser."""
    return sign_in_as(owner)


@pytest.fixture
def ada(services: Services, site: Site) -> Commenter:
    with services.database.transaction() as session:
        comment = make_comment(session, site, email="ada@example.com", vault=services.vault)
        assert comment.commenter
        return comment.commenter


def reveal(services: Services, ada: Commenter, owner: Moderator, now: dt.datetime) -> None:
    with services.database.transaction() as session:
        reveal_email(
            session,
            ada,
            vault=services.vault,
            moderator=owner,
            reason=RevealReason.CONTACT,
            now=now,
        )


def test_it_lists_who_read_whose_email_and_why(
    services: Services, owner: Moderator, owner_desk: FlaskClient, ada: Commenter
) -> None:
    reveal(services, ada, owner, NOON - 31 * DAY)
    for days in (2, 1):
        reveal(services, ada, owner, NOON - days * DAY)

    page = Page(owner_desk.get("/privacy").text)

    (section,) = page.all("section", aria_labelledby="reveals")
    (numbers,) = [dl for dl in page.all("dl") if section in dl.inside]
    counts = " ".join(numbers.text.split())
    assert counts == f"{owner.name} 2"
    entries = [" ".join(item.text.split()) for item in page.all("li") if section in item.inside]
    words = f"{owner.name}: to write to them about their comment Show the commenter"
    assert entries == [f"{day} May 2026, 12:00 UTC {words}" for day in (3, 2)]
    assert len(page.all("a", href=f"/commenters/{ada.public_id}")) == 2
    assert "ada@example.com" not in page.html


@sqlite
def test_where_nothing_was_revealed_it_says_so(owner_desk: FlaskClient) -> None:
    assert "None in the last 30 days." in Page(owner_desk.get("/privacy").text).text


def test_an_owner_sees_their_own_sites_only(
    services: Services, owner: Moderator, ada: Commenter, sign_in_as: SignInAs
) -> None:
    reveal(services, ada, owner, NOON)
    with services.database.transaction() as session:
        other = make_moderator(
            session,
            services.vault,
            email="other@example.com",
            role=Role.OWNER,
            site=make_site(session, "other"),
        )

    page = Page(sign_in_as(other).get("/privacy").text)

    assert "None in the last 30 days." in page.text
    assert owner.name not in page.text


@sqlite
def test_owners_only(
    desk: FlaskClient, viewer_desk: FlaskClient, owner_desk: FlaskClient, client: FlaskClient
) -> None:
    for browser, code in ((desk, 403), (viewer_desk, 403), (owner_desk, 200), (client, 302)):
        assert browser.get("/privacy").status_code == code
    assert len(Page(owner_desk.get("/team").text).all("a", href="/privacy")) == 1
    for browser, links in ((desk, 0), (viewer_desk, 0), (owner_desk, 1)):
        assert len(Page(browser.get("/queue").text).all("a", href="/team")) == links


@sqlite
def test_a_proxy_that_hides_readers_is_told_with_its_remedy(
    owner_desk: FlaskClient, client: FlaskClient, site: Site
) -> None:
    assert "Nothing is in the way" in owner_desk.get("/privacy").text
    for _ in range(FEWEST):
        client.get(
            f"/s/news/comments?article={ARTICLE}", headers={"X-Forwarded-For": "203.0.113.7"}
        )

    page = Page(owner_desk.get("/privacy").text)

    assert "all readers count as one" in page.text
    assert "TRUSTED_PROXIES" in [code.text for code in page.all("code")]
    assert "Nothing is in the way" not in page.text
