"""How deep comments look: down to a level, below which all look alike."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.models import Comment
from moderation.privacy.links import PrivateLinks
from moderation.services import Services
from moderation.statuses import Status
from moderation.web.readers.branches import DEEPEST
from tests.factories import ARTICLE
from tests.web.pages import Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Write = Callable[..., Comment]


@pytest.fixture
def deep(write: Write) -> Comment:
    """A public comment two levels below the deepest that looks like it."""
    last = write()
    for _ in range(DEEPEST + 2):
        last = write(parent=last)
    return last


def test_what_lies_deeper_looks_like_the_deepest(reader: Reader, deep: Comment) -> None:
    items = [each.attrs["class"] for each in reader.page().all("li") if "id" in each.attrs]
    assert items == [f"level-{min(each, DEEPEST)}" for each in range(DEEPEST + 3)]


def test_so_does_what_a_browser_puts_there(
    client: FlaskClient, services: Services, deep: Comment, write: Write
) -> None:
    links = PrivateLinks(services.settings.SECRET_KEY.get_secret_value())
    mine = write(status=Status.HELD, parent=deep)
    token = links.issue(mine.public_id, mine.link_version)
    answer = client.post("/s/news/mine", data={"article": ARTICLE, "token": token})
    assert [each["level"] for each in answer.get_json()["waiting"]] == [DEEPEST]


def test_the_style_sheet_knows_every_level_but_the_topmost(client: FlaskClient) -> None:
    css = client.get("/static/readers.css", buffered=True).text
    known = [level for level in range(1, 20) if f".level-{level}" in css]
    assert known == list(range(1, DEEPEST + 1))
