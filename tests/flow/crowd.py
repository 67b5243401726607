"""People who write under one article, until it is a surge."""

import datetime as dt
import itertools
from collections.abc import Sequence

from sqlalchemy import select

from moderation.db import Database
from moderation.flow.article_acts import find_visible_article
from moderation.flow.articles import has_surge, read_page
from moderation.flow.submit import Submission, submit
from moderation.flow.surges import end_surge, resume_surge
from moderation.models import Article, Comment, Event, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Code, Status
from moderation.worker import Worker
from tests.doubles import Clock
from tests.factories import ARTICLE, make_site
from tests.flow.desk import plain_moderator

MINUTE, HOUR, DAY = 60, 3600, dt.timedelta(days=1)
SURGES = (Change.SURGE_BEGAN, Change.SURGE_ENDED)
BEGAN = (Change.SURGE_BEGAN, Actor.MACHINE, None)
OVER = (Change.SURGE_ENDED, Actor.MACHINE, None)


class Crowd:
    """People who write under an article of a site: six comments in ten minutes are a surge."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self.database, self.vault, self.clock = database, vault, clock
        self._numbers = itertools.count(1)
        with database.transaction() as session:
            self.site = make_site(session, surge_comments=6, surge_holds=5)
            self.grace = plain_moderator(session, "grace")
            self.linus = plain_moderator(session, "linus")

    def write(
        self,
        person: int | None = None,
        *,
        body: str = "What a lovely tree",
        article: str = ARTICLE,
        email: str | None = None,
        network: str | None = None,
        signals: Sequence[Code] = (),
    ) -> int:
        """One comment, by another person each time unless somebody is named; its id."""
        number = next(self._numbers)
        person = number if person is None else person
        with self.database.transaction() as session:
            comment, _ = submit(
                session,
                session.get_one(Site, self.site.id),
                Submission(
                    submission_id=str(number),
                    page=read_page(self.site, article),
                    parent="",
                    name="Ada",
                    email=f"person{person}@example.com" if email is None else email,
                    body=f"{body}, number {number}.",
                    signals=tuple(signals),
                    address_range=network,
                ),
                vault=self.vault,
                now=self.clock(),
                repeat_window=DAY,
            )
            return comment.id

    def set_policy(self, **policy: object) -> None:
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            site.policy = {**site.policy, **policy}

    def article(self) -> Article:
        """The article, with its surge."""
        with self.database.reading() as session:
            found = session.scalars(select(Article).order_by(Article.id)).first()
            assert found is not None
            assert found.surge is None or found.surge.article_id == found.id
            return found

    def is_on(self) -> bool:
        """Whether a surge is in force now."""
        return has_surge(self.article(), self.clock())

    def status(self, comment_id: int) -> Status:
        with self.database.reading() as session:
            return session.get_one(Comment, comment_id).status

    def log(self) -> list[tuple[Change, Actor, int | None]]:
        """What the log says of surges."""
        with self.database.reading() as session:
            events = session.scalars(
                select(Event).where(Event.change.in_(SURGES)).order_by(Event.id)
            )
            return [(event.change, event.actor, event.moderator_id) for event in events]

    def end(self, by: Moderator | None = None) -> bool:
        """A moderator ends it."""
        with self.database.transaction() as session:
            article = find_visible_article(session, self.article().id, by or self.grace)
            return end_surge(session, article, moderator=by or self.grace, now=self.clock())

    def resume(self, by: Moderator | None = None) -> bool:
        """A moderator takes that back."""
        with self.database.transaction() as session:
            article = find_visible_article(session, self.article().id, by or self.grace)
            return resume_surge(session, article, moderator=by or self.grace, now=self.clock())


def score_all(worker: Worker) -> None:
    """Have all that waits scored and decided."""
    while worker.tick():
        pass
