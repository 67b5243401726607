"""A desk with two moderators of all sites and one of another, and comments of every kind."""

from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.queue.filters import Filters
from moderation.flow.queue.page import Order, read_queue
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, FindingRow, Moderator, Site
from moderation.statuses import Change, Code, Queue, Role, Status, Verdict
from tests.doubles import NOON
from tests.factories import make_comment, make_site


class Desk:
    """What tests of the queue do, each in a transaction of its own."""

    def __init__(self, database: Database, site: Site) -> None:
        self.database, self.site = database, site
        with database.transaction() as session:
            self.other_site = make_site(session, "other")
            self.grace = plain_moderator(session, "grace")
            self.linus = plain_moderator(session, "linus")
            self.bound = plain_moderator(session, "bound", self.other_site)

    def set_policy(self, **policy: object) -> None:
        """Give the site other rules, for comments that come from now on."""
        with self.database.transaction() as session:
            self.site = session.merge(self.site)
            self.site.policy = {**self.site.policy, **policy}

    def comment(
        self,
        status: Status = Status.HELD,
        *,
        site: Site | None = None,
        risk: int = -1,
        language: str | None = "en",
        findings: tuple[tuple[Code, str | None], ...] = (),
        **known: object,
    ) -> int:
        """A stored comment with the numbers and findings of a machine's decision; its id."""
        with self.database.transaction() as session:
            made = make_comment(
                session,
                session.merge(site or self.site),
                status=status,
                **known,  # type: ignore[arg-type]
            )
            made.risk, made.language = risk, language
            for code, attribute in findings:
                session.add(
                    FindingRow(
                        comment_id=made.id,
                        event_id=1,
                        code=code,
                        attribute=attribute,
                        verdict=Verdict.HOLD,
                        status=made.status,
                    )
                )
            return made.id

    def decide(
        self, comment_id: int, change: Change, *, by: Moderator | None = None, **more: object
    ) -> None:
        """Decide about the comment as it stands now."""
        with self.database.transaction() as session:
            seen = session.get_one(Comment, comment_id).version
            decide_by_hand(
                session,
                comment_id,
                change,
                version_seen=seen,
                moderator=by or self.grace,
                now=NOON,
                **more,  # type: ignore[arg-type]
            )

    def ids(
        self,
        queue: Queue = Queue.HELD,
        *,
        order: Order | None = None,
        by: Moderator | None = None,
        size: int = 100,
        **filters: object,
    ) -> list[int]:
        """The comments of a queue's first page."""
        with self.database.reading() as session:
            page = read_queue(
                session,
                by or self.grace,
                queue,
                Filters(**filters),  # type: ignore[arg-type]
                order=order,
                size=size,
            )
            return [comment.id for comment in page.comments]


def plain_moderator(session: Session, name: str, site: Site | None = None) -> Moderator:
    """A moderator without a password, whose hashing takes long on purpose."""
    moderator = Moderator(
        name=name,
        email_hash=name.encode(),
        password_hash="",
        role=Role.MODERATOR,
        site_id=site.id if site else None,
        created_at=NOON,
    )
    session.add(moderator)
    session.flush()
    return moderator
