"""Chroma, onsets and loudness of a guide."""

import numpy as np
import pytest
import torch

from models.dsp.guide_features import FEATURES, GROUPS, REACH, REGISTERS, STEP, guide_features
from models.dsp.log_mel import HOP_LENGTH, SAMPLE_RATE, log_mel

SECOND = SAMPLE_RATE // HOP_LENGTH * HOP_LENGTH


def features(audio: torch.Tensor) -> torch.Tensor:
    return guide_features(audio, log_mel(audio))


def tone(pitch: int, seconds: int = 1) -> torch.Tensor:
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    turns = 2 * torch.pi * hertz * torch.arange(seconds * SECOND) / SAMPLE_RATE
    return (0.3 * torch.sin(turns) + 0.1 * torch.sin(2 * turns))[None]


@pytest.mark.parametrize("pitch", range(45, 84, 3))
def test_a_tone_has_its_pitch_class_in_its_register(pitch: int) -> None:
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    register = next(number for number, (low, high) in enumerate(REGISTERS) if low <= hertz < high)
    rows = features(tone(pitch))[0, GROUPS["chroma"], 30:60].mean(dim=1).unflatten(0, (len(REGISTERS), 12))
    middle = rows[register]
    assert int(middle.argmax()) == pitch % 12
    assert middle.max() == pytest.approx(1, abs=0.01)
    others = [middle[(pitch + n) % 12].item() for n in range(2, 11)]
    assert max(others) < 0.35


def test_what_is_low_is_not_heard_in_high_registers() -> None:
    turns = 2 * torch.pi * 110 * torch.arange(SECOND) / SAMPLE_RATE
    rows = features(0.3 * torch.sin(turns)[None])[0, GROUPS["chroma"], 40].unflatten(0, (len(REGISTERS), 12))
    assert rows[0].max() == pytest.approx(1, abs=0.01)
    assert rows[2].max() == 0


def test_a_click_is_an_onset_where_it_is() -> None:
    audio = 1e-3 * torch.randn(1, 2 * SECOND, generator=torch.Generator().manual_seed(0))
    struck = 70
    audio[0, struck * HOP_LENGTH :] += (
        0.5
        * torch.exp(-torch.arange(2 * SECOND - struck * HOP_LENGTH) / 2000)
        * (torch.randn(2 * SECOND - struck * HOP_LENGTH, generator=torch.Generator().manual_seed(1)))
    )
    onset = features(audio)[0, GROUPS["onset"]][0]
    assert abs(int(onset.argmax()) - struck) <= 2
    assert onset.max() > 8 * onset[: struck - 4].mean()


def test_ten_decibels_are_ten_decibels_in_every_row_of_loudness() -> None:
    audio = 0.05 * torch.randn(1, SECOND, generator=torch.Generator().manual_seed(0))
    soft, loud = features(audio), features(audio * 10**0.5)
    for rows in (GROUPS["loudness"], GROUPS["bands"]):
        assert torch.allclose(loud[:, rows] - soft[:, rows], torch.tensor(np.log(10) / 2).float(), atol=1e-3)
    soft, loud = features(tone(57)), features(tone(57) * 10**-1.0)
    assert torch.allclose(loud[0, GROUPS["chroma"], 20:60], soft[0, GROUPS["chroma"], 20:60], atol=0.02)


def test_low_tones_are_in_low_bands() -> None:
    low, high = (features(tone(pitch))[0, GROUPS["bands"], 40] for pitch in (40, 100))
    assert low.argmax() < high.argmax()


def test_silence_has_features_too() -> None:
    found = features(torch.zeros(1, SECOND))
    assert found.shape == (1, FEATURES, SECOND // HOP_LENGTH)
    assert torch.isfinite(found).all()
    assert found[:, GROUPS["chroma"]].abs().max() == 0
    assert found[:, GROUPS["onset"]].abs().max() == 0


def test_a_piece_with_its_surroundings_has_the_features_of_the_whole() -> None:
    audio = 0.1 * torch.randn(1, 2 * SECOND, generator=torch.Generator().manual_seed(0))
    whole = features(audio)
    first, reach = 80, -(-REACH // STEP) * STEP
    part = features(audio[:, (first - reach) * HOP_LENGTH :])[:, :, reach:]
    assert torch.allclose(part, whole[:, :, first:], atol=1e-4)
