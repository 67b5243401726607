"""The owner's page of a site: what it shows, what it saves, who may."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.articles import policy_of
from moderation.languages import LANGUAGES
from moderation.models import Event, Moderator, Site
from moderation.policy.limits import PRESETS
from moderation.services import Services
from moderation.statuses import Actor, Change, Role
from moderation.web.owners.sites import FORMS
from tests.factories import NO_SAMPLES, ORIGIN, make_moderator, make_site
from tests.web.pages import Page
from tests.web.pressing import form_at, press

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE = "/sites/news"
CHANGES = select(Event).where(Event.change == Change.POLICY_CHANGED)
SignIn = Callable[[Moderator], FlaskClient]


@pytest.fixture
def olga(services: Services, site: Site) -> Moderator:
    with services.database.transaction() as session:
        return make_moderator(
            session, services.vault, email="olga@example.com", role=Role.OWNER, site=site
        )


@pytest.fixture
def owner(olga: Moderator, sign_in_as: SignIn) -> FlaskClient:
    """The browser of the site's owner."""
    return sign_in_as(olga)


@pytest.fixture
def rules(database: Database, site: Site) -> Callable[[], dict[str, Any]]:
    """The site's own rules as they are stored."""

    def read() -> dict[str, Any]:
        with database.reading() as session:
            return dict(session.get_one(Site, site.id).policy)

    return read


def send(
    browser: FlaskClient, section: str, act: str = "save", **typed: str | None
) -> TestResponse:
    """Fill in one section and press its button; None takes a tick away."""
    path = f"{HERE}/name" if section == "site" else f"{HERE}/rules/{section}"
    data: dict[str, Any] = form_at(Page(browser.get(HERE).text), path)
    named = {f"{section}-{name}": value for name, value in typed.items()}
    data = {k: v for k, v in {**data, **named, "act": act}.items() if v is not None}
    return browser.post(path, data=data)


def page_of(browser: FlaskClient) -> Page:
    answer = browser.get(HERE)
    assert answer.status_code == 200
    return Page(answer.text)


def test_it_shows_snippet_rules_preview_and_where_the_rest_is(owner: FlaskClient) -> None:
    page = page_of(owner)

    snippet = page.one("textarea", id="snippet-text").text
    assert 'data-site="news"' in snippet and "<noscript>" in snippet
    assert "What the machine finds clean is published at once" in page.text
    assert len(page.all("iframe")) == 2
    links = {each.attrs["href"] for each in page.all("a")}
    assert {"/sites/news/texts", "/team", "/webhooks", "/privacy", "/sites"} <= links


def test_its_contents_say_what_the_headings_say(owner: FlaskClient) -> None:
    page = page_of(owner)

    links = [each for each in page.all("a") if each.is_in("nav", **{"class": "contents"})]
    shown = [(each.attrs["href"], each.text) for each in links]
    assert shown == [(f"#{each.attrs['id']}", each.text) for each in page.all("h2")]


def test_it_tells_what_a_length_above_the_servers_counts_as(owner: FlaskClient) -> None:
    told = page_of(owner).one("p", id="writing-body_max-help").text
    assert told == "0: as many as this server takes (10,000). A higher number counts as that."


def test_presets_have_a_dash_where_they_have_no_limit(owner: FlaskClient) -> None:
    page = page_of(owner)

    assert [each.text for each in page.all("th", scope="col")] == list(PRESETS)
    rows = {row.text[: row.text.find("–")] for row in page.all("tr") if "–" in row.text}
    assert rows == {"threat", "sexual content"}


def test_a_language_is_proposed_and_another_may_be_typed(
    owner: FlaskClient, rules: Callable[[], dict[str, Any]]
) -> None:
    page = page_of(owner)
    known = [each for each in page.all("option") if each.is_in("datalist", id="languages")]
    assert {each.attrs["value"] for each in known} == set(LANGUAGES)
    assert page.one("input", name="model-language").attrs["list"] == "languages"

    assert send(owner, "model", language="nds").status_code == 303
    assert rules()["language"] == "nds"


@pytest.mark.parametrize("section", FORMS)
def test_a_section_saved_as_it_is_changes_nothing(
    owner: FlaskClient, rules: Callable[[], dict[str, Any]], section: str, database: Database
) -> None:
    answer = send(owner, section)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HERE}#{section}")
    assert "Nothing was changed." in page_of(owner).text
    assert rules() == NO_SAMPLES
    with database.reading() as session:
        assert session.scalars(CHANGES).all() == []


