"""Who sees an email, and what the log keeps of it."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.errors import UndecryptableEmail, UnknownCommenter
from moderation.flow.personal.sight import (
    find_visible_commenter,
    linked_commenters,
    read_commenter,
    read_reveals,
    reveal_email,
    search_by_email,
)
from moderation.models import Commenter, CommenterEmail, Event, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, RevealReason, Role, Status
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import make_comment, make_moderator, make_site

ADA = "ada@example.com"
DAY = dt.timedelta(days=1)
NEW_KEY = "bmV3" + "C" * 39


@pytest.fixture
def ada(database: Database, site: Site, vault: Vault) -> Commenter:
    """A commenter with one held comment."""
    with database.transaction() as session:
        comment = make_comment(session, site, email=ADA, vault=vault)
        assert comment.commenter
        return comment.commenter


@pytest.fixture
def owner(database: Database, vault: Vault) -> Moderator:
    """An owner of all sites."""
    with database.transaction() as session:
        return make_moderator(session, vault, role=Role.OWNER)


def of_site(database: Database, vault: Vault, key: str) -> Moderator:
    """A moderator of one new site only."""
    with database.transaction() as session:
        site = make_site(session, key)
        return make_moderator(session, vault, email=f"{key}@example.com", site=site)


def purge(database: Database) -> None:
    with database.transaction() as session:
        for row in session.scalars(select(CommenterEmail)):
            row.ciphertext = None


def reveal(
    database: Database,
    vault: Vault,
    commenter: Commenter,
    moderator: Moderator,
    now: dt.datetime = NOON,
    reason: RevealReason = RevealReason.LEGAL,
) -> str | None:
    with database.transaction() as session:
        return reveal_email(
            session, commenter, vault=vault, moderator=moderator, reason=reason, now=now
        )


def reveals(database: Database) -> list[Event]:
    with database.reading() as session:
        query = select(Event).where(Event.change == Change.EMAIL_REVEALED)
        return list(session.scalars(query.order_by(Event.id)))


def test_a_commenter_is_found_by_those_of_their_site_only(
    database: Database, vault: Vault, ada: Commenter, owner: Moderator
) -> None:
    foreign = of_site(database, vault, "other")
    with database.reading() as session:
        assert find_visible_commenter(session, ada.public_id, owner).id == ada.id
        for public_id, moderator in ((ada.public_id, foreign), ("nobody", owner), ("", owner)):
            with pytest.raises(UnknownCommenter):
                find_visible_commenter(session, public_id, moderator)


def test_the_page_tells_numbers_and_a_masked_email(
    database: Database, vault: Vault, site: Site, ada: Commenter
) -> None:
    with database.transaction() as session:
        for status in (Status.APPROVED, Status.APPROVED, Status.REJECTED, Status.PROCESSING):
            make_comment(session, site, status=status, email=ADA, vault=vault)
        make_comment(session, site, status=Status.APPROVED, email="bob@example.com", vault=vault)

    with database.reading() as session:
        page = read_commenter(session, ada, vault=vault)

    assert (page.email.text, page.email.is_kept) == ("a•••@e•••.com", True)
    assert page.counts[Status.APPROVED] == 2 and page.counts[Status.REJECTED] == 1
    assert page.waiting == 2
    assert len(page.comments) == 5 and page.next_before is None
    assert page.site.key == "news"


def test_comments_come_newest_first_a_page_at_a_time(
    database: Database, vault: Vault, site: Site, ada: Commenter
) -> None:
    with database.transaction() as session:
        for _ in range(4):
            make_comment(session, site, email=ADA, vault=vault)
    seen: list[int] = []
    before: int | None = None
    with database.reading() as session:
        for _ in range(3):
            page = read_commenter(session, ada, vault=vault, before=before, size=2)
            seen += [comment.id for comment in page.comments]
            before = page.next_before

    assert before is None
    assert len(seen) == 5 and seen == sorted(seen, reverse=True)


def test_a_purged_email_and_one_under_a_lost_key_are_told_apart(
    database: Database, vault: Vault, ada: Commenter
) -> None:
    lost = Vault(vault_key=NEW_KEY, index_key=SECRETS["INDEX_KEY"])
    with database.reading() as session:
        unreadable = read_commenter(session, ada, vault=lost).email
    purge(database)
    with database.reading() as session:
        purged = read_commenter(session, ada, vault=vault).email

    assert (unreadable.text, unreadable.is_kept) == (None, True)
    assert (purged.text, purged.is_kept) == (None, False)


def test_a_full_email_finds_its_commenters_on_all_sites_or_on_ones_own(
    database: Database, vault: Vault, ada: Commenter, owner: Moderator
) -> None:
    foreign = of_site(database, vault, "other")
    with database.transaction() as session:
        other = session.scalars(select(Site).where(Site.key == "other")).one()
        twin = make_comment(session, other, email="aDA+x@example.com", vault=vault).commenter_id
        make_comment(session, other, email="bob@example.com", vault=vault)

    def found(moderator: Moderator, email: str = ADA) -> list[tuple[int, str, str | None]]:
        with database.reading() as session:
            hits = search_by_email(session, email, moderator, vault=vault)
            return [(hit.commenter.id, hit.site.key, hit.email.text) for hit in hits]

    assert [hit[:2] for hit in found(owner)] == [(ada.id, "news"), (twin, "other")]
    assert [hit[:2] for hit in found(foreign)] == [(twin, "other")]
    assert {hit[2] for hit in found(owner)} == {"a•••@e•••.com"}
    assert found(owner, "a•••@e•••.com") == found(owner, "ad@example.com") == []


@pytest.mark.parametrize("is_older_than_the_hash_for_all_sites", [True, False])
def test_who_was_stored_with_an_older_key_is_found(
    database: Database,
    vault: Vault,
    ada: Commenter,
    owner: Moderator,
    is_older_than_the_hash_for_all_sites: bool,
) -> None:
    with database.transaction() as session:
        row = session.get_one(CommenterEmail, ada.id)
        if is_older_than_the_hash_for_all_sites:
            row.anywhere_hash = None
        else:
            row.lookup_hash = b"of a key that is gone"
    rotated = Vault(
        vault_key=NEW_KEY,
        index_key=NEW_KEY,
        old_vault_keys=SECRETS["VAULT_KEY"],
        old_index_keys=SECRETS["INDEX_KEY"],
    )

    with database.reading() as session:
        hits = search_by_email(session, ADA, owner, vault=rotated)

    assert [hit.commenter.id for hit in hits] == [ada.id]


def test_without_sites_nobody_is_found(database: Database, vault: Vault, owner: Moderator) -> None:
    with database.reading() as session:
        assert search_by_email(session, ADA, owner, vault=vault) == []


def test_a_reveal_gives_the_email_and_stands_in_the_log(
    database: Database, vault: Vault, ada: Commenter, owner: Moderator
) -> None:
    assert reveal(database, vault, ada, owner) == ADA

    (event,) = reveals(database)
    assert (event.moderator_id, event.actor) == (owner.id, Actor.MODERATOR)
    assert (event.reason, event.data) == ("legal", {"commenter": ada.id})
    assert (event.site_id, event.created_at) == (ada.site_id, NOON)


def test_what_cannot_be_revealed_is_not_logged_as_revealed(
    database: Database, vault: Vault, ada: Commenter, owner: Moderator
) -> None:
    lost = Vault(vault_key=NEW_KEY, index_key=SECRETS["INDEX_KEY"])
    with pytest.raises(UndecryptableEmail):
        reveal(database, lost, ada, owner)
    purge(database)

    assert reveal(database, vault, ada, owner) is None
    assert reveals(database) == []


def test_reveals_are_counted_by_person_and_the_newest_come_first(
    database: Database, vault: Vault, ada: Commenter, owner: Moderator
) -> None:
    with database.transaction() as session:
        second = make_moderator(session, vault, email="b@example.com", role=Role.OWNER)
        second.name = "Berta"
    reveal(database, vault, ada, owner, now=NOON - 31 * DAY)
    reveal(database, vault, ada, owner, now=NOON - 29 * DAY)
    reveal(database, vault, ada, second, reason=RevealReason.SAFETY)
    reveal(database, vault, ada, second)

    with database.reading() as session:
        found = read_reveals(session, owner, since=NOON - 30 * DAY, size=2)

    assert found.by_name == [("Berta", 2), (owner.name, 1)]
    assert [(event.reason, name) for event, name in found.latest] == [
        ("legal", "Berta"),
        ("safety", "Berta"),
    ]
    assert found.commenters == {ada.id: ada.public_id}


def test_an_owner_of_one_site_sees_no_reveals_of_another(
    database: Database, vault: Vault, ada: Commenter, owner: Moderator
) -> None:
    foreign = of_site(database, vault, "other")
    reveal(database, vault, ada, owner)

    with database.reading() as session:
        found = read_reveals(session, foreign, since=NOON - DAY)

    assert (found.by_name, found.latest, found.commenters) == ([], [], {})


def test_entries_without_a_commenter_link_to_none(database: Database, ada: Commenter) -> None:
    with database.reading() as session:
        events = list(session.scalars(select(Event)))
        assert events
        assert linked_commenters(session, events) == {}
