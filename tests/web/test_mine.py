"""What a browser learns with the private links that it keeps, and what it proves with one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.statuses import Signal, Status
from moderation.worker import Worker
from tests.factories import ARTICLE, make_site
from tests.web.own import Commenter, write
from tests.web.pages import Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RUDE = "You idiot."
Stored = Callable[[], list[Comment]]


def ask(client: FlaskClient, *tokens: str, site: str = "news", article: str = ARTICLE) -> Any:
    """What mine.js gets."""
    answer = _post(client, *tokens, site=site, article=article)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def _post(
    client: FlaskClient, *tokens: str, site: str = "news", article: str = ARTICLE
) -> TestResponse:
    return client.post(f"/s/{site}/mine", data={"article": article, "token": list(tokens)})


@pytest.fixture
def ada(reader: Reader, database: Database, worker: Worker) -> Commenter:
    return write(reader, database, worker, body=RUDE)


def test_what_waits_comes_with_its_place_and_the_link(ada: Commenter, client: FlaskClient) -> None:
    for status in (Status.PROCESSING, Status.HELD):
        assert ada.comment.status is status
        answer = ask(client, ada.token)
        (waiting,) = answer["waiting"]
        assert (waiting["id"], waiting["above"], waiting["level"]) == (ada.comment.public_id, [], 0)
        page = Page(f"<body>{waiting['html']}</body>")
        assert "Only you see this: it is being checked." in page.text and RUDE in page.text
        link = page.one("a")
        assert (link.attrs["href"], link.attrs["target"]) == (ada.path, "_blank")
        assert (answer["gone"], answer["known"], answer["published"]) == ([], None, [])
        ada.score()


def test_what_is_published_gets_a_link_and_is_known(
    reader: Reader, database: Database, worker: Worker, client: FlaskClient
) -> None:
    ada = write(reader, database, worker)
    ada.score()
    answer = ask(client, "forged", ada.token)
    (own,) = answer["published"]
    assert own["id"] == ada.comment.public_id
    link = Page(f"<body>{own['html']}</body>").one("a")
    assert (link.text, link.attrs["href"]) == ("Edit or delete", ada.path)
    assert (answer["known"], answer["waiting"], answer["gone"]) == (1, [], [0])


def test_links_that_lead_nowhere_are_gone(
    ada: Commenter, client: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        make_site(session, "other")
    assert ask(client, "", "x", ada.token)["gone"] == [0, 1]
    assert ask(client, ada.token, site="other")["gone"] == [0]
    with database.transaction() as session:
        session.get_one(Comment, ada.id).link_version += 1
    assert ask(client, ada.token)["gone"] == [0]


def test_what_was_deleted_is_gone(ada: Commenter, client: FlaskClient) -> None:
    ada.delete()
    assert ask(client, ada.token) == {"gone": [0], "known": None, "waiting": [], "published": []}


def test_of_another_article_nothing_is_shown(ada: Commenter, client: FlaskClient) -> None:
    answer = ask(client, ada.token, article=f"{ARTICLE}/other")
    assert (answer["waiting"], answer["gone"]) == ([], [])


def test_at_most_50_are_looked_at(ada: Commenter, client: FlaskClient) -> None:
    assert ask(client, *["x"] * 60, ada.token)["gone"] == list(range(50))


def test_no_other_site_may_ask_and_nobody_keeps_the_answer(
    ada: Commenter, client: FlaskClient
) -> None:
    headers = {"Origin": "https://news.example.com"}
    data = {"article": ARTICLE, "token": [ada.token]}
    answer = client.post("/s/news/mine", data=data, headers=headers)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/s/news/mine").status_code == 405


def test_what_was_typed_is_escaped(
    reader: Reader, database: Database, worker: Worker, client: FlaskClient
) -> None:
    ada = write(reader, database, worker, name="<b>Ada", body="<script>alert(1)</script>")
    (waiting,) = ask(client, ada.token)["waiting"]
    assert "<script" not in waiting["html"] and "<b>" not in waiting["html"]


class TestInPlace:
    """The page that answers the form, without a script."""

    def test_its_commenter_sees_it_in_the_thread_and_nobody_else(
        self, reader: Reader, worker: Worker
    ) -> None:
        reader.send(body="First.", name="Bob")
        worker.tick()
        page = Page(reader.send(body=RUDE).text)
        entries = page.one("ol", id="thread")
        assert entries.text.index("First.") < entries.text.index(RUDE)
        assert "Only you see this: it is being checked." in entries.text
        assert page.one("article", class_="waiting").is_in("ol", id="thread")
        assert RUDE not in reader.page().text

    def test_a_reply_stands_below_what_it_answers(
        self, reader: Reader, worker: Worker, stored: Stored
    ) -> None:
        reader.send(body="First.", name="Bob")
        reader.send(body="Second.", name="Eve")
        worker.tick()
        parent = stored()[0].public_id
        text = Page(reader.send(body=RUDE, parent=parent).text).one("ol", id="thread").text
        assert text.index("First.") < text.index(RUDE) < text.index("Second.")

    def test_what_was_edited_stands_where_others_answered_it(
        self, reader: Reader, database: Database, worker: Worker
    ) -> None:
        fields = reader.fields(body="A lovely tree.")
        ada = write(reader, database, worker, **fields)
        ada.score()
        reader.send(body="Which one?", name="Bob", parent=ada.comment.public_id)
        ada.score()
        ada.edit(RUDE)
        page = Page(reader.client.post(reader.path, data=fields).text)  # the form once more
        entry = page.one("li", id=f"comment-{ada.comment.public_id}")
        assert "Only you see this: it is being checked." in entry.text
        assert entry.text.index(RUDE) < entry.text.index("Which one?")
        assert "This comment is not shown." not in page.text
        assert "This comment is not shown." in reader.page().text

    def test_the_first_comment_of_all_stands_there(self, reader: Reader) -> None:
        page = Page(reader.send(body=RUDE).text)
        assert RUDE in page.one("ol", id="thread").text
        assert "No comments yet" in page.one("h1").text, "others see none"

    def test_its_link_is_for_the_script_to_keep(self, reader: Reader) -> None:
        page = Page(reader.send(body=RUDE).text)
        notice = page.one("div", id="notice")
        assert reader.client.get(f"/c/{notice.attrs['data-private']}").status_code == 200
        assert "data-private" not in reader.read().text


class TestKnownBrowser:
    """A person approves first comments; a browser brings the private link of an approved one."""

    @pytest.fixture
    def known(self, reader: Reader, database: Database, worker: Worker, site: Site) -> Commenter:
        ada = write(reader, database, worker, body="The first one.")
        ada.score()
        with database.transaction() as session:
            session.get_one(Site, site.id).policy = {"publishing": "first"}
        return ada

    def _codes(self, database: Database, comment: Comment) -> list[str]:
        with database.reading() as session:
            found = session.get_one(Comment, comment.id)
            return [str(found.status), *found.signals]

    @pytest.mark.parametrize(
        ("mine", "email", "passes"),
        [
            ("own", "ada@example.com", True),
            ("own", "ADA+x@example.com", True),
            ("own", "bob@example.com", False),
            ("none", "ada@example.com", False),
            ("forged", "ada@example.com", False),
            ("revoked", "ada@example.com", False),
            ("not approved", "ada@example.com", False),
            ("deleted", "ada@example.com", False),
        ],
    )
    def test_it_passes_as_a_proven_address_does(
        self,
        known: Commenter,
        reader: Reader,
        database: Database,
        stored: Stored,
        mine: str,
        email: str,
        passes: bool,
    ) -> None:
        token = {"none": "", "forged": f"{known.token}x"}.get(mine, known.token)
        with database.transaction() as session:
            comment = session.get_one(Comment, known.id)
            if mine == "revoked":
                comment.link_version += 1
        if mine == "not approved":
            known.edit(RUDE)
            known.score()
        if mine == "deleted":
            known.delete()

        reader.send(body="The second one.", email=email, mine=token)
        known.score()

        wanted = ["approved", Signal.KNOWN_BROWSER] if passes else ["held"]
        assert self._codes(database, stored()[-1]) == wanted

    def test_no_token_and_a_wrong_one_are_answered_alike(
        self, known: Commenter, reader: Reader
    ) -> None:
        answers = [
            reader.send_json(body=f"Thought {number}.", email="bob@example.com", mine=token)
            for number, token in enumerate(("", "x", known.token, "\0", "x" * 5_000))
        ]
        told = [
            (each.status_code, each.get_json()["status"], each.get_json()["message"])
            for each in answers
        ]
        assert set(told) == {(202, "processing", told[0][2])}

    def test_all_else_holds_as_ever(
        self, known: Commenter, reader: Reader, database: Database, stored: Stored
    ) -> None:
        reader.send(body=RUDE, mine=known.token)
        known.score()
        assert self._codes(database, stored()[-1])[0] == "held"

    def test_it_counts_only_while_there_is_an_approved_comment(
        self, known: Commenter, reader: Reader, database: Database, stored: Stored
    ) -> None:
        reader.send(body="The second one.", mine=known.token)
        known.delete()
        known.score()
        assert self._codes(database, stored()[-1]) == ["held", Signal.KNOWN_BROWSER]
