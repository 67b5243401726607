"""Deciding on real rows: every finding is kept, and the log holds codes and numbers only."""

import datetime as dt
import json

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.flow import decide as step
from moderation.flow.bans.acts import ban, lift_target
from moderation.flow.bans.targets import target_of
from moderation.flow.decide import Presets, is_open_to_machine
from moderation.flow.personal.holds import set_hold
from moderation.flow.personal.taking_down import take_down
from moderation.models import Comment, Commenter, Event, Site
from moderation.privacy.vault import Vault
from moderation.scoring.reading.normalise import normalise, readings
from moderation.statuses import Actor, Change, Code, Publishing, Status, Verdict
from tests.doubles import INFO, NOON
from tests.factories import ARTICLE, make_site, score_of
from tests.flow.bench import EMAIL, Bench


def test_a_clean_comment_is_approved_and_says_by_what(bench: Bench) -> None:
    assert bench.decide() == []
    comment, event = bench.newest()
    assert (comment.status, comment.decided_by) == (Status.APPROVED, Actor.MACHINE)
    assert (event.change, event.actor, event.to_status) == (
        Change.DECIDED,
        Actor.MACHINE,
        Status.APPROVED,
    )
    assert event.data == {
        "verdict": "approve",
        "findings": [],
        "model": "double",
        "model_version": "0123456789ab-int8",
        "normaliser": 1,
        "preset": "balanced",
        "thresholds": {"toxicity": 0.8, "insult": 0.8},
    }


def test_all_findings_are_kept_with_their_numbers(bench: Bench) -> None:
    codes = bench.decide(
        scores={"toxicity": 0.95, "insult": 0.85},
        body="Call +49 30 901820 or see https://a.example https://b.example https://c.example",
        signals=(Code.HONEYPOT, Code.COMMENTER_RATE),
        facts={"complete": False, "language": "de"},
    )
    assert codes == [
        Code.TEXT_TOO_LONG,
        Code.LANGUAGE_UNSUPPORTED,
        Code.TOXICITY,
        Code.TOXICITY,
        Code.PERSONAL_DATA,
        Code.LINKS,
        Code.HONEYPOT,
        Code.COMMENTER_RATE,
    ]
    comment, event = bench.newest()
    assert comment.status is Status.HELD
    assert [finding["code"] for finding in event.data["findings"]] == codes
    toxicity = bench.findings(comment.id)[2]
    assert (toxicity.attribute, toxicity.value, toxicity.threshold, toxicity.verdict) == (
        "toxicity",
        0.95,
        0.8,
        Verdict.HOLD,
    )
    assert toxicity.event_id == event.id
    assert event.data["findings"][2] == {
        "code": "toxicity",
        "verdict": "hold",
        "attribute": "toxicity",
        "value": 0.95,
        "threshold": 0.8,
    }


def test_nothing_that_was_typed_reaches_the_log(bench: Bench) -> None:
    bench.set_policy(banned_words=["zebracanary"], suspect_words=["quaggacanary"])
    codes = bench.decide(
        name="Nancanary",
        email="mailcanary@example.com",
        body="bodycanary ZebraCanary quaggacanary phonecanary@example.com",
        signals=(Code.HONEYPOT,),
    )
    assert {Code.BANNED_WORD, Code.SUSPECT_WORD, Code.PERSONAL_DATA} <= set(codes)
    comment, _ = bench.newest()
    details = {row.detail for row in bench.findings(comment.id)}
    assert {"zebracanary", "quaggacanary"} <= details  # kept, but where erasure reaches
    with bench.database.reading() as session:
        for event in session.scalars(select(Event)):
            values = {c.key: getattr(event, c.key) for c in Event.__table__.columns}
            assert "canary" not in json.dumps(values, default=str).lower()


def test_a_rule_that_wants_to_reject_wins(bench: Bench) -> None:
    bench.set_policy(banned_words=["zebra"], reject_banned_words=True)
    bench.decide(body="A zebra idiot", scores={"toxicity": 0.99})
    comment, event = bench.newest()
    assert comment.status is Status.REJECTED
    assert [finding["verdict"] for finding in event.data["findings"]] == ["hold", "reject"]


