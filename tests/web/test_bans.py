"""The page of bans, the two steps of setting one, and lifting it, as moderators do it."""

import io
import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import Target, target_of
from moderation.models import Ban, Comment, CommentAddress, CommenterEmail, Event, Moderator, Site
from moderation.services import Services
from moderation.statuses import BanKind, Change, Status
from moderation.worker import Worker
from tests.doubles import NOON, Clock
from tests.factories import make_comment, make_site
from tests.web.bans import ADA, DAY, WHY, changes, comment_by_ada, fill, set_ban, stored_bans
from tests.web.pages import Page, Reader

SignInAs = Callable[[Moderator], FlaskClient]
Everything = Callable[[], dict[str, list[tuple[object, ...]]]]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def comment(services: Services, site: Site) -> Comment:
    """A held comment by Ada, of which the network is still known."""
    return comment_by_ada(services, site)


# Two steps


@pytest.mark.parametrize(
    ("kind", "whom", "label"),
    [
        ("email", ADA.upper(), "A•••@C•••.EXAMPLE"),
        ("domain", "canary.example", "@c•••.example"),
        ("domain", "@canary.example", "@c•••.example"),
        ("address", "203.0.113.9", "203.0.•••/24"),
        ("word", "  Lovely TREE ", None),
    ],
)
@pytest.mark.parametrize("where", ["news", "*"])
def test_the_first_step_shows_what_it_would_have_hit_and_the_second_bans(
    services: Services, site: Site, desk: FlaskClient, grace: Moderator, comment: Comment,
    everything: Everything, kind: str, whom: str, label: str | None, where: str,
) -> None:  # fmt: skip
    with services.database.transaction() as session:
        make_comment(
            session, site, status=Status.APPROVED, body="Nothing to see.", name="Bob",
            email="bob@elsewhere.example", vault=services.vault,
        )  # fmt: skip
    before = everything()

    first = fill(desk, kind=kind, whom=whom, site=where)

    assert first.status_code == 200
    page = Page(first.text)
    assert "would have hit 1 comment" in page.text and "1 held" in page.text
    assert f"/queue/{comment.public_id}" in [a.attrs.get("href") for a in page.all("a")]
    assert "What a lovely tree." in page.text and "Nothing to see." not in page.text
    assert everything() == before

    second = fill(desk, kind=kind, whom=whom, site=where, sure="yes")

    assert (second.status_code, second.headers["Location"]) == (303, "/bans")
    [made] = stored_bans(services.database)
    assert (made.kind, made.label, made.reason) == (kind, label, WHY)
    assert (made.site_id, made.moderator_id) == (site.id if where == "news" else None, grace.id)
    assert (made.expires_at, made.lifted_at) == (NOON + 7 * DAY, None)
    assert made.word == ("lovely tree" if kind == "word" else None)
    assert changes(services.database) == [(Change.BANNED, grace.id, {"ban": made.id})]
    listed = Page(desk.get("/bans").text).text
    assert (label or "“lovely tree”") in listed and WHY in listed and "11 May 2026" in listed


def test_what_it_hits_afterwards_is_held(
    services: Services,
    reader: Reader,
    desk: FlaskClient,
    worker: Worker,
    stored: Callable[[], list[Comment]],
) -> None:
    for kind, whom in (("email", ADA), ("word", "pelican brief")):
        assert fill(desk, kind=kind, whom=whom, sure="yes").status_code == 303
    reader.send(email=ADA, body="From Ada.")
    reader.send(email="bob@example.com", body="Read the PELICAN   brief!")
    reader.send(email="bob@example.com", body="Read something else.")
    worker.tick()

    assert [each.status for each in stored()] == [Status.HELD, Status.HELD, Status.APPROVED]


