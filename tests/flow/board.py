"""One article as readers meet it, for tests of what is public."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import object_session

from moderation.db import Database
from moderation.flow.articles import find_article, read_page
from moderation.flow.publish import Entry, Sort, Thread, read_branch, read_thread
from moderation.flow.store import change_status
from moderation.flow.submit import Submission, submit
from moderation.models import Comment, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Status
from tests.doubles import NOON
from tests.factories import ARTICLE


class Board:
    """One article; comments appear on it with a status of the test's choice."""

    def __init__(self, database: Database, site: Site, vault: Vault) -> None:
        self.database, self.site, self.vault = database, site, vault
        self._count = 0

    def write(
        self, body: str, parent: str = "", *, status: Status = Status.APPROVED, depth: int = 4
    ) -> str:
        """Send a comment as a reader does, then give it the status; answers its public id."""
        self._count += 1
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            site.policy = {"reply_depth": depth}
            form = Submission(
                submission_id=f"form-{self._count}",
                page=read_page(site, ARTICLE),
                parent=parent,
                name=f"Name of {body}",
                email="",
                body=body,
            )
            comment, _ = submit(
                session, site, form, vault=self.vault, now=NOON, repeat_window=NOON - NOON
            )
            self._move(comment, status)
            return comment.public_id

    def move(self, public_id: str, status: Status) -> None:
        """Have the machine decide so."""
        with self.database.transaction() as session:
            query = select(Comment).where(Comment.public_id == public_id)
            self._move(session.scalars(query).one(), status)

    def read(self, *, after: str = "", sort: Sort = Sort.OLDEST, size: int = 100) -> Thread:
        """A page of the thread."""
        with self.database.reading() as session:
            article = find_article(session, self.site, read_page(self.site, ARTICLE))
            return read_thread(session, article, after=after, sort=sort, size=size)

    def read_branch(self, public_id: str, *, after: str = "", size: int = 100) -> Thread | None:
        """One comment in its place."""
        with self.database.reading() as session:
            article = find_article(session, self.site, read_page(self.site, ARTICLE))
            return read_branch(session, article, public_id, after=after, size=size)

    def read_pages(
        self,
        size: int,
        sort: Sort = Sort.OLDEST,
        *,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> list[Entry]:
        """All pages, one after the other; something may happen between two of them."""
        entries: list[Entry] = []
        after: str | None = ""
        while after is not None:
            page = self.read(after=after, sort=sort, size=size)
            entries += page.entries
            after = page.next_after
            meanwhile()
        return entries

    def _move(self, comment: Comment, status: Status) -> None:
        session = object_session(comment)
        assert session is not None
        change_status(
            session, comment, status, change=Change.DECIDED, actor=Actor.MACHINE, now=NOON
        )
