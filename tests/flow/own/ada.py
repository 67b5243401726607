"""Somebody who comments, wishes for mails and proves her address."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select

from moderation.db import Database
from moderation.flow.mails import Outgoing, claim_mails, prepare, settle
from moderation.flow.own.wishes import wish_about, wish_for_all
from moderation.flow.proof import confirm_address
from moderation.models import Comment, Commenter
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Mailing, MailKind, MailOutcome, Status
from tests.doubles import Clock
from tests.factories import make_comment
from tests.flow.desk import Desk

EMAIL = "ada@reader.example"
UNDO = dt.timedelta(minutes=5)
ALL = set(Mailing)


class Ada:
    """Somebody with comments on the desk's site, and what she would be mailed."""

    def __init__(self, desk: Desk, vault: Vault, clock: Clock) -> None:
        self.desk, self.vault, self.clock = desk, vault, clock
        self.database: Database = desk.database

    def comments(self, status: Status = Status.HELD, email: str = EMAIL, **known: object) -> int:
        """She comments."""
        return self.desk.comment(status, email=email, vault=self.vault, now=self.clock(), **known)

    def wishes(self, comment_id: int, wanted: Collection[Mailing] = ALL) -> None:
        """She says on the private page of one what she wants to be mailed."""
        with self.database.transaction() as session:
            comment = session.get_one(Comment, comment_id)
            wish_about(session, comment, wanted, now=self.clock())

    def wishes_for_all(self, **said: bool | None) -> None:
        """She says it behind her proven link."""
        wanted = {Mailing(name): wish for name, wish in said.items()}
        with self.database.transaction() as session:
            commenter = session.get_one(Commenter, self.row_id())
            wish_for_all(session, commenter, wanted, now=self.clock())

    def proves(self) -> None:
        """She presses the button of the mailed page."""
        with self.database.transaction() as session:
            commenter = session.get_one(Commenter, self.row_id())
            confirm_address(session, commenter, now=self.clock())

    def row_id(self) -> int:
        with self.database.reading() as session:
            return session.scalars(select(Commenter.id).order_by(Commenter.id)).first() or 0

    def decides(self, comment_id: int, change: Change, **more: object) -> None:
        """A moderator decides now."""
        self.desk.decide(comment_id, change, **more)
        with self.database.transaction() as session:
            session.get_one(Comment, comment_id).decided_at = self.clock()

    def answers(self, comment_id: int, email: str = "bob@reader.example") -> int:
        """Somebody answers her, and the machine publishes it."""
        with self.database.transaction() as session:
            made = make_comment(
                session,
                session.merge(self.desk.site),
                status=Status.APPROVED,
                email=email,
                vault=self.vault,
                parent=session.get_one(Comment, comment_id),
                now=self.clock(),
            )
            return made.id

    def gets(self, outcome: MailOutcome | None = MailOutcome.SENT) -> list[Outgoing]:
        """What leaves now."""
        left: list[Outgoing] = []
        while True:
            with self.database.transaction() as session:
                claimed = claim_mails(session, now=self.clock(), lease_for=dt.timedelta(minutes=10))
                known = {"vault": self.vault, "now": self.clock(), "undo_time": UNDO}
                ready = [prepare(session, mail, **known) for mail in claimed]  # type: ignore[arg-type]
            if not claimed:
                return left
            for each in filter(None, ready):
                with self.database.transaction() as session:
                    settle(session, each, outcome, now=self.clock())
                left.append(each)

    def later(self, time: dt.timedelta = UNDO) -> None:
        self.clock.forward(time.total_seconds())


def kinds(mails: list[Outgoing]) -> list[MailKind]:
    return [each.kind for each in mails]
