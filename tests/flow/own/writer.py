"""A comment, its commenter who edits and deletes it, and a moderator before it."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import delete, select

from moderation.db import Database
from moderation.flow.own.deletion import delete_own
from moderation.flow.own.edits import Hindrance, edit, find_hindrance
from moderation.flow.review import decide_by_hand, undo
from moderation.models import Comment, Event, FindingRow, Job, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Code, Status
from tests.doubles import Clock
from tests.factories import make_comment, make_moderator

OLD, NEW = "Limes are best.", "Maples are better."
DAY = dt.timedelta(days=1)
ADA = "ada@example.com"


class Writer:
    """What tests do with one comment, each in a transaction of its own."""

    def __init__(self, database: Database, site: Site, vault: Vault, clock: Clock) -> None:
        self.database, self.site, self.vault, self.clock = database, site, vault, clock
        with database.transaction() as session:
            self.grace = make_moderator(session, vault)
        self.id = self.store()

    def store(self, status: Status = Status.APPROVED, **known: object) -> int:
        with self.database.transaction() as session:
            fields: dict[str, object] = {"body": OLD, "email": ADA, **known}
            site = session.get_one(Site, self.site.id)
            made = make_comment(
                session,
                site,
                status=status,
                vault=self.vault,
                now=self.clock(),
                **fields,  # type: ignore[arg-type]
            )
            if status is not Status.PROCESSING:  # as after a scorer came by
                session.execute(delete(Job).where(Job.comment_id == made.id))
            return made.id

    def edit(self, body: str = NEW, *, seen: int | None = None) -> Event | None:
        """Edit it, as it stands now or stood in the version `seen`."""
        version = self.comment.version if seen is None else seen
        with self.database.transaction() as session:
            return edit(
                session,
                self.id,
                body,
                version_seen=version,
                now=self.clock(),
                repeat_window=DAY,
            )

    def delete(self, *, seen: int | None = None) -> bool:
        version = self.comment.version if seen is None else seen
        with self.database.transaction() as session:
            return delete_own(session, self.id, version_seen=version, now=self.clock())

    def decide(self, change: Change, *, seen: int | None = None) -> object:
        version = self.comment.version if seen is None else seen
        return self._by_hand(decide_by_hand, change, version_seen=version)

    def undo(self) -> object:
        return self._by_hand(undo, version_seen=self.comment.version)

    def _by_hand(self, how: Callable[..., object], *words: object, version_seen: int) -> object:
        grace: Moderator = self.grace
        with self.database.transaction() as session:
            return how(
                session, self.id, *words,
                version_seen=version_seen, moderator=grace, now=self.clock(),
            )  # fmt: skip

    def change(self, how: Callable[..., object], *words: object, **known: object) -> None:
        """Do something else to it: `how(session, comment, …)`."""
        with self.database.transaction() as session:
            how(session, session.get_one(Comment, self.id), *words, **known)

    def set_policy(self, **policy: object) -> None:
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            site.policy = {**site.policy, **policy}

    @property
    def comment(self) -> Comment:
        with self.database.reading() as session:
            return session.get_one(Comment, self.id)

    @property
    def hindrance(self) -> Hindrance | None:
        with self.database.reading() as session:
            comment = session.get_one(Comment, self.id)
            return find_hindrance(session, comment, now=self.clock())

    @property
    def job(self) -> Job | None:
        with self.database.reading() as session:
            return session.get(Job, self.id)

    @property
    def codes(self) -> list[Code]:
        """What was found in it."""
        with self.database.reading() as session:
            query = select(FindingRow.code).where(FindingRow.comment_id == self.id)
            return list(session.scalars(query.order_by(FindingRow.id)))

    @property
    def events(self) -> list[Event]:
        with self.database.reading() as session:
            query = select(Event).where(Event.comment_id == self.id).order_by(Event.id)
            return list(session.scalars(query))

    def wait(self, minutes: float) -> None:
        self.clock.now += dt.timedelta(minutes=minutes)