@pytest.mark.parametrize(
    "body", ["An 1d10t", "i d i o t", "іdіоt", "an idi\u200bot", "z3bra", "z.e.b.r.a", "z e b r a"]
)
def test_a_disguised_word_of_a_list_is_held_and_never_rejected(bench: Bench, body: str) -> None:
    bench.set_policy(banned_words=["zebra", "idiot"], reject_banned_words=True)
    beneath = readings(body, normalise(body).text)
    assert bench.decide(body=body, readings=beneath) == [Code.BANNED_WORD]
    assert bench.newest()[0].status is (
        Status.REJECTED if "\u200b" in body else Status.HELD  # what nobody sees disguises nothing
    )


def test_a_second_decision_replaces_the_findings_and_adds_an_event(bench: Bench) -> None:
    comment_id = bench.store()
    assert bench.decide(comment_id, failure=Code.SCORER_LATE) == [Code.SCORER_LATE]
    assert bench.newest()[0].status is Status.HELD
    assert bench.decide(comment_id, signals=(Code.HONEYPOT,)) == [Code.HONEYPOT]
    with bench.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 3


def test_a_banned_commenter_is_held_until_the_ban_is_lifted(bench: Bench) -> None:
    target = target_of(bench.vault, bench.site, "ADA+x@example.com")
    with bench.database.transaction() as session:
        ban(session, session.merge(bench.site), target, now=NOON)
    assert bench.decide(email=EMAIL, body="One") == [Code.BANNED_COMMENTER]
    assert bench.newest()[0].status is Status.HELD
    assert bench.decide(email="grace@example.com", body="Two") == []
    assert bench.decide(email="", body="Three") == []
    with bench.database.transaction() as session:
        assert lift_target(session, session.merge(bench.site), target, now=NOON)
        assert not lift_target(session, session.merge(bench.site), target, now=NOON)
    assert bench.decide(email=EMAIL, body="Four") == []


def test_a_ban_holds_on_its_own_site_only_and_twice_is_once(bench: Bench) -> None:
    with bench.database.transaction() as session:
        olds = make_site(session, "olds")
        target = target_of(bench.vault, olds, EMAIL)
        assert ban(session, olds, target, now=NOON).id == ban(session, olds, target, now=NOON).id
    assert bench.decide(email=EMAIL) == []
    with bench.database.reading() as session:
        query = select(func.count()).select_from(Event).where(Event.change == Change.BANNED)
        assert session.scalar(query) == 1


@pytest.mark.parametrize(
    ("confirmed", "before", "held"),
    [
        (False, None, True),
        (True, None, True),
        (False, Status.APPROVED, True),  # an unproven email is not an identity
        (True, Status.HELD, True),
        (True, Status.REJECTED, True),
        (True, Status.APPROVED, False),
    ],
)
def test_a_first_comment_waits_for_a_human_where_the_site_wants_that(
    bench: Bench, confirmed: bool, before: Status | None, held: bool
) -> None:
    bench.set_policy(publishing="first")
    if before:
        bench.store(email=EMAIL, body="Earlier", status=before)
    comment_id = bench.store(email=EMAIL)
    with bench.database.transaction() as session:
        session.scalars(select(Commenter)).one().confirmed_at = NOON if confirmed else None
    assert bench.decide(comment_id) == ([Code.FIRST_COMMENT] if held else [])


def test_first_comments_are_approved_where_the_machine_publishes(bench: Bench) -> None:
    assert bench.decide(email=EMAIL) == []


def test_the_same_text_of_the_same_commenter_again_is_held(bench: Bench) -> None:
    earlier = NOON - dt.timedelta(hours=23)
    bench.store(email=EMAIL, body="Buy  THIS.", now=earlier)
    elsewhere = f"{ARTICLE}/2"
    assert bench.decide(email=EMAIL, body="buy this.", article=elsewhere) == [Code.REPEATED_TEXT]
    assert bench.decide(email="grace@example.com", body="buy this.") == []


@pytest.mark.parametrize("email", [EMAIL, ""])
def test_what_was_said_long_ago_or_by_nobody_known_is_not_repeated(
    bench: Bench, email: str
) -> None:
    earlier = NOON - (dt.timedelta(hours=25) if email else dt.timedelta(0))
    bench.store(email=email, body="Buy this.", now=earlier)
    assert bench.decide(email=email, body="Buy this.") == []


