"""An edit goes round all checks again, and nothing stays of what was said of the old text."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import EditRefused, NothingToUndo, VersionConflict
from moderation.flow.own.edits import Hindrance
from moderation.flow.personal.holds import lift_holds, set_hold
from moderation.flow.queue.calls import escalate, report
from moderation.flow.queue.queues import read_counts
from moderation.flow.queue.search import found_ids
from moderation.flow.redaction import redact, undo_redaction
from moderation.flow.reports import take_report
from moderation.flow.submit import text_hash
from moderation.models import Article, Comment, Explanation, FindingRow, Score, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Code, Queue, ReportReason, Status, Urgency
from moderation.sweep import Sweep
from moderation.worker import Worker
from tests.doubles import Clock, FixedScorer
from tests.factories import score_of
from tests.flow.own.writer import NEW, OLD, Writer

DAY = dt.timedelta(days=1)
RUDE = "You are all idiots."


@pytest.fixture
def writer(database: Database, site: Site, vault: Vault, clock: Clock) -> Writer:
    return Writer(database, site, vault, clock)


def test_the_comment_has_another_text_and_waits_like_one_that_came(writer: Writer) -> None:
    before = writer.comment
    writer.wait(3)

    writer.edit()

    after, job = writer.comment, writer.job
    assert (after.body, after.text_hash) == (NEW, text_hash(NEW))
    assert (after.status, after.version) == (Status.PROCESSING, before.version + 1)
    assert (after.edited_at, after.created_at) == (writer.clock(), before.created_at)
    assert job is not None and (job.lease, job.attempts, job.run_after) == (None, 0, writer.clock())
    event = writer.events[-1]
    assert (event.change, event.actor, event.data) == (Change.EDITED, Actor.COMMENTER, {})
    assert (event.from_status, event.to_status) == (Status.APPROVED, Status.PROCESSING)
    assert event.version == after.version


def test_readers_see_neither_text_until_it_passed(writer: Writer, worker: Worker) -> None:
    def version() -> int:
        with writer.database.reading() as session:
            return session.scalars(select(Article.version)).one()

    before = version()
    writer.edit()
    assert version() == before + 1, "kept threads end"
    worker.tick()
    assert (writer.comment.status, version()) == (Status.APPROVED, before + 2)
    writer.edit(RUDE)
    worker.tick()
    assert (writer.comment.status, writer.codes) == (Status.HELD, [Code.TOXICITY])


def test_a_toxic_text_that_waits_is_published_once_it_is_mended(
    writer: Writer, worker: Worker
) -> None:
    writer.id = writer.store(Status.PROCESSING, body=RUDE)
    worker.tick()
    assert writer.comment.status is Status.HELD
    writer.edit()
    worker.tick()
    assert (writer.comment.status, writer.codes) == (Status.APPROVED, [])


def test_what_was_found_in_the_old_text_goes_with_it(writer: Writer) -> None:
    with writer.database.transaction() as session:
        comment = session.get_one(Comment, writer.id)
        score = score_of(comment.id, {"toxicity": 0.9})
        score.spans = [[0, 5]]
        session.add(score)
        comment.risk, comment.language = 900, "en"
        told = Explanation(comment_id=comment.id, version=1, text="Old.", created_at=writer.clock())
        session.add(told)
        found = {"event_id": 1, "code": Code.SUSPECT_WORD, "verdict": "hold", "detail": "limes"}
        session.add(FindingRow(comment_id=comment.id, **found))

    writer.edit()

    with writer.database.reading() as session:
        for table in (FindingRow, Score, Explanation):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
        words = {word: session.scalars(found_ids(session, [word])).all() for word in
                 ("limes", "maples")}  # fmt: skip
    assert words == {"limes": [], "maples": [writer.id]}
    assert (writer.comment.risk, writer.comment.language) == (-1, None)


def test_a_second_click_and_an_unchanged_text_do_nothing(writer: Writer) -> None:
    seen = writer.comment.version
    assert writer.edit(OLD) is None
    assert writer.edit(seen=seen) is not None
    after = len(writer.events)
    assert writer.edit(seen=seen) is None
    assert (len(writer.events), writer.job is not None) == (after, True)


def test_another_text_from_a_form_that_was_sent_is_refused(writer: Writer) -> None:
    seen = writer.comment.version
    writer.edit()
    with pytest.raises(VersionConflict):
        writer.edit("A third text.", seen=seen)
    assert writer.comment.body == NEW


def test_what_the_machine_decided_meanwhile_is_no_hindrance(writer: Writer, worker: Worker) -> None:
    writer.id = writer.store(Status.PROCESSING)
    worker.tick()
    assert writer.comment.version == 2
    writer.edit(seen=1)
    assert writer.comment.body == NEW


@pytest.mark.parametrize("by_a_report", [True, False])
def test_that_it_was_called_urgent_meanwhile_is_not_told_and_keeps_it_held(
    writer: Writer, worker: Worker, by_a_report: bool
) -> None:
    seen = writer.comment.version
    if by_a_report:
        writer.change(take_report, ReportReason.THREAT, range_hash=b"1", now=writer.clock())
    else:
        known = {"moderator": writer.grace, "now": writer.clock()}
        writer.change(escalate, Urgency.THREAT_TO_LIFE, **known)
    assert writer.comment.urgent is Urgency.THREAT_TO_LIFE

    writer.edit(seen=seen)

    worker.tick()
    assert (writer.comment.body, writer.comment.status) == (NEW, Status.HELD)
    assert writer.codes == [Code.UNDER_REVIEW]
    assert writer.comment.urgent is Urgency.THREAT_TO_LIFE


@pytest.mark.parametrize(("minutes", "is_over"), [(14.9, False), (15, True)])
def test_it_can_be_edited_for_15_minutes(writer: Writer, minutes: float, is_over: bool) -> None:
    writer.wait(minutes)
    assert writer.hindrance is (Hindrance.OVER if is_over else None)
    if is_over:
        with pytest.raises(EditRefused) as refused:
            writer.edit()
        assert refused.value.hindrance == Hindrance.OVER
        assert writer.comment.body == OLD


@pytest.mark.parametrize(
    ("policy", "hindrance"),
    [
        ({"edit_minutes": 0}, Hindrance.OVER),
        ({"publishing": "closed"}, Hindrance.CLOSED),
        ({"closes_after_days": 0}, Hindrance.CLOSED),
        ({"edit_minutes": 60 * 24, "closes_after_days": 1}, None),
    ],
)
def test_the_site_says_for_how_long(
    writer: Writer, policy: dict[str, object], hindrance: Hindrance | None
) -> None:
    writer.set_policy(**policy)
    writer.wait(1)
    assert writer.hindrance is hindrance


def test_what_was_rejected_is_not_edited(writer: Writer) -> None:
    writer.decide(Change.REJECTED)
    with pytest.raises(EditRefused) as refused:
        writer.edit()
    assert refused.value.hindrance == Hindrance.REJECTED


def test_no_edit_brings_masked_text_back(writer: Writer) -> None:
    for how, words, hindrance in (
        (redact, (["Limes"],), Hindrance.MASKED),
        (undo_redaction, (), None),
    ):
        writer._by_hand(how, *words, version_seen=writer.comment.version)
        assert writer.hindrance is hindrance
        if hindrance:
            with pytest.raises(EditRefused):
                writer.edit(OLD + "!")
    writer.edit()
    assert writer.comment.body == NEW


def test_a_legal_hold_keeps_the_text_and_is_not_told(writer: Writer) -> None:
    until = writer.clock() + DAY
    known = {"now": writer.clock(), "moderator": None}
    writer.change(set_hold, reason="a court asks", expires_at=until, **known)
    with pytest.raises(EditRefused) as refused:
        writer.edit()
    assert (writer.comment.body, refused.value.hindrance) == (OLD, Hindrance.OVER)
    writer.change(lift_holds, **known)
    assert writer.hindrance is None


class TestWhatPeopleSaid:
    """No machine takes from a person's hands what they held, called urgent, or sampled."""

    def test_what_a_person_held_waits_for_a_person_after_any_number_of_edits(
        self, writer: Writer, worker: Worker
    ) -> None:
        writer.decide(Change.HELD)
        for text in (NEW, OLD):
            writer.edit(text)
            worker.tick()
            assert (writer.comment.status, writer.codes) == (Status.HELD, [Code.UNDER_REVIEW])
        writer.decide(Change.APPROVED)
        writer.edit()
        worker.tick()
        assert writer.comment.status is Status.APPROVED, "they looked at it meanwhile"

    def test_an_undone_approval_counts_as_held(self, writer: Writer, worker: Worker) -> None:
        writer.id = writer.store(Status.HELD)
        writer.decide(Change.APPROVED)
        writer.undo()
        writer.edit()
        worker.tick()
        assert writer.codes == [Code.UNDER_REVIEW]

    def test_what_is_urgent_stays_urgent_and_waits(self, writer: Writer, worker: Worker) -> None:
        kind = Urgency.SELF_HARM
        writer.change(escalate, kind, moderator=writer.grace, now=writer.clock())
        writer.edit()
        worker.tick()
        assert (writer.comment.urgent, writer.comment.status) == (kind, Status.HELD)

    def test_reports_stay_open(self, writer: Writer, worker: Worker) -> None:
        writer.change(report, ReportReason.ABUSE, range_hash=b"1", now=writer.clock())
        writer.edit()
        worker.tick()
        assert (writer.comment.status, writer.comment.reports) == (Status.APPROVED, 1)

    def test_a_sample_of_the_old_text_is_none_of_the_new(
        self, writer: Writer, worker: Worker
    ) -> None:
        writer.set_policy(audit_share=100)
        writer.id = writer.store(Status.PROCESSING, body="Said for the first time.")
        worker.tick()

        def sample() -> tuple[bool, int]:
            with writer.database.reading() as session:
                return writer.comment.sampled, read_counts(session, writer.grace)[Queue.AUDIT]

        assert sample() == (True, 1)
        writer.edit()
        assert sample() == (False, 0)
        worker.tick()
        assert sample() == (True, 1)

    def test_a_first_comment_is_approved_by_a_person_again(
        self, writer: Writer, worker: Worker
    ) -> None:
        writer.set_policy(publishing="first")
        writer.decide(Change.APPROVED)
        writer.edit()
        worker.tick()
        assert writer.codes == [Code.FIRST_COMMENT]

    def test_a_decision_about_the_old_text_is_refused(self, writer: Writer) -> None:
        seen = writer.comment.version
        writer.edit()
        with pytest.raises(VersionConflict) as conflict:
            writer.decide(Change.APPROVED, seen=seen)
        assert (conflict.value.status, conflict.value.by) == ("processing", "the commenter")

    @pytest.mark.parametrize("change", [Change.HELD, Change.APPROVED])
    @pytest.mark.parametrize("is_scored", [False, True])
    def test_no_undo_of_an_earlier_decision_publishes_the_edited_text(
        self, writer: Writer, worker: Worker, change: Change, is_scored: bool
    ) -> None:
        writer.decide(change)
        writer.edit(RUDE)
        if is_scored:
            worker.tick()
        with pytest.raises(NothingToUndo):
            writer.undo()
        assert writer.comment.status is not Status.APPROVED


def test_the_sweep_waits_for_the_score_from_the_edit_on(
    writer: Writer, sweep: Sweep, worker: Worker
) -> None:
    writer.wait(10)
    writer.edit()
    sweep()
    assert writer.comment.status is Status.PROCESSING
    writer.wait(1.1)
    sweep()
    assert (writer.comment.status, writer.codes) == (Status.HELD, [Code.SCORER_UNAVAILABLE])
    worker.tick()
    assert writer.comment.status is Status.APPROVED, "when a scorer is back it is decided again"


def test_a_scorer_that_is_down_holds_the_new_text(
    writer: Writer, worker: Worker, scorer: FixedScorer
) -> None:
    scorer.broken = True
    writer.edit()
    worker.tick()
    assert (writer.comment.status, writer.codes) == (Status.HELD, [Code.SCORER_UNAVAILABLE])
