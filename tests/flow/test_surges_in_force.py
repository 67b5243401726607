"""A surge has a person approve everything, goes on while more come, and ends by time or hand."""

import datetime as dt

from moderation.flow.articles import policy_under
from moderation.flow.surges import end_over, read_surges
from moderation.models import Article, Site
from moderation.statuses import Actor, Change, Publishing, Status
from moderation.worker import Worker
from tests.factories import ORIGIN, make_site
from tests.flow.crowd import BEGAN, HOUR, MINUTE, OVER, Crowd, score_all
from tests.flow.desk import plain_moderator
from tests.together import together

# In force


def test_what_was_clean_waits_for_a_person_while_it_lasts(crowd: Crowd, worker: Worker) -> None:
    before = crowd.write()
    score_all(worker)
    waiting = [crowd.write() for _ in range(5)]  # the last begins it
    elsewhere = crowd.write(article=f"{ORIGIN}/quiet")
    score_all(worker)

    assert crowd.status(before) is Status.APPROVED, "what is public stays so"
    assert {crowd.status(comment_id) for comment_id in waiting} == {Status.HELD}
    assert crowd.status(elsewhere) is Status.APPROVED
    crowd.clock.forward(2 * HOUR + 1)
    after = crowd.write()
    score_all(worker)
    assert crowd.status(after) is Status.APPROVED
    assert {crowd.status(comment_id) for comment_id in waiting} == {Status.HELD}


def test_a_closed_article_stays_closed(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    with crowd.database.transaction() as session:
        article = session.get_one(Article, crowd.article().id)
        site, now = session.get_one(Site, crowd.site.id), crowd.clock()
        assert policy_under(site, article, now).publishing is Publishing.HUMAN
        article.publishing = Publishing.CLOSED
        assert policy_under(site, article, now).publishing is Publishing.CLOSED


def test_it_is_prolonged_while_it_goes_on(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    first = crowd.article().surge
    crowd.clock.forward(5 * MINUTE)
    crowd.write()
    second = crowd.article().surge

    assert first is not None and second is not None
    assert second.until - first.until == dt.timedelta(minutes=5)
    assert (second.began_at, second.comments) == (first.began_at, 7)
    assert crowd.log() == [BEGAN]


def test_what_it_holds_itself_does_not_prolong_it(crowd: Crowd, worker: Worker) -> None:
    for _ in range(6):
        crowd.write()
    first = crowd.article().surge
    crowd.clock.forward(20 * MINUTE)
    for _ in range(5):
        crowd.write()
    score_all(worker)

    surge = crowd.article().surge
    assert first is not None and surge is not None and surge.until == first.until


# It ends


def test_time_alone_ends_it(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    crowd.clock.forward(2 * HOUR - 1)
    assert crowd.is_on()
    crowd.clock.forward(1)
    assert not crowd.is_on()


def test_the_end_by_time_is_written_down_once(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    for _ in range(3):
        with crowd.database.transaction() as session:
            end_over(session, now=crowd.clock())
        assert crowd.log() == [BEGAN]
        crowd.clock.forward(30 * MINUTE)
    crowd.clock.forward(30 * MINUTE)
    version = crowd.article().version
    for _ in range(2):
        with crowd.database.transaction() as session:
            end_over(session, now=crowd.clock())
    assert crowd.log() == [BEGAN, OVER]
    assert crowd.article().version == version + 1


def test_the_next_surge_writes_down_the_end_of_the_last(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    crowd.clock.forward(3 * HOUR)
    for _ in range(6):
        crowd.write()

    assert crowd.log() == [BEGAN, OVER, BEGAN]
    surge = crowd.article().surge
    assert crowd.is_on() and surge is not None and surge.began_at == crowd.clock()


def test_a_moderator_ends_it_once(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    version = crowd.article().version

    assert crowd.end()

    assert not crowd.is_on()
    assert crowd.log() == [BEGAN, (Change.SURGE_ENDED, Actor.MODERATOR, crowd.grace.id)]
    assert crowd.article().version == version + 1
    assert not crowd.end(crowd.linus)


def test_after_an_end_by_hand_only_what_comes_later_counts(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    crowd.clock.forward(1)
    crowd.end()
    crowd.clock.forward(1)
    for _ in range(5):
        crowd.write()
    assert not crowd.is_on()
    crowd.write()
    assert crowd.is_on()
    surge = crowd.article().surge
    assert surge is not None and surge.moderator_id is None and surge.comments == 6


def test_only_who_ended_it_takes_that_back(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    until = crowd.article().surge
    crowd.end()

    assert not crowd.resume(crowd.linus)
    assert crowd.resume()

    surge = crowd.article().surge
    assert crowd.is_on() and surge is not None and until is not None
    assert surge.until == until.until
    assert crowd.log()[-1] == (Change.SURGE_BEGAN, Actor.MODERATOR, crowd.grace.id)
    assert not crowd.resume(), "it is in force already"
    crowd.end()
    crowd.clock.forward(3 * HOUR)
    assert not crowd.resume(), "its time is over"


def test_moderators_see_those_of_their_sites(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    with crowd.database.transaction() as session:
        other = plain_moderator(session, "bound", make_site(session, "other"))
    with crowd.database.reading() as session:
        now = crowd.clock()
        assert [a.id for a in read_surges(session, crowd.grace, now=now)] == [crowd.article().id]
        assert read_surges(session, other, now=now) == []
        assert read_surges(session, crowd.grace, now=now + dt.timedelta(hours=2)) == []
    crowd.end()
    with crowd.database.reading() as session:
        assert read_surges(session, crowd.grace, now=crowd.clock()) == []


# At once


def test_comments_at_once_begin_one_surge(crowd: Crowd) -> None:
    crowd.write()
    done = together(*[crowd.write] * 12)
    assert [each for each in done if isinstance(each, Exception)] == []
    crowd.write()  # what came at once may not have seen each other

    assert crowd.is_on()
    assert crowd.log() == [BEGAN]


def test_an_end_by_hand_and_a_comment_at_once_leave_it_on_or_off_but_whole(crowd: Crowd) -> None:
    for _ in range(6):
        crowd.write()
    crowd.clock.forward(2 * MINUTE)

    done = together(crowd.end, *[crowd.write] * 6)

    assert [each for each in done if isinstance(each, Exception)] == []
    assert crowd.log()[:2] == [BEGAN, (Change.SURGE_ENDED, Actor.MODERATOR, crowd.grace.id)]
    assert crowd.is_on() is (len(crowd.log()) == 3)
