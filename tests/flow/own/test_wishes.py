"""What commenters wish to be mailed: written when it happens, asked again when it is sent."""

import datetime as dt
from collections.abc import Collection

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.mails import Outgoing, claim_mails, drop_notices, prepare, settle
from moderation.flow.own.facts import LINKS_A_DAY, REPLIES_EVERY
from moderation.flow.own.listing import read_own_comments
from moderation.flow.own.wishes import join_wishes, wish_about, wish_for_all
from moderation.flow.personal.erasure import forget
from moderation.flow.proof import confirm_address
from moderation.flow.store import change_status
from moderation.models import Comment, Commenter, CommenterEmail, CommentWishes, Mail, MailWishes
from moderation.privacy.vault import Vault
from moderation.statuses import (
    Actor,
    Change,
    Mailing,
    MailKind,
    MailOutcome,
    Reason,
    Status,
)
from tests.doubles import NOON, Clock
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


@pytest.fixture
def ada(desk: Desk, vault: Vault, clock: Clock) -> Ada:
    return Ada(desk, vault, clock)


@pytest.fixture
def proven(ada: Ada) -> int:
    """A held comment of hers about which she wants every mail; her address is proven."""
    comment_id = ada.comments()
    ada.proves()
    ada.wishes(comment_id)
    assert [each.kind for each in ada.gets()] == [MailKind.PRIVATE_LINK]
    return comment_id


def kinds(mails: list[Outgoing]) -> list[MailKind]:
    return [each.kind for each in mails]


def test_nothing_is_wished_by_itself(ada: Ada) -> None:
    comment_id = ada.comments()
    ada.proves()
    ada.decides(comment_id, Change.APPROVED)
    ada.answers(comment_id)
    ada.later()
    assert ada.gets() == []


def test_an_unproven_address_gets_nothing(ada: Ada) -> None:
    comment_id = ada.comments()
    ada.wishes(comment_id)
    ada.decides(comment_id, Change.APPROVED)
    ada.answers(comment_id)
    ada.later()
    assert ada.gets() == []
    with ada.database.reading() as session:
        assert session.scalars(select(Mail)).all() == []


def test_a_wish_takes_effect_when_the_address_is_proven(ada: Ada) -> None:
    comment_id, quiet = ada.comments(), ada.comments()
    ada.wishes(comment_id, {Mailing.LINKS, Mailing.DECISIONS})
    ada.later()
    ada.decides(comment_id, Change.APPROVED)
    ada.decides(quiet, Change.APPROVED)
    ada.later()
    ada.proves()
    found = ada.gets()
    assert kinds(found) == [MailKind.PRIVATE_LINK, MailKind.DECISION]
    assert {each.address for each in found} == {EMAIL}


def test_the_link_is_mailed_once_for_each_comment(ada: Ada, proven: int) -> None:
    for wanted in (set(), ALL):
        ada.wishes(proven, wanted)
    assert ada.gets() == []


def test_no_more_than_a_few_links_go_to_one_address_a_day(ada: Ada, proven: int) -> None:
    for _ in range(LINKS_A_DAY):
        ada.wishes(ada.comments(), {Mailing.LINKS})
    assert len(ada.gets()) == LINKS_A_DAY - 1
    ada.later(dt.timedelta(hours=25))
    assert len(ada.gets()) == 1


def test_a_decision_is_told_after_the_time_to_undo_it(ada: Ada, proven: int) -> None:
    ada.decides(proven, Change.REJECTED, reason=Reason.INSULT)
    assert ada.gets() == []
    ada.later(UNDO - dt.timedelta(seconds=1))
    assert ada.gets() == []
    ada.later(dt.timedelta(seconds=1))
    (mail,) = ada.gets()
    assert mail.letter is not None
    assert (mail.kind, mail.letter.status, mail.letter.reason) == (
        MailKind.DECISION,
        Status.REJECTED,
        Reason.INSULT,
    )
    assert mail.letter.place == "news.example.com/trees"


def test_the_mail_says_how_it_stands_when_it_leaves(ada: Ada, proven: int) -> None:
    ada.decides(proven, Change.REJECTED, reason=Reason.INSULT)
    ada.later(UNDO / 2)
    ada.decides(proven, Change.APPROVED)
    ada.later(UNDO / 2)
    assert ada.gets() == [], "the last decision, too, can be taken back"
    ada.later(UNDO / 2)
    (mail,) = ada.gets()
    assert mail.letter and mail.letter.status is Status.APPROVED


def test_what_was_taken_back_is_not_told(ada: Ada, proven: int) -> None:
    ada.decides(proven, Change.APPROVED)
    ada.decides(proven, Change.HELD)
    ada.later()
    assert ada.gets() == []


def test_what_the_machine_publishes_at_once_is_told_only_where_it_was_wished(ada: Ada) -> None:
    seen, waited = ada.comments(Status.PROCESSING), ada.comments(Status.PROCESSING)
    ada.proves()
    ada.wishes_for_all(decisions=True)
    ada.wishes(waited, {Mailing.DECISIONS})
    for comment_id in (seen, waited):
        with ada.database.transaction() as session:
            change_status(
                session,
                session.get_one(Comment, comment_id),
                Status.APPROVED,
                change=Change.DECIDED,
                actor=Actor.MACHINE,
                now=ada.clock(),
            )
    ada.later()
    with ada.database.reading() as session:
        name = session.get_one(Comment, waited).public_id
    assert [each.letter and each.letter.public_id for each in ada.gets()] == [name]


