"""Pieces of a long sound."""

import pytest

from models.dsp.pieces import pieces


@pytest.mark.parametrize(("frames", "length", "context", "multiple"), [(100, 30, 7, 1), (104, 30, 7, 8), (5, 30, 7, 1)])
def test_pieces_cover_everything_once(frames: int, length: int, context: int, multiple: int) -> None:
    kept = []
    for low, first, last, high in pieces(frames, length, context, multiple):
        assert low % multiple == first % multiple == 0
        assert first - low >= min(first, context)
        assert high - last >= min(frames - last, context)
        kept += range(first, last)
    assert kept == list(range(frames))
