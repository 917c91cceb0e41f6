"""How a long sound is cut so that its pieces, computed one after the other, join without a seam."""

from __future__ import annotations

from collections.abc import Iterator


def pieces(frames: int, length: int, context: int, multiple: int = 1) -> Iterator[tuple[int, int, int, int]]:
    """(low, first, last, high) for each piece: low to high is computed, first to last of it is kept.

    ``context`` frames on either side are what can move a frame. All are multiples of ``multiple`` but for the end.
    """
    context = -(-context // multiple) * multiple
    length = -(-length // multiple) * multiple
    for first in range(0, frames, length):
        last = min(frames, first + length)
        yield max(0, first - context), first, last, min(frames, last + context)
