"""How many mails about comments one address gets a day, whoever typed it and wished for them."""

import datetime as dt

from sqlalchemy import select

from moderation.flow.own.facts import LETTERS_A_DAY, LINKS_A_DAY, REPLIES_EVERY
from moderation.flow.own.wishes import wish_about
from moderation.models import Comment, Commenter, Mail
from moderation.statuses import Change, Mailing, MailKind, MailOutcome
from tests.doubles import NOON
from tests.flow.own.ada import ALL, UNDO, Ada, kinds

DAY = dt.timedelta(days=1)


def test_no_more_than_a_few_links_go_to_one_address_a_day(ada: Ada, proven: int) -> None:
    for _ in range(LINKS_A_DAY):
        ada.wishes(ada.comments(), {Mailing.LINKS})
    assert len(ada.gets()) == LINKS_A_DAY - 1
    ada.later(dt.timedelta(hours=25))
    assert len(ada.gets()) == 1


def test_no_more_than_so_many_mails_of_all_kinds_go_to_one_address_a_day(
    ada: Ada, proven: int
) -> None:
    """A link went to her already; what is over waits for the day to have room, and is one mail."""
    ada.decides(proven, Change.APPROVED)
    ada.later()
    assert kinds(ada.gets()) == [MailKind.DECISION]
    for _ in range(LETTERS_A_DAY - 2):
        ada.answers(proven)
        ada.later(REPLIES_EVERY)
        assert kinds(ada.gets()) == [MailKind.REPLIES]
    for _ in range(2):
        ada.answers(proven)
        ada.later(REPLIES_EVERY)
        assert ada.gets() == []
    ada.later(NOON + DAY - ada.clock())
    assert kinds(ada.gets()) == [MailKind.REPLIES]
    assert ada.gets() == []


def test_each_commenter_has_a_day_of_their_own(ada: Ada, proven: int) -> None:
    fill_the_day(ada, proven)
    ada.comments(email="bob@reader.example")
    with ada.database.transaction() as session:
        bob = session.scalars(select(Commenter).order_by(Commenter.id.desc())).first()
        assert bob is not None
        bob.confirmed_at = NOON
        comment = session.scalars(select(Comment).where(Comment.commenter_id == bob.id)).one()
        wish_about(session, comment, ALL, now=ada.clock())
    assert [each.address for each in ada.gets()] == ["bob@reader.example"]


def test_what_finds_no_room_while_it_is_news_is_given_up(ada: Ada, proven: int) -> None:
    fill_the_day(ada, proven)
    ada.decides(proven, Change.APPROVED)
    for _ in range(3):
        ada.later(DAY - UNDO)
        fill_the_day(ada, proven)
        assert ada.gets() == []
    with ada.database.reading() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == MailKind.DECISION)).one()
        assert mail.outcome is MailOutcome.GIVEN_UP


def fill_the_day(ada: Ada, comment_id: int) -> None:
    """As many mails as a day has room for were sent to her just now."""
    with ada.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        for _ in range(LETTERS_A_DAY):
            session.add(
                Mail(
                    site_id=comment.site_id,
                    commenter_id=comment.commenter_id,
                    kind=MailKind.REPLIES,
                    message_id="",
                    created_at=ada.clock(),
                    run_after=ada.clock(),
                    ended_at=ada.clock(),
                    outcome=MailOutcome.SENT,
                )
            )
