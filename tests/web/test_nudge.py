"""The nudge: who is asked, that nothing is stored meanwhile, and how the answer is counted."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Comment, NudgeDay, Site
from moderation.preview import WAITERS, Preview
from moderation.scoring.score import Score
from moderation.services import Services
from tests.doubles import Clock, FixedScorer
from tests.factories import make_site
from tests.servers import wait_until
from tests.web.pages import Page, Reader

RUDE = "You idiot, zqrude."
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Stored = Callable[[], list[Comment]]


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    # Nobody waits for the outcome, so what is waited for is the preview alone.
    return {"SCORE_WAIT": 5, "SCORE_WAITERS": 0, **getattr(request, "param", {})}


@pytest.fixture
def site(database: Database) -> Site:
    with database.transaction() as session:
        return make_site(session, nudge=True)


@pytest.fixture
def look_with(app: Flask) -> Callable[[FixedScorer | None], None]:
    """Puts a model into the serving process, or none."""

    def put(scorer: FixedScorer | None) -> None:
        found: Services = app.extensions["moderation"]
        app.extensions["moderation"] = replace(found, preview=Preview(lambda: scorer))

    return put


@pytest.fixture(autouse=True)
def model(look_with: Callable[[FixedScorer | None], None], scorer: FixedScorer) -> None:
    look_with(scorer)


@pytest.fixture
def days(database: Database) -> Callable[[], list[tuple[int, int, int]]]:
    """Asked, changed and kept, day by day."""

    def read() -> list[tuple[int, int, int]]:
        with database.reading() as session:
            rows = session.scalars(select(NudgeDay).order_by(NudgeDay.day))
            return [(row.asked, row.changed, row.kept) for row in rows]

    return read


class SlowScorer(FixedScorer):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.began = threading.Event(), threading.Event()

    def score(self, texts: Sequence[str]) -> list[Score]:
        """The numbers, later."""
        self.began.set()
        assert self.go.wait(10)
        return super().score(texts)


@pytest.fixture
def slow() -> Iterator[SlowScorer]:
    made = SlowScorer()
    yield made
    made.go.set()


def is_question(answer: TestResponse) -> bool:
    return answer.status_code == 409 and "Post it as it is" in answer.text


def answer_with(reader: Reader, asked: TestResponse, **changes: str) -> TestResponse:
    """Send the form that came back with the question."""
    page = Page(asked.text)
    kept = {name: page.value(name) for name in ("name", "email", "body", "csrf_token")}
    return reader.send(**{**kept, **changes})


def test_it_asks_before_anything_is_stored(
    reader: Reader, stored: Stored, days: Callable[[], list[tuple[int, int, int]]]
) -> None:
    answer = reader.send(body=RUDE)

    assert is_question(answer) and stored() == []
    page = Page(answer.text)
    assert page.value("body") == RUDE
    question = page.one("div", role="status")
    assert question.attrs["id"] == "notice", "the focus goes there"
    assert not {"idiot", "0.95", "95", "%"} & set(question.text.split())
    button = page.one("button", form="form")
    assert (button.attrs["type"], button.text) == ("submit", "Post it as it is")
    change = next(each for each in page.all("a") if each.attrs["href"] == "#body")
    assert page.elements.index(change) < page.elements.index(button)
    assert ("quiet" in change.attrs["class"], button.attrs["class"]) == (False, "quiet")
    assert [each.text for each in page.all("button") if each.is_in("form")] == [
        "Post the changed text"
    ]
    assert days() == [(1, 0, 0)]


@pytest.mark.parametrize(
    "body, counted",
    [(RUDE, (1, 0, 1)), (f"  {RUDE.upper()} ", (1, 0, 1)), ("A lovely tree.", (1, 1, 0))],
)
def test_either_answer_is_posted_and_counted(
    reader: Reader,
    stored: Stored,
    days: Callable[[], list[tuple[int, int, int]]],
    body: str,
    counted: tuple[int, int, int],
) -> None:
    asked = reader.send(body=RUDE)

    answer = answer_with(reader, asked, body=body)

    assert answer.status_code == 202
    [comment] = stored()
    assert comment.body == body.strip()
    assert days() == [counted]


@sqlite
def test_a_mistake_in_between_does_not_ask_again(
    reader: Reader, stored: Stored, days: Callable[[], list[tuple[int, int, int]]]
) -> None:
    asked = reader.send(body=RUDE)
    wrong = answer_with(reader, asked, name="")
    assert wrong.status_code == 400

    assert answer_with(reader, wrong, name="Ada").status_code == 202
    assert answer_with(reader, wrong, name="Ada").status_code == 202, "a retry"
    assert len(stored()) == 1 and days() == [(1, 0, 1)]


@sqlite
def test_one_question_is_counted_once_however_many_forms_come_of_it(
    reader: Reader, stored: Stored, days: Callable[[], list[tuple[int, int, int]]]
) -> None:
    token = reader.token()
    asked, asked_again = (reader.send(body=f"{n} {RUDE}", csrf_token=token) for n in range(2))
    assert answer_with(reader, asked).status_code == 202
    back = answer_with(reader, asked, body="Another text.")  # with the browser's back button
    assert back.status_code == 400
    fresh = reader.client.get(
        "/s/news/form-token",
        query_string={"article": reader.article},
        headers={"X-Form-Token": Page(asked.text).value("csrf_token")},
    )

    assert answer_with(reader, back).status_code == 202
    assert answer_with(reader, asked_again, body="A third.").status_code == 202
    token = fresh.get_json()["csrf_token"]
    assert answer_with(reader, asked, body="A fourth.", csrf_token=token).status_code == 202
    assert len(stored()) == 4 and days() == [(1, 0, 1)]


@sqlite
def test_two_people_who_type_the_same_are_counted_each(
    reader: Reader, days: Callable[[], list[tuple[int, int, int]]]
) -> None:
    for name in ("Ada", "Bob"):
        asked = reader.send(body=RUDE, name=name, email=f"{name}@example.com")
        assert answer_with(reader, asked).status_code == 202
    assert days() == [(2, 0, 2)]


@sqlite
def test_a_form_that_was_asked_is_not_asked_from_another_network(reader: Reader) -> None:
    asked = reader.send(body=RUDE)
    reader.client.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    assert answer_with(reader, asked, body=f"Changed: {RUDE}").status_code == 202


@sqlite
def test_it_counts_on_the_day_of_the_question(
    reader: Reader, clock: Clock, days: Callable[[], list[tuple[int, int, int]]]
) -> None:
    asked = reader.send(body=RUDE)
    clock.forward(13 * 3600)
    answer_with(reader, asked)
    assert days() == [(1, 0, 1)]


@sqlite
def test_a_form_sent_twice_gets_the_question_twice(
    reader: Reader, stored: Stored, days: Callable[[], list[tuple[int, int, int]]]
) -> None:
    token = reader.token()
    assert [is_question(reader.send(body=RUDE, csrf_token=token)) for _ in range(3)] == [True] * 3
    assert stored() == [] and days() == [(1, 0, 0)]


@sqlite
def test_it_asks_once_a_day(reader: Reader, stored: Stored) -> None:
    assert is_question(reader.send(body=RUDE))
    assert reader.send(body=f"Again, {RUDE}").status_code == 202
    assert reader.send(body=f"Once more, {RUDE}").status_code == 202
    assert len(stored()) == 2
    assert is_question(reader.send(body=f"Else, {RUDE}", email="grace@example.com"))


@sqlite
def test_nobody_tunes_a_text_by_it(reader: Reader, stored: Stored) -> None:
    answers = [
        is_question(reader.send(body=f"{n} {RUDE}", email=f"a{n}@example.com")) for n in range(12)
    ]
    assert answers == [True] * 10 + [False] * 2
    assert len(stored()) == 2


@sqlite
def test_it_does_not_tell_who_else_was_asked(reader: Reader) -> None:
    assert is_question(reader.send(body=RUDE))
    reader.client.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    assert is_question(reader.send(body=f"Guess: {RUDE}"))


@sqlite
@pytest.mark.parametrize(
    "changes, code",
    [
        ({"body": "A lovely tree."}, 202),
        ({"body": RUDE, "website": "https://spam.example"}, 202),
        ({"body": RUDE, "parent": "unknown"}, 400),
        ({"body": RUDE, "name": ""}, 400),
        ({"body": RUDE, "csrf_token": "x"}, 400),
    ],
)
def test_who_is_not_asked(
    reader: Reader,
    days: Callable[[], list[tuple[int, int, int]]],
    changes: dict[str, str],
    code: int,
) -> None:
    answer = reader.send(**changes)
    assert answer.status_code == code and not is_question(answer)
    assert days() == []


@sqlite
def test_what_was_said_already_is_told_so(reader: Reader) -> None:
    asked = reader.send(body=RUDE)
    answer_with(reader, asked)
    reader.client.environ_base["REMOTE_ADDR"] = "198.51.100.1"

    answer = reader.send(body=RUDE)

    assert answer.status_code == 409 and "You said this already" in answer.text


@sqlite
def test_a_site_that_does_not_want_it_asks_nobody_and_looks_at_nothing(
    reader: Reader, database: Database, site: Site, scorer: FixedScorer
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {}
    assert reader.send(body=RUDE).status_code == 202
    assert scorer.seen == []


@sqlite
@pytest.mark.parametrize("broken", ["not loaded", "fails", "unknown language"])
def test_without_a_word_of_the_model_nobody_is_asked(
    reader: Reader,
    scorer: FixedScorer,
    look_with: Callable[[FixedScorer | None], None],
    stored: Stored,
    broken: str,
) -> None:
    if broken == "not loaded":
        look_with(None)
    elif broken == "fails":
        scorer.broken = True
    else:
        scorer.info = replace(scorer.info, languages=frozenset({"de"}))
    assert reader.send(body=RUDE).status_code == 202
    assert len(stored()) == 1


@sqlite
@pytest.mark.parametrize("overrides", [{"SCORE_WAIT": 0.05}], indirect=True)
def test_a_model_that_is_late_asks_nobody(
    reader: Reader,
    look_with: Callable[[FixedScorer | None], None],
    slow: SlowScorer,
    stored: Stored,
    days: Callable[[], list[tuple[int, int, int]]],
) -> None:
    look_with(slow)
    assert reader.send(body=RUDE).status_code == 202
    assert len(stored()) == 1 and days() == []


def test_a_busy_model_answers_at_once_that_it_has_no_time(slow: SlowScorer) -> None:
    preview = Preview(lambda: slow)
    waiting = [
        threading.Thread(target=preview, args=("Ada", RUDE), kwargs={"within": 10})
        for _ in range(WAITERS)
    ]
    for each in waiting:
        each.start()
    assert slow.began.wait(10)
    wait_until(lambda: preview._room._value == 0)  # looked at only: who takes a place has it

    assert preview("Ada", RUDE, within=10) is None

    slow.go.set()
    for each in waiting:
        each.join(10)
    seen = preview("Ada", RUDE, within=10)
    assert seen is not None and seen.score.attributes["toxicity"] == 0.95


@sqlite
def test_scripts_are_asked_where_they_say_that_they_can_be(reader: Reader, stored: Stored) -> None:
    assert reader.send_json(body=f"First, {RUDE}").status_code == 202

    answer = reader.send_json(body=RUDE, nudge="1")

    assert answer.status_code == 409
    told = answer.get_json()
    assert told["nudge"] is True and "idiot" not in told["message"]
    again = reader.send_json(body=RUDE, nudge="1", csrf_token=told["csrf_token"])
    assert again.status_code == 202 and len(stored()) == 2


@sqlite
def test_nothing_is_left_of_a_text_that_is_dropped(
    client: FlaskClient, reader: Reader, database: Database, tmp_path: Path, database_url: str
) -> None:
    assert is_question(reader.send(body=RUDE, name="Zqname", email="zqmail@example.com"))
    kept = reader.send(body="Zqkept and kind.", email="grace@example.com")
    assert kept.status_code == 202

    folder = Path(database_url.removeprefix("sqlite:///")).parent
    files = {path.name: path.read_bytes().lower() for path in folder.glob("comments.db*")}
    assert any(name.endswith("-wal") for name in files)
    everything = b"".join(files.values())
    assert b"zqkept" in everything, "so that the search can find something"
    for typed in (b"zqrude", b"idiot", b"zqname", b"zqmail"):
        assert typed not in everything


@sqlite
def test_the_log_says_nothing_of_it(reader: Reader, written: Any) -> None:
    reader.send(body=RUDE)
    assert "zqrude" not in written.getvalue().lower()


@sqlite
def test_owners_read_how_many_changed_it(reader: Reader, desk: FlaskClient) -> None:
    for number, body in enumerate((RUDE, "A lovely tree.", None)):
        asked = reader.send(body=f"{number} {RUDE}", email=f"a{number}@example.com")
        if body:
            answer_with(reader, asked, body=f"{number} {body}")

    page = Page(desk.get("/stats").text)
    assert "3 asked, 33 % changed it (1); 1 posted it as it was, 1 posted nothing." in page.text
    newest = desk.get("/stats/nudged.csv?days=7").text.splitlines()[-1]
    assert newest == '"2026-05-04",3,1,1,1'
