"""The commenter's browser: sends a comment, and goes to its private page."""

from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Comment
from moderation.worker import Worker
from tests.web.pages import Page, Reader
from tests.web.pressing import press

SAVE, DELETE = "Save and have it checked", "Delete it for good"


@dataclass
class Commenter:
    """Ada, who has sent one comment; `path` is that of its private page."""

    client: FlaskClient
    database: Database
    worker: Worker
    path: str
    id: int

    @property
    def token(self) -> str:
        """Of the private link."""
        return self.path.rpartition("/")[2]

    @property
    def comment(self) -> Comment:
        with self.database.reading() as session:
            return session.get_one(Comment, self.id)

    def page(self, act: str = "") -> Page:
        """The private page, or that of an act: `/edit`, `/delete`."""
        answer = self.client.get(self.path + act)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def edit(self, body: str, page: Page | None = None) -> TestResponse:
        """Save a text, from a page shown before or a fresh one."""
        return press(self.client, page or self.page("/edit"), SAVE, body=body)

    def delete(self, page: Page | None = None) -> TestResponse:
        """Press the button that asks no more."""
        return press(self.client, page or self.page("/delete"), DELETE)

    def score(self) -> None:
        """Have what waits decided."""
        while self.worker.tick():
            pass


def write(reader: Reader, database: Database, worker: Worker, **fields: str) -> Commenter:
    """Send a comment as JSON, whose answer names the private page."""
    answer = reader.send_json(**fields)
    assert answer.status_code == 202, answer.text
    path = answer.get_json()["manage_url"].partition(":8000")[2]
    with database.reading() as session:
        query = select(Comment.id).where(Comment.public_id == answer.get_json()["id"])
        return Commenter(reader.client, database, worker, path, session.scalars(query).one())
