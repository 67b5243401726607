"""Moderators write as staff: public by their own decision, through the one door, and undone."""

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.errors import ArticleClosed, NotAllowed, TokenReused, UnknownParent
from moderation.flow.articles import begin_article, read_page
from moderation.flow.numbers.decisions import read_decisions
from moderation.flow.numbers.window import Window
from moderation.flow.publish import read_thread
from moderation.flow.queue.queues import read_counts
from moderation.flow.review import undo
from moderation.flow.staff import write_as_staff
from moderation.models import Comment, Event, Job, Moderator, QueueDelta, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Queue, Role, Status
from tests.doubles import NOON
from tests.factories import ARTICLE, make_comment, make_moderator, make_site


class Office:
    """A site and its team."""

    def __init__(self, database: Database, site: Site, vault: Vault) -> None:
        self.database, self.site, self.vault = database, site, vault
        with database.transaction() as session:
            self.grace = make_moderator(session, vault)

    def colleague(self, role: Role, site: Site | None = None) -> Moderator:
        """Somebody else."""
        with self.database.transaction() as session:
            email = f"{role}@example.com"
            return make_moderator(session, self.vault, email=email, role=role, site=site)

    def write(
        self,
        body: str = "We looked into it.",
        *,
        parent: str = "",
        form_id: str = "form",
        moderator: Moderator | None = None,
    ) -> tuple[Comment, Event | None]:
        """Somebody of the team, Grace where nobody is named, writes under the article."""
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            return write_as_staff(
                session,
                site,
                begin_article(session, site, read_page(site, ARTICLE), NOON),
                body,
                parent=parent,
                form_id=form_id,
                moderator=moderator or self.grace,
                now=NOON,
            )

    def stored(self) -> list[Comment]:
        """All comments, as they stand."""
        with self.database.reading() as session:
            return list(session.scalars(select(Comment).order_by(Comment.id)))


@pytest.fixture
def office(database: Database, site: Site, vault: Vault) -> Office:
    return Office(database, site, vault)


def test_it_is_public_at_once_under_the_moderators_name(office: Office) -> None:
    written, event = office.write()
    assert event is not None
    [comment] = office.stored()
    assert comment.status is Status.APPROVED
    assert (comment.name, comment.staff_id) == (office.grace.name, office.grace.id)
    assert comment.commenter_id is None
    assert (event.change, event.actor) == (Change.APPROVED, Actor.MODERATOR)
    assert event.moderator_id == office.grace.id
    with office.database.reading() as session:
        query = select(Event).where(Event.comment_id == written.id).order_by(Event.id)
        log = session.scalars(query).all()
        assert [(e.change, e.actor) for e in log] == [
            (Change.SUBMITTED, Actor.MODERATOR),
            (Change.APPROVED, Actor.MODERATOR),
        ]
        assert session.scalars(select(Job)).all() == []  # no work for the scorer
        thread = read_thread(session, session.get_one(Comment, written.id).article)
    assert [entry.is_staff for entry in thread.entries] == [True]


def test_undoing_it_takes_it_from_sight_into_the_queue(office: Office) -> None:
    written, event = office.write()
    assert event is not None and event.version is not None
    with office.database.transaction() as session:
        undo(session, written.id, version_seen=event.version, moderator=office.grace, now=NOON)
    [comment] = office.stored()
    assert comment.status is Status.HELD
    with office.database.reading() as session:
        counts = read_counts(session, office.grace)
        assert read_thread(session, session.get_one(Comment, written.id).article).entries == []
    assert (counts[Queue.HELD], counts[Queue.APPROVED]) == (1, 0)


def test_the_queues_count_it_where_it_stands(office: Office) -> None:
    office.write()
    with office.database.reading() as session:
        counts = read_counts(session, office.grace)
        assert session.scalars(select(QueueDelta.delta).where(QueueDelta.delta == 0)).all() == []
    assert (counts[Queue.HELD], counts[Queue.APPROVED]) == (0, 1)


def test_it_is_no_decision_about_anybodys_comment(office: Office) -> None:
    office.write()
    with office.database.reading() as session:
        assert read_decisions(session, Window(NOON, 7)) == []


def test_it_answers_a_public_comment_only(office: Office) -> None:
    with office.database.transaction() as session:
        site = session.get_one(Site, office.site.id)
        public = make_comment(session, site, status=Status.APPROVED)
        held = make_comment(session, site, status=Status.HELD)
    answer, _ = office.write(parent=public.public_id)
    assert answer.parent_id == public.id
    assert answer.path.startswith(public.path)
    for parent in (held.public_id, "nobody’s"):
        with pytest.raises(UnknownParent):
            office.write(parent=parent, form_id="other")
    assert len(office.stored()) == 3


def test_a_form_sent_twice_is_one_comment(office: Office) -> None:
    first, _ = office.write()
    again, event = office.write()
    assert (again.id, event) == (first.id, None)
    with pytest.raises(TokenReused):
        office.write("Something else.")
    other, _ = office.write(form_id="another")
    assert len(office.stored()) == 2
    assert other.id != first.id


def test_the_form_of_a_colleague_is_another(office: Office) -> None:
    office.write()
    office.write(moderator=office.colleague(Role.OWNER))
    assert len(office.stored()) == 2


def test_viewers_and_moderators_of_other_sites_may_not(office: Office) -> None:
    with office.database.transaction() as session:
        olds = make_site(session, "olds")
    for other in (office.colleague(Role.VIEWER), office.colleague(Role.OWNER, olds)):
        with pytest.raises(NotAllowed):
            office.write(moderator=other)
    assert office.stored() == []
    office.write(moderator=office.colleague(Role.MODERATOR, office.site))


def test_nobody_writes_where_comments_are_closed(office: Office) -> None:
    with office.database.transaction() as session:
        site = session.get_one(Site, office.site.id)
        site.policy = {**site.policy, "publishing": "closed"}
    with pytest.raises(ArticleClosed):
        office.write()
    assert office.stored() == []


def test_the_badge_outlives_the_account(office: Office) -> None:
    written, _ = office.write()
    with office.database.transaction() as session:
        session.get_one(Moderator, office.grace.id).is_active = False
    with office.database.reading() as session:
        thread = read_thread(session, session.get_one(Comment, written.id).article)
    assert [(entry.name, entry.is_staff) for entry in thread.entries] == [(office.grace.name, True)]
