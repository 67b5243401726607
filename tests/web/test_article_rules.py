"""The rules of one article: what its page shows and saves, and what then counts there alone."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Article, Comment, Event, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, Role, Status
from moderation.worker import Worker
from tests.factories import ARTICLE, ORIGIN, make_comment, make_moderator, make_site, set_policy
from tests.web.pages import Page, Reader
from tests.web.pressing import form_at, press

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE = "/sites/news/article"
CHANGES = select(Event).where(Event.change == Change.ARTICLE_CHANGED)
OTHER = f"{ORIGIN}/other"
Stored = Callable[[], Article | None]


@pytest.fixture
def owner(
    services: Services, site: Site, sign_in_as: Callable[[Moderator], FlaskClient]
) -> FlaskClient:
    """The browser of the site's owner."""
    with services.database.transaction() as session:
        olga = make_moderator(
            session, services.vault, email="olga@example.com", role=Role.OWNER, site=site
        )
    return sign_in_as(olga)


@pytest.fixture
def stored(database: Database) -> Stored:
    """The article as it is stored, if it is."""

    def read() -> Article | None:
        with database.reading() as session:
            return session.scalar(select(Article))

    return read


def page_of(owner: FlaskClient) -> Page:
    answer = owner.get(HERE, query_string={"article": ARTICLE}, follow_redirects=True)
    assert answer.status_code == 200
    return Page(answer.text)


def path_in(page: Page) -> str:
    """Where the form goes."""
    return next(form for form in page.all("form") if form.attrs.get("class") == "act").attrs[
        "action"
    ]


def send(owner: FlaskClient, **typed: str) -> TestResponse:
    """Fill in the form and save it."""
    page = page_of(owner)
    data = form_at(page, path_in(page))
    named = {f"article-{name}": value for name, value in typed.items()}
    assert named.keys() <= data.keys()
    return owner.post(path_in(page), data={**data, **named})


def save(owner: FlaskClient, **typed: str) -> Page:
    assert send(owner, **typed).status_code == 303
    return page_of(owner)


@pytest.mark.parametrize(
    ("typed", "rules"),
    [
        ({"closes_after_days": "7"}, {"closes_after_days": 7}),
        ({"closes_after_days": "0"}, {"closes_after_days": None}),
        ({"email_required": "no"}, {"email_required": False}),
        ({"email_required": "yes"}, {"email_required": True}),
        ({"body_max": "0", "links_max": "0"}, {"body_max": 0, "links_max": 0}),
        ({"language": " DE "}, {"language": "de"}),
        (
            {"preset": "strict", "limit_threat": "2,5 %"},
            {"preset": "strict", "thresholds": {"threat": 0.025}},
        ),
        (
            {"banned_words": "a b\r\n c \r\na b", "suspect_words": "d", "reserved_names": "Guest"},
            {"banned_words": ["a b", "c"], "suspect_words": ["d"], "reserved_names": ["Guest"]},
        ),
    ],
)
def test_rules_are_saved_told_logged_and_taken_back(
    owner: FlaskClient,
    stored: Stored,
    database: Database,
    typed: dict[str, str],
    rules: dict[str, Any],
) -> None:
    page = save(owner, **typed)

    article = stored()
    assert article and article.rules == rules
    with database.reading() as session:
        event = session.scalars(CHANGES).one()
        assert event.data == {"article": article.id, "fields": sorted(rules)}
    assert "Saved: it counts from now on." in page.text
    assert "Nothing was changed." in save(owner).text, "the form shows what is stored"

    assert press(owner, page, "Undo").status_code == 303
    article = stored()
    assert article and article.rules is None


def test_who_publishes_is_said_here_too(owner: FlaskClient, stored: Stored) -> None:
    page = save(owner, publishing="human", links_max="1")

    article = stored()
    assert article and (article.publishing, article.rules) == ("human", {"links_max": 1})
    assert "A person approves every comment." in page.text
    press(owner, page, "Undo")
    article = stored()
    assert article and (article.publishing, article.rules) == (None, None)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"closes_after_days": "0"}, "Comments stay open."),
        ({"closes_after_days": "7"}, "Comments stay open for 7 days."),
        ({"body_max": "1200"}, "at most 1,200 characters."),
        ({"language": "de"}, "The language is “de”."),
        ({"reserved_names": "Guest"}, "what is found on your lists: 1 reserved name."),
        (
            {"suspect_words": "d", "reserved_names": "Guest\r\nHost"},
            "what is found on your lists: 1 suspect word and 2 reserved names.",
        ),
    ],
)
def test_it_tells_what_counts_there(owner: FlaskClient, typed: dict[str, str], told: str) -> None:
    assert told in save(owner, **typed).text


