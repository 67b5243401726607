"""A commenter's page, the search by email and the reveal, as people who sign in see them."""

import io
import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.metrics import REVEALS, SEARCHES
from moderation.models import Comment, CommenterEmail, Event, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, RevealReason, Role, Status
from moderation.web.filters import REVEAL_REASONS
from moderation.web.moderators import commenters
from tests.factories import ARTICLE, make_comment, make_moderator, make_site
from tests.web.pages import Page

SignInAs = Callable[[Moderator], FlaskClient]
Everything = Callable[[], dict[str, list[tuple[object, ...]]]]
ADA = "ada.lovelace@canary.example"
MASKED = "a•••@c•••.example"
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def comment(services: Services, site: Site) -> Comment:
    """A held comment by Ada."""
    with services.database.transaction() as session:
        comment = make_comment(session, site, email=ADA, vault=services.vault)
        assert comment.commenter  # loaded, for the tests to read
        return comment


@pytest.fixture
def path(comment: Comment) -> str:
    """Where Ada's page is."""
    assert comment.commenter
    return f"/commenters/{comment.commenter.public_id}"


@pytest.fixture
def owner(services: Services) -> Moderator:
    with services.database.transaction() as session:
        return make_moderator(session, services.vault, email="o@example.com", role=Role.OWNER)


@pytest.fixture
def owner_desk(owner: Moderator, sign_in_as: SignInAs) -> FlaskClient:
    """An owner's browser."""
    return sign_in_as(owner)


def desk_of(services: Services, sign_in_as: SignInAs, key: str, role: Role) -> FlaskClient:
    """The browser of somebody of one new site."""
    with services.database.transaction() as session:
        site = make_site(session, key)
        who = make_moderator(
            session, services.vault, email=f"{key}@example.com", role=role, site=site
        )
    return sign_in_as(who)


def token_of(desk: FlaskClient) -> str:
    return Page(desk.get("/log").text).value("csrf_token")


def search(desk: FlaskClient, email: str = ADA) -> TestResponse:
    return desk.post("/commenters", data={"csrf_token": token_of(desk), "email": email})


def reveal(desk: FlaskClient, path: str, reason: str = "legal") -> TestResponse:
    fields = {"csrf_token": token_of(desk), "reason": reason}
    return desk.post(f"{path}/reveal", data=fields)


def reveals(database: Database) -> list[Event]:
    with database.reading() as session:
        return list(session.scalars(select(Event).where(Event.change == Change.EMAIL_REVEALED)))


def lose_the_key(database: Database) -> None:
    with database.transaction() as session:
        for row in session.scalars(select(CommenterEmail)):
            row.ciphertext = b"lost" + bytes(40)


def purge(database: Database) -> None:
    with database.transaction() as session:
        for row in session.scalars(select(CommenterEmail)):
            row.ciphertext = None


def counted(outcome: str) -> float:
    return SEARCHES.labels(outcome)._value.get()


# The page


def test_the_page_shows_who_this_is_with_a_masked_email(
    services: Services, site: Site, viewer_desk: FlaskClient, comment: Comment, path: str
) -> None:
    with services.database.transaction() as session:
        for status in (Status.APPROVED, Status.REJECTED, Status.PROCESSING):
            make_comment(
                session, site, status=status, body="More.", email=ADA, vault=services.vault
            )

    answer = viewer_desk.get(path)

    page = Page(answer.text)
    assert answer.status_code == 200
    facts = " ".join(page.one("dl", class_="facts").text.split())
    assert f"Email {MASKED}" in facts
    assert "No: anybody could have typed it" in facts
    assert "First seen 4 May 2026, 12:00 UTC" in facts
    assert "1 approved 1 rejected 2 waiting" in facts
    assert f"/queue/{comment.public_id}" in [a.attrs["href"] for a in page.all("a")]
    assert ADA not in answer.text and "lovelace" not in answer.text


@sqlite
def test_a_proven_address_says_since_when(
    services: Services, desk: FlaskClient, comment: Comment, path: str
) -> None:
    with services.database.transaction() as session:
        found = session.get_one(Comment, comment.id).commenter
        assert found
        found.confirmed_at = services.clock()

    assert "Yes, on 4 May 2026, 12:00 UTC" in Page(desk.get(path).text).text


@sqlite
def test_long_lists_go_on_page_by_page(
    services: Services, site: Site, desk: FlaskClient, path: str
) -> None:
    with services.database.transaction() as session:
        for number in range(30):
            make_comment(session, site, body=f"Number {number}.", email=ADA, vault=services.vault)

    first = Page(desk.get(path).text)
    more = first.one("p", class_="more")
    link = next(a for a in first.all("a") if more in a.inside)
    second = Page(desk.get(link.attrs["href"]).text)

    shown = [item.text for page in (first, second) for item in page.all("li")]
    assert len(shown) == 31
    assert "Number 29." in shown[0] and "What a lovely tree." in shown[-1]
    assert not second.all("p", class_="more")


