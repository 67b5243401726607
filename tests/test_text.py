import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text import Paragraph, Piece, clean, clean_line, fold, links, paragraphs

# Any string at all, lone surrogates too, and strings of what `clean` looks for.
texts = st.text(st.characters(codec=None)) | st.lists(
    st.sampled_from(["\r", "\n", " ", "\0", "\u0301", "e", "\u202e", "\u2028", "\u200d", "\ud83d"])
).map("".join)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a\ufffe\uffffb", "ab"),
        ("  one\ttwo\n", "one\ttwo"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("e\u0301", "é"),
        ("e\0\u0301", "é"),  # composed after what stood between is gone
        ("a\x00b\x07c\x1bd\x7fe\x9ff", "abcdef"),
        ("a\ud800b\udfffc", "abc"),
        ("abc\u202e\u2066fed\u2069\u202c", "abcfed"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("a\n\n\nb", "a\n\n\nb"),  # two blank lines stay
        ("a\n\n\n\nb", "a\n\nb"),
        ("a\n \n\t\n\u3000\nb", "a\n\nb"),
        ("\u200b\u2060 \u3164", ""),  # nothing to see
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_it_cleans_what_a_reader_typed(typed: str, stored: str) -> None:
    assert clean(typed) == stored


@given(texts)
def test_any_text_is_cleaned_once_and_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert "\0" not in cleaned
    assert clean(cleaned) == cleaned


@given(texts)
def test_any_name_is_one_line(text: str) -> None:
    line = clean_line(text)
    line.encode()
    assert len(line.splitlines()) <= 1
    assert clean_line(line) == clean(line) == line


def test_a_name_has_single_spaces() -> None:
    assert clean_line(" Ada\n\n \tvon\u00a0 Lovelace\0 ") == "Ada von Lovelace"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("É", "e\u0301"),
        ("ﬁn", "FIN"),
        ("ｆｕｌｌ", "full"),
        ("a\u200bb\u00adc\u202ed\ufeff", "abcd"),
        ("a \n\t b", "a b"),
        ("e\u200b\u0301", "é"),
        ("㎒", "mhz"),
        ("K", "K"),  # the sign of kelvin
    ],
)
def test_it_folds_alike_what_looks_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("é", "e"), ("schön", "schon"), ("ab", "a b")])
def test_it_keeps_apart_what_differs(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(texts)
def test_a_folded_text_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.org/x_(y).", ["https://a.org/x_(y)"]),
        ("HTTP://A.org, www.b.org/?q=1!", ["HTTP://A.org", "http://www.b.org/?q=1"]),
        ("(www.a.photography)", ["http://www.a.photography"]),
        ("http://пример.рф/путь", ["http://пример.рф/путь"]),
        ("http://a.org http://a.org", ["http://a.org", "http://a.org"]),
        ("http://a.org/?next=www.b.org", ["http://a.org/?next=www.b.org"]),
        ("https://a.org/" + "x" * 2000, ["https://a.org/" + "x" * 2000]),
        ("https://a.org/" + "x" * 3000, []),
        ("That is the end.Next, a.org and me@example.org", []),
        ("ftp://a.org //a.org mailto:me@a.org javascript:alert(1) data:text/html,x", []),
        ("www. xwww.a.org http:// http:a", []),
        ("", []),
    ],
)
def test_it_finds_web_addresses_only(text: str, found: list[str]) -> None:
    assert links(text) == found


def test_it_makes_paragraphs_of_lines_of_pieces() -> None:
    assert paragraphs("One\nsee www.a.org, ok\n\n \n<b>two</b>") == [
        [
            [Piece("One")],
            [Piece("see "), Piece("www.a.org", "http://www.a.org"), Piece(", ok")],
        ],
        [[Piece("<b>two</b>")]],
    ]
    assert paragraphs("") == paragraphs(" \n\n ") == []


def test_it_marks_spans_across_lines_and_marks_links_whole() -> None:
    text = " You fool.\nsee www.a.org\n\nand you"
    spans = [[5, 9], [21, 28], [200, 300]]
    assert paragraphs(text, spans) == [
        [
            [Piece("You "), Piece("fool", marked=True), Piece(".")],
            [Piece("see "), Piece("www.a.org", "http://www.a.org", marked=True)],
        ],
        [[Piece("an", marked=True), Piece("d you")]],
    ]


@given(texts, st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=5))
def test_marks_change_nothing_of_a_text(text: str, spans: list[tuple[int, int]]) -> None:
    def plain(found: list[Paragraph]) -> list[list[str]]:
        return [["".join(piece.text for piece in line) for line in part] for part in found]

    assert plain(paragraphs(text, spans)) == plain(paragraphs(text))


@given(
    texts | st.lists(st.sampled_from(["http://a.org", "www.", "b.de", "\n", " ", "("])).map("".join)
)
def test_paragraphs_lose_no_text_and_link_to_the_web_only(text: str) -> None:
    pieces = [piece for paragraph in paragraphs(text) for line in paragraph for piece in line]
    assert "".join("".join(piece.text for piece in pieces).split()) == "".join(text.split())
    hrefs = [piece.href for piece in pieces if piece.href is not None]
    assert hrefs == links(text)
    assert all(href.lower().startswith(("http://", "https://")) for href in hrefs)
    assert all(piece.text for piece in pieces)
