"""Storing what a reader sent: all or nothing, once, and without telling who else commented."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.db import Base, Database
from moderation.errors import ArticleClosed, DuplicateComment, TokenReused, UnknownParent
from moderation.flow.articles import read_page
from moderation.flow.submit import Submission, submit
from moderation.models import (
    Article,
    Comment,
    CommentAddress,
    Commenter,
    CommenterEmail,
    Event,
    Job,
    Site,
)
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Code, Publishing, Status
from tests.doubles import NOON, Clock
from tests.factories import ARTICLE, ORIGIN, make_comment, make_site
from tests.together import together

DAY = dt.timedelta(days=1)


class Sender:
    """Sends forms under one article of one site."""

    def __init__(self, database: Database, site: Site, vault: Vault, clock: Clock) -> None:
        self.database, self.site, self.vault, self.clock = database, site, vault, clock
        self.form = Submission(
            submission_id="first",
            page=read_page(site, ARTICLE, "Trees"),
            parent="",
            name="Ada",
            email="ada@example.com",
            body="What a lovely tree.",
            address_range="203.0.113.0/24",
        )

    def send(self, **fields: object) -> tuple[Comment, bool]:
        """Submit the form with some fields changed, in a transaction of its own."""
        with self.database.transaction() as session:
            return self.send_in(session, **fields)

    def send_in(self, session: Session, **fields: object) -> tuple[Comment, bool]:
        """Likewise, in the given one."""
        return submit(
            session,
            self.site,
            replace(self.form, **fields),  # type: ignore[arg-type]
            vault=self.vault,
            now=self.clock(),
            repeat_window=DAY,
        )

    def count(self, model: type[Base] = Comment) -> int:
        """How many rows a table has."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


def test_it_stores_the_comment_with_its_first_event_and_its_job(
    sender: Sender, clock: Clock
) -> None:
    comment, is_new = sender.send(signals=(Code.HONEYPOT,))
    assert is_new
    with sender.database.reading() as session:
        stored = session.scalars(select(Comment)).one()
        event = session.scalars(select(Event)).one()
        job = session.scalars(select(Job)).one()
        assert stored.id == comment.id
        assert (stored.name, stored.body) == ("Ada", "What a lovely tree.")
        assert (stored.status, stored.version) == (Status.PROCESSING, 1)
        assert stored.signals == ["honeypot"]
        assert stored.article.title == "Trees"
        assert (event.comment_id, event.change, event.actor) == (
            comment.id,
            Change.SUBMITTED,
            Actor.COMMENTER,
        )
        assert (event.to_status, event.version, event.data) == (Status.PROCESSING, 1, {})
        assert (job.comment_id, job.run_after, job.lease) == (comment.id, clock(), None)


def test_a_process_that_dies_before_the_commit_leaves_nothing(sender: Sender) -> None:
    with pytest.raises(KeyboardInterrupt), sender.database.transaction() as session:
        sender.send_in(session)
        raise KeyboardInterrupt
    for model in (Article, Comment, CommentAddress, Commenter, CommenterEmail, Event, Job):
        assert sender.count(model) == 0


@pytest.mark.parametrize("broken", ["events", "jobs", "comment_addresses"])
def test_no_comment_is_stored_without_what_belongs_to_it(sender: Sender, broken: str) -> None:
    with sender.database.transaction() as session:
        session.connection().exec_driver_sql(f"ALTER TABLE {broken} RENAME TO gone")
    with pytest.raises(Exception, match=broken):
        sender.send()
    assert sender.count() == 0


def test_a_retry_of_the_same_form_answers_the_same_comment(sender: Sender) -> None:
    first, _ = sender.send()
    again, is_new = sender.send()
    assert (again.id, is_new) == (first.id, False)
    assert (sender.count(), sender.count(Event), sender.count(Job)) == (1, 1, 1)


def test_it_stores_whence_the_comment_came_encrypted_and_for_bans_to_find(sender: Sender) -> None:
    comment, _ = sender.send()
    with sender.database.reading() as session:
        stored = session.scalars(select(CommentAddress)).one()
    assert (stored.comment_id, stored.created_at) == (comment.id, comment.created_at)
    assert stored.range_hash == sender.vault.address_hashes("203.0.113.0/24")[0]
    opened = sender.vault.decrypt(stored.ciphertext, row=f"address:{comment.id}")
    assert opened == "203.0.113.0/24"


