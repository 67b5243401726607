import pytest

from moderation.policy.words import find_words

# Innocent words with a listed word inside (the "Scunthorpe problem").
INNOCENT = [
    "Scunthorpe",
    "Penistone",
    "Essex",
    "Middlesex",
    "cocktail",
    "peacock",
    "assassin",
    "classic",
    "grass",
    "Arsenal",
    "Matsushita",
    "Dickens",
    "analysis",
    "therapist",
    "Titus",
    "Staatsexamen",
]
LISTED = ("cunt", "penis", "sex", "cock", "ass", "arse", "shit", "dick", "anal", "rapist", "tit")


@pytest.mark.parametrize("word", INNOCENT)
def test_it_leaves_innocent_words_alone(word: str) -> None:
    assert any(listed in word.casefold() for listed in LISTED)
    assert find_words(f"The {word}, {word}s, {word.upper()}!", LISTED) == []


@pytest.mark.parametrize("text", ["an ass", "ASS!", "(ass)", "ass's", "_ass_", "ass-hat", "a\nass"])
def test_it_finds_whole_words(text: str) -> None:
    assert find_words(text, LISTED) == ["ass"]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("KÖTER", "köter"),  # case
        ("Ko\u0308ter", "Köter"),  # decomposed
        ("ａｓｓ", "ass"),  # full width
        ("a\u200bs\u00ads", "ass"),  # invisible characters inside
        ("GROẞER Mist", "grosser mist"),  # ß is ss to a search
        ("two  \n words", "Two words"),  # white space
        ("a c++ fan", "C++"),  # ends with no letter
        ("$cam!", "$cam"),  # begins with none
        ("сука, да", "Сука"),  # Cyrillic
        ("यह कमीना है", "कमीना"),  # ends with a vowel sign
        ("あなたは馬鹿です", "馬鹿"),  # written without spaces
    ],
)
def test_it_finds_other_spellings_of_a_listed_word(text: str, entry: str) -> None:
    assert find_words(text, (entry,)) == [entry]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("Koter", "Köter"),  # a diacritic makes another word
        ("Köter", "Koter"),
        ("two strange words", "two words"),
        ("कमीनापन", "कमीन"),  # before a vowel sign a word goes on
        ("ass1", "ass"),
    ],
)
def test_it_leaves_other_words_alone(text: str, entry: str) -> None:
    assert find_words(text, (entry,)) == []


@pytest.mark.parametrize("words", [(), ("",), (" \n",), ("\u200b",)])
def test_blank_entries_match_nothing(words: tuple[str, ...]) -> None:
    assert find_words("any text  at all", words) == []
    assert find_words("", words) == []


def test_each_word_is_named_once_as_listed_in_the_order_of_the_text() -> None:
    words = ("Heron", "HERON", "blue heron", "egret", "")
    assert find_words("Egret, heron. The blue heron!", words) == ["egret", "Heron", "blue heron"]


def test_thousands_of_terms_are_told_apart() -> None:
    words = tuple(f"heron{number}x" for number in range(5_000))
    assert find_words("a heron4999x, a heron17x and a heron17", words) == ["heron4999x", "heron17x"]
