"""Decisions that hold for what says the same: which comments meet them, and for how long."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.errors import TooManyStanding, UnknownComment, UnknownStanding
from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import target_of, word_target
from moderation.flow.bulk import find_batch
from moderation.flow.numbers.comments import read_groups
from moderation.flow.numbers.window import Window
from moderation.flow.personal.taking_down import take_down
from moderation.flow.standing import acts
from moderation.flow.standing.acts import find_to_change, lift, lift_of_batch, set_again
from moderation.flow.standing.forgetting import forget_ended_standing
from moderation.flow.standing.shown import read_standing
from moderation.models import Comment, Event, FindingRow, Moderator, StandingDecision
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Code, Reason, Status
from tests.doubles import NOON
from tests.flow.desk import Desk
from tests.flow.standing import JOKE, SPAM, arrive, set_one

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def codes(desk: Desk, event: Event) -> set[Code]:
    with desk.database.reading() as session:
        query = select(FindingRow.code).where(FindingRow.event_id == event.id)
        return set(session.scalars(query))


def change(desk: Desk, standing_id: int, act: object, *, now: dt.datetime = NOON) -> bool:
    with desk.database.transaction() as session:
        found = find_to_change(session, standing_id, desk.grace)
        return act(session, found, moderator=desk.grace, now=now)  # type: ignore[operator]


def policy(desk: Desk, **fields: object) -> None:
    with desk.database.transaction() as session:
        desk.site.policy = fields
        session.merge(desk.site)


@pytest.mark.parametrize(
    "body",
    [
        SPAM,
        "EARN 9000 dollars a week -- from home; ask me how...",
        "Ea\u200brn 4000 dollars a week from h\u00adome, ask me how!",
        SPAM + " 1! 2! 3!" * 500,
        "\uff25arn 4000 dollars a week from home, ask us how!",
    ],
)
def test_a_rejection_meets_what_says_the_same_or_nearly(desk: Desk, body: str) -> None:
    standing_id, _ = set_one(desk)

    status, event = arrive(desk, body, name="Bob")

    assert status is Status.REJECTED
    assert (event.actor, event.change, event.reason) == (Actor.MACHINE, Change.DECIDED, Reason.SPAM)
    assert event.data["standing"] == standing_id
    assert Code.STANDING_REJECTED in codes(desk, event)


@pytest.mark.parametrize(
    "body", ["How do people earn a living at home these days?", "Ask me how!", "Trees", ""]
)
def test_a_rejection_leaves_alone_what_says_something_else(desk: Desk, body: str) -> None:
    set_one(desk)

    status, event = arrive(desk, body)

    assert status is Status.APPROVED
    assert "standing" not in event.data


def test_a_short_text_is_met_only_where_it_is_the_same(desk: Desk) -> None:
    set_one(desk, body="Buy gold!")

    assert arrive(desk, "buy  GOLD!")[0] is Status.REJECTED
    assert arrive(desk, "Buy golf!")[0] is Status.APPROVED


def test_what_is_said_beneath_a_disguise_is_held_not_rejected(desk: Desk) -> None:
    standing_id, _ = set_one(desk)

    status, event = arrive(desk, "€@rn 4k d0||@r$", readings=("x", SPAM))

    assert status is Status.HELD
    assert codes(desk, event) == {Code.STANDING_REJECTED}
    assert event.data["standing"] == standing_id


def test_a_long_text_is_met_as_a_whole(desk: Desk) -> None:
    start = "all the words of a long letter to the editor " * 40
    set_one(desk, body=start)

    assert arrive(desk, start)[0] is Status.REJECTED
    assert arrive(desk, start + "and then something else entirely")[0] is Status.APPROVED
    set_one(desk)
    assert arrive(desk, SPAM + " " + start)[0] is Status.APPROVED


def test_a_rejection_needs_no_score(desk: Desk) -> None:
    set_one(desk)

    assert arrive(desk, SPAM, toxicity=None)[0] is Status.REJECTED


def test_an_approval_lets_the_very_same_text_through(desk: Desk) -> None:
    policy(desk, suspect_words=["mayor"], publishing="first")
    standing_id, _ = set_one(desk, Change.APPROVED, body=JOKE)

    status, event = arrive(desk, JOKE.upper(), toxicity=0.9)

    assert status is Status.APPROVED
    assert event.data["standing"] == standing_id
    assert codes(desk, event) == {
        Code.TOXICITY,
        Code.SUSPECT_WORD,
        Code.FIRST_COMMENT,
        Code.STANDING_APPROVED,
    }, "all evidence stays"


def test_an_approval_lets_nobody_flood_the_site(desk: Desk, vault: Vault) -> None:
    known = {"email": "ada@example.com", "vault": vault}
    set_one(desk, Change.APPROVED, body=JOKE)
    assert arrive(desk, JOKE, toxicity=0.9, **known)[0] is Status.APPROVED

    status, event = arrive(desk, JOKE, toxicity=0.9, **known)

    assert status is Status.HELD
    assert Code.REPEATED_TEXT in codes(desk, event)


@pytest.mark.parametrize(
    "body, name",
    [
        (JOKE.replace("wooden", "rotten"), "Ada"),
        (JOKE + " Yes.", "Ada"),
        (JOKE, "Ada the idiot"),
    ],
)
def test_an_approval_stops_at_one_other_word_or_another_name(
    desk: Desk, body: str, name: str
) -> None:
    set_one(desk, Change.APPROVED, body=JOKE)

    status, event = arrive(desk, body, name=name, toxicity=0.9)

    assert status is Status.HELD
    assert codes(desk, event) == {Code.TOXICITY}


def test_an_approval_never_publishes_what_nobody_scored(desk: Desk) -> None:
    set_one(desk, Change.APPROVED, body=JOKE)

    status, event = arrive(desk, JOKE, toxicity=None)

    assert status is Status.HELD
    assert codes(desk, event) == {Code.SCORER_UNAVAILABLE}


def test_an_approval_does_not_lift_a_ban(desk: Desk, vault: Vault) -> None:
    set_one(desk, Change.APPROVED, body=JOKE)
    with desk.database.transaction() as session:
        target = target_of(vault, desk.site, "eve@example.com")
        ban(session, session.merge(desk.site), target, now=NOON)

    status, event = arrive(desk, JOKE, toxicity=0.9, email="eve@example.com", vault=vault)

    assert status is Status.HELD
    assert Code.BANNED_COMMENTER in codes(desk, event)


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"publishing": "human"}, Code.HUMAN_REVIEW),
        ({"publishing": "closed"}, Code.ARTICLE_CLOSED),
        ({"banned_words": ["mayor"]}, Code.BANNED_WORD),
        ({"language": "en", "links_max": 0}, Code.LINKS),
        ({}, Code.PERSONAL_DATA),
        ({}, Code.TEXT_TOO_LONG),
    ],
)
def test_an_approval_lifts_nothing_else(
    desk: Desk, fields: dict[str, object], code: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"{JOKE} Call +44 20 7946 0958, see https://example.com"
    policy(desk, **{"links_max": 2, **fields})
    set_one(desk, Change.APPROVED, body=body)
    if code is Code.TEXT_TOO_LONG:
        monkeypatch.setattr("moderation.flow.decide._score_facts", _cut)

    status, event = arrive(desk, body, toxicity=0.9)

    assert status is Status.HELD
    assert code in codes(desk, event)


def _cut(score: object) -> dict[str, object]:
    return {"scores": {"toxicity": 0.9}, "complete": False, "language": "en", "languages": {"en"}}


def test_a_banned_word_of_moderators_still_holds(desk: Desk) -> None:
    set_one(desk, Change.APPROVED, body=JOKE)
    with desk.database.transaction() as session:
        ban(session, session.merge(desk.site), word_target("mayor"), now=NOON)

    assert arrive(desk, JOKE)[0] is Status.HELD


def test_the_strictest_wins_and_one_text_has_one_standing_decision(desk: Desk) -> None:
    approving, _ = set_one(desk, Change.APPROVED, body=JOKE)
    set_one(desk, body=JOKE.replace("wooden", "rotten"))
    assert arrive(desk, JOKE)[0] is Status.REJECTED, "near what is rejected"

    again, _ = set_one(desk, body=JOKE)
    with desk.database.reading() as session:
        assert session.get_one(StandingDecision, approving).lifted_at == NOON
        assert session.get_one(StandingDecision, again).lifted_at is None


@pytest.mark.parametrize("body", [SPAM, JOKE])
def test_it_ends_after_a_day(desk: Desk, body: str) -> None:
    set_one(desk, body=body)

    assert arrive(desk, body, now=NOON + DAY - HOUR)[0] is Status.REJECTED
    assert arrive(desk, body, now=NOON + DAY)[0] is Status.APPROVED


def test_other_sites_are_left_alone(desk: Desk) -> None:
    set_one(desk)

    assert arrive(desk, SPAM, site=desk.other_site)[0] is Status.APPROVED


def test_it_holds_whatever_becomes_of_the_account(desk: Desk) -> None:
    """As a ban does: it is the desk's, ends by itself, and a colleague can lift it."""
    set_one(desk, by=desk.linus)
    with desk.database.transaction() as session:
        session.get_one(Moderator, desk.linus.id).is_active = False

    assert arrive(desk, SPAM)[0] is Status.REJECTED


