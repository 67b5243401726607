"""What one model and a moderator decided, and another model that sees it differently."""

import dataclasses
from collections.abc import Callable, Sequence

from sqlalchemy import select

from moderation.db import Database
from moderation.flow.review import decide_by_hand, undo
from moderation.models import Comment, Event, Moderator, Site
from moderation.scoring.score import Score as Numbers
from moderation.services import Services
from moderation.statuses import Actor, Change, Reason, Status
from moderation.worker import Worker
from tests.doubles import INFO, NOON, FixedScorer
from tests.factories import make_comment, make_moderator, make_site

OTHER = dataclasses.replace(
    INFO,
    name="other",
    checkpoint="ba9876543210",
    normaliser=2,
    presets={"balanced": {"toxicity": 0.7}},
)
BARE = dataclasses.replace(OTHER, presets={})


class Other(FixedScorer):
    """Finds zebras toxic and idiots fine; may be interrupted before a batch, or do something."""

    def __init__(self) -> None:
        super().__init__()
        self.info = OTHER
        self.interrupt_after: int | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def score(self, texts: Sequence[str]) -> list[Numbers]:
        if self.interrupt_after == 0:
            self.interrupt_after = None
            raise KeyboardInterrupt
        if self.interrupt_after is not None:
            self.interrupt_after -= 1
        self.meanwhile()
        return super().score(texts)

    def _attributes(self, text: str) -> dict[str, float]:
        toxic = 0.75 if "zebra" in text.lower() else 0.05
        return {"toxicity": toxic, "insult": toxic / 2}


class Archive:
    """What one model and a moderator decided, by a word for each comment."""

    def __init__(self, database: Database, services: Services, worker: Worker) -> None:
        self.database = database
        with database.transaction() as session:
            site = make_site(session)
            self.site_id = site.id
            self.ids = {
                word: make_comment(session, site, status=Status.PROCESSING, body=body).id
                for word, body in BODIES.items()
            }
            make_moderator(session, services.vault)
        worker.tick()
        worker.tick()
        self.decide("blessed", Change.APPROVED)
        self.decide("spared", Change.APPROVED)
        self.decide("refused", Change.REJECTED)
        self.decide("undone", Change.APPROVED)
        self.undo("undone")
        with database.transaction() as session:
            site = session.get_one(Site, self.site_id)
            for status in (Status.DELETED, Status.PROCESSING):
                self.ids[status] = make_comment(session, site, status=status, body=status).id

    def decide(self, word: str, change: Change) -> None:
        with self.database.transaction() as session:
            comment = session.get_one(Comment, self.ids[word])
            decide_by_hand(
                session,
                comment.id,
                change,
                version_seen=comment.version,
                moderator=session.scalars(select(Moderator)).one(),
                now=NOON,
                reason=Reason.SPAM if change is Change.REJECTED else None,
            )

    def undo(self, word: str) -> None:
        with self.database.transaction() as session:
            comment = session.get_one(Comment, self.ids[word])
            moderator = session.scalars(select(Moderator)).one()
            undo(session, comment.id, version_seen=comment.version, moderator=moderator, now=NOON)

    def set_policy(self, **policy: object) -> None:
        with self.database.transaction() as session:
            session.get_one(Site, self.site_id).policy = policy

    def comment(self, word: str) -> Comment:
        with self.database.reading() as session:
            comment = session.get_one(Comment, self.ids[word])
            assert comment.score is None or comment.score.model
            return comment

    def stands(self) -> dict[str, tuple[Status, Actor | None]]:
        found = {word: self.comment(word) for word in self.ids}
        return {word: (comment.status, comment.decided_by) for word, comment in found.items()}

    def events(self) -> int:
        with self.database.reading() as session:
            return len(session.scalars(select(Event)).all())


BODIES = {
    "clean": "What a lovely tree.",
    "zebra": "A zebra in a tree.",  # published, and the other model would hold it
    "freed": "You idiot.",  # held, and the other model publishes it
    "kept": "You idiot zebra.",
    "blessed": "The idiot is a book.",
    "spared": "The idiot zebra is a book.",  # a person approved what the other model would hold
    "refused": "Buy my trees.",  # a person rejected what the other model would publish
    "undone": "An idiot again.",
}
