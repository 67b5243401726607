"""A bench where one comment after the other is stored, scored and decided."""

import datetime as dt

from sqlalchemy import select

from moderation.db import Database
from moderation.flow.decide import Presets, decide
from moderation.models import Comment, Event, FindingRow, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Code, Status
from tests.doubles import INFO, NOON
from tests.factories import make_comment, score_of

DAY = dt.timedelta(days=1)
EMAIL = "ada@example.com"


class Bench:
    """Decides one comment after the other on one site; each in a transaction of its own."""

    def __init__(self, database: Database, site: Site, vault: Vault) -> None:
        self.database, self.site, self.vault = database, site, vault

    def set_policy(self, **policy: object) -> None:
        """Give the site these rules."""
        with self.database.transaction() as session:
            session.get_one(Site, self.site.id).policy = policy

    def store(self, **known: object) -> int:
        """A comment that waits for its decision; answers its id."""
        with self.database.transaction() as session:
            return make_comment(
                session,
                session.get_one(Site, self.site.id),
                **{"status": Status.PROCESSING, "vault": self.vault, **known},  # type: ignore[arg-type]
            ).id

    def decide(
        self,
        comment_id: int | None = None,
        *,
        scores: dict[str, float] | None = None,
        signals: tuple[Code, ...] = (),
        failure: Code | None = None,
        presets: Presets = INFO.presets,
        readings: tuple[str, ...] = (),
        facts: dict[str, object] | None = None,
        **known: object,
    ) -> list[Code]:
        """Store, score and decide a comment; answers the codes of what was found."""
        comment_id = comment_id or self.store(**known)
        with self.database.transaction() as session:
            comment = session.get_one(Comment, comment_id)
            comment.signals = list(signals)
            if failure is None:
                session.add(score_of(comment_id, scores or {"toxicity": 0.1}, **(facts or {})))
                session.flush()
            decide(
                session,
                comment,
                now=NOON,
                repeat_window=DAY,
                presets=presets,
                readings=readings,
                failure=failure,
            )
        return [row.code for row in self.findings(comment_id)]

    def findings(self, comment_id: int) -> list[FindingRow]:
        """What is kept as evidence."""
        with self.database.reading() as session:
            query = select(FindingRow).where(FindingRow.comment_id == comment_id)
            return list(session.scalars(query.order_by(FindingRow.id)))

    def newest(self) -> tuple[Comment, Event]:
        """The comment stored last and its newest event."""
        with self.database.reading() as session:
            comment = session.scalars(select(Comment).order_by(Comment.id.desc()).limit(1)).one()
            query = select(Event).where(Event.comment_id == comment.id)
            return comment, session.scalars(query.order_by(Event.id.desc()).limit(1)).one()
