"""The bank of tones hears what is played and plays what it is told."""

import numpy as np
import pytest
import torch

from models.dsp import tones

RATE, HOP = 22_050, 256
BANK = tones.bank(RATE, HOP)


def number(midi: float) -> int:
    return round((midi - tones.LOWEST) * tones.PER_SEMITONE)


@pytest.mark.parametrize("midi", [45, 60.5, 81, 103])
def test_a_tone_is_heard_where_it_is_and_as_loud_as_it_is(midi: float) -> None:
    time = torch.arange(RATE // 512 * 512) / RATE
    tone = 0.3 * torch.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * time)
    heard = tones.analyse(tone[None], BANK.ear, 512)
    assert heard.shape == (1, tones.count(), len(time) // 512)
    middle = heard[0, :, 20]
    assert int(middle.argmax()) == number(midi)
    assert float(middle.max()) == pytest.approx(0.3, rel=0.02)
    if midi > 60:
        assert float(middle[number(midi) + 2]) < 0.1


def test_what_is_played_is_heard_again() -> None:
    amplitude = torch.zeros(1, tones.count(), 80)
    for midi, level in ((57, 0.2), (69, 0.1), (76, 0.05)):
        amplitude[0, number(midi)] = level
    sound = tones.synthesise(amplitude, BANK.voice, BANK.turn, BANK.phase)
    assert sound.shape == (1, 80 * HOP)
    heard = tones.analyse(sound, BANK.ear, HOP)[0, :, 40]
    for midi, level in ((57, 0.2), (69, 0.1), (76, 0.05)):
        assert float(heard[number(midi)]) == pytest.approx(level, rel=0.1)
    assert float(heard[number(64)]) < 0.01


def test_a_steady_tone_has_no_ripple() -> None:
    amplitude = torch.zeros(1, tones.count(), 40)
    amplitude[0, number(69)] = 0.5
    sound = tones.synthesise(amplitude, BANK.voice, BANK.turn, BANK.phase)[0]
    time = torch.arange(len(sound), dtype=torch.float64)
    turn, phase = BANK.turn[number(69)], BANK.phase[number(69)]
    assert torch.allclose(sound.double(), 0.5 * torch.sin(turn * time + phase), atol=1e-3)


def test_pieces_fit_together() -> None:
    amplitude = torch.rand(1, tones.count(), 60, generator=torch.Generator().manual_seed(0)) * 0.01
    whole = tones.synthesise(amplitude, BANK.voice, BANK.turn, BANK.phase)
    part = tones.synthesise(amplitude[:, :, 20:], BANK.voice, BANK.turn, BANK.phase, first=20)
    assert torch.allclose(whole[:, 21 * HOP :], part[:, HOP:], atol=1e-5)


def test_peaks_are_louder_than_both_neighbours() -> None:
    heard = torch.tensor([0.1, 0.3, 0.2, 0.2, 0.05, 0.4])[None, :, None]
    assert tones.peaks(heard).flatten().tolist() == pytest.approx([0, 0.3, 0, 0.2, 0, 0.4])
