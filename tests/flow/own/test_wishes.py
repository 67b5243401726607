"""What commenters wish to be mailed: written when it happens, asked again when it is sent."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.flow.mails import drop_notices
from moderation.flow.own.facts import REPLIES_EVERY
from moderation.flow.own.listing import read_own_comments
from moderation.flow.own.wishes import join_wishes, wish_for_all
from moderation.flow.personal.erasure import forget
from moderation.flow.store import change_status
from moderation.models import Comment, Commenter, CommenterEmail, CommentWishes, Mail, MailWishes
from moderation.statuses import (
    Actor,
    Change,
    Mailing,
    MailKind,
    Reason,
    Status,
)
from tests.doubles import NOON
from tests.flow.own.ada import ALL, EMAIL, UNDO, Ada, kinds


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
