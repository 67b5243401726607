"""Hostile texts: no reading of one runs away, whichever field it comes in."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from moderation.models import Comment
from moderation.policy.personal_data import find_kinds
from moderation.policy.words import find_words
from moderation.scoring.reading.language import has_words, identify
from moderation.scoring.reading.normalise import normalise, readings
from moderation.text import clean, fold, links, paragraphs
from tests.web.pages import Reader

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Stored = Callable[[], list[Comment]]
UNITS = (
    *("a", "b", "1", "!", "@", "%", "a'", " ", "\n", "\n ", "a.", "a-", "a ", "a1", "@a.", "a@a."),
    *(
        "aA",
        "ha",
        "lo",
        "..",
        ".-",
        "://",
        "http://",
        "www.",
        "http://a",
        "de12 ",
        "isbn 1",
        "1.1.",
    ),
    *("+49 ", "\u200b", "a\u200b", "a\u0301", "\u4e2d", "a*", "$", "a/", "(", "[/", "\u202e"),
    *("\U0001f1e6", "\uff21 ", "f.u.", "@$!", "1 ", "00 ", "a_", "f u c k ", "(https://a.b/", "x@"),
)
LONGEST_BODY = 15_000  # config.py lets BODY_MAX be no more
READINGS: dict[str, Callable[[str], object]] = {
    "clean": clean,
    "fold": fold,
    "links": links,
    "paragraphs": paragraphs,
    "words": lambda text: find_words(text, ("idiot", "kill you")),
    "personal data": lambda text: find_kinds(text, language="en"),
    "normalise": normalise,
    "readings": lambda text: readings(text, text),
    "language": identify,
    "has words": has_words,
}


@contextmanager
def seconds_of_work(limit: float) -> Iterator[None]:
    """Fail after this much time of this process's own, however busy the machine is."""

    def too_long(*_signal: object) -> None:
        raise AssertionError(f"more than {limit} s of work")

    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("reading", READINGS)
def test_no_reading_of_a_text_is_slow_on_a_hostile_one(reading: str) -> None:
    READINGS[reading]("Warm up: lists of words are read once.")
    for unit in UNITS:
        text = (unit * LONGEST_BODY)[: LONGEST_BODY - 1] + "\x21"
        with seconds_of_work(10):
            READINGS[reading](text)


@sqlite
@pytest.mark.parametrize("field", ["article", "title", "parent", "name", "email", "csrf_token"])
def test_no_field_is_slow_when_it_is_as_long_as_a_request(
    reader: Reader, field: str, stored: Stored
) -> None:
    token = reader.token()
    for unit in UNITS:
        value = (unit * 55_000)[: 55_000 // len(quote(unit))] + "\x21"
        with seconds_of_work(10):
            sent = reader.send(**{"csrf_token": token, field: value})
        assert sent.status_code in (202, 400, 409, 413), unit
