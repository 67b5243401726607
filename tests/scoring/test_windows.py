"""Nothing of a text is lost between windows, and no batch outgrows its bound."""

from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring.serving.windows import (
    OVERLAP,
    TOKENS_A_BATCH,
    batches_by_length,
    cut_windows,
)

FIRST, LAST = 101, 102


@given(length=st.integers(0, 2000), max_tokens=st.integers(8, 512))
def test_windows_cover_a_text_in_order_and_within_the_models_length(
    length: int, max_tokens: int
) -> None:
    windows = cut_windows(range(1000, 1000 + length), first=FIRST, last=LAST, max_tokens=max_tokens)

    assert all(len(window) <= max_tokens for window in windows)
    assert all((window[0], window[-1]) == (FIRST, LAST) for window in windows)
    covered = {token for window in windows for token in window[1:-1]}
    assert covered == set(range(1000, 1000 + length))


def test_an_empty_text_is_one_window_of_the_frame_alone() -> None:
    assert cut_windows([], first=FIRST, last=LAST, max_tokens=512) == [[FIRST, LAST]]


def test_a_text_that_just_fits_is_one_window() -> None:
    assert len(cut_windows(range(510), first=FIRST, last=LAST, max_tokens=512)) == 1
    assert len(cut_windows(range(511), first=FIRST, last=LAST, max_tokens=512)) == 2


def test_neighbouring_windows_overlap() -> None:
    one, two = cut_windows(range(900), first=FIRST, last=LAST, max_tokens=512)

    assert one[1:-1][-OVERLAP:] == two[1:-1][:OVERLAP]


@given(lengths=st.lists(st.integers(2, 512), max_size=60))
def test_batches_hold_each_window_once_and_stay_within_their_bound(lengths: list[int]) -> None:
    windows = [[0] * length for length in lengths]

    batches = list(batches_by_length(windows))

    assert sorted(index for batch in batches for index in batch) == list(range(len(windows)))
    for batch in batches:
        assert max(lengths[i] for i in batch) * len(batch) <= TOKENS_A_BATCH


def test_short_windows_share_a_batch() -> None:
    assert len(list(batches_by_length([[0] * 10] * 40))) == 1