def test_a_retry_from_another_network_stores_nothing_anew(sender: Sender) -> None:
    first, _ = sender.send()
    again, is_new = sender.send(address_range="198.51.100.0/24")
    assert (again.id, is_new) == (first.id, False)
    with sender.database.reading() as session:
        stored = session.scalars(select(CommentAddress)).one()
    assert stored.range_hash == sender.vault.address_hashes("203.0.113.0/24")[0]


def test_where_nobody_knows_whence_it_came_nothing_is_stored(sender: Sender) -> None:
    assert sender.send(address_range=None)[1]
    assert sender.count(CommentAddress) == 0


def test_a_retry_is_answered_even_when_the_article_closed_meanwhile(sender: Sender) -> None:
    first, _ = sender.send()
    with sender.database.transaction() as session:
        article = session.scalars(select(Article)).one()
        article.publishing = Publishing.CLOSED
    assert sender.send()[0].id == first.id


@pytest.mark.parametrize(
    "changed",
    [
        {"body": "Another text."},
        {"name": "Grace"},
        {"email": "grace@example.com"},
        {"parent": "somebody"},
    ],
)
def test_the_same_form_with_other_fields_is_refused(
    sender: Sender, changed: dict[str, str]
) -> None:
    sender.send()
    with pytest.raises(TokenReused):
        sender.send(**changed)
    assert sender.count() == 1


def test_fields_that_only_join_to_the_same_text_are_other_fields(sender: Sender) -> None:
    sender.send(name="Ada", email="b@example.com")
    with pytest.raises(TokenReused):
        sender.send(name="Adab", email="@example.com")


@pytest.mark.parametrize("email", ["ada@example.com", "other@example.com", ""])
def test_the_same_name_and_text_again_is_a_duplicate(sender: Sender, email: str) -> None:
    sender.send()
    with pytest.raises(DuplicateComment):
        sender.send(submission_id="second", email=email, body="  what a LOVELY\n tree. ")
    assert sender.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        # A refusal of these would tell a stranger that ada@example.com wrote the first one.
        {"name": "Eve"},
        {"name": "Eve", "email": "ada+x@example.com"},
        {"page": read_page(Site(origins=[ORIGIN], policy={}), f"{ORIGIN}/bushes")},
    ],
)
def test_the_same_text_is_accepted_from_another_name_or_elsewhere(
    sender: Sender, changed: dict[str, object]
) -> None:
    sender.send()
    assert sender.send(submission_id="second", **changed)[1]


def test_the_same_text_is_accepted_as_an_answer_to_somebody_else(sender: Sender) -> None:
    with sender.database.transaction() as session:
        site = session.merge(sender.site)
        parent = make_comment(session, site, status=Status.APPROVED, body="Which one?")
    sender.send()
    assert sender.send(submission_id="second", parent=parent.public_id)[1]


def test_the_same_text_is_accepted_some_time_later(sender: Sender, clock: Clock) -> None:
    sender.send()
    clock.forward(DAY.total_seconds() + 1)
    assert sender.send(submission_id="second")[1]


