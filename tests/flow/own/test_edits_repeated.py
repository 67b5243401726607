"""No edit says what was said already: refused like a new comment, or held like one."""

import pytest

from moderation.db import Database
from moderation.errors import DuplicateComment
from moderation.models import Comment, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Code, Status
from moderation.worker import Worker
from tests.doubles import Clock
from tests.factories import ARTICLE
from tests.flow.own.writer import OLD, Writer

ADVERT = "Buy it at our shop."
HOUR = 60  # minutes


@pytest.fixture
def writer(database: Database, site: Site, vault: Vault, clock: Clock) -> Writer:
    """Whose comments can be edited for two days."""
    writer = Writer(database, site, vault, clock)
    writer.set_policy(edit_minutes=48 * HOUR)
    return writer


def edit(writer: Writer, comment_id: int, body: str = ADVERT) -> None:
    writer.id = comment_id
    writer.edit(body)


def found_in(writer: Writer, comment_id: int) -> list[Code]:
    writer.id = comment_id
    return writer.codes


def spread(writer: Writer, count: int = 3) -> list[int]:
    """Comments of one commenter with a text of its own each, under as many articles."""
    return [writer.store(body=f"Text {n}.", article=f"{ARTICLE}/{n}") for n in range(count)]


@pytest.mark.parametrize("newest_first", [True, False])
def test_one_text_after_another_into_one_advert_passes_once(
    writer: Writer, worker: Worker, newest_first: bool
) -> None:
    first, *others = sorted(spread(writer), reverse=newest_first)
    for comment_id in (first, *others):
        writer.wait(1)
        edit(writer, comment_id)
        worker.tick()

    assert found_in(writer, first) == [] and writer.comment.status is Status.APPROVED
    for comment_id in others:
        assert found_in(writer, comment_id) == [Code.REPEATED_TEXT]


def test_all_at_once_into_one_advert_none_passes(writer: Writer, worker: Worker) -> None:
    made = spread(writer)
    for comment_id in made:
        edit(writer, comment_id)
    while worker.tick():
        pass

    assert [found_in(writer, each) for each in made] == [[Code.REPEATED_TEXT]] * 3


def test_a_comment_says_what_an_older_one_was_just_edited_into(
    writer: Writer, worker: Worker
) -> None:
    writer.wait(30 * HOUR)
    writer.edit(ADVERT)
    worker.tick()
    late = writer.store(Status.PROCESSING, body=ADVERT, article=f"{ARTICLE}/late")
    worker.tick()

    assert found_in(writer, late) == [Code.REPEATED_TEXT]


def test_what_is_lately_is_counted_from_the_edit(writer: Writer, worker: Worker) -> None:
    writer.store(body=ADVERT, article=f"{ARTICLE}/early")
    writer.wait(23 * HOUR)
    late = writer.store(article=f"{ARTICLE}/late")
    writer.wait(2 * HOUR)
    edit(writer, late)
    worker.tick()

    assert found_in(writer, late) == []


def test_what_a_new_comment_is_refused_for_an_edit_is_too(writer: Writer) -> None:
    other = writer.store(body="Something else.")
    with pytest.raises(DuplicateComment):
        edit(writer, other, f"  {OLD.upper()}")
    assert writer.comment.body == "Something else." and writer.comment.edited_at is None


def test_nor_does_it_say_what_another_was_lately_edited_into(writer: Writer) -> None:
    writer.wait(30 * HOUR)
    writer.edit(ADVERT)
    writer.wait(HOUR)
    other = writer.store(body="Something else.")
    with pytest.raises(DuplicateComment):
        edit(writer, other)


@pytest.mark.parametrize(
    "known", [{"name": "Eve"}, {"article": f"{ARTICLE}/else"}, {"status": Status.DELETED}]
)
def test_elsewhere_in_another_name_or_deleted_it_may_be_said(
    writer: Writer, known: dict[str, str]
) -> None:
    writer.store(body=ADVERT, **known)  # type: ignore[arg-type]
    writer.edit(ADVERT)
    assert writer.comment.body == ADVERT


def test_as_an_answer_to_somebody_else_or_long_after_it_may_be_said(writer: Writer) -> None:
    with writer.database.reading() as session:
        parent = session.get_one(Comment, writer.id)
    writer.store(body=ADVERT, parent=parent)
    writer.edit(ADVERT)
    writer.wait(25 * HOUR)
    other = writer.store(body="Something else.")
    edit(writer, other)
    assert writer.comment.body == ADVERT


def test_its_own_text_may_come_back(writer: Writer, worker: Worker) -> None:
    for body in (ADVERT, OLD.upper(), OLD):
        writer.edit(body)
        worker.tick()
        assert (writer.comment.body, writer.codes) == (body, [])
