"""Cutting what is longer than the model into overlapping windows, and windows into batches."""

from collections.abc import Iterator, Sequence

Window = list[int]
"""Token ids of one piece of a text, the two special ones included."""

# A slur on a seam stands whole in one of two windows.
OVERLAP = 64
# Padded tokens in one run: enough to fill the cores, little enough to bound memory.
TOKENS_A_BATCH = 512


def cut_windows(body: Sequence[int], *, first: int, last: int, max_tokens: int) -> list[Window]:
    """Overlapping windows of at most `max_tokens` ids that together hold all of a text's ids.

    Each is framed by `first` and `last`; an empty text is one window of the frame alone.
    """
    room = max_tokens - 2
    step = room - min(OVERLAP, room // 2)
    windows = [[first, *body[:room], last]]
    start = step
    while start + room - step < len(body):
        windows.append([first, *body[start : start + room], last])
        start += step
    return windows


def batches_by_length(windows: Sequence[Window]) -> Iterator[list[int]]:
    """Indices of windows in batches of similar length, each within TOKENS_A_BATCH when padded."""
    batch: list[int] = []
    for index in sorted(range(len(windows)), key=lambda i: len(windows[i])):
        if batch and len(windows[index]) * (len(batch) + 1) > TOKENS_A_BATCH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
