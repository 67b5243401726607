"""What an open page is told of the comments that it shows, and of new ones."""

from moderation.flow.queue.filters import Filters
from moderation.flow.queue.follow import count_new, newest_id, read_changes
from moderation.flow.redaction import redact
from moderation.models import Comment, Moderator
from moderation.statuses import Change, Queue
from tests.doubles import NOON
from tests.flow.desk import Desk

SHOWN = 2  # the version of a comment that the machine decided


def told(desk: Desk, by: Moderator, *shown: tuple[int, int]) -> list[tuple[bool, str | None]]:
    """Whether each of (comment, version shown) has moved, and by whom."""
    with desk.database.reading() as session:
        versions = {session.get_one(Comment, c).public_id: str(v) for c, v in shown}
        found = read_changes(session, by, versions, now=NOON)
        return [(one.has_moved, one.by) for one in found]


def test_what_others_decided_is_told_with_their_name(desk: Desk) -> None:
    moved, still = desk.comment(), desk.comment()
    desk.decide(moved, Change.APPROVED, by=desk.linus)

    assert told(desk, desk.grace, (moved, SHOWN), (still, SHOWN)) == [
        (True, "linus"),
        (False, None),
    ]
    assert told(desk, desk.grace, (moved, SHOWN + 1)) == [(False, None)]


def test_who_masked_something_is_told_and_not_who_decided_before(desk: Desk) -> None:
    masked = desk.comment(body="Ring 030 901820.")
    desk.decide(masked, Change.APPROVED, by=desk.grace)
    with desk.database.transaction() as session:
        redact(session, masked, ["Ring"], version_seen=3, moderator=desk.linus, now=NOON)
        versions = {session.get_one(Comment, masked).public_id: "3"}
        (found,) = read_changes(session, desk.grace, versions, now=NOON)

    assert (found.has_moved, found.is_masked, found.by) == (True, True, "linus")


def test_who_sees_one_site_is_told_nothing_of_others(desk: Desk) -> None:
    own, other = desk.comment(site=desk.other_site), desk.comment()
    desk.decide(other, Change.APPROVED)

    assert told(desk, desk.bound, (own, SHOWN), (other, SHOWN)) == [(False, None)]


def test_new_ones_are_counted_where_they_stand(desk: Desk) -> None:
    desk.comment()
    with desk.database.reading() as session:
        newest = newest_id(session)
    desk.comment()
    desk.decide(desk.comment(), Change.APPROVED)
    desk.comment(site=desk.other_site)

    with desk.database.reading() as session:
        counts = [
            count_new(session, who, Queue.HELD, Filters(), newest=newest)
            for who in (desk.grace, desk.bound)
        ]
    assert counts == [2, 1]