def test_what_cannot_be_shown_is_said_and_no_error(
    database: Database, owner_desk: FlaskClient, path: str
) -> None:
    lose_the_key(database)
    unreadable = owner_desk.get(path)
    purge(database)
    purged = owner_desk.get(path)

    assert (unreadable.status_code, purged.status_code) == (200, 200)
    assert "No key here opens it" in unreadable.text
    assert "No longer kept" in purged.text
    for answer in (unreadable, purged):
        assert not Page(answer.text).all("select"), "there is nothing to reveal"


def test_other_sites_commenters_do_not_exist(
    services: Services, sign_in_as: SignInAs, path: str
) -> None:
    other = desk_of(services, sign_in_as, "other", Role.OWNER)

    assert other.get(path).status_code == 404
    assert other.get("/commenters/nobody").status_code == 404
    for reason in ("legal", "nonsense"):
        assert reveal(other, path, reason).status_code == 404
    assert reveals(services.database) == []


def test_strangers_see_nothing(client: FlaskClient, path: str) -> None:
    for place in (path, "/commenters"):
        assert client.get(place).headers["Location"].startswith("/login?next=")
    assert client.post("/commenters", data={"email": ADA}).status_code in (400, 401)
    assert client.post(f"{path}/reveal", data={"reason": "legal"}).status_code in (400, 401)


def test_the_card_leads_to_the_commenter_where_there_is_one(
    services: Services, site: Site, desk: FlaskClient, path: str
) -> None:
    with services.database.transaction() as session:
        make_comment(session, site, body="Without an email.")

    links = [a for a in Page(desk.get("/queue").text).all("a", href=path)]

    assert len(links) == 1
    assert Page(desk.get("/queue").text).text.count("The commenter") == 1


def test_looking_changes_nothing(
    owner_desk: FlaskClient, path: str, everything: Everything
) -> None:
    before = everything()

    for place in (path, "/commenters", "/privacy", f"{path}/reveal"):
        owner_desk.get(place)
    assert search(owner_desk).status_code == 200

    assert everything() == before
    assert owner_desk.get(f"{path}/reveal").status_code == 405


# The search


def test_a_full_email_finds_its_commenter_masked(desk: FlaskClient, path: str) -> None:
    before = counted("found")

    answer = search(desk, f" {ADA.upper()} ")

    page = Page(answer.text)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    hit = page.one("a", href=path)
    assert hit.text == MASKED
    assert "on News" in page.text and "first seen 4 May 2026" in page.text
    assert counted("found") == before + 1
    field = page.one("input", name="email").attrs["value"]
    assert field == ADA.upper()
    assert ADA not in answer.text and answer.text.count(field) == 1, "only in the field"


@sqlite
def test_a_list_of_addresses_cannot_be_tried(
    desk: FlaskClient, comment: Comment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commenters, "SEARCHES_PER_HOUR", "2 per hour")

    assert [search(desk, f"n{n}@x.example").status_code for n in range(3)] == [200, 200, 429]


@sqlite
def test_nobody_is_told_as_such(desk: FlaskClient, comment: Comment) -> None:
    before = counted("nobody")

    answer = search(desk, "stranger@example.com")

    assert "No commenter of any site has this address." in Page(answer.text).text
    assert answer.text.count("stranger@example.com") == 1
    assert counted("nobody") == before + 1


def test_a_moderator_of_one_site_finds_nobody_of_another(
    services: Services, sign_in_as: SignInAs, comment: Comment
) -> None:
    other = desk_of(services, sign_in_as, "other", Role.MODERATOR)

    answer = search(other)

    assert "No commenter of your site has this address." in Page(answer.text).text
    assert MASKED not in answer.text


@sqlite
def test_viewers_do_not_search(viewer_desk: FlaskClient, comment: Comment) -> None:
    assert viewer_desk.get("/commenters").status_code == 403
    assert search(viewer_desk).status_code == 403
    assert 'href="/commenters"' not in viewer_desk.get("/queue").text


@sqlite
@pytest.mark.parametrize("typed", ["", "ada", "a•••@c•••.example", f"{'a' * 300}@example.com"])
def test_what_is_no_address_is_asked_for_again(desk: FlaskClient, typed: str) -> None:
    answer = search(desk, typed)

    assert answer.status_code == 400
    assert Page(answer.text).all("p", class_="error")


@sqlite
def test_the_search_form_sends_the_email_in_the_body(desk: FlaskClient, comment: Comment) -> None:
    form = next(
        f for f in Page(desk.get("/commenters").text).all("form") if f.attrs["action"] != "/logout"
    )

    assert form.attrs["method"] == "post"
    answer = desk.get("/commenters", query_string={"email": ADA})
    assert MASKED not in answer.text and ADA not in answer.text


