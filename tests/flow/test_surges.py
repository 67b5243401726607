"""A surge begins: many comments or holds under one article, by people who are not one alone."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.flow.articles import policy_of
from moderation.flow.surges import count_crowd, tell_against
from moderation.models import Article, FindingRow, Site, Surge
from moderation.policy.context import Finding
from moderation.statuses import Code, Occasion, Publishing, Status, Verdict
from moderation.worker import Worker
from tests.doubles import FixedScorer
from tests.factories import ORIGIN
from tests.flow.crowd import BEGAN, MINUTE, Crowd, score_all

# It begins


def test_it_begins_with_the_comment_that_fills_the_measure(crowd: Crowd) -> None:
    for _ in range(5):
        crowd.write()
    version = crowd.article().version
    assert not crowd.is_on() and crowd.log() == []

    crowd.write()

    surge = crowd.article().surge
    assert surge is not None and crowd.is_on()
    assert (surge.comments, surge.holds, surge.site_id) == (6, 0, crowd.site.id)
    assert (surge.began_at, surge.until) == (crowd.clock(), crowd.clock() + dt.timedelta(hours=2))
    assert crowd.log() == [BEGAN]
    assert crowd.article().version == version + 1, "caches of what readers see end"


def test_thirty_comments_are_the_measure_of_a_site_that_says_nothing(crowd: Crowd) -> None:
    with crowd.database.transaction() as session:
        session.get_one(Site, crowd.site.id).policy = {}
    for _ in range(29):
        crowd.write()
    assert not crowd.is_on()
    crowd.write()
    assert crowd.is_on()


def test_ten_holds_are_the_measure_of_a_site_that_says_nothing(
    crowd: Crowd, worker: Worker
) -> None:
    with crowd.database.transaction() as session:
        session.get_one(Site, crowd.site.id).policy = {}
    for _ in range(9):
        crowd.write(body="You idiot")
    score_all(worker)
    assert not crowd.is_on()
    crowd.write(body="You idiot")
    score_all(worker)
    assert crowd.is_on()


def test_moderators_and_owners_are_told(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(
        "moderation.flow.surges.announce",
        lambda _session, occasion, *, site_id, article, now: told.append(
            (occasion, site_id, article.key, now)
        ),
    )
    for _ in range(8):
        crowd.write()
    assert told == [(Occasion.SURGE, crowd.site.id, "news.example.com/trees", crowd.clock())]


def test_comments_that_come_slowly_are_no_surge(crowd: Crowd) -> None:
    for _ in range(20):
        crowd.write()
        crowd.clock.forward(2 * MINUTE + 1)
    assert not crowd.is_on()


def test_comments_under_another_article_do_not_count(crowd: Crowd) -> None:
    for number in range(20):
        crowd.write(article=f"{ORIGIN}/{number % 4}")
    with crowd.database.reading() as session:
        assert session.scalars(select(Surge)).all() == []


def test_held_comments_begin_it_sooner(crowd: Crowd, worker: Worker) -> None:
    for _ in range(4):
        crowd.write(body="You idiot")
    score_all(worker)
    assert not crowd.is_on()
    crowd.write(body="You idiot")
    score_all(worker)

    surge = crowd.article().surge
    assert surge is not None and crowd.is_on()
    assert (surge.comments, surge.holds) == (5, 5)


def test_what_nobody_could_score_is_no_sign_of_trouble(
    crowd: Crowd, worker: Worker, scorer: FixedScorer
) -> None:
    scorer.broken = True
    for _ in range(5):
        crowd.write()
    score_all(worker)
    assert not crowd.is_on()


def test_a_stored_policy_that_is_broken_stops_no_decision(crowd: Crowd, worker: Worker) -> None:
    comment_id = crowd.write(body="You idiot")
    crowd.set_policy(nonsense=1)
    score_all(worker)
    assert crowd.status(comment_id) is Status.HELD


def test_what_a_standing_decision_let_through_is_no_hold(crowd: Crowd, worker: Worker) -> None:
    ids = [crowd.write(body="You idiot") for _ in range(5)]
    with crowd.database.transaction() as session:
        for comment_id in ids:  # the finding is kept, and weighs nothing
            session.add(
                FindingRow(
                    comment_id=comment_id,
                    event_id=1,
                    code=Code.TOXICITY,
                    verdict=Verdict.APPROVE,
                )
            )
    crowd.set_policy(surge_comments=6, surge_holds=1)
    crowd.write()
    surge = crowd.article().surge
    assert surge is not None and (surge.comments, surge.holds) == (6, 0)


def test_what_a_standing_decision_rejects_is_no_hold(crowd: Crowd) -> None:
    """A moderator has dealt with that wave, whatever else is found in it."""
    toxic = Finding(Code.TOXICITY, Verdict.HOLD)
    rejected = Finding(Code.STANDING_REJECTED, Verdict.REJECT, value=1)
    resembles = Finding(Code.STANDING_REJECTED, Verdict.HOLD, value=1)
    assert not tell_against([rejected]) and not tell_against([toxic, rejected])
    assert tell_against([resembles]) and tell_against([toxic])

    found = ([rejected], [toxic, rejected], [resembles], [toxic])
    ids = [crowd.write() for _ in found]
    with crowd.database.transaction() as session:
        for comment_id, findings in zip(ids, found, strict=True):
            for finding in findings:
                session.add(FindingRow(comment_id=comment_id, event_id=1, **finding._asdict()))
        article = session.scalars(select(Article)).one()
        policy = policy_of(session.get_one(Site, crowd.site.id))
        counted = count_crowd(session, article, policy, now=crowd.clock())
    assert (counted.comments, counted.holds, counted.people_held) == (4, 2, 2)


def test_nothing_begins_where_both_measures_are_off(crowd: Crowd, worker: Worker) -> None:
    crowd.set_policy(surge_comments=0, surge_holds=0)
    for _ in range(40):
        crowd.write(body="You idiot")
    score_all(worker)
    assert not crowd.is_on()


@pytest.mark.parametrize("who_says_so", ["site", "article"])
def test_nothing_begins_where_a_person_approves_all_anyway(crowd: Crowd, who_says_so: str) -> None:
    for _ in range(5):
        crowd.write()
    if who_says_so == "site":
        crowd.set_policy(publishing="human")
    else:
        with crowd.database.transaction() as session:
            session.get_one(Article, crowd.article().id).publishing = Publishing.HUMAN
    crowd.write()
    assert not crowd.is_on()


# Nobody alone


def test_one_person_cannot_begin_it(crowd: Crowd, worker: Worker) -> None:
    for _ in range(20):
        crowd.write(person=1, body="You idiot")
    score_all(worker)
    assert not crowd.is_on()


def test_one_angry_person_among_others_cannot_begin_it_by_holds(
    crowd: Crowd, worker: Worker
) -> None:
    crowd.set_policy(surge_comments=0)
    for _ in range(4):
        crowd.write()
        crowd.write(person=99, body="You idiot")
    for _ in range(6):
        crowd.write(person=99, body="You idiot")
    score_all(worker)
    assert not crowd.is_on()


def test_without_an_email_people_are_told_apart_by_their_network(crowd: Crowd) -> None:
    for _ in range(10):
        crowd.write(email="", network="203.0.113.0/24")
    assert not crowd.is_on()
    for number in range(4):
        crowd.write(email="", network=f"198.51.{number}.0/24")
    assert crowd.is_on()
