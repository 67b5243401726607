"""Cards know what colleagues noted, which bans are in force, and whether a text may be toxic."""

import datetime as dt

import pytest
from sqlalchemy import event

from moderation.db import Database
from moderation.flow.bans.acts import ban
from moderation.flow.bans.force import bans_of, kinds_in_force
from moderation.flow.bans.targets import target_of
from moderation.flow.notes import add_note
from moderation.flow.own.appealing import appeal
from moderation.flow.queue.calls import report
from moderation.flow.queue.cards import Card, read_cards, toxic_ones
from moderation.models import Comment, Event, FindingRow, Site
from moderation.privacy.vault import Vault
from moderation.statuses import BanKind, Change, Code, ReportReason, Status, Verdict
from tests.doubles import NOON
from tests.factories import make_address, make_comment, make_moderator, make_site, score_of
from tests.flow.desk import Desk

HOUR = dt.timedelta(hours=1)
EMAIL = "ada@example.com"


@pytest.fixture
def ada(database: Database, site: Site, vault: Vault) -> int:
    """A comment of hers, with an address, where no score is hidden."""
    with database.transaction() as session:
        site = session.get_one(Site, site.id)
        site.policy = {"hidden_score_share": 0}
        comment = make_comment(session, site, email=EMAIL, vault=vault)
        make_address(session, comment, vault)
        return comment.id


def card_of(database: Database, comment_id: int, now: dt.datetime = NOON) -> Card:
    with database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        assert comment.score is None or comment.score.attributes
        assert comment.article.site
        return read_cards(session, [comment], now=now)[0]


@pytest.mark.parametrize(
    ("whom", "kind"),
    [
        (EMAIL, BanKind.EMAIL),
        ("@example.com", BanKind.DOMAIN),
        ("203.0.113.9", BanKind.ADDRESS),
        ("bob@example.com", None),
        ("203.0.114.1", None),
    ],
)
@pytest.mark.parametrize("where", ["site", "everywhere", "elsewhere"])
def test_bans_in_force_stand_on_the_card(
    database: Database, site: Site, vault: Vault, ada: int,
    whom: str, kind: BanKind | None, where: str,
) -> None:  # fmt: skip
    with database.transaction() as session:
        on = {"site": session.merge(site), "everywhere": None}.get(where, make_site(session, "x"))
        ban(session, on, target_of(vault, on, whom), now=NOON, until=NOON + HOUR)
    expected = [kind] if kind and where != "elsewhere" else []

    assert [each.kind for each in card_of(database, ada).bans] == expected
    assert card_of(database, ada, NOON + HOUR).bans == []
    with database.reading() as session:
        comment = session.get_one(Comment, ada)
        assert list(kinds_in_force(session, comment, now=NOON)) == expected
        assert comment.commenter is not None
        of_person = [each.kind for each in bans_of(session, comment.commenter, now=NOON)]
        assert of_person == [each for each in expected if each is not BanKind.ADDRESS]


def test_every_card_has_its_own(database: Database, site: Site, vault: Vault, ada: int) -> None:
    with database.transaction() as session:
        bob = make_comment(session, site, email="bob@example.com", vault=vault)
        nobody = make_comment(session, site)
        where = session.merge(site)
        ban(session, where, target_of(vault, where, EMAIL), now=NOON)
        grace = make_moderator(session, vault)
        add_note(session, bob, "Bob again.", moderator=grace, now=NOON)
        cards = read_cards(session, [session.get_one(Comment, ada), bob, nobody], now=NOON)

    assert [len(card.bans) for card in cards] == [1, 0, 0]
    assert [[each.note.text for each in card.notes] for card in cards] == [[], ["Bob again."], []]


def test_many_cards_take_as_many_queries_as_few(
    database: Database, desk: Desk, vault: Vault
) -> None:
    with database.reading() as session:
        parent = session.get_one(Comment, desk.comment(Status.APPROVED))
    ids = []
    for n in range(9):
        status = (Status.HELD, Status.APPROVED, Status.REJECTED)[n % 3]
        email, body = f"{n}@x.example", f"Text {n}."
        made = desk.comment(status, email=email, vault=vault, body=body, parent=parent)
        ids.append(made)
        if status is Status.APPROVED:
            call_for_a_look(desk, made)
        elif status is Status.REJECTED:
            ask_again(desk, made)

    def queries(count: int) -> int:
        asked: list[str] = []

        def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        with database.reading() as session:
            comments = [session.get_one(Comment, each) for each in ids[:count]]
            event.listen(database.engine, "before_cursor_execute", note)
            read_cards(session, comments, now=NOON)
            event.remove(database.engine, "before_cursor_execute", note)
        return len(asked)

    assert queries(9) == queries(3) == 18


def call_for_a_look(desk: Desk, comment_id: int) -> None:
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        report(session, comment, ReportReason.SPAM, range_hash=b"range", now=NOON)


def ask_again(desk: Desk, comment_id: int) -> None:
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        appeal(session, comment, "I meant a tree.", version_seen=comment.version, now=NOON)


def find(database: Database, comment_id: int, code: Code) -> None:
    with database.transaction() as session:
        session.add(FindingRow(comment_id=comment_id, event_id=1, code=code, verdict=Verdict.HOLD))


@pytest.mark.parametrize("code", list(Code))
def test_toxic_is_what_is_held_for_what_it_says(database: Database, ada: int, code: Code) -> None:
    find(database, ada, code)
    expected = code in (Code.TOXICITY, Code.BANNED_WORD)
    assert card_of(database, ada).is_toxic is expected
    with database.reading() as session:
        assert toxic_ones(session, [ada, 99]) == ({ada} if expected else set())


@pytest.mark.parametrize(
    ("attributes", "limits", "version", "is_toxic"),
    [
        ({"toxicity": 0.8}, {"toxicity": 0.8}, "0123456789ab-int8", True),
        ({"toxicity": 0.79}, {"toxicity": 0.8}, "0123456789ab-int8", False),
        ({"insult": 0.5}, {"toxicity": 0.8, "insult": 0.4}, "0123456789ab-int8", True),
        ({"insult": 0.9}, {"toxicity": 0.8}, "0123456789ab-int8", False),
        ({"toxicity": 0.9}, {"toxicity": 0.8}, "of another model", False),
    ],
)  # fmt: skip
def test_toxic_is_what_reaches_a_limit_in_force(
    database: Database, ada: int, attributes: dict[str, float], limits: dict[str, float],
    version: str, is_toxic: bool,
) -> None:  # fmt: skip
    with database.transaction() as session:
        comment = session.get_one(Comment, ada)
        session.add(score_of(ada, attributes))
        session.add(
            Event(
                site_id=comment.site_id, comment_id=ada, change=Change.DECIDED, actor="machine",
                data={"model_version": version, "thresholds": limits}, created_at=NOON,
            )
        )  # fmt: skip
    assert card_of(database, ada).is_toxic is is_toxic


def test_what_it_answers_may_be_toxic(database: Database, site: Site, ada: int) -> None:
    with database.transaction() as session:
        answer = make_comment(session, site, parent=session.get_one(Comment, ada)).id
    assert not card_of(database, answer).parent_is_toxic
    find(database, ada, Code.TOXICITY)
    assert card_of(database, answer).parent_is_toxic
