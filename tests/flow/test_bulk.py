"""Many decisions at once: what moved in between is left out, and all is undone as one."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from moderation.errors import UnknownBatch
from moderation.flow.bulk import (
    Choice,
    Outcome,
    decide_portion,
    find_batch,
    items_of,
    portions,
    start_batch,
    undo_portion,
)
from moderation.models import Comment, Event, Moderator
from moderation.statuses import Change, Reason, Status
from tests.doubles import NOON
from tests.flow.desk import Desk


def choose(desk: Desk, ids: Sequence[int]) -> list[Choice]:
    """What a page that is open now would send."""
    with desk.database.reading() as session:
        found = [session.get_one(Comment, comment_id) for comment_id in ids]
        return [Choice(comment.public_id, comment.version) for comment in found]


def decide(
    desk: Desk,
    choices: Sequence[Choice],
    change: Change = Change.REJECTED,
    *,
    by: Moderator | None = None,
) -> tuple[str, Outcome]:
    moderator = by or desk.grace
    reason = Reason.SPAM if change is Change.REJECTED else None
    with desk.database.transaction() as session:
        batch = start_batch(session, moderator, now=NOON)
        outcome = decide_portion(
            session, batch.id, choices, change, moderator=moderator, now=NOON, reason=reason
        )
        return batch.public_id, outcome


def undo(desk: Desk, public_id: str, *, by: Moderator | None = None) -> Outcome:
    moderator = by or desk.grace
    with desk.database.transaction() as session:
        items = items_of(session, find_batch(session, public_id, moderator), moderator)
        return undo_portion(session, items, moderator=moderator, now=NOON)


def statuses(desk: Desk, ids: Sequence[int]) -> list[Status]:
    with desk.database.reading() as session:
        return [session.get_one(Comment, comment_id).status for comment_id in ids]


def test_all_that_was_seen_is_decided_and_undone_as_one(desk: Desk) -> None:
    ids = [desk.comment(), desk.comment(Status.APPROVED), desk.comment()]

    batch, outcome = decide(desk, choose(desk, ids))

    assert (outcome.moved, outcome.left_out) == (3, [])
    assert statuses(desk, ids) == [Status.REJECTED] * 3
    with desk.database.reading() as session:
        events = session.scalars(select(Event).where(Event.change == Change.REJECTED)).all()
    assert {event.reason for event in events} == {"spam"}
    assert len({event.data["batch"] for event in events}) == 1

    outcome = undo(desk, batch)
    assert (outcome.moved, outcome.left_out) == (3, [])
    assert statuses(desk, ids) == [Status.HELD, Status.APPROVED, Status.HELD]
    assert undo(desk, batch).moved == 0, "a second click"


def test_what_moved_in_between_is_left_out_and_named(desk: Desk) -> None:
    ids = [desk.comment() for _ in range(3)]
    choices = choose(desk, ids)
    desk.decide(ids[1], Change.APPROVED, by=desk.linus)

    batch, outcome = decide(desk, choices)

    (left,) = outcome.left_out
    assert (left.public_id, left.status, left.by) == (choices[1].public_id, "approved", "linus")
    assert outcome.moved == 2
    assert statuses(desk, ids) == [Status.REJECTED, Status.APPROVED, Status.REJECTED]

    desk.decide(ids[0], Change.APPROVED, by=desk.linus)
    outcome = undo(desk, batch)
    assert outcome.moved == 1
    assert [(left.public_id, left.by) for left in outcome.left_out] == [
        (choices[0].public_id, "linus")
    ]
    assert statuses(desk, ids) == [Status.APPROVED, Status.APPROVED, Status.HELD]


def test_what_is_decided_so_already_is_neither_moved_nor_left_out(desk: Desk) -> None:
    comment_id = desk.comment()
    desk.decide(comment_id, Change.APPROVED)

    batch, outcome = decide(desk, choose(desk, [comment_id]), Change.APPROVED)

    assert (outcome.moved, outcome.left_out) == (0, [])
    assert undo(desk, batch).moved == 0
    assert statuses(desk, [comment_id]) == [Status.APPROVED]


def test_unknown_ids_and_those_of_other_sites_are_ignored(desk: Desk) -> None:
    own, foreign = desk.comment(site=desk.other_site), desk.comment()
    choices = [*choose(desk, [own, foreign]), Choice("nobody", 1)]

    _, outcome = decide(desk, choices, by=desk.bound)

    assert (outcome.moved, outcome.left_out) == (1, [])
    assert statuses(desk, [own, foreign]) == [Status.REJECTED, Status.HELD]


def test_only_who_acted_takes_it_back(desk: Desk) -> None:
    batch, _ = decide(desk, choose(desk, [desk.comment()]))

    for who in (desk.linus, desk.bound):
        with pytest.raises(UnknownBatch):
            undo(desk, batch, by=who)


def test_who_lost_a_site_takes_nothing_back_there(desk: Desk) -> None:
    ids = [desk.comment(), desk.comment(site=desk.other_site)]
    batch, _ = decide(desk, choose(desk, ids))
    with desk.database.transaction() as session:
        session.get_one(Moderator, desk.grace.id).site_id = desk.other_site.id
    desk.grace.site_id = desk.other_site.id

    assert undo(desk, batch).moved == 1
    assert statuses(desk, ids) == [Status.REJECTED, Status.HELD]


def test_portions_hold_everything_once_and_stay_small() -> None:
    whole = list(range(120))

    found = list(portions(whole))

    assert [item for portion in found for item in portion] == whole
    assert [len(portion) for portion in found] == [50, 50, 20]
    assert list(portions([])) == []
