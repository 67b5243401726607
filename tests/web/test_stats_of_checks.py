"""What the statistics tell of decisions without the score, and of the sample."""

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.review import decide_by_hand
from moderation.models import Moderator, Site
from moderation.statuses import Change, Reason, Status
from tests.doubles import NOON
from tests.factories import make_comment, make_score
from tests.web.pages import Page
from tests.web.test_stats import rows_of

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Judge:
    """Decides about comments that come today."""

    def __init__(self, session: Session, site: Site, grace: Moderator) -> None:
        self.session, self.site, self.grace = session, session.merge(site), grace

    def say(self, status: Status, change: Change, *, risk: int = 950) -> None:
        """One that the machine moved there, and what a person says of it a minute later."""
        comment = make_comment(self.session, self.site, status=status)
        comment.risk, comment.score = risk, make_score(comment, risk)
        self.session.flush()
        decide_by_hand(
            self.session,
            comment.id,
            change,
            version_seen=2,
            moderator=self.grace,
            now=NOON + dt.timedelta(minutes=1),
            reason=Reason.SPAM if change is Change.REJECTED else None,
        )


@pytest.fixture
def judged(database: Database, site: Site, grace: Moderator) -> None:
    """Held ones: 4 of 5 approved without the score, 1 of 6 with it; of 8 sampled ones 2 go."""
    with database.transaction() as session:
        judge = Judge(session, site, grace)
        for number in range(6):
            judge.say(Status.HELD, Change.REJECTED if number else Change.APPROVED)
        judge.site.policy = {"hidden_score_share": 100, "audit_share": 100}
        for number in range(5):
            judge.say(Status.HELD, Change.APPROVED if number else Change.REJECTED)
        for number in range(8):
            change = Change.REJECTED if number < 2 else Change.APPROVED
            judge.say(Status.APPROVED, change, risk=20 if number else 320)


def test_agreement_is_told_with_and_without_the_score(desk: FlaskClient, judged: None) -> None:
    text = Page(desk.get("/stats").text).one("section", aria_labelledby="agreement").text
    assert "without the score: 80 % of 5 approved" in text
    assert "with the score: 17 % of 6 approved" in text
    [row] = [row for row in rows_of(desk, "agreement") if row["from_percent"] == "90"]
    assert row == {
        "from_percent": "90", "to_percent": "100",
        "hidden": "5", "hidden_approved": "4", "hidden_share": "0.8",
        "shown": "6", "shown_approved": "1", "shown_share": str(1 / 6),
    }  # fmt: skip


def test_the_sample_is_told_with_its_interval(desk: FlaskClient, judged: None) -> None:
    section = Page(desk.get("/stats").text).one("section", aria_labelledby="audit")
    text = " ".join(section.text.split())
    assert "In all: 25.0 %, 2 of 8 looked at." in text
    assert "probably between 7.1 and 59.1 % (95 % interval after Wilson)" in text
    assert "1 of 7 taken down: 14.3 % (2.6 to 51.3)" in text
    assert "too few: 1 looked at" in text
    low, *_, high = rows_of(desk, "audit")
    assert (low["looked_at"], low["taken_down"], low["share"]) == ("7", "1", str(1 / 7))
    assert low["low"].startswith("0.025") and low["high"].startswith("0.513")
    assert (high["looked_at"], high["share"], high["low"]) == ("0", "", "")


@sqlite
def test_days_without_checks_say_so(desk: FlaskClient, database: Database, site: Site) -> None:
    with database.transaction() as session:
        make_comment(session, session.merge(site))
    text = Page(desk.get("/stats").text).text
    assert "No comment of these days was decided without its score." in text
    assert "Nobody looked at a sample of these days." in text


@sqlite
def test_a_sample_of_few_tells_no_share(
    desk: FlaskClient, database: Database, site: Site, grace: Moderator
) -> None:
    with database.transaction() as session:
        judge = Judge(session, site, grace)
        judge.site.policy = {"audit_share": 100}
        for change in (Change.REJECTED, Change.APPROVED):
            judge.say(Status.APPROVED, change, risk=20)
    text = Page(desk.get("/stats").text).text
    assert "Too few to tell a share: 2 looked at, 1 taken down." in text


@sqlite
def test_a_band_in_which_nobody_decided_is_left_out(desk: FlaskClient, judged: None) -> None:
    page = Page(desk.get("/stats").text)
    for name, bands in (("agreement", 1), ("audit", 2)):
        section = page.one("section", aria_labelledby=name)
        shown = [dt_ for dt_ in page.all("dt") if section in dt_.inside]
        assert len(shown) == bands
