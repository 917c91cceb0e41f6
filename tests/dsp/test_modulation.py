"""A swing that was put into a note is found: its rate, its depth and its phase."""

from __future__ import annotations

import pytest
import torch

from models.dsp.modulation import FRAME_SECONDS, strongest

TIME = torch.arange(251) * FRAME_SECONDS


@pytest.mark.parametrize(("rate", "depth", "phase"), [(5.2, 4.0, 1.0), (2.0, 1.5, 4.0), (0.9, 6.0, 0.2)])
def test_a_swing_is_found(rate: float, depth: float, phase: float) -> None:
    swing = depth * torch.cos(2 * torch.pi * rate * TIME + phase)
    fall = -6 * TIME + 2 * TIME.square()
    level = (20 - torch.linspace(0, 40, 128)[:, None] + swing + fall)[None]
    found = strongest(level)[0]
    assert float(found[0]) == pytest.approx(rate, abs=0.1)
    assert float(found[1]) == pytest.approx(depth, rel=0.3)
    apart = (float(found[2]) - phase + torch.pi) % (2 * torch.pi) - torch.pi
    assert abs(apart) < 0.6


def test_a_steady_note_and_silence_do_not_swing() -> None:
    steady = (10 - 8 * TIME).expand(1, 128, 251)
    assert float(strongest(steady)[0, 1]) < 0.05
    silent = torch.full((1, 128, 251), -80.0)
    assert torch.isfinite(strongest(silent)).all()
