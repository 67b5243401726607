"""Which held comments say (nearly) the same."""

import pytest

from moderation.flow.queue.similar import find_alike
from moderation.models import Comment
from moderation.statuses import Change, Status
from tests.flow.desk import Desk

SPAM = "Earn 500 dollars a day from home, see www.one.example for all the details!"


def alike(desk: Desk, *ids: int) -> list[list[int]]:
    with desk.database.reading() as session:
        comments = [session.get_one(Comment, comment_id) for comment_id in ids]
        found = find_alike(session, comments)
        return [[other.id for other in found[comment_id]] for comment_id in ids]


@pytest.mark.parametrize(
    "other",
    [
        SPAM,
        SPAM.upper(),
        SPAM.replace("500", "9000").replace("!", "..."),
        SPAM.replace("dollars", "dollar").replace("one", "two"),
    ],
)
def test_a_wave_is_seen_in_spite_of_its_small_changes(desk: Desk, other: str) -> None:
    first, second = desk.comment(body=SPAM), desk.comment(body=other)
    desk.comment(body="Earn your trust in trees from home, see the council for all the details!")

    assert alike(desk, first, second) == [[second], [first]]


def test_long_texts_are_alike_to_their_end_or_not(desk: Desk) -> None:
    start = "The council plants four hundred trees in the market square this year. " * 3
    first = desk.comment(body=start + "I like them very much and will water mine. " * 4)
    desk.comment(body=start + "Who pays for such nonsense? Nobody asked us before. " * 4)
    third = desk.comment(body=start + "I like them very much and would water mine. " * 4)

    assert alike(desk, first) == [[third]]


@pytest.mark.parametrize("body", ["Thank you!", "", "12345 67890 12345", "👍👍👍"])
def test_short_texts_are_no_wave(desk: Desk, body: str) -> None:
    first = desk.comment(body=body)
    desk.comment(body=body)

    assert alike(desk, first) == [[]]


def test_only_what_waits_on_the_same_site_counts(desk: Desk) -> None:
    first = desk.comment(body=SPAM)
    desk.comment(body=SPAM, site=desk.other_site)
    public = desk.comment(Status.APPROVED, body=SPAM)
    decided = desk.comment(body=SPAM)
    desk.decide(decided, Change.APPROVED)
    second = desk.comment(body=SPAM)

    assert alike(desk, first, public) == [[second], []]


def test_two_sites_on_one_page_are_two_waves(desk: Desk) -> None:
    here = [desk.comment(body=SPAM), desk.comment(body=SPAM)]
    there = [desk.comment(body=SPAM, site=desk.other_site) for _ in range(2)]

    found = alike(desk, here[0], there[0])

    assert found == [[here[1]], [there[1]]]


def test_no_comments_are_alike_to_none(desk: Desk) -> None:
    desk.comment(body=SPAM)
    assert alike(desk) == []