@pytest.mark.parametrize(
    ("section", "typed", "stored"),
    [
        ("publishing", {"publishing": "first"}, {"publishing": "first"}),
        ("publishing", {"closes_after_days": "14"}, {"closes_after_days": 14}),
        ("model", {"preset": "strict", "language": " DE "}, {"preset": "strict", "language": "de"}),
        (
            "model",
            {"limit_toxicity": "85,5 %", "limit_threat": "100"},
            {"thresholds": {"toxicity": 0.855, "threat": 1.0}},
        ),
        (
            "writing",
            {"email_required": None, "confirm_addresses": "y", "body_max": "500", "nudge": "y"},
            {"email_required": False, "confirm_addresses": True, "body_max": 500, "nudge": True},
        ),
        ("writing", {"links_max": "0", "edit_minutes": "5"}, {"links_max": 0, "edit_minutes": 5}),
        (
            "words",
            {"banned_words": "a b\r\n\r\n c \r\na b", "reject_banned_words": "y"},
            {"banned_words": ["a b", "c"], "reject_banned_words": True},
        ),
        ("words", {"reserved_names": "The Daily"}, {"reserved_names": ["The Daily"]}),
        (
            "thread",
            {"newest_first": "newest", "avatars": None, "reply_depth": "0"},
            {"newest_first": True, "avatars": False, "reply_depth": 0},
        ),
        (
            "watch",
            {"report_holds": "3", "surge_comments": "0", "audit_share": "2"},
            {"report_holds": 3, "surge_comments": 0, "audit_share": 2},
        ),
        ("addresses", {"tracking_parameters": "ref"}, {"tracking_parameters": ["ref"]}),
        (
            "data",
            {"contact": "Ada <b>", "keep_address_days": "0"},
            {"contact": "Ada <b>", "keep_address_days": 0},
        ),
        (
            "looks",
            {"accent_light": "#0A5C36", "font": "serif", "radius": "4"},
            {"theme": {"accent_light": "#0a5c36", "font": "serif", "radius": "4"}},
        ),
    ],
)
def test_a_section_is_saved_told_logged_and_taken_back(
    owner: FlaskClient,
    olga: Moderator,
    database: Database,
    rules: Callable[[], dict[str, Any]],
    section: str,
    typed: dict[str, str],
    stored: dict[str, Any],
) -> None:
    assert send(owner, section, **typed).status_code == 303

    assert rules() == {**NO_SAMPLES, **stored}
    with database.reading() as session:
        event = session.scalars(CHANGES).one()
        assert (event.actor, event.moderator_id) == (Actor.MODERATOR, olga.id)
        assert event.data == {"fields": sorted(stored)}

    page = page_of(owner)
    assert "Saved: it counts from now on." in page.text
    assert press(owner, page, "Undo").status_code == 303
    back = policy_of(Site(policy=rules()))
    assert back == policy_of(Site(policy=NO_SAMPLES))