@sqlite
def test_what_lies_longer_back_or_elsewhere_is_not_counted(
    services: Services,
    site: Site,
    grace: Moderator,
    sign_in_as: SignInAs,
    comment: Comment,
    clock: Clock,
) -> None:
    with services.database.transaction() as session:
        other = make_site(session, "olds")
        make_comment(session, other, email=ADA, vault=services.vault, now=NOON + DAY)
        for number, status in enumerate(("approved", "rejected", "held", "held", "held")):
            make_comment(
                session, site, status=Status(status), body=f"Lovely {number}", email=ADA,
                vault=services.vault, now=NOON + DAY,
            )  # fmt: skip
    clock.forward(30 * 86_400 + 1)
    desk = sign_in_as(grace)

    for fields in ({"kind": "email", "whom": ADA}, {"kind": "word", "whom": "lovely"}):
        on_site, on_all = fill(desk, **fields), fill(desk, **fields, site="*")
        text = Page(on_site.text).text
        assert "hit 5 comments" in text and "1 approved 3 held 1 rejected" in text
        assert "hit 6 comments" in Page(on_all.text).text
        assert text.count("Lovely") == 5


@sqlite
def test_what_is_banned_already_says_so_and_is_changed(
    services: Services, site: Site, desk: FlaskClient, clock: Clock
) -> None:
    number = set_ban(services, site, ADA, until=NOON + DAY)
    clock.forward(60)

    assert "banned already, until 5 May 2026" in Page(fill(desk, kind="email", whom=ADA).text).text
    fill(desk, kind="email", whom=ADA, days="", reason="Again", sure="yes")

    [found] = stored_bans(services.database)
    assert (found.id, found.expires_at, found.reason) == (number, None, "Again")
    assert len(changes(services.database)) == 2


@sqlite
@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": "email", "whom": "nobody"}, "Please enter an email address"),
        ({"kind": "email", "whom": "@canary.example"}, "Please enter an email address"),
        ({"kind": "domain", "whom": ADA}, "Please enter a domain"),
        ({"kind": "address", "whom": "203.0.0.0/8"}, "wider than /24"),
        ({"kind": "word", "whom": "ab"}, "3 to 100 characters"),
        ({"kind": "word", "whom": "a" * 101}, "3 to 100 characters"),
        ({"kind": "word", "whom": ""}, "Please say which one"),
        ({"kind": "nothing", "whom": ADA}, "Not a valid choice"),
        ({"kind": "email", "whom": ADA, "reason": " "}, "Please say why"),
        ({"kind": "email", "whom": ADA, "days": "2"}, "Not a valid choice"),
        ({"kind": "email", "whom": ADA, "site": "other"}, "Not a valid choice"),
    ],
)
def test_a_form_filled_in_badly_bans_nobody(
    services: Services, site: Site, desk: FlaskClient, fields: dict[str, str], problem: str
) -> None:
    answer = fill(desk, **fields, sure="yes")

    assert answer.status_code == 400
    assert problem in Page(answer.text).text
    assert stored_bans(services.database) == []


@sqlite
def test_what_readers_and_colleagues_typed_is_escaped(
    services: Services, site: Site, desk: FlaskClient
) -> None:
    attack = "<b onclick='x'>lovely</b>"
    with services.database.transaction() as session:
        make_comment(session, site, body=f"{attack} trees", name=attack)
    first = fill(desk, kind="word", whom="b onclick='x'>lovely", reason=attack)
    fill(desk, kind="word", whom="b onclick='x'>lovely", reason=attack, sure="yes")

    assert "would have hit 1 comment" in Page(first.text).text
    for answer in (first, desk.get("/bans")):
        assert not Page(answer.text).all("b")
        assert attack in Page(answer.text).text


# By what is stored


@pytest.mark.parametrize("where", ["news", "*"])
def test_a_commenter_is_banned_without_their_email(
    services: Services, desk: FlaskClient, comment: Comment, where: str
) -> None:
    assert comment.commenter
    path = f"/commenters/{comment.commenter.public_id}"
    links = [a.attrs.get("href") for a in Page(desk.get(path).text).all("a")]
    assert f"{path}/ban" in links

    first = fill(desk, f"{path}/ban", site=where)
    assert "would have hit 1 comment" in Page(first.text).text
    assert stored_bans(services.database) == []
    assert fill(desk, f"{path}/ban", site=where, sure="yes").status_code == 303

    with services.database.transaction() as session:
        again = make_comment(session, session.merge(comment).article.site, email=ADA,
                             vault=services.vault)  # fmt: skip
        site = session.get_one(Site, again.site_id) if where == "news" else None
        [hashed, *_] = target_of(services.vault, site, ADA).hashes
    [made] = stored_bans(services.database)
    assert (made.lookup_hash, made.label) == (hashed, "a•••@c•••.example")
    page = Page(desk.get(path).text).text
    assert WHY in page and "What they send is held" in page and "until 11 May 2026" in page
    for answer in (first, desk.get(path), desk.get("/bans"), desk.get("/log")):
        assert "lovelace" not in answer.text


