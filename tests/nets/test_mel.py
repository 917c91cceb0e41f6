import librosa
import numpy as np
import pytest
import torch

from models.dsp.mel import hz_to_mel, mel_filters, mel_power, mel_to_hz


@pytest.mark.parametrize(("rate", "n_fft", "n_mels"), [(16000, 512, 96), (22050, 2048, 128), (44100, 1024, 40)])
def test_filters_equal_librosa(rate, n_fft, n_mels):
    np.testing.assert_allclose(
        mel_filters(rate, n_fft, n_mels), librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels), atol=1e-6
    )


def test_scale_is_invertible():
    hz = torch.linspace(0, 20000, 500, dtype=torch.float64)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, atol=1e-6)


@pytest.mark.parametrize("center", [True, False])
def test_power_equals_librosa(center):
    audio = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    theirs = librosa.feature.melspectrogram(
        y=audio, sr=16000, n_fft=512, hop_length=256, n_mels=96, center=center, pad_mode="constant"
    )
    ours = mel_power(torch.from_numpy(audio), 16000, 512, 256, 96, center=center)
    np.testing.assert_allclose(ours.T, theirs, rtol=1e-3, atol=1e-4)