# The reveal


def test_an_owner_reads_the_email_once_with_a_reason(
    database: Database, owner: Moderator, owner_desk: FlaskClient, comment: Comment, path: str
) -> None:
    before = REVEALS.labels("legal")._value.get()

    answer = reveal(owner_desk, path)

    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count(ADA) == 1
    (event,) = reveals(database)
    assert (event.moderator_id, event.reason) == (owner.id, "legal")
    assert event.data == {"commenter": comment.commenter_id}
    assert REVEALS.labels("legal")._value.get() == before + 1
    assert ADA not in owner_desk.get(path).text, "the next look is masked again"


def test_the_event_is_there_before_the_email_is_shown(
    database: Database, owner_desk: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def render(*_args: object, **shown: object) -> str:
        seen.append(len(reveals(database)) if shown.get("revealed") else -1)
        return ""

    token = token_of(owner_desk)
    monkeypatch.setattr(commenters, "render_template", render)
    owner_desk.post(f"{path}/reveal", data={"csrf_token": token, "reason": "legal"})

    assert seen == [1]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
def test_other_roles_reveal_nothing(
    services: Services, sign_in_as: SignInAs, path: str, role: Role
) -> None:
    with services.database.transaction() as session:
        who = make_moderator(session, services.vault, email="x@example.com", role=role)
    desk = sign_in_as(who)

    answer = reveal(desk, path)

    assert answer.status_code == 403 and ADA not in answer.text
    assert reveals(services.database) == []
    assert not Page(desk.get(path).text).all("select")


@sqlite
@pytest.mark.parametrize("reason", ["", "curiosity"])
def test_without_a_reason_nothing_is_revealed(
    database: Database, owner_desk: FlaskClient, path: str, reason: str
) -> None:
    answer = reveal(owner_desk, path, reason)

    assert answer.status_code == 400 and ADA not in answer.text
    assert Page(answer.text).all("p", class_="error")
    assert reveals(database) == []


@sqlite
def test_a_reveal_needs_the_token_of_the_page(
    database: Database, owner_desk: FlaskClient, path: str
) -> None:
    answer = owner_desk.post(f"{path}/reveal", data={"reason": "legal"})

    assert answer.status_code == 400 and ADA not in answer.text
    assert reveals(database) == []


@pytest.mark.parametrize(
    "spoil, sentence",
    [(lose_the_key, "No key here opens this email"), (purge, "This email is no longer kept")],
)
def test_what_cannot_be_revealed_is_said_and_not_logged(
    database: Database,
    owner_desk: FlaskClient,
    path: str,
    spoil: Callable[[Database], None],
    sentence: str,
) -> None:
    before = REVEALS.labels("safety")._value.get()
    spoil(database)

    answer = reveal(owner_desk, path, "safety")

    assert answer.status_code == 409 and sentence in answer.text
    assert reveals(database) == []
    assert REVEALS.labels("safety")._value.get() == before


@sqlite
def test_every_reason_has_its_words_in_the_form_and_in_the_log(
    owner_desk: FlaskClient, viewer_desk: FlaskClient, path: str
) -> None:
    options = {o.attrs["value"]: o.text for o in Page(owner_desk.get(path).text).all("option")}

    assert options.keys() - {""} == set(RevealReason)
    for reason in RevealReason:
        reveal(owner_desk, path, reason)
        assert options[reason].lower() == REVEAL_REASONS[reason].lower()
        log = viewer_desk.get("/log")
        assert f"reason: {REVEAL_REASONS[reason]}" in Page(log.text).text
    assert ADA not in log.text
    assert len(Page(log.text).all("a", href=path)) == len(RevealReason)


def test_no_log_line_and_no_event_holds_the_email(
    database: Database, owner_desk: FlaskClient, path: str, written: io.StringIO
) -> None:
    search(owner_desk)
    search(owner_desk, "")
    reveal(owner_desk, path)
    owner_desk.get(path)
    lose_the_key(database)
    reveal(owner_desk, path)
    search(owner_desk)

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {"/commenters", "/commenters/<commenter_id>/reveal"} <= {x.get("route") for x in lines}
    assert "canary" not in written.getvalue() and "lovelace" not in written.getvalue()
    assert path.rpartition("/")[2] not in written.getvalue()
    with database.reading() as session:
        for event in session.scalars(select(Event)):
            assert "canary" not in repr((event.reason, event.data))


@sqlite
def test_no_other_page_shows_the_email(
    owner_desk: FlaskClient, client: FlaskClient, comment: Comment, path: str
) -> None:
    reveal(owner_desk, path)

    for place in ("/queue", f"/queue/{comment.public_id}", "/log", "/privacy", path, "/commenters"):
        assert "canary" not in owner_desk.get(place).text, place
    assert "canary" not in client.get(f"/s/news/comments?article={ARTICLE}").text
