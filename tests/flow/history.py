"""A history of comments and decisions at given times, made by the functions of the program."""

import datetime as dt

from sqlalchemy.orm import Session

from moderation.flow.numbers.read import Numbers, read_numbers
from moderation.flow.numbers.window import Window
from moderation.flow.personal.taking_down import take_down
from moderation.flow.review import decide_by_hand, undo
from moderation.flow.store import change_status
from moderation.models import Comment, Moderator, Site
from moderation.statuses import Actor, Change, Code, Reason, Role, Status
from tests.doubles import NOON
from tests.factories import make_comment, make_score

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
TODAY, YESTERDAY = NOON.date(), (NOON - DAY).date()
TODAY_IS_LATE = NOON.replace(hour=23, minute=59)


class History:
    """Makes comments and decisions at given times, by the functions that the program uses."""

    def __init__(self, session: Session, site: Site) -> None:
        self.session, self.site = session, session.merge(site)
        self.grace, self.linus = self.person("Grace"), self.person("Linus")

    def person(self, name: str) -> Moderator:
        person = Moderator(
            name=name,
            email_hash=name.encode(),
            password_hash="",
            role=Role.MODERATOR,
            created_at=NOON,
        )
        self.session.add(person)
        self.session.flush()
        return person

    def comment(
        self,
        status: Status = Status.HELD,
        *,
        at: dt.datetime = NOON,
        codes: tuple[Code, ...] = (Code.LINKS,),
        risk: int = -1,
        site: Site | None = None,
    ) -> Comment:
        """One that came and was decided by the machine at this time."""
        comment = make_comment(
            self.session, site or self.site, status=Status.PROCESSING, now=at, body=f"At {at}."
        )
        comment.risk = risk
        if risk >= 0:
            comment.score = make_score(comment, risk)
        if status is not Status.PROCESSING:
            self.machine(comment, status, at=at, codes=codes)
        return comment

    def machine(
        self,
        comment: Comment,
        to: Status,
        *,
        at: dt.datetime,
        codes: tuple[Code, ...] = (),
    ) -> None:
        """What the machine decides."""
        findings = [{"code": code, "verdict": "hold"} for code in codes]
        change_status(
            self.session,
            comment,
            to,
            change=Change.DECIDED,
            actor=Actor.MACHINE,
            now=at,
            data={"findings": findings if to is Status.HELD else []},
        )

    def decide(
        self,
        comment: Comment,
        change: Change = Change.APPROVED,
        *,
        at: dt.datetime = NOON + HOUR,
        by: Moderator | None = None,
    ) -> None:
        """What a person decides about the comment as it stands."""
        done = decide_by_hand(
            self.session,
            comment.id,
            change,
            version_seen=comment.version,
            moderator=by or self.grace,
            now=at,
            reason=Reason.INSULT if change is Change.REJECTED else None,
        )
        assert done

    def undo(self, comment: Comment, *, at: dt.datetime, by: Moderator | None = None) -> None:
        """A person takes the last decision back."""
        assert undo(
            self.session,
            comment.id,
            version_seen=comment.version,
            moderator=by or self.grace,
            now=at,
        )

    def remove(self, comment: Comment, change: Change = Change.ERASED) -> None:
        """It goes for good."""
        take_down(self.session, comment.id, change=change, actor=Actor.MACHINE, now=NOON + 2 * HOUR)

    def read(
        self, *, days: int = 7, now: dt.datetime = TODAY_IS_LATE, site: Site | None = None
    ) -> Numbers:
        """The figures."""
        self.session.flush()
        return read_numbers(self.session, Window(now, days, site.id if site else None))
