"""English is known by its words, other languages by theirs, and what has no words is nobody's."""

import time
from collections import defaultdict
from pathlib import Path

import pytest

from moderation.scoring.reading.language import has_words, identify

TEXTS = Path(__file__).parent / "texts"
ENGLISH = (
    "Thank you for this article.",
    "shut up, you liar",
    "lol ok bro",
    "u suck",
    "This is sooooooo stupid!!!!",
    "I can’t believe it – she’s right…",
    "Müller and García won, who would have thought?",
    "what the fuck 😂😂😂",
    "ain't nobody got time for that",
    "Trump is wrong about this",
    "teh goverment dont care about us",
    "SHUT THE HELL UP",
    "@someone http://example.org/x thanks for sharing this",
    "The café was naïve about its résumé",
    "nah fam",
    "hahahahaha good one",
)
NOT_ENGLISH = (
    "que idiota eres",
    "callate ya",
    "halt die Fresse",
    "so ein Idiot",
    "ta gueule",
    "stai zitto",
    "cala a boca",
    "hold kjeft",
    "заткнись, дурак",
    "你是个白痴",
    "اخرس يا كذاب",
)
FOREIGN = {
    "los politicos son todos iguales en este pais": "es",
    "die Politiker sind doch alle gleich": "de",
    "quelle honte pour ce pays, on se moque de nous": "fr",
    "vergogna, che schifo di paese, non cambia niente": "it",
    "esse governo só rouba, é uma vergonha": "pt",
    "этот политик просто врёт всем нам": "ru",
    "이 기사는 정말 좋다": "ko",
}
NO_WORDS = (
    "",
    "   ",
    "😀😀",
    "👍🏽",
    "12 + 30 = 42",
    "https://example.org/wir-hassen-euch-alle",
    "https://example.org/a-b",
    "12:30!!!",
    "@name @other",
    "hahaha",
    "lol",
    "\0\0",
    "\ud800",
)


@pytest.mark.parametrize("text", ENGLISH)
def test_it_knows_english_however_careless(text: str) -> None:
    assert identify(text) == "en"


@pytest.mark.parametrize(("text", "code"), FOREIGN.items())
def test_it_knows_other_languages_also_without_their_accents(text: str, code: str) -> None:
    assert identify(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Paweł Kowalczyk retired, Wojciech cries",
        "Paweł Kowalczyk and Zbigniew Wiśniewski were wrong",
        "Great goal by Gündoğan, Çalhanoğlu and Yıldız",
    ],
)
def test_two_english_words_of_five_outweigh_foreign_names(text: str) -> None:
    assert identify(text) == "en"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Das ist fake news, mein Freund", "de"),
        ("Das neue Album ist super cool, meine Freunde", "de"),
        ("Isso é fake news, meu amigo", "pt"),
        ("Deze game is echt nice, heel goed gedaan team", "nl"),
        ("Jag är trött, kan inte game more now", "sv"),
    ],
)
def test_three_english_words_of_eight_are_loans_in_a_foreign_text(text: str, code: str) -> None:
    assert identify(text) == code


@pytest.mark.parametrize("text", NOT_ENGLISH)
def test_short_abuse_in_plain_letters_is_not_taken_for_english(text: str) -> None:
    assert identify(text) != "en"


@pytest.mark.parametrize("text", NO_WORDS)
def test_what_has_no_words_has_no_language(text: str) -> None:
    assert not has_words(text)
    assert identify(text) is None


@pytest.mark.parametrize("text", ["zxqv kjwq vbnm", "brzt"])
def test_words_that_fit_nowhere_are_not_taken_for_english(text: str) -> None:
    assert has_words(text)
    assert identify(text) != "en"


def test_a_huge_text_is_told_by_its_beginning() -> None:
    assert identify("This is what they said. " * 100_000) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "[[Ich hasse euch alle, ihr dreckigen Schweine, verreckt endlich]]",
        "#ihr #seid #dreckige #schweine #verreckt",
        "\N{DECIDUOUS TREE}" * 2001 + " Ich hasse euch alle, ihr dreckigen Schweine, verreckt",
        "Nice tree in the old market square, thank you all. " * 40
        + "Ich hasse euch alle, ihr dreckigen Schweine, verreckt endlich. " * 8,
        "Nice tree. " * 190 + "Ich hasse euch alle, ihr dreckigen Schweine, verreckt endlich",
    ],
)
def test_a_foreign_text_does_not_hide(text: str) -> None:
    assert has_words(text)
    assert identify(text) != "en"


def test_a_long_english_text_is_english() -> None:
    assert identify("Nice tree in the old market square, thank you all. " * 120) == "en"


def _foreign_texts() -> dict[str, list[str]]:
    """The lines of foreign.txt by the code of their section, such as `es` or `ru-latin`."""
    sections: defaultdict[str, list[str]] = defaultdict(list)
    for line in (TEXTS / "foreign.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            code = line.strip("[]")
        elif line and not line.startswith("#"):
            sections[code].append(line)
    assert len(sections) > 30
    return sections


def test_of_many_foreign_texts_hardly_one_is_taken_for_english() -> None:
    texts = [text for lines in _foreign_texts().values() for text in lines]
    assert len(texts) > 600

    taken = [text for text in texts if identify(text) == "en"]

    assert len(taken) <= 0.02 * len(texts), taken


@pytest.mark.parametrize(
    ("code", "least"),
    [
        ("fr", 0.65), ("es", 0.6), ("it", 0.7), ("pt", 0.65), ("tr", 0.7), ("ru", 0.75),
        ("de", 0.75), ("nl", 0.75), ("pl", 0.75), ("el", 1), ("he", 1), ("th", 1),
    ],
)  # fmt: skip
def test_it_names_the_language_of_most_short_texts(code: str, least: float) -> None:
    told = [identify(text) for text in _foreign_texts()[code]]

    assert told.count(code) >= least * len(told)


def test_most_of_what_hardly_looks_english_is_english() -> None:
    lines = (TEXTS / "english.txt").read_text("utf-8").splitlines()
    texts = [line for line in lines if not line.startswith("#") and has_words(line)]
    assert len(texts) > 450

    missed = [text for text in texts if identify(text) != "en"]

    assert len(missed) <= 0.13 * len(texts), missed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Thank you, what a great article.\nIch hasse euch alle, ihr Schweine.", "de"),
        ("I agree with the council. Los odio a todos, malditos inmigrantes.", "es"),
        ("Good point, well made. заткнись дурак, пошел вон", "ru"),
        ("Good point, well made. 你是个白痴", "zh"),
        ("Die Hard is the best Christmas movie, c'est la vie.", "en"),
        ("The mayor of Αθήνα resigned yesterday.", "en"),
    ],
)
def test_a_foreign_sentence_in_an_english_text_decides_but_a_name_does_not(
    text: str, code: str
) -> None:
    assert identify(text) == code


@pytest.mark.parametrize(
    "text", ["a" * 32_000, "hah" * 10_666, "&a" * 16_000, ". " * 16_000, "que idiota. " * 2_600]
)
def test_no_text_takes_long(text: str) -> None:
    start = time.thread_time()  # what this thread works, however busy the machine is
    identify(text)
    # A few milliseconds; in a regular expression's trap ten seconds.
    assert time.thread_time() - start < 2