def test_answers_that_come_close_together_are_one_mail(ada: Ada, proven: int) -> None:
    ada.decides(proven, Change.APPROVED)
    ada.later()
    ada.gets()
    ada.answers(proven)
    ada.later(UNDO / 2)
    ada.answers(proven, "eve@reader.example")
    ada.later()
    assert kinds(ada.gets()) == [MailKind.REPLIES]
    ada.answers(proven, "eve@reader.example")
    ada.later()
    assert ada.gets() == [], "not again so soon"
    ada.later(REPLIES_EVERY)
    assert kinds(ada.gets()) == [MailKind.REPLIES]


def test_own_answers_hidden_ones_and_those_that_come_back_are_no_news(
    ada: Ada, proven: int
) -> None:
    ada.decides(proven, Change.APPROVED)
    ada.later()
    ada.gets()
    ada.answers(proven, EMAIL)
    hidden = ada.answers(proven)
    ada.decides(hidden, Change.REJECTED, reason=Reason.SPAM)
    ada.later()
    assert ada.gets() == []
    ada.decides(hidden, Change.APPROVED)
    ada.later(REPLIES_EVERY)
    assert ada.gets() == []


@pytest.mark.parametrize("mailing", list(Mailing))
def test_what_is_wanted_no_more_is_not_sent_though_it_waits(
    ada: Ada, proven: int, mailing: Mailing
) -> None:
    ada.decides(proven, Change.APPROVED)
    ada.answers(proven)
    ada.wishes(ada.comments(), {Mailing.LINKS})
    ada.wishes_for_all(**{mailing.value: False})
    ada.later()
    kind = {"links": "private_link", "replies": "replies", "decisions": "decision"}[mailing]
    assert len(found := kinds(ada.gets())) == 2 and kind not in found


def test_for_all_comments_goes_before_what_one_says(ada: Ada) -> None:
    comment_id = ada.comments(Status.APPROVED)
    ada.proves()
    ada.wishes_for_all(replies=True)
    ada.answers(comment_id)
    ada.later()
    assert kinds(ada.gets()) == [MailKind.REPLIES]


def test_a_wish_for_mail_keeps_the_address_longer(ada: Ada) -> None:
    comment_id = ada.comments()
    for wanted, days in ((ALL, 100), (set(), 200)):
        ada.later(dt.timedelta(days=100))
        ada.wishes(comment_id, wanted)
        with ada.database.reading() as session:
            wanted_at = session.scalars(select(CommenterEmail.wanted_at)).one()
        assert wanted_at == NOON + dt.timedelta(days=100), days


def test_an_erasure_takes_the_wishes_along(ada: Ada, proven: int) -> None:
    ada.wishes_for_all(replies=True)
    with ada.database.transaction() as session:
        forget(session, ada.row_id())
    with ada.database.reading() as session:
        for table in (MailWishes, CommentWishes, Mail):
            assert session.scalars(select(table)).all() == []


def test_where_no_mail_is_set_up_what_waits_is_dropped(ada: Ada, proven: int) -> None:
    ada.decides(proven, Change.APPROVED)
    with ada.database.transaction() as session:
        drop_notices(session, now=ada.clock())
    ada.later()
    assert ada.gets() == []


def test_ones_own_comments_are_listed_a_page_at_a_time(ada: Ada) -> None:
    ids = [ada.comments(status) for status in (Status.HELD, Status.APPROVED, Status.REJECTED)]
    ada.comments(email="bob@reader.example")
    with ada.database.reading() as session:
        commenter = session.get_one(Commenter, ada.row_id())
        first = read_own_comments(session, commenter, size=2)
        assert [each.id for each in first.comments] == ids[:0:-1]
        rest = read_own_comments(session, commenter, before=first.next_before or "", size=2)
        assert [each.id for each in rest.comments] == ids[:1] and rest.next_before is None


@pytest.mark.parametrize(
    "theirs, own, together", [(None, True, True), (False, True, False), (True, None, True)]
)
def test_where_two_turn_out_to_be_one_person_what_is_not_wanted_stays_so(
    ada: Ada, theirs: bool | None, own: bool | None, together: bool
) -> None:
    ada.comments()
    ada.comments(email="ada@old.example")
    with ada.database.transaction() as session:
        kept, gone = session.scalars(select(Commenter).order_by(Commenter.id))
        wish_for_all(session, kept, {Mailing.REPLIES: own}, now=NOON)
        wish_for_all(session, gone, {Mailing.REPLIES: theirs}, now=NOON)
        join_wishes(session, gone, kept)
    with ada.database.reading() as session:
        (joined,) = session.scalars(select(MailWishes))
        assert (joined.commenter_id, joined.replies, joined.links) == (kept.id, together, None)
