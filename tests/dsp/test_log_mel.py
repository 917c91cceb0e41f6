"""The mel spectrogram that the mel networks share."""

import librosa
import numpy as np
import pytest
import torch

from models.dsp import log_mel
from models.dsp.log_mel import FLOOR, HOP_LENGTH, N_FFT, N_MELS, SAMPLE_RATE


@pytest.fixture(scope="module")
def noise() -> torch.Tensor:
    return 0.1 * torch.randn(2, 20 * HOP_LENGTH, generator=torch.Generator().manual_seed(0))


def test_it_is_librosas_with_the_last_frame_left_out(noise) -> None:
    mel = log_mel.log_mel(noise)
    wanted = librosa.feature.melspectrogram(
        y=noise.numpy(),
        sr=SAMPLE_RATE,
        n_fft=N_FFT,
        hop_length=HOP_LENGTH,
        n_mels=N_MELS,
        power=1.0,
        pad_mode="constant",
    )
    assert mel.shape == (2, N_MELS, 20)
    assert np.allclose(mel.numpy(), np.log(np.maximum(wanted[:, :, :20], FLOOR)), atol=1e-3)


def test_silence_is_the_floor_and_has_a_gradient() -> None:
    audio = torch.zeros(1, 4 * HOP_LENGTH, requires_grad=True)
    mel = log_mel.log_mel(audio)
    mel.sum().backward()
    assert torch.allclose(mel, torch.full_like(mel, np.log(FLOOR)))
    assert torch.isfinite(audio.grad).all()


def test_scaling_is_undone_and_makes_noise_moderate(noise) -> None:
    mel = log_mel.log_mel(noise)
    assert torch.allclose(log_mel.unscaled(log_mel.scaled(mel)), mel, atol=1e-5)
    assert log_mel.scaled(mel).abs().max() < 4


def test_levelled_sounds_have_one_level_and_silence_stays_silent(noise) -> None:
    sounds = torch.cat([noise, 0.01 * noise[:1], torch.zeros_like(noise[:1])])
    level = log_mel.levelled(sounds).square().mean(dim=1).sqrt()
    assert level[:3].tolist() == pytest.approx([log_mel.LEVEL] * 3, rel=1e-4)
    assert level[3] == 0