@pytest.mark.parametrize("is_kept", [True, False])
def test_what_was_deleted_is_not_repeated_also_where_a_legal_hold_keeps_it(
    bench: Bench, is_kept: bool
) -> None:
    earlier = bench.store(email=EMAIL, body="Buy this.")
    with bench.database.transaction() as session:
        if is_kept:
            until = NOON + dt.timedelta(days=1)
            known = {"reason": "a court asks", "expires_at": until, "now": NOON, "moderator": None}
            set_hold(session, session.get_one(Comment, earlier), **known)  # type: ignore[arg-type]
        take_down(session, earlier, change=Change.DELETED, actor=Actor.COMMENTER, now=NOON)
    assert bench.decide(email=EMAIL, body="Buy this.") == []


def test_the_sites_own_threshold_wins_over_the_preset(bench: Bench) -> None:
    assert bench.decide(scores={"toxicity": 0.5}, body="One") == []
    bench.set_policy(thresholds={"toxicity": 0.4})
    assert bench.decide(scores={"toxicity": 0.5}, body="Two") == [Code.TOXICITY]
    assert bench.newest()[1].data["thresholds"] == {"toxicity": 0.4, "insult": 0.8}


@pytest.mark.parametrize("presets", [{}, {"strict": {"toxicity": 0.5}}, {"balanced": {}}])
def test_numbers_of_a_model_without_the_preset_publish_nothing(
    bench: Bench, presets: Presets
) -> None:
    assert bench.decide(scores={"toxicity": 0.0}, presets=presets) == [Code.SCORER_UNAVAILABLE]
    assert bench.newest()[0].status is Status.HELD


def test_numbers_without_any_threshold_publish_nothing(bench: Bench) -> None:
    assert bench.decide(scores={"wit": 0.0}) == [Code.SCORER_UNAVAILABLE]


@pytest.mark.parametrize("failure", [Code.SCORER_UNAVAILABLE, Code.SCORER_LATE])
@pytest.mark.parametrize("presets", [{}, INFO.presets])
def test_an_old_score_says_nothing_while_the_scorer_fails(
    bench: Bench, failure: Code, presets: Presets
) -> None:
    comment_id = bench.store()
    with bench.database.transaction() as session:
        session.add(score_of(comment_id, {"toxicity": 0.0}, language="de"))
    assert bench.decide(comment_id, failure=failure, presets=presets) == [failure]
    assert bench.newest()[0].status is Status.HELD


@pytest.mark.parametrize(
    ("publishing", "code"), [("human", Code.HUMAN_REVIEW), ("closed", Code.ARTICLE_CLOSED)]
)
def test_the_policy_of_the_moment_of_decision_counts(
    bench: Bench, publishing: Publishing, code: Code
) -> None:
    comment_id = bench.store()
    bench.set_policy(publishing=publishing)
    assert bench.decide(comment_id) == [code]


def test_an_article_that_closed_while_its_comment_waited_holds_it(bench: Bench) -> None:
    bench.set_policy(closes_after_days=7)
    comment_id = bench.store(now=NOON - dt.timedelta(days=8))
    assert bench.decide(comment_id) == [Code.ARTICLE_CLOSED]
    bench.set_policy(closes_after_days=9)
    assert bench.decide(body="Another tree.") == []


def test_a_rule_that_breaks_holds_the_comment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "evaluate", _break)
    assert bench.decide() == [Code.RULE_FAILED]
    comment, event = bench.newest()
    assert comment.status is Status.HELD
    assert event.data["findings"] == [{"code": "rule_failed", "verdict": "hold"}]


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("by", [None, *Actor])
def test_a_machine_decides_only_what_no_human_touched(status: Status, by: Actor | None) -> None:
    undecided = status is Status.PROCESSING
    held_by_machine = status is Status.HELD and by is Actor.MACHINE
    comment = Comment(status=status, decided_by=by)
    assert is_open_to_machine(comment) is (undecided or held_by_machine)


def _break(_context: object) -> None:
    raise ValueError("told to break")


@pytest.fixture
def bench(database: Database, site: Site, vault: Vault) -> Bench:
    return Bench(database, site, vault)
