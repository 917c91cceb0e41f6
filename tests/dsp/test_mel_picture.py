"""Mel pictures: librosa's spectrogram in decibels, whatever the level."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from models.dsp.mel_picture import HOP_LENGTH, N_FFT, SAMPLE_RATE, fitted, mel_picture


def music(seconds: float = 2.0) -> np.ndarray:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    rng = np.random.default_rng(0)
    tones = sum(np.sin(2 * np.pi * hz * time) / hz * 200 for hz in (220.0, 440.0, 1760.0, 5000.0))
    return (0.1 * tones + 0.001 * rng.standard_normal(len(time))).astype(np.float32)


@pytest.mark.parametrize("n_mels", [64, 128])
def test_it_is_librosas(n_mels: int) -> None:
    sound = music()
    power = librosa.feature.melspectrogram(
        y=sound, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP_LENGTH, n_mels=n_mels, pad_mode="constant"
    )
    wanted = 1 + librosa.power_to_db(power, ref=np.max, top_db=80.0) / 80.0
    found = mel_picture(torch.from_numpy(sound), n_mels).numpy()
    assert found.shape == (n_mels, 1 + len(sound) // HOP_LENGTH)
    assert np.abs(found - wanted).max() < 1e-3


def test_level_does_not_matter_and_silence_is_black() -> None:
    sound = torch.from_numpy(music())
    both = mel_picture(torch.stack([sound, 0.01 * sound, 0 * sound]))
    assert torch.allclose(both[0], both[1], atol=1e-4)
    assert both[0].max() == 1
    assert both[2].abs().max() == 0


def test_a_picture_is_cut_or_filled_up() -> None:
    given = torch.rand(4, 10) + 0.1
    assert torch.equal(fitted(given, 6), given[:, :6])
    longer = fitted(given, 13)
    assert torch.equal(longer[:, :10], given)
    assert longer[:, 10:].abs().max() == 0
