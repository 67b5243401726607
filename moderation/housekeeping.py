"""What has had its time goes, and wishes for erasure are carried out: small transactions, hourly.

The serving process has one as a thread; `flask privacy …` does the same by hand. It may die at any
line: what is over is known by the rows themselves, and the next round goes on.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.mails import forget_ended
from moderation.flow.personal.erasure import Step, due_erasures, erase, erase_again, forget
from moderation.flow.personal.retention import PURGES, Purge, purge_batch, record_purge
from moderation.models import Comment, Commenter, CommenterEmail, Site
from moderation.privacy.erased import COMMENT, COMMENTER, ErasedList
from moderation.sweep import now

log = structlog.get_logger()

EVERY = 3600.0  # seconds between rounds
BATCH = 100  # rows a transaction
PAGE = 1000  # ids read at a time when looking for what a backup brought back


class Housekeeper:
    """Purges, erases, and erases again after a restore."""

    def __init__(
        self, database: Database, erased: ErasedList, *, clock: Callable[[], dt.datetime] = now
    ) -> None:
        self._database = database
        self._erased = erased
        self._clock = clock
        self._stop = threading.Event()

    def run(self) -> None:
        """A round at the start and every hour, until `stop()`."""
        _try(self.erase_again)
        while True:
            _try(self)
            if self._stop.wait(EVERY):
                return

    def stop(self) -> None:
        """End `run()` after the batch in hand."""
        self._stop.set()

    def __call__(self) -> None:
        """One round: every wish whose time has come, every purge of every site, old mails.

        Each by itself: one that breaks (a site's stored policy, say) must not stop the others.
        """
        with self._database.reading() as session:
            sites = session.scalars(select(Site.id).order_by(Site.id)).all()
            wishes = due_erasures(session, now=self._clock())
        for wish in wishes:
            _try(partial(self.erase, wish))
        for site_id in sites:
            for purge in PURGES:
                _try(partial(self.purge, site_id, purge))
        _try(self.forget_mails)

    def purge(
        self, site_id: int, purge: Purge, *, tell: Callable[[int], object] = lambda _count: None
    ) -> int:
        """Take out all of one kind that is over on a site; `tell` hears of each batch."""
        total, count = 0, BATCH
        while count == BATCH and not self._stop.is_set():
            began = time.monotonic()
            with self._database.transaction() as session:
                site = session.get_one(Site, site_id)
                count = purge_batch(session, site, purge, now=self._clock(), limit=BATCH)
            total += count
            tell(count)
            if count == BATCH:
                # As long as the batch took: SQLite has one writer at a time, and readers comment.
                self._stop.wait(time.monotonic() - began)
        if total:
            with self._database.transaction() as session:
                site = session.get_one(Site, site_id)
                record_purge(session, site, purge, total, now=self._clock())
            log.info("purged", site=site_id, kind=purge.name, count=total)
        return total

    def forget_mails(self) -> int:
        """Delete the rows of mails that ended long ago; answers how many."""
        total, count = 0, BATCH
        while count == BATCH and not self._stop.is_set():
            with self._database.transaction() as session:
                count = forget_ended(session, now=self._clock(), limit=BATCH)
            total += count
        return total

    def erase(self, erasure_id: int) -> int:
        """Carry out one wish now; answers how many comments it took from sight."""
        total, step = 0, Step((), None, done=False)
        while not step.done and not self._stop.is_set():
            with self._database.transaction() as session:
                step = erase(session, erasure_id, now=self._clock(), limit=BATCH)
                # On the disk before the commit: nothing erased may be missing from the list.
                self._erased.add(COMMENT, step.comments)
                self._erased.add(COMMENTER, [step.commenter] if step.commenter else [])
            total += len(step.comments)
        log.info("erased", erasure=erasure_id, comments=total)
        return total

    def erase_again(self) -> int:
        """Erase what a restored backup brought back; answers how many comments and commenters."""
        lines = self._erased.read()
        if not lines:
            return 0
        count = self._comments_again(lines) + self._commenters_again(lines)
        if count:
            log.warning("erased_again", count=count)
        return count

    def _comments_again(self, lines: frozenset[str]) -> int:
        total, after = 0, 0
        while True:
            with self._database.reading() as session:
                page = session.execute(
                    select(Comment.id, Comment.public_id)
                    .where(Comment.id > after, Comment.emptied_at.is_(None))
                    .order_by(Comment.id)
                    .limit(PAGE)
                ).all()
            back = [key for key, name in page if self._erased.holds(lines, COMMENT, name)]
            if back:
                with self._database.transaction() as session:
                    erase_again(session, back, now=self._clock())
            total += len(back)
            if len(page) < PAGE:
                return total
            after = page[-1].id

    def _commenters_again(self, lines: frozenset[str]) -> int:
        total, after = 0, 0
        while True:
            with self._database.reading() as session:
                page = session.execute(
                    select(Commenter.id, Commenter.public_id)
                    .join(CommenterEmail, CommenterEmail.commenter_id == Commenter.id)
                    .where(Commenter.id > after)
                    .order_by(Commenter.id)
                    .limit(PAGE)
                ).all()
            back = [key for key, name in page if self._erased.holds(lines, COMMENTER, name)]
            if back:
                with self._database.transaction() as session:
                    for commenter_id in back:
                        forget(session, commenter_id)
            total += len(back)
            if len(page) < PAGE:
                return total
            after = page[-1].id


def _try(task: Callable[[], object]) -> None:
    """Do it; what fails is tried again in the next round."""
    try:
        task()
    except Exception:
        log.error("housekeeping_failed", exc_info=True)
