"""Pages of a queue: in order, each comment once, narrowed by every filter, counted."""

import datetime as dt
from collections.abc import Callable

import pytest

from moderation.flow.commenters import find_commenter
from moderation.flow.queue.filters import UNKNOWN, Filters
from moderation.flow.queue.page import ORDERS, Order, Place, QueuePage, read_queue
from moderation.models import Article, Comment
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Code, Queue, Reason, Status
from tests.doubles import NOON
from tests.factories import ORIGIN
from tests.flow.desk import Desk

HOUR = dt.timedelta(hours=1)
SetFew = Callable[[int], None]


def pages(desk: Desk, queue: Queue, order: Order, size: int, filters: Filters) -> list[QueuePage]:
    found: list[QueuePage] = []
    after = None
    with desk.database.reading() as session:
        while not found or after is not None:
            page = read_queue(
                session, desk.grace, queue, filters, order=order, after=after, size=size
            )
            found.append(page)
            after = page.next_after
    return found


@pytest.mark.parametrize("filters", [Filters(), Filters(language="en")], ids=["all", "filtered"])
@pytest.mark.parametrize("size", [1, 2, 5, 6])
@pytest.mark.parametrize("order", [Order.OLDEST, Order.NEWEST, Order.RISKIEST])
def test_pages_hold_each_comment_once_in_order(
    desk: Desk, order: Order, size: int, filters: Filters
) -> None:
    risks = [300, 900, -1, 300, 0]
    stored = [desk.comment(risk=risk) for risk in risks]
    desk.comment(Status.APPROVED)

    found = pages(desk, Queue.HELD, order, size, filters)

    expected = {
        Order.OLDEST: stored,
        Order.NEWEST: stored[::-1],
        Order.RISKIEST: [stored[i] for i in (1, 3, 0, 4, 2)],
    }[order]
    assert [c.id for page in found for c in page.comments] == expected
    assert {len(page.comments) for page in found[:-1]} <= {size}
    assert {(page.total, page.is_more_than) for page in found} == {(5, False)}


def test_reported_ones_are_sorted_by_score_and_reporters_together(desk: Desk) -> None:
    calm, shrill, loud, worst = (
        desk.comment(Status.APPROVED, risk=risk) for risk in (100, 450, 150, 700)
    )
    with desk.database.transaction() as session:
        for comment_id, reports in ((calm, 2), (shrill, 1), (loud, 5), (worst, 1)):
            session.get_one(Comment, comment_id).reports = reports

    assert desk.ids(Queue.REPORTED) == [worst, loud, shrill, calm]
    assert [
        c.id
        for page in pages(desk, Queue.REPORTED, Order.REPORTS, 1, Filters())
        for c in page.comments
    ] == [worst, loud, shrill, calm]


def test_spam_and_other_rejections_are_queues_of_their_own(desk: Desk) -> None:
    spam, rude, undecided = desk.comment(), desk.comment(), desk.comment(Status.REJECTED)
    desk.decide(spam, Change.REJECTED, reason=Reason.SPAM)
    desk.decide(rude, Change.REJECTED, reason=Reason.INSULT)

    assert desk.ids(Queue.SPAM) == [spam]
    assert desk.ids(Queue.REJECTED) == [undecided, rude]


def test_an_order_that_a_queue_does_not_have_is_its_first(desk: Desk) -> None:
    desk.comment(Status.APPROVED)
    with desk.database.reading() as session:
        page = read_queue(session, desk.grace, Queue.APPROVED, order=Order.REPORTS)
    assert page.order is ORDERS[Queue.APPROVED][0] is Order.NEWEST


def test_an_empty_queue_is_a_page(desk: Desk) -> None:
    with desk.database.reading() as session:
        page = read_queue(session, desk.grace)
    assert (page.comments, page.total, page.next_after) == ([], 0, None)


def test_a_moderator_of_one_site_sees_only_its_comments(desk: Desk) -> None:
    own, foreign = desk.comment(site=desk.other_site), desk.comment()

    assert desk.ids(by=desk.bound) == [own]
    assert desk.ids(by=desk.bound, site_id=desk.site.id) == []
    assert desk.ids() == [own, foreign]


FINDINGS = ((Code.TOXICITY, "insult"), (Code.LINKS, None))


@pytest.mark.parametrize("few", [1_000, 0], ids=["few", "many"])
def test_every_filter_finds_what_it_names_and_nothing_else(
    desk: Desk, each_side_of_few: SetFew, few: int, vault: Vault
) -> None:
    each_side_of_few(few)
    wanted = desk.comment(
        findings=FINDINGS,
        language="fr",
        article=f"{ORIGIN}/other",
        email="ada@example.com",
        vault=vault,
        body="Rare words.",
        now=NOON - 5 * HOUR,
    )
    desk.comment(findings=((Code.TOXICITY, "threat"),), email="bob@example.com", vault=vault)
    decided = desk.comment(Status.APPROVED, findings=FINDINGS, language="fr")
    unknown = desk.comment(language=None)
    with desk.database.reading() as session:
        article = session.get_one(Comment, wanted).article_id
        ada = find_commenter(session, session.merge(desk.site), "ada@example.com", vault=vault)
        assert ada and session.get_one(Article, article).url.endswith("other")
    for filters in (
        {"article_id": article},
        {"commenter_id": ada.id},
        {"code": Code.LINKS},
        {"attribute": "insult"},
        {"code": Code.TOXICITY, "attribute": "insult"},
        {"language": "fr"},
        {"until": NOON - HOUR},
        {"words": "rare"},
        {"words": "RARE wor"},
        {"site_id": desk.site.id, "code": Code.LINKS, "language": "fr", "words": "words"},
    ):
        assert desk.ids(**filters) == [wanted], filters
    assert desk.ids(language=UNKNOWN) == [unknown]
    assert desk.ids(code=Code.HONEYPOT) == []
    assert desk.ids(site_id=desk.other_site.id) == []
    assert desk.ids(Queue.APPROVED, code=Code.LINKS) == [decided]
    assert wanted not in desk.ids(since=NOON - HOUR)
    assert desk.ids(words="rare elephants") == []


def test_findings_follow_their_comment_into_other_queues(desk: Desk) -> None:
    comment_id = desk.comment(findings=FINDINGS)
    desk.decide(comment_id, Change.APPROVED)

    assert desk.ids(code=Code.LINKS) == []
    assert desk.ids(Queue.APPROVED, code=Code.LINKS) == [comment_id]


def test_a_filtered_queue_is_counted_up_to_a_limit_and_says_so(
    desk: Desk, each_side_of_few: SetFew
) -> None:
    for _ in range(3):
        desk.comment()
    for few, total, is_more in ((3, 3, False), (2, 2, True)):
        each_side_of_few(few)
        with desk.database.reading() as session:
            page = read_queue(session, desk.grace, filters=Filters(language="en"))
            assert (page.total, page.is_more_than) == (total, is_more)
            assert len(page.comments) == 3
            whole = read_queue(session, desk.grace)
            assert (whole.total, whole.is_more_than) == (3, False)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (".7", Place(None, 7)),
        ("-1.7", Place(-1, 7)),
        ("950.7", Place(950, 7)),
        ("7", None),
        ("", None),
        ("x.7", None),
        ("--5.7", None),
        ("9" * 20 + ".7", None),
        ("1." + "9" * 30, None),
        ("1.-7", None),
        ("²." + "³", None),
    ],
)
def test_a_place_is_read_from_an_address_or_not_at_all(text: str, place: Place | None) -> None:
    assert Place.parse(text) == place
    if place:
        assert str(place) == text
