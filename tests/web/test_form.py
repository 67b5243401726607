"""The readers' form as a page."""

from collections.abc import Callable

import pytest

from moderation.db import Database
from moderation.models import Site
from moderation.statuses import Status
from tests.factories import ARTICLE, make_comment, make_site
from tests.web.pages import Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "name, label, autocomplete", [("name", "Name", "name"), ("email", "Email", "email")]
)
def test_it_labels_its_fields_and_lets_the_browser_fill_them_in(
    reader: Reader, name: str, label: str, autocomplete: str
) -> None:
    page = reader.page()
    item = page.one("input", name=name)

    assert page.one("label", for_=item.attrs["id"]).text == f"{label} *"
    assert item.attrs["autocomplete"] == autocomplete
    assert "required" in item.attrs


def test_it_has_a_labelled_required_text_area_that_cuts_nothing(reader: Reader) -> None:
    page = reader.page()
    area = page.one("textarea", name="body")

    assert page.one("label", for_=area.attrs["id"]).text == "Comment *"
    assert "maxlength" not in area.attrs
    assert "required" in area.attrs


def test_a_site_may_want_shorter_comments_but_not_longer_ones(
    database: Database, reader: Reader
) -> None:
    with database.transaction() as session:
        make_site(session, "brief", body_max=20)
        make_site(session, "long", body_max=15_000)
    for reader.site, longest in (("brief", 20), ("long", 10_000)):
        assert reader.send(body="x" * longest).status_code == 202
        refused = reader.send(body="y" * (longest + 1))
        assert refused.status_code == 400
        assert f"at most {longest:,} characters" in refused.text
        assert Page(refused.text).value("body") == "y" * (longest + 1)


def test_it_says_that_the_email_is_not_published(reader: Reader) -> None:
    sentence = "Your email address will not be published. Required fields are marked *"

    assert sentence in reader.page().text


def test_it_asks_for_an_email_only_where_the_site_wants_one(
    database: Database, reader: Reader
) -> None:
    with database.transaction() as session:
        make_site(session, "quiet", email_required=False)
    reader.site = "quiet"

    page = reader.page()

    assert "required" not in page.one("input", name="email").attrs
    assert reader.send(email="").status_code == 202


def test_it_sets_no_cookie_for_readers(reader: Reader) -> None:
    answers = [reader.read(), reader.send(), reader.send(name=""), reader.send(csrf_token="")]

    assert [answer.status_code for answer in answers] == [200, 202, 400, 400]
    assert not any(answer.headers.getlist("Set-Cookie") for answer in answers)


def test_it_carries_hidden_fields_that_say_where_it_stands(reader: Reader) -> None:
    page = reader.page(title="Trees", published="2026-05-01", parent="abc")

    for name, value in {
        "article": ARTICLE,
        "title": "Trees",
        "published": "2026-05-01T00:00:00+00:00",
        "parent": "abc",
    }.items():
        assert page.one("input", name=name, type="hidden").attrs["value"] == value
    assert page.value("csrf_token")
    form = page.one("form", method="post")
    assert form.attrs["action"] == reader.path


def test_its_way_of_sending_takes_the_longest_comment_in_any_script(reader: Reader) -> None:
    kind = reader.page().one("form", method="post").attrs["enctype"]

    answer = reader.client.post(
        reader.path, data=reader.fields(body="木𝄞" * 5_000), content_type=kind
    )

    assert answer.status_code == 202


def test_it_keeps_the_honeypot_from_people(reader: Reader) -> None:
    trap = reader.page().one("input", name="website")

    assert trap.attrs["tabindex"] == "-1"
    assert trap.attrs["autocomplete"] == "off"
    assert trap.is_in("div", **{"aria-hidden": "true"})


@pytest.mark.parametrize("name", ["name", "email", "body"])
def test_it_shows_an_error_beside_the_field_it_is_about(reader: Reader, name: str) -> None:
    page = Page(reader.send(**{name: ""}).text)

    tag = "textarea" if name == "body" else "input"
    item = page.one(tag, name=name)
    assert item.attrs["aria-invalid"] == "true"
    error = page.one("p", id=item.attrs["aria-describedby"])
    assert error.text.startswith("Please ")
    others = [e for e in page.elements if e.tag in ("input", "textarea") and e is not item]
    assert others and not any("aria-invalid" in other.attrs for other in others)


@pytest.mark.parametrize("missing", ["name", "email", "body"])
def test_it_keeps_the_rest_when_one_field_is_missing(reader: Reader, missing: str) -> None:
    typed = {"name": "Ada <b>", "email": "ada@example.com", "body": "\nA “tree” </textarea>\n2"}

    answer = reader.send(**{**typed, missing: ""})

    assert answer.status_code == 400
    page = Page(answer.text)
    for name in typed.keys() - {missing}:
        assert page.value(name).strip() == typed[name].strip()
    assert page.value("title") == "Trees"
    assert page.value("article") == ARTICLE


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"name": "Please enter a name."}, {"name": ""}),
        ({"name": "Please enter a name."}, {"name": " \u200b\t "}),
        ({"name": "Please use a name of at most 80 characters."}, {"name": "x" * 81}),
        ({"name": "an email address here would be public"}, {"name": "ada@example.com"}),
        ({"email": "Please enter your email address."}, {"email": " "}),
        ({"email": "Please enter an email address, such as"}, {"email": "ada@"}),
        ({"email": "Please enter an email address, such as"}, {"email": "Ada <ada@example.com>"}),
        ({"email": "This email address is too long."}, {"email": "a" * 250 + "@example.com"}),
        ({"body": "Please write a comment."}, {"body": "\n \u202e\x07"}),
        ({"body": "Please use at most 10,000 characters."}, {"body": "x" * 10_001}),
        ({"body": "Your email address stands in your comment"}, {"body": "I am ADA@example.com!"}),
    ],
)
def test_it_refuses_beside_the_field(
    reader: Reader,
    stored: Callable[[], list[object]],
    said: dict[str, str],
    changes: dict[str, str],
) -> None:
    answer = reader.send(**said)

    assert answer.status_code == 400
    page = Page(answer.text)
    for name, sentence in changes.items():
        assert sentence in page.one("p", id=f"{name}-error").text
    assert not stored()


def test_it_names_whom_a_reply_answers(reader: Reader, database: Database, site: Site) -> None:
    with database.transaction() as session:
        parent = make_comment(session, site, status=Status.APPROVED, name="Grace")

    page = reader.page(parent=parent.public_id)

    assert page.one("h2", id="form-title").text == "Reply to Grace"
    assert "Cancel the reply" in page.text


def test_it_does_not_name_whom_a_hidden_comment_is_by(
    reader: Reader, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        held = make_comment(session, site, status=Status.HELD, name="Mallory")

    answer = reader.read(parent=held.public_id)

    assert answer.status_code == 200
    assert "Mallory" not in answer.text


def test_it_stands_aside_where_comments_are_closed(database: Database, reader: Reader) -> None:
    with database.transaction() as session:
        make_site(session, "shut", publishing="closed")
    reader.site = "shut"

    page = reader.page()

    assert "Comments are closed here." in page.text
    assert page.one("h1").text == "No comments", "nor will there be any"
    assert not page.all("form")


def test_the_title_that_nobody_scored_is_shown_to_no_reader(reader: Reader) -> None:
    answer = reader.send_json(title="The mayor is an idiot")
    assert answer.status_code == 202
    private = reader.client.get(answer.json["manage_url"])  # type: ignore[index]
    assert "mayor" not in reader.read().text
    assert "mayor" not in private.text
