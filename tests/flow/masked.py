"""A comment with a phone number in it, which a moderator masks, decides about, and takes back."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select

from moderation.db import Database
from moderation.flow.personal.retention import PURGES, purge_batch
from moderation.flow.queue.cards import read_cards
from moderation.flow.redaction import redact, undo_redaction
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Event, Moderator, Redaction, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Status
from tests.doubles import NOON
from tests.factories import make_comment, make_moderator

DAY = dt.timedelta(days=1)
PHONE = "+49 30 901820"
BODY = f"Call Bob at {PHONE} today, or +49 30 901820."
Act = Callable[..., object]


class Room:
    """A comment with a phone number in it, and a moderator before it."""

    def __init__(self, database: Database, site: Site, vault: Vault) -> None:
        self.database, self.site, self.vault, self.now = database, site, vault, NOON
        with database.transaction() as session:
            self.grace = make_moderator(session, vault)
        self.id = self.store()

    def store(self, status: Status = Status.HELD, **known: str) -> int:
        with self.database.transaction() as session:
            fields = {"name": "Bob", "body": BODY, "email": "bob@example.com", **known}
            site = session.get_one(Site, self.site.id)
            made = make_comment(session, site, status=status, vault=self.vault, **fields)  # type: ignore[arg-type]
            return made.id

    def comment(self, comment_id: int | None = None) -> Comment:
        with self.database.reading() as session:
            return session.get_one(Comment, comment_id or self.id)

    def act(
        self, how: Act, *words: object, seen: int | None = None, by: Moderator | None = None
    ) -> object:
        version = self.comment().version if seen is None else seen
        with self.database.transaction() as session:
            return how(
                session, self.id, *words,
                version_seen=version, moderator=by or self.grace, now=self.now,
            )  # fmt: skip

    def redact(self, *passages: str, seen: int | None = None) -> object:
        return self.act(redact, passages or (PHONE,), seen=seen)

    def undo(self, seen: int | None = None) -> object:
        return self.act(undo_redaction, seen=seen)

    def decide(self, change: Change) -> None:
        self.act(decide_by_hand, change)

    def can_undo_decision(self) -> bool:
        with self.database.reading() as session:
            (card,) = read_cards(session, [session.get_one(Comment, self.id)], now=NOON)
            return card.can_undo

    def events(self) -> list[Event]:
        with self.database.reading() as session:
            query = select(Event).where(Event.comment_id == self.id).order_by(Event.id)
            return list(session.scalars(query))

    def kept(self) -> list[tuple[str, str]]:
        with self.database.reading() as session:
            return [(each.name, each.body) for each in session.scalars(select(Redaction))]

    def purge(self, now: dt.datetime) -> int:
        (purge,) = [each for each in PURGES if each.name == "originals"]
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            return purge_batch(session, site, purge, now=now, limit=10)