def test_lifting_and_setting_again(desk: Desk) -> None:
    standing_id, _ = set_one(desk)

    assert change(desk, standing_id, lift)
    assert not change(desk, standing_id, lift), "a second click"
    assert arrive(desk, SPAM)[0] is Status.APPROVED
    assert change(desk, standing_id, set_again, now=NOON + HOUR)
    assert arrive(desk, SPAM, now=NOON + HOUR)[0] is Status.REJECTED
    assert arrive(desk, SPAM, now=NOON + DAY)[0] is Status.APPROVED, "its end did not move"
    change(desk, standing_id, lift)
    assert not change(desk, standing_id, set_again, now=NOON + DAY)
    with desk.database.reading() as session:
        told = session.scalars(
            select(Event.change)
            .where(Event.change.in_(["standing_set", "standing_lifted"]))
            .order_by(Event.id)
        )
        assert list(told) == [
            Change.STANDING_SET,
            Change.STANDING_LIFTED,
            Change.STANDING_SET,
            Change.STANDING_LIFTED,
        ]


def test_undoing_the_act_lifts_it(desk: Desk) -> None:
    standing_id, batch = set_one(desk)
    with desk.database.transaction() as session:
        found = find_batch(session, batch, desk.grace)
        assert lift_of_batch(session, found, moderator=desk.grace, now=NOON)

    assert arrive(desk, SPAM)[0] is Status.APPROVED
    with desk.database.reading() as session:
        assert session.get_one(StandingDecision, standing_id).lifted_at == NOON