def test_a_network_is_banned_while_it_is_known(
    services: Services, desk: FlaskClient, comment: Comment
) -> None:
    path = f"/queue/{comment.public_id}"
    assert f"{path}/ban" in desk.get(path).text
    assert comment.commenter
    assert f"/commenters/{comment.commenter.public_id}/ban" in desk.get(path).text
    assert "would have hit 1 comment" in Page(fill(desk, f"{path}/ban").text).text
    fill(desk, f"{path}/ban", sure="yes")
    [made] = stored_bans(services.database)
    assert (made.kind, made.label) == (BanKind.ADDRESS, "203.0.•••/24")

    with services.database.transaction() as session:
        session.delete(session.get_one(CommentAddress, comment.id))
    assert f"{path}/ban" not in desk.get(path).text
    assert "no longer stored" in desk.get(f"{path}/ban").text
    assert fill(desk, f"{path}/ban", days="", sure="yes").headers["Location"] == f"{path}/ban"
    assert stored_bans(services.database)[0].expires_at is not None


@sqlite
def test_who_is_forgotten_cannot_be_banned(
    services: Services, desk: FlaskClient, comment: Comment
) -> None:
    assert comment.commenter
    path = f"/commenters/{comment.commenter.public_id}/ban"
    with services.database.transaction() as session:
        session.get_one(CommenterEmail, comment.commenter_id).anywhere_hash = None
    assert "known on one site only" in Page(fill(desk, path, site="*").text).text
    with services.database.transaction() as session:
        session.delete(session.get_one(CommenterEmail, comment.commenter_id))
    assert "cannot be banned" in desk.get(path).text
    assert "cannot be banned" in fill(desk, path).text
    fill(desk, path, sure="yes")
    assert stored_bans(services.database) == []


# Nothing typed leaks


@sqlite
def test_nothing_typed_stands_in_an_address_a_log_or_an_event(
    services: Services, desk: FlaskClient, comment: Comment, written: io.StringIO
) -> None:
    answers = [
        fill(desk, kind="email", whom=ADA),
        fill(desk, kind="email", whom=ADA, sure="yes"),
        fill(desk, kind="address", whom="203.0.113.99", sure="yes"),
        fill(desk, kind="email", whom=f"{ADA} and more"),
    ]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "lovelace" not in answer.headers.get("Location", "")
    with services.database.reading() as session:
        told = json.dumps([e.data for e in session.scalars(select(Event))])
        kept = repr([tuple(row) for row in session.execute(Ban.__table__.select())])
    for place in (told, kept, written.getvalue(), desk.get("/bans").text, desk.get("/log").text):
        assert "lovelace" not in place and "203.0.113" not in place
    assert WHY not in told + written.getvalue()


@sqlite
def test_looking_what_a_ban_would_hit_is_limited(desk: FlaskClient, site: Site) -> None:
    for _ in range(120):
        assert fill(desk, kind="word", whom="anything").status_code == 200
    assert fill(desk, kind="word", whom="anything").status_code == 429


@sqlite
def test_two_who_ban_the_same_at_once_make_one(services: Services, site: Site) -> None:
    """The second finds nobody yet, and is told by the database."""
    target = Target(BanKind.WORD, word="twice")
    with services.database.transaction() as session:
        where = session.merge(site)
        first = ban(session, where, target, now=NOON)
        asked = session.scalar
        answers = iter([None])

        def blind(*statement: object) -> object:
            return next(answers) if answers.__length_hint__() else asked(*statement)

        session.scalar = blind  # type: ignore[method-assign]
        assert ban(session, where, target, now=NOON).id == first.id