@pytest.mark.parametrize(
    ("section", "name", "typed", "says"),
    [
        ("publishing", "closes_after_days", "0", "from 1 to 36,500"),
        ("publishing", "closes_after_days", "soon", "a whole number"),
        ("model", "limit_insult", "101", "a number from 0 to 100 %"),
        ("model", "limit_insult", "much", "in percent"),
        ("model", "language", "english", "ISO 639"),
        ("writing", "links_max", "-1", "from 0 to 100"),
        ("writing", "body_max", "", "a whole number"),
        ("words", "banned_words", "x" * 101, "at most 100 characters"),
        ("watch", "audit_share", "101", "from 0 to 100"),
        ("data", "contact", "x" * 501, "500 characters"),
        ("looks", "accent_light", "#ffcc00", "Choose a darker colour"),
        ("looks", "page_dark", "black", "A colour looks like"),
        ("looks", "radius", "99", "from 0 to 24"),
        ("site", "origins", "news.example.com", "one a line"),
        ("site", "origins", "ftp://news.example.com", "one a line"),
        ("site", "origins", "", "at least one"),
        ("site", "name", "", "enter a name"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_stays_typed(
    owner: FlaskClient,
    rules: Callable[[], dict[str, Any]],
    section: str,
    name: str,
    typed: str,
    says: str,
) -> None:
    answer = send(owner, section, **{name: typed})

    page = Page(answer.text)
    assert answer.status_code == 400
    assert says in page.one("p", id=f"{section}-{name}-error").text
    assert page.value(f"{section}-{name}") == typed
    assert "Nothing was saved" in page.one("p", role="alert").text
    way = page.one("a", href=f"#{section}-{name}")
    assert way.text == "fields marked below" and way.is_in("p", role="alert")
    assert rules() == NO_SAMPLES


def test_an_unknown_choice_is_refused(
    owner: FlaskClient, rules: Callable[[], dict[str, Any]]
) -> None:
    for section, name in (("publishing", "publishing"), ("model", "preset"), ("looks", "font")):
        assert send(owner, section, **{name: "everybody"}).status_code == 400
    assert owner.post(f"{HERE}/rules/nothing", data={}).status_code in (400, 404)
    assert rules() == NO_SAMPLES


def test_two_owners_at_once_do_not_overwrite_each_other(
    owner: FlaskClient, rules: Callable[[], dict[str, Any]]
) -> None:
    path = f"{HERE}/rules/words"
    stale = form_at(Page(owner.get(HERE).text), path)
    send(owner, "words", banned_words="first")

    answer = owner.post(path, data={**stale, "words-suspect_words": "second"})

    page = Page(answer.text)
    assert answer.status_code == 409
    assert "A colleague changed this section" in page.text
    assert page.value("words-suspect_words") == "second", "what was typed stays"
    assert rules()["banned_words"] == ["first"]
    assert send(owner, "words", suspect_words="second").status_code == 303


def test_an_undo_is_refused_once_somebody_changed_it_again(
    owner: FlaskClient, rules: Callable[[], dict[str, Any]]
) -> None:
    send(owner, "writing", links_max="3")
    page = page_of(owner)
    send(owner, "writing", links_max="4")

    assert press(owner, page, "Undo").status_code == 409
    assert rules()["links_max"] == 4


def test_long_lists_are_saved_without_an_undo(owner: FlaskClient) -> None:
    words = "\n".join(f"word number {number}" for number in range(200))
    send(owner, "words", banned_words=words)
    send(owner, "words", banned_words="short")

    page = page_of(owner)
    assert "Saved" in page.text
    assert not [each for each in page.all("button") if each.text == "Undo"]


def test_a_preview_wears_what_was_typed_and_saves_nothing(
    owner: FlaskClient, rules: Callable[[], dict[str, Any]]
) -> None:
    answer = send(owner, "looks", "preview", accent_light="#0a5c36", font="serif")

    page = Page(answer.text)
    assert answer.status_code == 200
    assert "nothing is saved yet" in page.text
    assert page.value("looks-accent_light") == "#0a5c36"
    frame = page.all("iframe")[0].attrs["src"]
    shown = owner.get(frame)
    sheet = Page(shown.text).one("link", data_preview="").attrs["href"]
    assert "#0a5c36" in owner.get(sheet).text and "ui-serif" in owner.get(sheet).text
    assert "color-scheme: light" in owner.get(sheet).text
    assert rules() == NO_SAMPLES


def test_the_preview_is_a_thread_that_nobody_can_use_and_only_we_frame(
    owner: FlaskClient, everything: Callable[[], object]
) -> None:
    before = everything()

    answer = owner.get(f"{HERE}/preview?scheme=dark&accent_light=zqevil&site_key=x&_external=1")

    page = Page(answer.text)
    assert answer.status_code == 200
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert len(page.all("article")) == 3 and page.all("textarea", name="body")
    assert page.one("main").is_in("div", inert="")
    assert "zqevil" not in answer.text
    assert everything() == before


def test_a_preview_is_in_the_language_of_the_site(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"language": "ar"}

    page = Page(owner.get(f"{HERE}/preview").text)

    assert page.one("html").attrs["dir"] == "rtl"


def test_the_name_and_origins_are_changed(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    typed = f"{ORIGIN}/path\r\nhttps://WWW.example.com:443"
    assert send(owner, "site", name="The <b> Daily", origins=typed).status_code == 303

    with database.reading() as session:
        stored = session.get_one(Site, site.id)
        assert (stored.name, stored.origins) == (
            "The <b> Daily",
            [ORIGIN, "https://www.example.com"],
        )
        event = session.scalars(CHANGES).one()
        assert event.data == {"fields": ["name", "origins"]}
    assert "The <b> Daily" in page_of(owner).one("h1").text


def test_an_origin_is_removed_after_a_warning_only(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    def origins() -> list[str]:
        with database.reading() as session:
            return session.get_one(Site, site.id).origins

    typed = {"site-origins": "https://new.example"}
    answer = send(owner, "site", origins=typed["site-origins"])

    page = Page(answer.text)
    assert origins() == [ORIGIN]
    assert f"On pages of {ORIGIN} nobody could read or write comments" in page.text
    assert press(owner, page, "Save, and remove it", **typed).status_code == 303
    assert origins() == ["https://new.example"]
    assert press(owner, page_of(owner), "Undo").status_code == 200, "that removes one, too"


def test_only_owners_of_the_site_reach_it(
    owner: FlaskClient, desk: FlaskClient, viewer_desk: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        make_site(session, "other")
    token = {"csrf_token": Page(owner.get(HERE).text).value("looks-csrf_token")}

    assert "Other" not in owner.get("/sites").text
    for part in ("", "/preview", "/preview.css"):
        assert owner.get(f"/sites/other{part}").status_code == 404, part
        for nobody in (desk, viewer_desk):
            assert nobody.get(f"{HERE}{part}").status_code == 403, part
    for path in ("rules/words", "name"):
        assert owner.post(f"/sites/other/{path}", data=token).status_code == 404, path
    assert desk.get("/sites").status_code == 403
