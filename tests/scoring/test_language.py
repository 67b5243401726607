"""English is known by its words, other languages by theirs, and what has no words is nobody's."""

import pytest

from moderation.scoring.reading.language import has_words, identify

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
    "https://example.org/a-b",
    "12:30!!!",
    "@name @other",
    "hahaha",
    "lol",
)


@pytest.mark.parametrize("text", ENGLISH)
def test_it_knows_english_however_careless(text: str) -> None:
    assert identify(text) == "en"


@pytest.mark.parametrize(("text", "code"), FOREIGN.items())
def test_it_knows_other_languages_also_without_their_accents(text: str, code: str) -> None:
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