def test_a_reply_hangs_below_its_parent(sender: Sender) -> None:
    with sender.database.transaction() as session:
        site = session.merge(sender.site)
        parent = make_comment(session, site, status=Status.APPROVED)
    reply, _ = sender.send(parent=parent.public_id, body="Indeed.")
    assert reply.parent_id == parent.id
    assert reply.path[:-8] == parent.path


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_replies_never_hang_deeper_than_the_site_allows(
    sender: Sender, depth: int, clock: Clock
) -> None:
    with sender.database.transaction() as session:
        site = session.get_one(Site, sender.site.id)
        site.policy = {"reply_depth": depth}
    sender.site = site
    last, levels = "", []
    for number in range(8):
        body = f"Number {number}"
        comment, _ = sender.send(submission_id=str(number), parent=last, body=body)
        last = comment.public_id
        levels.append(len(comment.path) // 8 - 1)
        with sender.database.transaction() as session:
            session.get_one(Comment, comment.id).status = Status.APPROVED
    assert levels == [min(number, depth) for number in range(8)]


@pytest.mark.parametrize("status", [None, *sorted(set(Status) - {Status.APPROVED})])
def test_a_parent_that_readers_do_not_see_is_unknown(sender: Sender, status: Status | None) -> None:
    parent = "unknown"
    if status:
        with sender.database.transaction() as session:
            site = session.merge(sender.site)
            parent = make_comment(session, site, status=status).public_id
    with pytest.raises(UnknownParent) as refusal:
        sender.send(parent=parent, body="Indeed.")
    assert str(refusal.value) == "the comment to reply to is not there"


@pytest.mark.parametrize("elsewhere", ["article", "site"])
def test_a_parent_of_another_thread_is_unknown(sender: Sender, elsewhere: str) -> None:
    with sender.database.transaction() as session:
        site = session.merge(sender.site)
        make_comment(session, site, status=Status.APPROVED)
        if elsewhere == "site":
            site = make_site(session, "olds")
        article = f"{ORIGIN}/bushes" if elsewhere == "article" else ARTICLE
        parent = make_comment(session, site, status=Status.APPROVED, article=article)
    with pytest.raises(UnknownParent):
        sender.send(parent=parent.public_id)


def test_a_closed_site_takes_no_comments(sender: Sender) -> None:
    sender.site.policy = {"publishing": "closed"}
    with pytest.raises(ArticleClosed):
        sender.send()
    assert sender.count(Article) == 0


def test_an_article_closes_some_days_after_its_first_comment(sender: Sender, clock: Clock) -> None:
    sender.site.policy = {"closes_after_days": 7}
    sender.send()
    clock.forward(7 * 86_400)
    assert sender.send(submission_id="second", body="Still.")[1]
    clock.forward(1)
    with pytest.raises(ArticleClosed):
        sender.send(submission_id="third", body="Too late.")


def test_it_stores_no_email_that_was_not_given(sender: Sender) -> None:
    comment, _ = sender.send(email="")
    assert comment.commenter_id is None
    assert sender.count(CommenterEmail) == 0


def test_one_email_in_two_spellings_is_one_commenter_of_the_site(sender: Sender) -> None:
    first, _ = sender.send()
    again, _ = sender.send(submission_id="2", body="Again.", email="ADA+news@Example.com")
    assert again.commenter_id == first.commenter_id


def test_the_same_email_on_two_sites_is_two_commenters_that_nobody_can_link(
    sender: Sender,
) -> None:
    sender.send()
    with sender.database.transaction() as session:
        sender.site = make_site(session, "olds")
    sender.send()
    with sender.database.reading() as session:
        first, other = session.scalars(select(CommenterEmail)).all()
    assert first.lookup_hash != other.lookup_hash
    assert first.ciphertext != other.ciphertext


def test_one_form_sent_many_times_at_once_is_one_comment(sender: Sender) -> None:
    answers = together(*[sender.send] * 6)
    assert {comment.id for comment, _ in answers} == {answers[0][0].id}
    assert sorted(is_new for _, is_new in answers) == [False] * 5 + [True]
    for model in (Comment, CommentAddress, Event, Job, Article, Commenter):
        assert sender.count(model) == 1


def test_a_form_that_overtakes_itself_is_no_duplicate(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sender.database.engine.dialect.name == "sqlite":
        return  # its writers queue up
    overtaken: list[Comment] = []

    def overtake(*_args: object) -> bool:
        if not overtaken:
            monkeypatch.undo()
            overtaken.append(sender.send()[0])
        return False

    sender.send(submission_id="another", body="So that there is an article.")
    monkeypatch.setattr("moderation.flow.submit.is_closed", overtake)
    comment, is_new = sender.send()
    assert (comment.id, is_new) == (overtaken[0].id, False)


def test_two_forms_of_one_person_at_once_make_one_commenter(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sender.database.engine.dialect.name == "sqlite":
        return  # its writers queue up

    def overtake(*_args: object) -> None:
        monkeypatch.undo()
        sender.send(submission_id="faster", body="Faster.")

    sender.send(submission_id="another", email="", body="So that there is an article.")
    monkeypatch.setattr("moderation.flow.commenters._find", overtake)
    comment, is_new = sender.send()
    assert is_new
    assert sender.count(Commenter) == sender.count(CommenterEmail) == 1
    assert comment.commenter_id is not None


def test_one_form_with_two_texts_sent_at_once_is_one_comment(sender: Sender) -> None:
    one, other = together(sender.send, lambda: sender.send(body="Another text."))
    assert {type(one), type(other)} == {tuple, TokenReused}
    assert sender.count() == 1


def test_first_comments_at_once_make_one_article_and_one_commenter(sender: Sender) -> None:
    def send(number: int) -> tuple[Comment, bool]:
        return sender.send(submission_id=f"form-{number}", body=f"Number {number}")

    answers = together(*[lambda n=n: send(n) for n in range(6)])
    assert [is_new for _, is_new in answers] == [True] * 6
    assert (sender.count(), sender.count(Article), sender.count(Commenter)) == (6, 1, 1)
    assert sender.count(CommenterEmail) == 1


@pytest.fixture
def sender(database: Database, site: Site, vault: Vault, clock: Clock) -> Sender:
    assert clock() == NOON
    return Sender(database, site, vault, clock)
