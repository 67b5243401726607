"""What is masked is gone, whatever it was, and everything else stays as it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy.masking import MASK, find_spans, mask
from moderation.policy.personal_data import find_kinds, find_passages
from moderation.text import clean, fold

TYPED = st.text(max_size=60).map(clean).filter(lambda text: MASK[0] not in text)


@pytest.mark.parametrize(
    ("text", "passages", "masked"),
    [
        ("Call 030 901820, I mean 030 901820!", ["030 901820"], f"Call {MASK}, I mean {MASK}!"),
        ("Ask ADA or ada.", ["Ada"], f"Ask {MASK} or {MASK}."),
        ("New\nYork is new   york", ["new york"], f"{MASK} is {MASK}"),
        ("0\u200b3\u00ad0 901", ["030"], f"{MASK} 901"),
        ("０３０ in full width", ["030"], f"{MASK} in full width"),
        ("Straße and STRASSE", ["strasse"], f"{MASK} and {MASK}"),
        ("abcd", ["bc", "cd"], f"a{MASK}"),
        ("aaaa", ["aa"], MASK),
        ("ab", ["a", "b"], MASK),
        ("a1b", ["1"], f"a{MASK}b"),
        ("x\u0302yz", ["x"], f"{MASK}yz"),
        ("👍🏽 and ❤\ufe0f!", ["❤"], f"👍🏽 and {MASK}!"),
        ("nothing", ["else", "", "  ", "\u200b"], "nothing"),
        ("", ["a"], ""),
    ],
)
def test_every_occurrence_is_masked(text: str, passages: list[str], masked: str) -> None:
    assert mask(text, passages) == (masked, masked.count(MASK))


def test_masks_tell_nothing_about_what_was_there() -> None:
    assert len({mask(f"<{'x' * length}>", ["x" * length]) for length in range(1, 50)}) == 1


@given(TYPED, st.lists(TYPED, max_size=4))
def test_nothing_of_a_passage_remains_and_the_rest_is_untouched(
    text: str, passages: list[str]
) -> None:
    masked, count = mask(text, passages)
    spans = find_spans(text, passages)

    assert find_spans(masked, passages) == []
    assert masked.count(MASK) == count == len(spans)
    pieces, end = [], 0
    for start, stop in spans:
        assert end <= start < stop
        pieces, end = [*pieces, text[end:start]], stop
    assert masked == MASK.join([*pieces, text[end:]])
    masked.encode()
    # A base character never goes without the marks on it.
    for piece in masked.split(MASK)[1:]:
        assert not piece or not unicodedata.category(piece[0]).startswith("M")


@given(TYPED, TYPED.filter(fold), TYPED)
def test_what_is_typed_as_it_stands_is_always_found(before: str, passage: str, after: str) -> None:
    text = f"{before} {passage} {after}"

    masked, count = mask(text, [passage])

    assert count >= 1
    assert f" {passage} " not in masked


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("Write to Ada@Example.com or a.b@c.de", ["ada@example.com", "a.b@c.de"]),
        ("Call +49 30 901820 now", ["+49 30 901820"]),
        ("DE89 3704 0044 0532 0130 00 und so", ["de89 3704 0044 0532 0130 00"]),
        ("See http://x.de/030901820 and 600 000 000", []),
        ("+49 30 901820\nand +49 30 901820 again", ["+49 30 901820"]),
    ],
)
def test_passages_of_personal_data_are_found_with_their_words(
    text: str, passages: list[str]
) -> None:
    assert find_passages(text, language="de") == passages
    assert bool(find_kinds(text, language="de")) is bool(passages)
    assert find_kinds(mask(text, passages)[0], language="de") == []
