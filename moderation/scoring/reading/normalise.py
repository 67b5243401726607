"""What a text says beneath its disguises, for a second look by the model and the word lists.

Pure, and linear in the text's length: passes look at characters, then at letters written apart,
then at words, each with patterns that cannot go back far. Case, quotes, emoji beside words and
other scripts stay as they are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from moderation.scoring.reading import characters, disguises, spacing, vocabulary
from moderation.scoring.reading.edits import Edit, Traced, apply, untouched
from moderation.scoring.reading.tokens import Tokens

NORMALISER_VERSION = 1
"""Rises whenever a text may be read differently than before."""

# One pass may uncover work for another: fancy letters spaced out, say.
_MOST_ROUNDS = 8

Pass = Callable[[str], Iterable[Edit]]


@dataclass(frozen=True)
class Normalised:
    """A text without disguises, and where its characters came from."""

    text: str
    origins: Sequence[int]
    """For each character the index in the original of what it came from, and the original's
    length at the end; never falling."""

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original the characters from `start` up to `end` stand, 0 <= start <= end.

        What was let go behind a character belongs to it; only an empty span comes from none.
        """
        first, last = self.origins[start], self.origins[end]
        return (first, max(last, first + 1)) if end > start else (first, first)


def warm_up() -> None:
    """Load the tables now rather than at the first text."""
    vocabulary.warm_up()
    normalise("wоrds a p a r t")  # with a Cyrillic o


def normalise(text: str) -> Normalised:
    """The text without disguises; any string will do, and twice is the same as once."""
    traced = untouched(text)
    for _ in range(_MOST_ROUNDS):
        before = traced.text
        for look in _passes(before):
            traced = _follow(traced, look)
        if traced.text == before:
            break
    return Normalised(traced.text, traced.origins)


def undress(text: str) -> str:
    """The text with letters in another dress ("𝓯𝓪𝓷𝓬𝔂", full width) as the letters they are.

    Unicode calls them compatible: nothing is guessed, and a model that never saw them reads noise.
    """
    return text if text.isascii() else _follow(untouched(text), characters.fold_fancy).text


def spell_out(text: str) -> str:
    """The disguised words of a text that no dictionary knows, spelt out, one a line.

    `text` is a normalised one. A site's list may hold any word, "v1@gra" among them; these are
    guesses, good for finding such an entry and nothing else.
    """
    tokens = Tokens(text)
    strange = (disguises.spell_out(tokens[index].word) for index in tokens.strange)
    return "\n|\n".join(dict.fromkeys([*spacing.lone_letters(text), *filter(None, strange)]))


def readings(text: str, plain: str) -> tuple[str, ...]:
    """What a word list looks in besides the text: its normalised form and its guesses, if any."""
    return tuple(filter(None, (plain if plain != text else "", spell_out(plain))))


def _passes(text: str) -> tuple[Pass, ...]:
    return _WORD_PASSES if text.isascii() else _CHARACTER_PASSES + _WORD_PASSES


def _follow(traced: Traced, look: Pass) -> Traced:
    edits = list(look(traced.text))
    return apply(traced, edits) if edits else traced


def _look_at_words(text: str) -> Iterator[Edit]:
    """Torn words joined, or where there are none, disguised ones revealed."""
    tokens = Tokens(text)
    torn = list(spacing.join_pieces(tokens))
    yield from torn or _reveal(tokens)


def _reveal(tokens: Tokens) -> Iterator[Edit]:
    for index in tokens.strange:
        token = tokens[index]
        if found := disguises.reveal(token.word):
            yield Edit(token.start, token.end, found)


_CHARACTER_PASSES: tuple[Pass, ...] = (
    characters.drop_unseen,
    characters.drop_marks,
    characters.fold_fancy,
    characters.fold_flags,
    characters.fold_look_alikes,
)
_WORD_PASSES: tuple[Pass, ...] = (spacing.join_letters, _look_at_words)