def test_an_empty_length_is_told_as_it_counts(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    set_policy(database, site, body_max=14_000)
    told = page_of(owner).one("p", id="article-body_max-help").text
    assert "A higher number counts as that. Empty: 10,000, as the site." in told


def test_known_languages_are_proposed(owner: FlaskClient) -> None:
    page = page_of(owner)
    assert page.one("datalist", id=page.one("input", name="article-language").attrs["list"])


def test_a_page_alone_makes_no_article(owner: FlaskClient, stored: Stored) -> None:
    page_of(owner)
    assert stored() is None
    assert "Nothing was changed." in save(owner).text


def test_an_article_closed_before_its_first_comment_takes_none(
    owner: FlaskClient, reader: Reader
) -> None:
    token = reader.token()
    save(owner, publishing="closed")

    assert reader.send(csrf_token=token).status_code == 403
    assert not reader.page().all("textarea")
    assert Reader(reader.client, article=OTHER).send().status_code == 202


def test_limits_of_the_form_are_those_of_the_article(
    owner: FlaskClient, reader: Reader, worker: Worker, database: Database
) -> None:
    save(owner, email_required="no", body_max="12", links_max="0", reserved_names="Greta Guest")
    other = Reader(reader.client, article=OTHER)

    assert reader.send(body="A lovely tree.").status_code == 400
    assert other.send(body="A lovely tree.").status_code == 202
    assert reader.send(email="", body="A tree.").status_code == 202
    assert other.send(email="", body="A tree.").status_code == 400
    assert reader.send(body="www.tree.org").status_code == 202
    assert other.send(body="See www.tree.org").status_code == 202
    assert reader.send(name="Greta Guest", body="Me.").status_code == 202
    while worker.tick():
        pass
    with database.reading() as session:
        found = session.scalars(select(Comment).order_by(Comment.id)).all()
        status = {comment.body: comment.status for comment in found}
    assert status == {
        "A lovely tree.": Status.APPROVED,
        "A tree.": Status.APPROVED,
        "www.tree.org": Status.HELD,
        "See www.tree.org": Status.APPROVED,
        "Me.": Status.HELD,
    }


def test_its_own_limit_holds_what_the_preset_lets_through(
    owner: FlaskClient, reader: Reader, worker: Worker, database: Database
) -> None:
    save(owner, limit_toxicity="0")
    reader.send(body="What a lovely tree.")
    Reader(reader.client, article=OTHER).send(body="What a lovely house.")
    while worker.tick():
        pass
    with database.reading() as session:
        found = {c.body: c.status for c in session.scalars(select(Comment))}
    assert found == {
        "What a lovely tree.": Status.HELD,
        "What a lovely house.": Status.APPROVED,
    }


def test_a_title_comes_with_the_first_comment(
    owner: FlaskClient, reader: Reader, stored: Stored
) -> None:
    save(owner, links_max="1")
    reader.send(title="Trees")
    reader.send(title="Houses", body="Another one.")

    article = stored()
    assert article and article.title == "Trees"


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("closes_after_days", "-1", "from 0 (never) to 36,500"),
        ("closes_after_days", "36501", "from 0 (never) to 36,500"),
        ("closes_after_days", "soon", "a whole number"),
        ("body_max", "15001", "from 0 to 15,000"),
        ("language", "english", "ISO 639"),
        ("limit_insult", "101", "a number from 0 to 100 %"),
        ("reserved_names", "x" * 101, "at most 100 characters"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_stays_typed(
    owner: FlaskClient, stored: Stored, name: str, typed: str, says: str
) -> None:
    answer = send(owner, **{name: typed})

    page = Page(answer.text)
    assert answer.status_code == 400
    assert says in page.one("p", id=f"article-{name}-error").text
    assert page.value(f"article-{name}") == typed
    article = stored()
    assert article and article.rules is None


@pytest.mark.parametrize("name", ["publishing", "email_required", "preset"])
def test_an_unknown_choice_is_refused(owner: FlaskClient, stored: Stored, name: str) -> None:
    assert send(owner, **{name: "everybody"}).status_code == 400
    article = stored()
    assert article and (article.publishing, article.rules) == (None, None)


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(
    owner: FlaskClient, stored: Stored
) -> None:
    page = page_of(owner)
    stale = form_at(page, path_in(page))
    save(owner, links_max="1")

    answer = owner.post(path_in(page), data={**stale, "article-body_max": "50"})

    assert answer.status_code == 409
    assert Page(answer.text).value("article-body_max") == "50", "what was typed stays"
    article = stored()
    assert article and article.rules == {"links_max": 1}
    shown = Page(answer.text)
    again = form_at(shown, path_in(shown))
    assert owner.post(path_in(page), data=again).status_code == 303


def test_who_saves_first_rules_while_a_colleague_does_is_asked_to_look_again(
    owner: FlaskClient, stored: Stored
) -> None:
    pages = [page_of(owner), page_of(owner)]
    data = [form_at(page, path_in(page)) for page in pages]
    first = {**data[0], "article-links_max": "1"}
    assert owner.post(path_in(pages[0]), data=first).status_code == 303

    second = {**data[1], "article-body_max": "50"}
    assert owner.post(path_in(pages[1]), data=second).status_code == 409
    article = stored()
    assert article and article.rules == {"links_max": 1}


def test_rules_stay_within_reach_when_the_site_has_other_addresses(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    save(owner, links_max="1")
    with database.transaction() as session:
        session.get_one(Site, site.id).origins = ["https://elsewhere.example.com"]

    page = Page(owner.get("/sites/news/articles").text)
    (link,) = [each for each in page.all("a") if "/rules" in each.attrs["href"]]
    page = Page(owner.get(link.attrs["href"]).text)
    assert page.value("article-links_max") == "1"
    data = {**form_at(page, path_in(page)), "article-links_max": ""}
    assert owner.post(path_in(page), data=data).status_code == 303
    assert "None yet" in Page(owner.get("/sites/news/articles").text).text


def test_the_list_has_those_with_rules_of_their_own(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        make_comment(session, session.get_one(Site, site.id))  # its article follows the site
    assert "None yet" in Page(owner.get("/sites/news/articles").text).text
    save(owner, preset="strict", limit_threat="1", publishing="human")

    page = Page(owner.get("/sites/news/articles").text)
    assert page.one("a", href="/articles/1/rules").text
    assert "all comments wait" in page.text
    assert "How much the model holds · Limits of its own" in page.text


def test_an_address_leads_to_its_article_and_a_foreign_one_nowhere(owner: FlaskClient) -> None:
    (form,) = [
        each
        for each in Page(owner.get("/sites/news/articles").text).all("form")
        if each.attrs.get("action") == HERE
    ]
    assert "method" not in form.attrs
    assert ARTICLE in Page(owner.get(HERE, query_string={"article": f"{ARTICLE}#x"}).text).html

    token = page_of(owner).value("article-csrf_token")
    for foreign in ("https://elsewhere.example.com/", "trees", ""):
        answer = owner.get(HERE, query_string={"article": foreign})
        assert answer.status_code == 400
        assert ORIGIN in Page(answer.text).one("p", id="article-error").text
        assert Page(answer.text).value("article") == foreign
        data = {"csrf_token": token}
        assert owner.post(HERE, query_string={"article": foreign}, data=data).status_code == 400


def test_a_card_leads_owners_there_and_nobody_else(
    owner: FlaskClient, desk: FlaskClient, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        held = make_comment(session, session.get_one(Site, site.id))
    page = Page(owner.get(f"/queue/{held.public_id}").text)
    (link,) = [each for each in page.all("a") if each.text == "Rules"]
    assert "Rules of one article" in Page(owner.get(link.attrs["href"]).text).text

    page = Page(desk.get(f"/queue/{held.public_id}").text)
    assert not [each for each in page.all("a") if each.text == "Rules"]
    assert desk.get(link.attrs["href"]).status_code == 403
    assert desk.get(HERE, query_string={"article": ARTICLE}).status_code == 403


def test_an_owner_of_another_site_meets_nothing(
    services: Services, database: Database, site: Site, sign_in_as: Callable[..., FlaskClient]
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        stranger = make_moderator(
            session, services.vault, email="eve@example.com", role=Role.OWNER, site=other
        )
        make_comment(session, session.get_one(Site, site.id))
    browser = sign_in_as(stranger)
    for path in (f"{HERE}?article={ARTICLE}", "/sites/news/articles", "/articles/1/rules"):
        assert browser.get(path).status_code == 404
    page = Page(browser.get("/sites/other/article", query_string={"article": ARTICLE}).text)
    data = form_at(page, f"/sites/other/article?article={ARTICLE}")
    assert browser.post(f"{HERE}?article={ARTICLE}", data=data).status_code == 404


def test_the_site_goes_on_beside_them(owner: FlaskClient, database: Database, site: Site) -> None:
    save(owner, links_max="1")
    set_policy(database, site, email_required=False, links_max=9)

    page = page_of(owner)
    assert "Nobody has to give an email address." in page.text
    assert "more than 1 link waits" in page.text
