"""How a long sound is cut into pieces: such that join without a seam, or windows of one length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def pieces(frames: int, length: int, context: int, multiple: int = 1) -> Iterator[tuple[int, int, int, int]]:
    """(low, first, last, high) for each piece: low to high is computed, first to last of it is kept.

    ``context`` frames on either side are what can move a frame. All are multiples of ``multiple`` but for the end.
    """
    context = -(-context // multiple) * multiple
    length = -(-length // multiple) * multiple
    for first in range(0, frames, length):
        last = min(frames, first + length)
        yield max(0, first - context), first, last, min(frames, last + context)


def windows(length: int, size: int) -> list[int]:
    """Where windows of ``size`` at half overlap begin; the last one ends with the sound."""
    last = max(0, length - size)
    return [*range(0, last, size // 2), last]


def cut(rows: Tensor, start: int, length: int) -> Tensor:
    """(rows, columns) -> (rows, length) from column ``start`` on; repeated if there are fewer."""
    piece = rows[:, start : start + length]
    if piece.shape[1] < length:
        piece = piece.repeat(1, -(-length // piece.shape[1]))[:, :length]
    return piece
