"""A site's own texts, and what a moderator tells one commenter: kept, replaced, taken out."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from moderation.errors import UnknownText
from moderation.flow import texts as module
from moderation.flow.personal.export import export_commenter
from moderation.flow.personal.taking_down import take_down
from moderation.flow.queue.calls import escalate
from moderation.flow.redaction import redact
from moderation.flow.review import undo
from moderation.flow.telling import Told, explain, read_told
from moderation.flow.texts import (
    Texts,
    add_explanation,
    change_explanation,
    find_explanation,
    mark_of,
    mark_of_kind,
    read_texts,
    save_texts,
)
from moderation.models import Comment, Event, Explanation, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Reason, Status, TextKind, Urgency
from tests.doubles import NOON
from tests.flow.desk import Desk

HELPLINE = "Call 116 123, day and night."
OWN = "Insults do not help your point.\n\nSay it again without."


def known(desk: Desk, site: Site | None = None) -> Texts:
    with desk.database.reading() as session:
        site_id = (site or desk.site).id
        return read_texts(session, [site_id])[site_id]


def save(
    desk: Desk,
    wanted: Mapping[str, str],
    kind: TextKind = TextKind.REASON,
    *,
    seen: str | None = None,
) -> bool:
    seen = mark_of_kind(known(desk), kind) if seen is None else seen
    with desk.database.transaction() as session:
        site = session.get_one(Site, desk.site.id)
        return save_texts(session, site, kind, wanted, seen=seen, by=desk.grace, now=NOON)


def add(desk: Desk, title: str, text: str) -> int:
    with desk.database.transaction() as session:
        site = session.get_one(Site, desk.site.id)
        add_explanation(session, site, title, text, by=desk.grace, now=NOON)
    return next(each.id for each in known(desk).explanations if each.title == title)


def alter(desk: Desk, text_id: int, new: tuple[str, str] | None, seen: str) -> None:
    with desk.database.transaction() as session:
        site = session.get_one(Site, desk.site.id)
        change_explanation(session, site, text_id, new, seen=seen, by=desk.grace, now=NOON)


def fields(desk: Desk) -> list[list[str]]:
    """What each entry of the log names."""
    with desk.database.reading() as session:
        query = select(Event.data).where(Event.change == Change.POLICY_CHANGED).order_by(Event.id)
        return [data["fields"] for data in session.scalars(query)]


def rejected(desk: Desk, **known: object) -> int:
    """A rejected comment whose commenter was told why."""
    comment_id = desk.comment(**known)  # type: ignore[arg-type]
    desk.decide(comment_id, Change.REJECTED, reason=Reason.INSULT)
    with desk.database.transaction() as session:
        explain(session, session.get_one(Comment, comment_id), OWN, now=NOON)
    return comment_id


def told(desk: Desk, comment_id: int) -> Told:
    with desk.database.reading() as session:
        return read_told(session, session.get_one(Comment, comment_id))


def kept(desk: Desk, comment_id: int) -> list[str]:
    """What was told, also what an undo alone would bring back."""
    with desk.database.reading() as session:
        query = select(Explanation.text).where(Explanation.comment_id == comment_id)
        return list(session.scalars(query))


def take_back(desk: Desk, comment_id: int) -> None:
    with desk.database.transaction() as session:
        version = session.get_one(Comment, comment_id).version
        undo(session, comment_id, version_seen=version, moderator=desk.grace, now=NOON)


def test_texts_are_set_changed_and_removed_and_the_log_names_them(desk: Desk) -> None:
    assert save(desk, {"insult": "Be kind.", "other": ""})
    assert save(desk, {"insult": "Be kinder.", "hate": "No hate."})
    assert not save(desk, {"insult": "Be kinder.", "hate": "No hate."})
    assert save(desk, {"hate": "No hate."})
    assert save(desk, {"self_harm": HELPLINE}, TextKind.HELP)

    assert known(desk).reasons == {"hate": "No hate."}
    assert known(desk).help == {"self_harm": HELPLINE}
    assert known(desk, desk.other_site) == Texts()
    assert fields(desk) == [
        ["reason_insult"],
        ["reason_hate", "reason_insult"],
        ["reason_insult"],
        ["help_self_harm"],
    ]


def test_who_saw_older_texts_changes_nothing(desk: Desk) -> None:
    seen = mark_of_kind(known(desk), TextKind.REASON)
    save(desk, {"insult": "Be kind."})

    with pytest.raises(UnknownText):
        save(desk, {"insult": "Be gone."}, seen=seen)
    assert known(desk).reasons == {"insult": "Be kind."}


def test_explanations_are_added_changed_and_removed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    second, first = add(desk, "Zeal", "Calm down."), add(desk, "Anger", OWN)
    assert [each.id for each in known(desk).explanations] == [first, second]
    with pytest.raises(UnknownText):
        add(desk, "Third", "Too many.")

    alter(desk, first, ("Fury", "Breathe."), mark_of("Anger", OWN))
    with pytest.raises(UnknownText):
        alter(desk, first, None, mark_of("Anger", OWN))
    alter(desk, second, None, mark_of("Zeal", "Calm down."))

    (left,) = known(desk).explanations
    assert (left.title, left.text) == ("Fury", "Breathe.")
    assert fields(desk) == [["explanations"]] * 4


def test_a_text_is_found_on_its_site_and_of_its_kind_only(desk: Desk) -> None:
    text_id = add(desk, "Anger", OWN)
    save(desk, {"insult": "Be kind."})
    with desk.database.reading() as session:
        assert find_explanation(session, desk.site.id, text_id).text == OWN
        for site_id, number in ((desk.other_site.id, text_id), (desk.site.id, text_id + 1)):
            with pytest.raises(UnknownText):
                find_explanation(session, site_id, number)


def test_a_commenter_reads_reason_and_explanation(desk: Desk) -> None:
    comment_id = rejected(desk)
    assert told(desk, comment_id) == Told(explanation=OWN)

    save(desk, {"insult": "Be kind.", "other": "Our rules."})
    assert told(desk, comment_id) == Told(reason="Be kind.", explanation=OWN)


@pytest.mark.parametrize("change", [Change.APPROVED, Change.HELD, Change.REJECTED])
def test_a_later_decision_ends_what_was_told_and_undoing_it_brings_it_back(
    desk: Desk, change: Change
) -> None:
    comment_id = rejected(desk)

    reason = Reason.HATE if change is Change.REJECTED else None
    desk.decide(comment_id, change, reason=reason)
    assert told(desk, comment_id) == Told()

    take_back(desk, comment_id)
    assert told(desk, comment_id) == Told(explanation=OWN)
    desk.decide(comment_id, Change.APPROVED)
    take_back(desk, comment_id)
    assert told(desk, comment_id) == Told(explanation=OWN), "and again"


def test_each_rejection_has_its_own(desk: Desk) -> None:
    comment_id = rejected(desk)
    desk.decide(comment_id, Change.REJECTED, reason=Reason.HATE)
    with desk.database.transaction() as session:
        explain(session, session.get_one(Comment, comment_id), "Another.", now=NOON)
    assert told(desk, comment_id) == Told(explanation="Another.")

    take_back(desk, comment_id)
    assert told(desk, comment_id) == Told(explanation=OWN)
    assert kept(desk, comment_id) == [OWN]


@pytest.mark.parametrize("change", [Change.HELD, Change.REJECTED])
def test_it_goes_when_nothing_brings_it_back_any_more(desk: Desk, change: Change) -> None:
    comment_id = rejected(desk)
    desk.decide(comment_id, Change.APPROVED)
    assert kept(desk, comment_id) == [OWN]

    desk.decide(comment_id, change, reason=Reason.INSULT if change is Change.REJECTED else None)

    assert kept(desk, comment_id) == []
    assert told(desk, comment_id) == Told()


def test_it_is_told_after_a_masking_too(desk: Desk) -> None:
    comment_id = rejected(desk, body="Ring 030 901820.")
    with desk.database.transaction() as session:
        version = session.get_one(Comment, comment_id).version
        redact(
            session, comment_id, ["901820"], version_seen=version, moderator=desk.grace, now=NOON
        )
    assert told(desk, comment_id) == Told(explanation=OWN)


def test_undoing_takes_it_back(desk: Desk) -> None:
    comment_id = rejected(desk)
    take_back(desk, comment_id)
    assert kept(desk, comment_id) == []


@pytest.mark.parametrize("change", [Change.ERASED, Change.PURGED])
@pytest.mark.parametrize("is_over", [False, True])
def test_it_goes_with_the_text(desk: Desk, change: Change, is_over: bool) -> None:
    comment_id = rejected(desk)
    if is_over:
        desk.decide(comment_id, Change.APPROVED)
    with desk.database.transaction() as session:
        take_down(session, comment_id, change=change, actor=Actor.MACHINE, now=NOON)

    assert kept(desk, comment_id) == []
    assert told(desk, comment_id) == Told()


@pytest.mark.parametrize("is_over", [False, True])
def test_it_is_in_the_copy_of_their_data(desk: Desk, vault: Vault, is_over: bool) -> None:
    comment_id = rejected(desk, email="ada@example.com", vault=vault)
    if is_over:
        desk.decide(comment_id, Change.APPROVED)
    with desk.database.transaction() as session:
        commenter = session.get_one(Comment, comment_id).commenter
        assert commenter is not None
        data = export_commenter(session, commenter, vault=vault, actor=Actor.COMMENTER, now=NOON)

    told_then = {"text": OWN, "written_at": NOON.isoformat()}
    assert data["comments"][0]["explanations"] == [told_then]


def test_help_is_told_once_a_moderator_saw_the_need(desk: Desk) -> None:
    save(desk, {"self_harm": HELPLINE, "illegal": "Call a lawyer."}, TextKind.HELP)
    ids = {}
    for kind in (Urgency.SELF_HARM, Urgency.ILLEGAL):
        ids[kind] = desk.comment()
        with desk.database.transaction() as session:
            found = session.get_one(Comment, ids[kind])
            escalate(session, found, kind, moderator=desk.grace, now=NOON)

    assert told(desk, ids[Urgency.SELF_HARM]).help == HELPLINE
    assert told(desk, ids[Urgency.ILLEGAL]).help is None
    desk.decide(ids[Urgency.SELF_HARM], Change.APPROVED)
    assert told(desk, ids[Urgency.SELF_HARM]).help == HELPLINE
    with desk.database.transaction() as session:
        found = session.get_one(Comment, ids[Urgency.SELF_HARM])
        take_down(session, found.id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)
        assert found.status is Status.DELETED
    assert told(desk, ids[Urgency.SELF_HARM]) == Told()
