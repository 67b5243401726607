"""What mails to moderators say, kind by kind."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from moderation.flow.notices.facts import Notice, OneComment, SiteQueue
from moderation.flow.notices.links import MailedLinks
from moderation.flow.recipients import NOTICES
from moderation.letters import Envelope, notice_letter
from moderation.statuses import Code, MailAction, MailKind, Urgency
from tests.doubles import NOON

HOST = "https://talk.example"
BERLIN = ZoneInfo("Europe/Berlin")  # two hours ahead of NOON's UTC
LINKS = {action: f"{HOST}/decision/{action}" for action in MailAction}
ONE = OneComment(
    public_id="abc",
    place="news.example.com/trees",
    came_at=NOON,
    is_public=True,
    urgency=Urgency.SELF_HARM,
    codes=(Code.TOXICITY, Code.LINKS),
    is_score_hidden=False,
    links=MailedLinks("k", NOON + dt.timedelta(hours=24)),
)
NEWS = SiteQueue(name="News", count=3, oldest=NOON)
OTHER = SiteQueue(name="Other\r\nBcc: x", count=1, oldest=NOON)


def write(
    kind: MailKind, notice: Notice, *, site: str | None = "News", links: bool = False
) -> tuple[str, str]:
    """Subject and text of such a mail, which leaves 80 minutes after NOON."""
    mail = notice_letter(
        Envelope(sender="c@news.example", to="g@example.com", message_id="<1@x>", date=NOON),
        kind,
        notice=notice,
        site=site,
        links=LINKS if links else {},
        public_url=HOST,
        now=NOON + dt.timedelta(minutes=80),
    )
    return mail["Subject"], mail.get_content()


@pytest.mark.parametrize(
    "kind, notice, subject, says",
    [
        (
            MailKind.URGENT,
            Notice(zone=BERLIN, comment=ONE),
            "Urgent: a comment on News",
            (
                "Why: Self-harm\nUnder: news.example.com/trees\n"
                "It came 04 May 2026, 14:00 CEST (1 h 20 min ago) and is public now.",
                f"{HOST}/queue/abc",
            ),
        ),
        (
            MailKind.HELD,
            Notice(zone=BERLIN, queues=(NEWS, OTHER)),
            "Comments wait: News",
            (
                "News: 3 comments wait, the oldest since 04 May 2026, 14:00 CEST (1 h 20 min).\n"
                "Other Bcc: x: 1 comment waits, the oldest",
                f"The queue: {HOST}/queue\n",
            ),
        ),
        (
            MailKind.HELD,
            Notice(zone=BERLIN, queues=(OTHER,), comment=ONE),
            "Comments wait: News",
            ("Why it waits: Score over a limit, Links\n",),
        ),
        (
            MailKind.DIGEST,
            Notice(zone=BERLIN, queues=(NEWS,), urgent=2, reported=4),
            "The queue: News",
            (f"Urgent: 2. Please look at these first: {HOST}/queue?queue=urgent", "look: 4."),
        ),
        (
            MailKind.WAITING,
            Notice(zone=BERLIN, queues=(NEWS,), hours=1),
            "Comments have waited for long: News",
            ("waited for more than 1 hour.\n", "News: 3 comments wait"),
        ),
        (
            MailKind.SCORER_DOWN,
            Notice(zone=BERLIN, since=NOON),
            "The scorer is down: News",
            ("since 04 May 2026, 14:00 CEST (1 h 20 min)", f"{HOST}/readyz"),
        ),
        (
            MailKind.SCORER_BACK,
            Notice(zone=BERLIN),
            "The scorer is back: News",
            ("The scorer is back.",),
        ),
        (
            MailKind.SURGE,
            Notice(zone=BERLIN, place=ONE.place, article_id=7, count=12, since=NOON),
            "Very many comments: News",
            (
                "one article of News: news.example.com/trees\n",
                f"12 of its comments wait for a person: {HOST}/queue?article=7\n",
            ),
        ),
    ],
)
def test_each_kind_says_what_is_to_know_and_where_to_change_it(
    kind: MailKind, notice: Notice, subject: str, says: tuple[str, ...]
) -> None:
    found, text = write(kind, notice)
    assert found == subject
    for sentence in says:
        assert sentence in text, text
    assert f"what you are told of, and when: {HOST}/account/notices" in text.lower()
    assert "/decision/" not in text and "\n\n\n\n" not in text


@pytest.mark.parametrize(
    "codes, is_score_hidden, why",
    [
        ((), True, ""),
        ((Code.LINKS,), True, "Why it waits: Links\n"),
        ((), False, "Why it waits: a person put it there\n"),
    ],
)
def test_a_hidden_score_leaves_the_reason_open(
    codes: tuple[Code, ...], is_score_hidden: bool, why: str
) -> None:
    one = replace(ONE, codes=codes, is_score_hidden=is_score_hidden)
    _, text = write(MailKind.HELD, Notice(zone=BERLIN, queues=(NEWS,), comment=one), links=True)
    assert f"Under: {ONE.place}\n{why}\nDecide here." in text


@pytest.mark.parametrize("kind", [MailKind.URGENT, MailKind.HELD])
def test_links_that_decide_stand_with_what_they_do(kind: MailKind) -> None:
    _, text = write(kind, Notice(zone=dt.UTC, queues=(NEWS,), comment=ONE), links=True)
    assert f"Approve: {HOST}/decision/approve\n" in text
    assert f"Reject, with a reason: {HOST}/decision/reject\n" in text
    assert f"Reject as spam: {HOST}/decision/spam\n" in text
    assert "They work once, until 05 May 2026, 12:00 UTC, for you: do not pass this mail on" in text


@pytest.mark.parametrize("kind", NOTICES)
def test_a_subject_is_the_same_each_time_and_names_the_host_where_it_is_about_all(
    kind: MailKind,
) -> None:
    notice = Notice(zone=dt.UTC, queues=(NEWS,), comment=ONE, since=NOON, count=3)
    first, _ = write(kind, notice, site=None)
    again, _ = write(kind, Notice(**{**vars(notice), "count": 99, "queues": (OTHER,)}), site=None)
    assert first == again
    assert first.endswith("talk.example")
