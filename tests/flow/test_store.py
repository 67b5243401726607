"""The one door for a comment's status."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from moderation.db import Database
from moderation.flow.store import change_status, new_public_id
from moderation.models import Article, Comment, Event, Site
from moderation.statuses import Actor, Change, Reason, Status
from tests.doubles import NOON
from tests.factories import make_comment

STATUSES = list(Status)


def test_a_change_moves_the_version_and_stands_in_the_log(database: Database, site: Site) -> None:
    with database.transaction() as session:
        comment = make_comment(session, session.merge(site), status=Status.PROCESSING)
        event = change_status(
            session,
            comment,
            Status.REJECTED,
            change=Change.REJECTED,
            actor=Actor.MODERATOR,
            now=NOON,
            reason=Reason.SPAM,
            data={"number": 7},
        )
    with database.reading() as session:
        stored = session.get_one(Comment, comment.id)
        last = session.get_one(Event, event.id)
        assert (stored.status, stored.version, stored.reason) == (
            Status.REJECTED,
            2,
            Reason.SPAM,
        )
        assert (stored.decided_by, stored.decided_at) == (Actor.MODERATOR, NOON)
        assert (last.from_status, last.to_status) == (Status.PROCESSING, Status.REJECTED)
        assert (last.version, last.reason, last.data) == (2, "spam", {"number": 7})
        assert (last.site_id, last.comment_id) == (stored.site_id, stored.id)


def test_a_change_that_does_not_commit_leaves_no_event(database: Database, site: Site) -> None:
    with database.transaction() as session:
        comment = make_comment(session, session.merge(site), status=Status.HELD)
    with pytest.raises(KeyboardInterrupt), database.transaction() as session:
        _move(session.get_one(Comment, comment.id), Status.APPROVED)
        raise KeyboardInterrupt
    with database.reading() as session:
        assert session.get_one(Comment, comment.id).status is Status.HELD
        assert set(session.scalars(select(Event.to_status))) == {Status.PROCESSING, Status.HELD}


@pytest.mark.parametrize("before", STATUSES)
def test_the_article_moves_only_when_readers_see_a_difference(
    database: Database, site: Site, before: Status
) -> None:
    for after in STATUSES:
        with database.transaction() as session:
            comment = make_comment(session, session.merge(site), status=before)
            shown = _version(comment)
            _move(comment, after)
            moved = _version(comment) - shown
        is_seen = (before is Status.APPROVED) != (after is Status.APPROVED)
        assert moved == is_seen, (before, after)


def test_public_ids_are_long_never_the_same_and_no_option_or_formula() -> None:
    ids = {new_public_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert {len(public_id) for public_id in ids} == {22}
    assert not [public_id for public_id in ids if public_id.startswith("-")]


def _move(comment: Comment, to: Status) -> Event:
    return change_status(
        _session(comment), comment, to, change=Change.DECIDED, actor=Actor.MACHINE, now=NOON
    )


def _version(comment: Comment) -> int:
    query = select(Article.version).where(Article.id == comment.article_id)
    return _session(comment).scalars(query).one()


def _session(comment: Comment) -> Session:
    session = object_session(comment)
    assert session is not None
    return session
