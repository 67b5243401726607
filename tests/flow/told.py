"""People who can be mailed, what the machine holds, and what the sender would find to send."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.jobs import hold_late
from moderation.flow.mails import Outgoing, claim_mails, prepare, settle
from moderation.flow.notices.facts import Notice
from moderation.flow.notices.wishes import default_wishes, save_wishes
from moderation.flow.queue.calls import escalate
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Mail, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, MailKind, MailOutcome, Status, Urgency
from tests.doubles import Clock
from tests.factories import make_comment, make_site
from tests.flow.desk import plain_moderator

LEASE = dt.timedelta(minutes=10)


class Team:
    """Grace of all sites, Linus of News, Bound of Other; what they choose, and are told."""

    def __init__(self, database: Database, vault: Vault, site: Site, clock: Clock) -> None:
        self.database, self.vault, self.site, self.clock = database, vault, site, clock
        with database.transaction() as session:
            self.other_site = make_site(session, "other")
            self.grace = self._person(session, "grace")
            self.linus = self._person(session, "linus", site)
            self.bound = self._person(session, "bound", self.other_site)

    def _person(self, session: Session, name: str, site: Site | None = None) -> Moderator:
        person = plain_moderator(session, name, site)
        email = f"{name}@example.com"
        person.email_ciphertext = self.vault.encrypt(email, row=f"moderator:{person.id}")
        return person

    def wish(self, person: Moderator, **wanted: object) -> None:
        """Have them choose: the defaults, but for these."""
        with self.database.transaction() as session:
            found = session.get_one(Moderator, person.id)
            wishes = default_wishes(found)
            for name, value in wanted.items():
                setattr(wishes, name, value)
            save_wishes(session, found, wishes, now=self.clock())

    def change(self, person: Moderator, **changes: object) -> None:
        """Change their account: role, site, whether it is on."""
        with self.database.transaction() as session:
            found = session.get_one(Moderator, person.id)
            for name, value in changes.items():
                setattr(found, name, value)

    def hold(self, site: Site | None = None, **known: object) -> int:
        """Have the machine hold a new comment; its id."""
        now = self.clock()
        with self.database.transaction() as session:
            comment = make_comment(
                session,
                session.merge(site or self.site),
                status=Status.PROCESSING,
                now=now,
                **known,  # type: ignore[arg-type]
            )
            none = dt.timedelta()
            hold_late(session, now=now, deadline=none, repeat_window=dt.timedelta(days=1))
            return comment.id

    def escalate(self, comment_id: int) -> None:
        """Have a colleague find it urgent."""
        with self.database.transaction() as session:
            comment = session.get_one(Comment, comment_id)
            escalate(session, comment, Urgency.SELF_HARM, moderator=self.grace, now=self.clock())

    def approve(self, comment_id: int) -> None:
        """Have Grace approve it as it stands."""
        with self.database.transaction() as session:
            seen = session.get_one(Comment, comment_id).version
            decide_by_hand(
                session,
                comment_id,
                Change.APPROVED,
                version_seen=seen,
                moderator=self.grace,
                now=self.clock(),
            )

    def written(self, kind: MailKind) -> list[str]:
        """To whom there are mails of a kind, by name, oldest first."""
        with self.database.reading() as session:
            query = select(Moderator.name).join(Mail, Mail.moderator_id == Moderator.id)
            return list(session.scalars(query.where(Mail.kind == kind).order_by(Mail.id)))

    def outcomes(self) -> list[MailOutcome | None]:
        """What became of the mails, oldest first."""
        with self.database.reading() as session:
            return list(session.scalars(select(Mail.outcome).order_by(Mail.id)))

    def send(self, outcome: MailOutcome | None = MailOutcome.SENT) -> list[Outgoing]:
        """Take all that is due as the sender does, and settle it so; what left, oldest first."""
        left: list[Outgoing] = []
        while True:
            with self.database.transaction() as session:
                claimed = claim_mails(session, now=self.clock(), lease_for=LEASE)
                ready = [prepare(session, m, vault=self.vault, now=self.clock()) for m in claimed]
            if not claimed:
                return left
            for each in ready:
                if each is not None:
                    with self.database.transaction() as session:
                        settle(session, each, outcome, now=self.clock())
                    left.append(each)

    def notices(self) -> list[Notice]:
        """What the mails say that leave now."""
        return [each.notice for each in self.send() if each.notice]
