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
from moderation.flow.bans.forgetting import forget_long_ended
from moderation.flow.mails import forget_ended
from moderation.flow.notices import sending
from moderation.flow.personal.erasure import Step, due_erasures, erase, erase_again, forget
from moderation.flow.personal.retention import PURGES, Purge, purge_batch, record_purge
from moderation.flow.queue.claims import forget_expired
from moderation.flow.queue.queues import fold_counts
from moderation.flow.queue.search import drop_erased_words
from moderation.flow.standing.forgetting import forget_ended_standing
from moderation.flow.surges import end_over
from moderation.flow.team.invitations import forget_invitations
from moderation.models import Comment, Commenter, CommenterEmail, Site
from moderation.privacy.erased import COMMENT, COMMENTER, ErasedList
from moderation.sweep import now

log = structlog.get_logger()

EVERY = 3600.0  # seconds between rounds
MERGE_EVERY = dt.timedelta(days=1)  # it writes the whole index anew
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
        self._has_emptied = True  # perhaps, before this process began
        self._merged_at: dt.datetime | None = None

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
        _try(partial(self.forget, forget_ended))
        _try(partial(self.forget, sending.forget_ended))
        _try(partial(self.forget, forget_invitations))
        _try(partial(self.forget, forget_long_ended))
        _try(partial(self.forget, forget_ended_standing))
        _try(self.tidy_queue)
        _try(self.drop_erased_words)

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
            self._has_emptied = True
            log.info("purged", site=site_id, kind=purge.name, count=total)
        return total

    def forget(self, forget_some: Callable[..., int]) -> int:
        """Delete rows of one kind that ended long ago, batch by batch; answers how many."""
        total, count = 0, BATCH
        while count == BATCH and not self._stop.is_set():
            with self._database.transaction() as session:
                count = forget_some(session, now=self._clock(), limit=BATCH)
            total += count
        return total

    def tidy_queue(self) -> None:
        """Fold the counts of the queues, take out claims that ended, note surges that are over."""
        with self._database.transaction() as session:
            fold_counts(session)
            forget_expired(session, now=self._clock())
            end_over(session, now=self._clock())

    def drop_erased_words(self) -> None:
        """Once a day take words of emptied comments out of the search's index, step by step."""
        now = self._clock()
        is_early = self._merged_at is not None and now - self._merged_at < MERGE_EVERY
        if is_early or not self._has_emptied:
            return
        self._has_emptied, self._merged_at, is_first, goes_on = False, now, True, True
        while goes_on and not self._stop.is_set():
            began = time.monotonic()
            with self._database.transaction() as session:
                goes_on = drop_erased_words(session, is_first=is_first)
            is_first = False
            self._stop.wait(time.monotonic() - began)

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
        self._has_emptied = True
        log.info("erased", erasure=erasure_id, comments=total)
        return total

    def note_erased(self, public_id: str) -> None:
        """Remember a comment that its commenter deletes, before that commits. Raises OSError."""
        self._erased.add(COMMENT, [public_id])
        self.note_emptied()

    def note_emptied(self) -> None:
        """Some text went: its words have to leave the search's index, too."""
        self._has_emptied = True

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
