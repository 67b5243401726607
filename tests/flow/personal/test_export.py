"""The copy of a person's data: of a deleted comment it has what an emptied one has."""

from typing import Any

from moderation.db import Database
from moderation.flow.notes import add_note
from moderation.flow.own.appealing import appeal
from moderation.flow.own.deletion import delete_own
from moderation.flow.own.wishes import wish_about
from moderation.flow.personal.export import export_commenter
from moderation.flow.personal.holds import set_hold
from moderation.flow.redaction import redact
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Mailing, Reason, Status
from tests.doubles import NOON
from tests.factories import make_comment, score_of
from tests.flow.desk import Desk

UNTIL = NOON.replace(year=NOON.year + 1)


def store(desk: Desk, vault: Vault) -> int:
    """A rejected comment with all that a copy can have of one."""
    with desk.database.transaction() as session:
        site = session.get_one(Site, desk.site.id)
        comment = make_comment(
            session,
            site,
            status=Status.HELD,
            name="Zqada",
            body="zqtext zqmasked",
            email="ada@example.com",
            vault=vault,
        )
        known: dict[str, Any] = {"moderator": desk.grace, "now": NOON}
        session.add(score_of(comment.id, {"toxicity": 0.1}))
        redact(session, comment.id, ["zqmasked"], version_seen=comment.version, **known)
        add_note(session, comment, "zqnote", **known)
        decide_by_hand(
            session,
            comment.id,
            Change.REJECTED,
            version_seen=comment.version,
            reason=Reason.INSULT,
            words="zqexplained",
            **known,
        )
        appeal(session, comment, "zqappeal", version_seen=comment.version, now=NOON)
        wish_about(session, comment, {Mailing.REPLIES}, now=NOON)
        return comment.id


def copy(database: Database, comment_id: int, vault: Vault) -> list[dict[str, Any]]:
    """What the copy has of its commenter's comments, but for their ids."""
    with database.transaction() as session:
        commenter = session.get_one(Comment, comment_id).commenter
        assert commenter is not None
        known: dict[str, Any] = {"vault": vault, "actor": Actor.COMMENTER, "now": NOON}
        comments: list[dict[str, Any]] = export_commenter(session, commenter, **known)["comments"]
    return [{**comment, "id": ""} for comment in comments]


def test_what_only_a_legal_hold_keeps_is_not_told(desk: Desk, vault: Vault) -> None:
    kept, other = store(desk, vault), store(desk, vault)
    words = ["zqtext", "zqmasked", "zqnote", "zqexplained", "zqappeal"]
    assert [word for word in words if word in str(copy(desk.database, kept, vault))] == words
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, kept)
        set_hold(session, comment, reason="court", expires_at=UNTIL, now=NOON, moderator=None)
        for comment_id in (kept, other):
            seen = session.get_one(Comment, comment_id).version
            delete_own(session, comment_id, version_seen=seen, now=NOON)

    first, second = copy(desk.database, kept, vault)

    assert "zq" not in str(first).lower()
    assert first == second
    with desk.database.reading() as session:
        assert "zqtext" in session.get_one(Comment, kept).body