def test_only_moderators_of_the_site_reach_it(desk: Desk) -> None:
    standing_id, _ = set_one(desk)
    with desk.database.transaction() as session, pytest.raises(UnknownStanding):
        find_to_change(session, standing_id, desk.bound)
    with desk.database.reading() as session:
        assert read_standing(session, desk.bound, ended=False, now=NOON, size=9) == []


def test_no_more_than_so_many_are_in_force_on_a_site(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "MOST", 2)
    standing_id, _ = set_one(desk)
    older, _ = set_one(desk, body=JOKE)

    with pytest.raises(TooManyStanding):
        set_one(desk, body="Something that is neither of them")
    set_one(desk, body=JOKE)
    assert not change(desk, older, lift), "the newer one took its place"
    assert change(desk, standing_id, lift)
    set_one(desk, body="Something that is neither of them")
    with pytest.raises(TooManyStanding):
        change(desk, standing_id, set_again)


def test_the_list_counts_what_each_decided(desk: Desk) -> None:
    rejecting, _ = set_one(desk)
    approving, _ = set_one(desk, Change.APPROVED, body=JOKE)
    for _ in range(2):
        arrive(desk, SPAM)
    arrive(desk, "x", readings=(SPAM,))  # only held
    arrive(desk, JOKE, toxicity=0.9)
    arrive(desk, JOKE, toxicity=None)  # held by another rule

    with desk.database.reading() as session:
        shown = read_standing(session, desk.grace, ended=False, now=NOON, size=9)
        assert [(each.standing.id, each.decided) for each in shown] == [
            (approving, 1),
            (rejecting, 2),
        ]
        assert [each.comment.body for each in shown] == [JOKE, SPAM]
        assert {each.moderator for each in shown} == {"grace"}
        assert read_standing(session, desk.grace, ended=True, now=NOON, size=9) == []
        (second,) = read_standing(
            session, desk.grace, ended=True, now=NOON + DAY, before=approving, size=9
        )
        assert second.standing.id == rejecting


def test_what_held_nothing_counts_for_no_rule(desk: Desk) -> None:
    set_one(desk, Change.APPROVED, body=JOKE)
    policy(desk, publishing="human")
    _, event = arrive(desk, JOKE, toxicity=0.9)
    desk.decide(event.comment_id or 0, Change.REJECTED, reason=Reason.INSULT)

    with desk.database.reading() as session:
        numbers = read_groups(session, Window(NOON, 1))
    held = [group for group in numbers if group.is_held and group.codes]
    assert [group.codes for group in held] == [{Code.HUMAN_REVIEW}]


def test_it_goes_with_the_text_it_was_made_of(desk: Desk) -> None:
    standing_id, _ = set_one(desk)
    with desk.database.transaction() as session:
        comment_id = session.get_one(StandingDecision, standing_id).comment_id
        take_down(session, comment_id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)

    with desk.database.reading() as session:
        assert session.get(StandingDecision, standing_id) is None
        gone = session.get_one(Comment, comment_id)
        with pytest.raises(UnknownComment):
            acts.set_standing(
                session, gone, Change.REJECTED, batch=None, moderator=desk.grace, now=NOON
            )
    assert arrive(desk, SPAM)[0] is Status.APPROVED


def test_it_is_forgotten_a_week_after_its_end(desk: Desk) -> None:
    ended, _ = set_one(desk)
    lifted, _ = set_one(desk, body=JOKE)
    change(desk, lifted, lift)
    later = NOON + 7 * DAY
    kept, _ = set_one(desk, body="Set a week later, this one", now=later)

    def forget(now: dt.datetime) -> int:
        with desk.database.transaction() as session:
            return forget_ended_standing(session, now=now, limit=9)

    assert [forget(later), forget(later + HOUR), forget(later + DAY + HOUR)] == [0, 1, 1]
    with desk.database.reading() as session:
        assert list(session.scalars(select(StandingDecision.id))) == [kept]
        assert ended != kept
